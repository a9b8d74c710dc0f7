import importlib.util
import json
import shlex
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def read(name: str) -> dict:
    return yaml.safe_load((DEPLOY / name).read_text(encoding="utf-8"))


def check_command(command: str, srcli_help: str) -> None:
    words = shlex.split(command)
    assert words[:2] == ["srcli", "upscale"]
    flags = {word for word in words if word.startswith("--")}
    assert "--json" in flags
    assert all(flag in srcli_help for flag in flags)


@pytest.fixture
def reference() -> str:
    return (ROOT / "docs/reference.md").read_text(encoding="utf-8")


def test_the_ray_cluster_is_what_rays_own_schema_asks_for():
    found = importlib.util.find_spec("ray")
    assert found is not None
    assert found.origin is not None
    schema = json.loads((Path(found.origin).parent / "autoscaler/ray-schema.json").read_text())
    cluster = read("ray-cluster.yaml")
    jsonschema.validate(cluster, schema)
    assert cluster["head_node_type"] in cluster["available_node_types"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cluster | {"unknown": 1}, schema)


def test_the_kuberay_job_is_what_its_definition_asks_for(reference):
    schema = json.loads((ROOT / "tests/golden/deploy/rayjob.schema.json").read_text())
    job = read("kuberay-job.yaml")
    jsonschema.validate(job, schema)
    check_command(job["spec"]["entrypoint"], reference)
    for broken in ({"entrypoints": ""}, {"backoffLimit": "3"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(job | {"spec": job["spec"] | broken}, schema)


def test_the_volumes_of_the_job_are_those_that_it_mounts():
    head = read("kuberay-job.yaml")["spec"]["rayClusterSpec"]["headGroupSpec"]["template"]["spec"]
    mounted = {mount["name"] for one in head["containers"] for mount in one["volumeMounts"]}
    assert mounted == {volume["name"] for volume in head["volumes"]}


def test_the_array_runs_each_part_once(tmp_path):
    shell = shutil.which("sh")
    assert shell
    tool = tmp_path / "srcli"
    tool.write_text('#!/bin/sh\nprintf "%s " "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    done = subprocess.run(
        [shell, DEPLOY / "slurm-array.sh"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "3"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = "upscale photos -o large/part-3 --scale 2 --shard 3/64 --offline"
    assert done.stdout.strip() == told

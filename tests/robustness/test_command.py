"""Whatever a folder holds, the command names each file's fate and finishes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from srcli.images.discover import find_sources

FILES = Path(__file__).parent / "files"


def test_every_file_of_a_hostile_folder_is_done_or_refused(python, tmp_path):
    sources = find_sources([str(FILES)])
    done = subprocess.run(
        [python, "-m", "srcli", "upscale", FILES, "-o", tmp_path, "--scale", "1.3", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == ""
    events = [json.loads(line) for line in done.stdout.splitlines()]
    outputs = [Path(event["output"]) for event in events if event["event"] == "done"]
    failures = [event for event in events if event["event"] == "failed"]
    assert len(outputs) + len(failures) == events[-1]["found"] == len(sources)
    assert sorted(outputs) == sorted(
        path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")
    )
    for failure in failures:
        assert failure["exit_code"] == 3
        assert failure["message"].startswith(failure["source"])
        assert "\n" not in failure["message"]

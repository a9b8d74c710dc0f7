import io
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.buckets import small_picture


def size(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size


def events(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def filled(bucket, monkeypatch):
    monkeypatch.setenv("SRCLI_UPSCALE_MODEL", "bicubic")
    for number, key in enumerate(("in/a.png", "in/b.png", "in/deep/c.jpg")):
        bucket.put(key, small_picture(number, kind="png" if key.endswith("png") else "jpeg"))
    bucket.put("in/notes.txt", b"nothing")
    bucket.put("in/.hidden/d.png", small_picture(9))
    return bucket


def test_a_folder_of_a_bucket_becomes_another(srcli, filled):
    done = srcli("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    assert done.returncode == 0, done.stderr
    made = [f"out/{name}" for name in ("a_x2.png", "b_x2.png", "deep/c_x2.jpg")]
    assert done.stdout.splitlines() == [f"s3://{filled.name}/{key}" for key in made]
    assert [key for key in filled.names() if key.startswith("out/")] == made
    assert size(filled.get("out/a_x2.png")) == (40, 32)
    assert list(Path().iterdir()) == []


def test_the_same_command_goes_on(srcli, filled):
    command = ("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    srcli(*command)
    before = filled.versions()
    filled.delete("out/b_x2.png")
    filled.put("in/deep/e.png", small_picture(7))
    again = srcli(*command)
    assert "2 done, 2 skipped, 0 failed of 4" in again.stderr
    after = filled.versions()
    assert all(after[key] == before[key] for key in ("out/a_x2.png", "out/deep/c_x2.jpg"))


def test_files_become_objects_and_objects_files(srcli, filled, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/f.png").write_bytes(small_picture(1))
    out = f"s3://{filled.name}/up/"
    assert srcli("upscale", "photos", "-o", out).stdout == f"{out}f_x2.png\n"
    again = srcli("upscale", "photos", f"s3://{filled.name}/up/", "-o", out)
    assert (again.stdout, again.stderr) == ("", "f.png: skipped, done already\n")
    command = ("upscale", f"s3://{filled.name}/in", "-o", "down")
    assert srcli(*command).stdout == "down/a_x2.png\ndown/b_x2.png\ndown/deep/c_x2.jpg\n"
    assert size((tmp_path / "down/deep/c_x2.jpg").read_bytes()) == (40, 32)
    assert "0 done, 3 skipped" in srcli(*command).stderr
    assert not list(tmp_path.rglob("*.part"))


def test_what_another_machine_made_is_known_by_its_metadata(srcli, filled, tmp_path, monkeypatch):
    command = ("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    srcli(*command)
    before = filled.versions()
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert "0 done, 3 skipped" in srcli(*command).stderr
    assert filled.versions() == before
    other = srcli(*command, "--quality", "50")
    assert (other.returncode, "made with other settings" in other.stderr) == (3, True)
    assert filled.versions() == before


def test_a_source_that_changed_is_told_by_its_etag(srcli, filled):
    command = ("upscale", f"s3://{filled.name}/in/a.png", "-o", f"s3://{filled.name}/out/")
    srcli(*command)
    assert srcli(*command).stderr == "a.png: skipped, done already\n"
    filled.put("in/a.png", small_picture(42))
    changed = srcli(*command)
    assert changed.returncode == 3
    assert "was made from another state of" in changed.stderr
    assert srcli(*command, "--overwrite").returncode == 0


def test_an_object_of_others_is_not_replaced(srcli, filled):
    filled.put("out/a_x2.png", b"mine")
    done = srcli("upscale", f"s3://{filled.name}/in/a.png", "-o", f"s3://{filled.name}/out/")
    assert done.returncode == 3
    assert f"s3://{filled.name}/out/a_x2.png exists already" in done.stderr
    assert filled.get("out/a_x2.png") == b"mine"


def test_beside_the_pictures_results_are_not_enlarged_again(srcli, filled, tmp_path, monkeypatch):
    command = ("upscale", f"s3://{filled.name}/in/")
    assert "3 done" in srcli(*command).stderr
    assert "0 done, 3 skipped, 0 failed of 3" in srcli(*command).stderr
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "elsewhere"))
    assert "0 done, 3 skipped, 0 failed of 3" in srcli(*command).stderr


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("in/*.png", 2), ("in/**/*.jpg", 1), ("in/?.png", 2), ("*/deep/*", 1), ("in/[b-z].png", 1)],
)
def test_patterns_are_those_of_files(srcli, filled, pattern, found):
    done = srcli("upscale", f"s3://{filled.name}/{pattern}", "--dry-run")
    assert f"{found} found: {found} to make" in done.stdout


def test_a_plan_writes_nothing_and_says_where_all_goes(srcli, filled):
    keys = filled.names()
    command = ("upscale", f"s3://{filled.name}/in/", "-o", f"s3://{filled.name}/out/")
    planned = srcli(*command, "--dry-run", "--json")
    told = events(planned)
    assert [one["action"] for one in told] == ["make"] * 3
    assert told[0]["source"] == f"s3://{filled.name}/in/a.png"
    assert told[0]["output"] == f"s3://{filled.name}/out/a_x2.png"
    assert filled.names() == keys
    srcli(*command)
    assert "3 to skip" in srcli(*command, "--dry-run").stdout


def test_events_name_the_objects(srcli, filled):
    done = srcli("upscale", f"s3://{filled.name}/in/a.png", "-o", "a.png", "--json")
    kinds = {one["event"]: one for one in events(done)}
    assert kinds["done"]["source"] == f"s3://{filled.name}/in/a.png"
    assert kinds["summary"]["done"] == 1


def test_shards_divide_the_objects(srcli, filled):
    out = f"s3://{filled.name}/out/"
    for number in (1, 2):
        shard = ("--shard", f"{number}/2")
        assert srcli("upscale", f"s3://{filled.name}/in/", "-o", out, *shard).returncode == 0
    assert len([key for key in filled.names() if key.startswith("out/")]) == 3


def test_one_object_through_a_pipe(filled, monkeypatch, srcli):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(small_picture(3))))
    to = f"s3://{filled.name}/piped.png"
    assert srcli("upscale", "-", "-o", to).returncode == 0
    assert size(filled.get("piped.png")) == (40, 32)
    assert "piped.png exists already" in srcli("upscale", "-", "-o", to).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("s3://no-such-bucket/in/", "-o", "out"), 2, "The bucket s3://no-such-bucket does not"),
        (("s3://{bucket}/in/", "-o", "s3://no-such-bucket/o/"), 2, "The bucket s3://no-such-buck"),
        (("s3://no-such-bucket/a.png",), 2, "The bucket s3://no-such-bucket does not exist."),
        (("s3://{bucket}/in/none.png", "-o", "out"), 2, "s3://{bucket}/in/none.png does not exist"),
        (("s3://{bucket}/empty/", "-o", "out"), 2, "s3://{bucket}/empty/ holds no pictures."),
        (("s3://{bucket}/in/", "--watch", "-o", "out"), 2, "Buckets cannot be watched."),
        (("s3://", "-o", "out"), 2, "s3:// names no bucket."),
        (("s3://{bucket}/in/notes.txt", "-o", "out"), 2, "holds no pictures"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(srcli, filled, arguments, code, told):
    done = srcli("upscale", *(one.format(bucket=filled.name) for one in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert told.format(bucket=filled.name) in done.stderr
    assert "Traceback" not in done.stderr
    assert "Debug source" not in done.stderr


def test_no_credentials_are_said_in_a_sentence(srcli, filled, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    done = srcli("upscale", f"s3://{filled.name}/in/", "-o", "out")
    assert done.returncode == 2
    assert f"s3://{filled.name}/in cannot be listed: no credentials were found." in done.stderr
    assert "AWS_ACCESS_KEY_ID" in done.stderr


@pytest.mark.parametrize("address", ["gs://somewhere/in/", "az://somewhere/in/"])
def test_other_stores_say_what_they_need(srcli, address, monkeypatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    done = srcli("upscale", address, "-o", "out")
    assert done.returncode == 2
    assert "no credentials were found" in done.stderr


def test_a_file_that_came_with_pictures_cannot_send_results_to_a_bucket(srcli, filled, tmp_path):
    (tmp_path / "photo.png").write_bytes(small_picture(1))
    (tmp_path / "srcli.toml").write_text(f'[upscale]\noutput = "s3://{filled.name}/stolen/"\n')
    keys = filled.names()
    done = srcli("upscale", "photo.png")
    assert done.returncode == 2
    assert "upscale.output, which only your own configuration file may set" in done.stderr
    assert filled.names() == keys

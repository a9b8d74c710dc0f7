"""One condition has one exit code, whatever the command."""

import shutil

import pytest

from srcli.weights.catalog.included import DEFAULT_MODEL

TRAIN = "train --data . --val . --out run --steps 1"
MISTYPED = (
    "upscale none.png",
    "upscale none*.png",
    "upscale none/",
    "upscale photo.png -o out.none",
    "upscale photo.png -f none",
    "upscale photo.png -m none",
    "upscale photo.png -m none.safetensors",
    "upscale photo.png -d none",
    "upscale --from-file none.txt",
    "compare photo.png none.png",
    "compare photo.png photo.png --difference out.none",
    "bench --dataset none",
    "bench --data none",
    "bench --data . -f none",
    "bench --data . -m none",
    "bench --data . -m none.safetensors",
    "models show none",
    "models show none.safetensors",
    "models verify none.safetensors",
    "models import none.pt",
    "models export none -o x.onnx",
    "models export none.safetensors -o x.onnx",
    "models measure none.safetensors --id asdn-fast",
    f"{TRAIN} --network none",
    f"{TRAIN} --preset none",
    f"{TRAIN} --loss none",
    f"{TRAIN} --config none.toml",
    f"{TRAIN} --init none.safetensors --patch 16",
    "train --data none --val . --out run --steps 1",
)
TAKEN = (
    "upscale photo.png -o taken.png",
    "upscale photo.png other.png -o folder",
    "compare photo.png photo.png -o taken.html",
    "compare photo.png photo.png --difference taken.png",
    "bench --data . -o taken.html -f html",
    "bench --data . --images taken.csv",
    f"models export {DEFAULT_MODEL} -o taken.onnx",
    "train --data . --val . --out folder --steps 1 --patch 16",
)


@pytest.mark.parametrize("command", MISTYPED)
def test_a_mistyped_name_is_a_bad_request(srcli, photo, command):
    del photo
    done = srcli(*command.split())
    assert done.returncode == 2
    assert "none" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", TAKEN)
def test_a_result_that_exists_already_has_failed(srcli, photo, tmp_path, command):
    shutil.copy(photo, tmp_path / "other.png")
    (tmp_path / "folder").mkdir()
    taken = [tmp_path / f"taken.{suffix}" for suffix in ("png", "html", "csv", "onnx")]
    taken += [tmp_path / "folder" / name for name in ("photo_x2.png", "other_x2.png", "state.pt")]
    for path in taken:
        path.write_text("mine")
    done = srcli(*command.split())
    assert (done.returncode, done.stdout) == (3, "")
    assert "already" in done.stderr
    assert {path.read_text() for path in taken} == {"mine"}

"""Animations through the command."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.stream import upscale_stream
from srcli.usecases.upscale_request import UpscaleRequest


def animation(path: Path, frames: int = 3) -> Path:
    """Blurred squares that move, each shown a bit longer; twice in all."""
    shown = []
    for number in range(frames):
        levels = np.zeros((12, 16, 3), np.uint8)
        levels[1:11, 3 * number : 8 + 3 * number] = (200, 120, 40)
        shown.append(Image.fromarray(levels))
    times = [100 + 50 * number for number in range(frames)]
    loop = {"loop": 1} if path.suffix == ".gif" else {"loop": 2}
    shown[0].save(path, save_all=True, append_images=shown[1:], duration=times, **loop)
    return path


def frames(path: Path, scale: int = 2) -> list[tuple[tuple[int, int], float, tuple[int, ...]]]:
    """Size, time, and the colour in the middle of the square of each frame."""
    found = []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
            color = image.convert("RGB").getpixel((scale * (4 + 3 * number), scale * 6))
            found.append((image.size, image.info["duration"], color))
    return found


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_an_animation_stays_one(srcli, tmp_path, suffix):
    source = animation(tmp_path / f"moving{suffix}")
    done = srcli("upscale", source.name)
    assert done.returncode == 0
    assert done.stdout == f"moving_x2{suffix}\n"
    assert "16x12 to 32x24" in done.stderr
    made = frames(tmp_path / f"moving_x2{suffix}")
    assert [size for size, *_ in made] == [(32, 24)] * 3
    assert [time for _, time, _ in made] == [100, 150, 200]
    given = frames(source, scale=1)  # WebP has lost some of the colour already
    for (*_, before), (*_, after) in zip(given, made, strict=True):
        assert np.abs(np.subtract(before, after)).max() < 12


def test_an_animation_takes_another_format_that_moves(srcli, tmp_path):
    animation(tmp_path / "moving.gif")
    assert srcli("upscale", "moving.gif", "-f", "webp").returncode == 0
    assert len(frames(tmp_path / "moving_x2.webp")) == 3


def test_a_still_gif_becomes_png_unless_asked_for(srcli, tmp_path):
    animation(tmp_path / "still.gif", 1)
    assert srcli("upscale", "still.gif").stdout == "still_x2.png\n"
    assert srcli("upscale", "still.gif", "-f", "gif").stdout == "still_x2.gif\n"


def test_formats_that_do_not_move_are_refused_before_the_work(srcli, tmp_path):
    animation(tmp_path / "moving.webp")
    done = srcli("upscale", "moving.webp", "-f", "jpg", "--json")
    assert done.returncode == 3
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["start", "failed", "summary"]
    assert events[1]["message"].endswith("JPEG cannot hold an animation.")
    planned = srcli("upscale", "moving.webp", "-f", "jpg", "--dry-run", "--json")
    assert json.loads(planned.stdout)["error"]["message"] == events[1]["message"]


def test_a_plan_counts_the_frames(srcli, tmp_path):
    animation(tmp_path / "moving.webp")
    planned = json.loads(srcli("upscale", "moving.webp", "--dry-run", "--json").stdout)
    assert (planned["action"], planned["tiles"]) == ("make", 3)


def test_an_animation_goes_through_a_pipe(tmp_path):
    content = animation(tmp_path / "moving.gif").read_bytes()
    request = UpscaleRequest(inputs=("-",), size=SizeRequest(scale=(2, 2)))
    streamed = upscale_stream(request, io.BytesIO(content))
    (tmp_path / "made.gif").write_bytes(streamed.content)
    assert len(frames(tmp_path / "made.gif")) == 3
    assert streamed.outcome.consistency.psnr > 25

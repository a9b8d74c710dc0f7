import io

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage, UnwritableImage, UsageError
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.stream import is_stream, upscale_stream
from srcli.usecases.upscale import UpscaleRequest

DOUBLE = SizeRequest(scale=(2, 2))


def encoded(name: str) -> bytes:
    levels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, name)
    return file.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("given", "suffix", "name"),
    [("JPEG", "", "JPEG"), ("PNG", ".webp", "WEBP"), ("GIF", "", "PNG")],
)
def test_a_pipe_keeps_the_format_unless_asked_or_unable_to(given, suffix, name):
    request = UpscaleRequest(inputs=("-",), size=DOUBLE, suffix=suffix)
    streamed = upscale_stream(request, encoded(given))
    assert opened(streamed.content).format == name
    assert opened(streamed.content).size == (32, 24)
    assert streamed.outcome.consistency.sound


@pytest.mark.parametrize("policy", ["skip", "copy"])
def test_what_is_large_enough_leaves_as_it_came(policy):
    request = UpscaleRequest(inputs=("-",), size=SizeRequest(width=16), if_large_enough=policy)
    streamed = upscale_stream(request, encoded("JPEG"))
    assert streamed.content == encoded("JPEG")
    assert streamed.outcome.copied


def test_what_is_large_enough_still_takes_the_format_asked_for():
    size = SizeRequest(width=16)
    request = UpscaleRequest(inputs=("-",), size=size, if_large_enough="copy", suffix=".bmp")
    assert opened(upscale_stream(request, encoded("PNG")).content).format == "BMP"


def test_a_pipe_can_end_in_a_file_that_is_not_there_yet(tmp_path):
    output = tmp_path / "out.png"
    request = UpscaleRequest(inputs=("-",), size=DOUBLE, output=str(output))
    streamed = upscale_stream(request, encoded("PNG"))
    assert output.read_bytes() == streamed.content
    assert streamed.outcome.output == output
    with pytest.raises(UnwritableImage, match="exists already"):
        upscale_stream(request, encoded("PNG"))


def test_a_file_can_go_into_a_pipe(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(encoded("PNG"))
    request = UpscaleRequest(inputs=(str(source),), size=DOUBLE, output="-")
    assert opened(upscale_stream(request, b"").content).size == (32, 24)
    assert list(tmp_path.iterdir()) == [source]


def test_refusals_name_the_pipe():
    with pytest.raises(UnreadableImage, match="standard input"):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), b"no picture")


def test_a_pipe_carries_one_picture():
    assert is_stream(UpscaleRequest(inputs=("-",), size=DOUBLE))
    assert is_stream(UpscaleRequest(inputs=("a.png",), size=DOUBLE, output="-"))
    assert not is_stream(UpscaleRequest(inputs=("a.png", "b.png"), size=DOUBLE))
    with pytest.raises(UsageError):
        is_stream(UpscaleRequest(inputs=("a.png", "b.png"), size=DOUBLE, output="-"))

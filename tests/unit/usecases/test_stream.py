import io

import numpy as np
import pytest
from PIL import Image

from srcli.errors import OutOfMemory, UnreadableImage, UnwritableImage, UsageError
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.stream import is_stream, upscale_stream
from srcli.usecases.upscale_request import UpscaleRequest

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
    streamed = upscale_stream(request, io.BytesIO(encoded(given)))
    assert opened(streamed.content).format == name
    assert opened(streamed.content).size == (32, 24)
    assert streamed.outcome.consistency.sound


@pytest.mark.parametrize("policy", ["skip", "copy"])
def test_what_is_large_enough_leaves_as_it_came(policy):
    request = UpscaleRequest(inputs=("-",), size=SizeRequest(width=16), if_large_enough=policy)
    streamed = upscale_stream(request, io.BytesIO(encoded("JPEG")))
    assert streamed.content == encoded("JPEG")
    assert streamed.outcome.copied


def test_what_is_large_enough_still_takes_the_format_asked_for():
    size = SizeRequest(width=16)
    request = UpscaleRequest(inputs=("-",), size=size, if_large_enough="copy", suffix=".bmp")
    assert opened(upscale_stream(request, io.BytesIO(encoded("PNG"))).content).format == "BMP"


def test_a_pipe_can_end_in_a_file_that_is_not_there_yet(tmp_path):
    output = tmp_path / "out.png"
    request = UpscaleRequest(inputs=("-",), size=DOUBLE, output=str(output))
    streamed = upscale_stream(request, io.BytesIO(encoded("PNG")))
    assert output.read_bytes() == streamed.content
    assert streamed.outcome.output == output
    with pytest.raises(UnwritableImage, match="exists already"):
        upscale_stream(request, io.BytesIO(encoded("PNG")))


def test_a_file_can_go_into_a_pipe(tmp_path):
    source = tmp_path / "in.png"
    source.write_bytes(encoded("PNG"))
    request = UpscaleRequest(inputs=(str(source),), size=DOUBLE, output="-")
    assert opened(upscale_stream(request, io.BytesIO(b"")).content).size == (32, 24)
    assert list(tmp_path.iterdir()) == [source]


def test_refusals_name_the_pipe():
    with pytest.raises(UnreadableImage, match="standard input"):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), io.BytesIO(b"no picture"))


def test_a_pipe_carries_one_picture():
    assert is_stream(UpscaleRequest(inputs=("-",), size=DOUBLE))
    assert is_stream(UpscaleRequest(inputs=("a.png",), size=DOUBLE, output="-"))
    assert not is_stream(UpscaleRequest(inputs=("a.png", "b.png"), size=DOUBLE))
    with pytest.raises(UsageError):
        is_stream(UpscaleRequest(inputs=("a.png", "b.png"), size=DOUBLE, output="-"))


def transparent() -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (16, 12), (9, 9, 9, 128)).save(file, "PNG")
    return file.getvalue()


class Stops:
    """Stands for the network, which must not run."""

    def __call__(self, *_):
        raise AssertionError


@pytest.mark.parametrize("output", ["", "out.jpg"])
def test_what_its_format_cannot_hold_is_refused_before_the_network_runs(
    tmp_path, monkeypatch, output
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("srcli.usecases.stream.upscale_picture", Stops())
    request = UpscaleRequest(inputs=("-",), size=DOUBLE, output=output, suffix=".jpg")
    with pytest.raises(UnwritableImage, match=output or "standard output") as caught:
        upscale_stream(request, io.BytesIO(transparent()))
    assert "transparency" in caught.value.message


def test_running_out_of_memory_is_one_sentence_about_the_pipe(monkeypatch):
    def fails(*_):
        message = "DefaultCPUAllocator: can't allocate memory"
        raise RuntimeError(message)

    monkeypatch.setattr("srcli.usecases.stream.upscale_picture", fails)
    request = UpscaleRequest(inputs=("-",), size=DOUBLE)
    with pytest.raises(OutOfMemory, match="standard input cannot be made larger"):
        upscale_stream(request, io.BytesIO(encoded("PNG")))

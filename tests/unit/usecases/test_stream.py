import io
import os
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from srcli.errors import OutOfMemory, UnreadableImage, UnwritableImage, UsageError
from srcli.images.formats import SIGNATURE_LENGTH
from srcli.images.read_rules import ReadRules
from srcli.pipeline.sizes import SizeRequest
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
    with pytest.raises(UnreadableImage, match="Standard input"):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), io.BytesIO(b"no picture"))


def test_a_pipe_is_read_no_further_than_it_could_be_a_picture():
    class Endless(io.RawIOBase):
        taken = 0

        def readable(self):
            return True

        def readinto(self, room):
            self.taken += len(room)
            room[:] = b"a" * len(room)
            return len(room)

    pipe = Endless()
    with pytest.raises(UnreadableImage, match="Standard input is not a picture"):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), pipe)
    assert pipe.taken <= SIGNATURE_LENGTH


def test_a_writer_that_waits_is_refused_at_once_if_it_is_no_picture():
    reader, writer = os.pipe()
    os.write(writer, b"just a few words")  # and the pipe stays open
    with (
        open(reader, "rb") as pipe,  # noqa: PTH123 - of a descriptor
        pytest.raises(UnreadableImage, match="not a picture"),
    ):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), pipe)
    os.close(writer)


def test_a_pipe_that_does_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setattr("srcli.usecases.stream.host_memory", lambda: 4 * len(encoded("BMP")) - 4)
    with pytest.raises(OutOfMemory, match="Standard input holds more than"):
        upscale_stream(UpscaleRequest(inputs=("-",), size=DOUBLE), io.BytesIO(encoded("BMP")))


def test_memory_is_checked_before_a_pipe_is_decoded(monkeypatch):
    monkeypatch.setattr("srcli.pipeline.run.decode_picture", Stops())
    monkeypatch.setattr("srcli.engine.memory.host_memory", lambda: 10**9)
    request = UpscaleRequest(inputs=("-",), size=SizeRequest(scale=(1000, 1000)))
    with pytest.raises(OutOfMemory, match="Standard input cannot be made larger"):
        upscale_stream(request, io.BytesIO(encoded("BMP")))


def test_a_damaged_picture_in_a_pipe_is_made_with_a_warning_if_that_is_allowed():
    cut = encoded("PNG")[:-200]
    request = UpscaleRequest(inputs=("-",), size=DOUBLE)
    with pytest.raises(UnreadableImage, match="Standard input is cut short"):
        upscale_stream(request, io.BytesIO(cut))
    request = replace(request, rules=ReadRules(allow_damaged=True))
    warned = upscale_stream(request, io.BytesIO(cut)).outcome.warnings
    assert warned == ("Standard input is cut short.",)


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
    monkeypatch.setattr("srcli.pipeline.run.enlarge_picture", Stops())
    request = UpscaleRequest(inputs=("-",), size=DOUBLE, output=output, suffix=".jpg")
    with pytest.raises(UnwritableImage, match=output or "standard output") as caught:
        upscale_stream(request, io.BytesIO(transparent()))
    assert "transparency" in caught.value.message


def test_running_out_of_memory_is_one_sentence_about_the_pipe(monkeypatch):
    def fails(*_):
        message = "DefaultCPUAllocator: can't allocate memory"
        raise RuntimeError(message)

    monkeypatch.setattr("srcli.pipeline.run.enlarge_picture", fails)
    request = UpscaleRequest(inputs=("-",), size=DOUBLE)
    with pytest.raises(OutOfMemory, match="Standard input cannot be made larger"):
        upscale_stream(request, io.BytesIO(encoded("PNG")))

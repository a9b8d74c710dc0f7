"""Files that others made to break decoders: one sentence each, no more and no less."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_photo, decode_picture, read_photo
from srcli.images.read_rules import ReadRules
from srcli.pixels.levels import from_levels

FILES = Path(__file__).parent / "files"
BROKEN = sorted(path for path in FILES.glob("*/broken/*") if path.is_file())
MOVING = [path.read_bytes() for path in sorted(FILES.glob("image-rs/animated/*"))]
SEEDS = [path.read_bytes() for path in sorted(FILES.glob("*/*/*")) if path.stat().st_size < 3000]


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int, depth: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0"))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def deep_tiff_bomb() -> bytes:
    tags = [(256, 60_000), (257, 60_000), (258, 16), (259, 1), (262, 1), (273, 8), (277, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_a_broken_file_is_refused_in_one_sentence(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnreadableImage) as caught:
        read_photo(path)
    predicate = caught.value.message.removeprefix(f"{path} ")
    assert predicate.startswith(("is ", "has ", "holds ", "cannot "))
    assert "\n" not in predicate
    assert "object at" not in predicate
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("numbers", [(2**64 - 1, 0), (16, 2**64 - 1)], ids=["start", "count"])
def test_a_directory_beyond_all_files_is_refused(numbers: tuple[int, int]) -> None:
    data = b"II+\0\x08\0\0\0" + struct.pack("<2Q", *numbers) + bytes(40)
    with pytest.raises(UnreadableImage, match=r"^it "):
        decode_photo(data, name="it")


@pytest.mark.parametrize(
    "data",
    [bomb(60_000, 60_000, 8), bomb(60_000, 60_000, 16), bomb(2**31 - 1, 1, 8), deep_tiff_bomb()],
    ids=["8 bits", "16 bits", "one row", "deep tiff"],
)
def test_a_decompression_bomb_is_refused_by_its_header(data: bytes) -> None:
    with pytest.raises(UnreadableImage, match="it has more pixels than the limit of 512,000,000"):
        decode_photo(data, name="it")


@given(
    data=st.sampled_from(SEEDS),
    at=st.integers(0, 2999),
    junk=st.binary(min_size=1, max_size=8),
)
def test_any_damage_gives_a_picture_or_one_refusal(data: bytes, at: int, junk: bytes) -> None:
    at %= len(data)
    damaged = data[:at] + junk + data[at + len(junk) :]
    with contextlib.suppress(UnreadableImage):
        photo = decode_photo(damaged, name="it", rules=ReadRules(pixel_limit=1_000_000))
        assert from_levels(photo.pixels).min() >= 0
        assert from_levels(photo.pixels).max() <= 1


@given(
    data=st.sampled_from(MOVING), at=st.integers(0, 99_999), junk=st.binary(min_size=1, max_size=8)
)
def test_any_damage_of_an_animation_gives_a_picture_or_one_refusal(
    data: bytes, at: int, junk: bytes
) -> None:
    at %= len(data)
    damaged = data[:at] + junk + data[at + len(junk) :]
    with contextlib.suppress(UnreadableImage):
        picture = decode_picture(damaged, name="it", rules=ReadRules(pixel_limit=1_000_000))
        assert picture.height > 0

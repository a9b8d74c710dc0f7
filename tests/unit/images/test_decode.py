from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.errors import UnreadableImage
from srcli.images.decode import decode_photo, read_photo
from srcli.images.picture.samples import from_photo
from srcli.images.read_rules import ReadRules


def saved(image: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


PNG = saved(Image.new("RGB", (5, 4), "red"), "PNG")


def refusal(path: Path) -> UnreadableImage:
    with pytest.raises(UnreadableImage) as caught:
        read_photo(path)
    assert caught.value.message.startswith(str(path))
    return caught.value


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.png").message.endswith("does not exist.")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    assert refusal(tmp_path).message.endswith("is a folder, not a picture.")


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    assert refusal(tmp_path / "a.png").message.endswith("is not a regular file, not a picture.")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    assert refusal(tmp_path / "a.png").message.endswith("is empty.")


def test_anything_else_is_told_what_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"just text, named as if it were a picture")
    refused = refusal(tmp_path / "a.png")
    assert refused.message.endswith("is not a picture in a known format.")
    assert "PNG, JPEG" in refused.hint


@pytest.mark.parametrize("name", ["nul\0.png", "n" * 300])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    assert "cannot be read" in refusal(tmp_path / name).message


def test_a_file_without_rights_is_said_to_be_closed(python: Path, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "a.png").chmod(0)
    code = (
        "import os, pathlib\n"
        "from srcli.errors import UnreadableImage\n"
        "from srcli.images.decode import read_photo\n"
        f"os.chdir({str(tmp_path)!r})\n"
        "os.geteuid() or os.setuid(65534)  # nothing is closed to root\n"
        "try:\n    read_photo(pathlib.Path('a.png'))\n"
        "except UnreadableImage as error:\n    print(error.message, end='')\n"
    )
    tmp_path.chmod(0o755)
    run = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "a.png cannot be read: permission denied."


def test_the_limit_on_pixels_is_the_callers() -> None:
    assert decode_photo(PNG, name="it", rules=ReadRules(pixel_limit=20)).width == 5
    with pytest.raises(UnreadableImage, match="it has more pixels than the limit of 19"):
        decode_photo(PNG, name="it", rules=ReadRules(pixel_limit=19))


@pytest.mark.parametrize("limit", [None, 10])
def test_pillows_own_limit_and_the_warning_filters_are_left_as_they_were(
    monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    filters = list(warnings.filters)
    assert decode_photo(PNG, name="it").height == 4
    assert limit == Image.MAX_IMAGE_PIXELS
    assert filters == warnings.filters


@pytest.mark.parametrize(
    ("mode", "name"),
    [("L", "GIF"), ("L", "PNG"), ("RGB", "WEBP"), ("L", "TIFF"), ("I;16", "TIFF"), ("L", "AVIF")],
)
def test_several_frames_are_refused(mode: str, name: str) -> None:
    frames = [Image.new(mode, (64, 64), value) for value in (0, 9)]
    data = saved(frames[0], name, save_all=True, append_images=frames[1:])
    with pytest.raises(UnreadableImage, match="it holds several frames or pages"):
        decode_photo(data, name="it")


def test_the_previews_of_a_phones_jpeg_are_left_alone() -> None:
    frames = [Image.new("RGB", (8, 8), "white"), Image.new("RGB", (4, 4))]
    data = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])
    photo = decode_photo(data, name="it")
    assert (photo.width, photo.source_format) == (8, "JPEG")
    assert photo.pixels.min() > 0.99


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "AVIF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_file_that_is_cut_short_is_never_passed_off_as_a_picture(name: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), name)
    with pytest.raises(UnreadableImage, match=r"^it (is cut short|cannot be decoded)"):
        decode_photo(data[: int(len(data) * kept)], name="it")


def test_damage_inside_a_png_is_found_even_where_the_pixels_decode() -> None:
    checksum = PNG.index(b"IEND") - 5
    damaged = PNG[:checksum] + bytes([PNG[checksum] ^ 1]) + PNG[checksum + 1 :]
    with pytest.raises(UnreadableImage, match="a checksum in it does not match"):
        decode_photo(damaged, name="it")


def test_a_gif_whose_frame_is_larger_than_its_screen_is_refused_by_its_header() -> None:
    head = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + bytes(6)
    control = b"!\xf9\x04" + struct.pack("<BHB", 2 << 2, 0, 0) + b"\0"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 60_000, 60_000, 0) + b"\x02\0;"
    with pytest.raises(UnreadableImage, match="it has more pixels than the limit"):
        decode_photo(head + control + frame, name="it")


@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (9, 16)])
def test_a_colour_space_that_codes_in_avif_tell_is_kept(primaries: int, transfer: int) -> None:
    data = saved(Image.new("RGB", (16, 16), "red"), "AVIF")
    codes = struct.pack(">HH", primaries, transfer)
    wide = re.sub(rb"(?<=colrnclx).{4}", codes, data, flags=re.DOTALL)
    assert decode_photo(data, name="it").metadata.color_chunks == b""
    told = decode_photo(wide, name="it").metadata.color_chunks
    assert told[4:12] == b"cICP" + bytes([primaries, transfer, 0, 1])


@pytest.mark.parametrize("alpha", [0, 7])
def test_a_bmp_whose_fourth_channel_is_zero_everywhere_is_opaque(alpha: int) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (5, 6, 4), dtype=np.uint8)
    samples[..., 3] = 0
    samples[2, 3, 3] = alpha
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    size = 14 + 108
    head = struct.pack("<2sIII", b"BM", size + samples.nbytes, 0, size)
    head += struct.pack("<IiiHHIIiiII", 108, 6, -5, 1, 32, 3, samples.nbytes, 0, 0, 0, 0)
    data = head + masks.ljust(108 - 40, b"\0") + samples[..., [2, 1, 0, 3]].tobytes()
    photo = decode_photo(data, name="it")
    assert np.array_equal(from_photo(photo, bits=8)[..., :3], samples[..., :3])
    assert (photo.alpha is None) == (alpha == 0)

import io
import json
import struct
import zlib
from pathlib import Path

from PIL import Image


def saved(name, count=1):
    frames = [Image.new("RGB", (8, 8), (60 * number, 0, 0)) for number in range(count)]
    file = io.BytesIO()
    frames[0].save(
        file, name, **({"save_all": True, "append_images": frames[1:]} if count > 1 else {})
    )
    return file.getvalue()


def of_many_frames(count):
    data = saved("GIF")
    at = 13 + (3 << ((data[10] & 7) + 1))
    return data[:at] + data[at:-1] * count + b";"


def of_many_texts(count):
    data = saved("PNG")
    at = data.index(b"IDAT") - 4
    text = struct.pack(">I", 3) + b"tEXta\0b" + struct.pack(">I", zlib.crc32(b"tEXta\0b"))
    return data[:at] + text * count + data[at:]


def told(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_picture_that_takes_long_stops_no_other_in_its_folder(tmp_path, srcli):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.gif").write_bytes(of_many_frames(100_000))
    (tmp_path / "in/b.png").write_bytes(of_many_texts(500_000))
    (tmp_path / "in/c.png").write_bytes(saved("PNG"))
    (tmp_path / "in/d.gif").write_bytes(saved("GIF", 4))
    options = ("in", "-o", "out", "--json", "--scale", "1.5")
    done = srcli("upscale", *options, "--max-frames", "3")
    ends = [event for event in told(done) if event["event"] in {"done", "failed"}]
    assert [event["event"] for event in ends] == ["failed", "failed", "done", "failed"]
    assert [event.get("hint", "") for event in ends] == [
        "Raise the limit with --max-frames.",
        "Raise the limit with --max-parts.",
        "",
        "Raise the limit with --max-frames.",
    ]
    assert (done.returncode, done.stderr) == (3, "")
    again = srcli("upscale", *options, "--max-frames", "4")
    assert told(again)[-1]["failed"] == 2
    assert [event["action"] for event in told(srcli("upscale", *options, "--dry-run"))] == [
        "fail",
        "fail",
        "skip",
        "skip",
    ]


def test_a_limit_on_pixels_can_be_set(tmp_path, srcli):
    (tmp_path / "a.png").write_bytes(saved("PNG"))
    done = srcli("upscale", "a.png", "--max-pixels", "63")
    assert done.returncode == 3
    assert "a.png has more pixels than the limit of 63" in done.stderr
    assert srcli("upscale", "a.png", "--max-pixels", "64").returncode == 0


def test_a_damaged_picture_is_made_with_a_warning_only_if_that_is_allowed(tmp_path, srcli):
    (tmp_path / "a.png").write_bytes(saved("PNG")[:-30])
    (tmp_path / "b.jpg").write_bytes(saved("JPEG")[:-2])
    done = srcli("upscale", "a.png", "b.jpg", "-o", "out/", "--json", "--scale", "1.5")
    (made,) = [event for event in told(done) if event["event"] == "done"]
    assert Path(made["source"]).name == "b.jpg"
    assert made["warnings"] == ["b.jpg has no end mark; all its pixels are there."]
    (failed,) = [event for event in told(done) if event["event"] == "failed"]
    assert failed["hint"] == "Make what there is of it with --allow-damaged."
    again = srcli("upscale", "a.png", "-o", "out/", "--scale", "1.5", "--allow-damaged")
    assert again.returncode == 0
    assert "warning: a.png is cut short" in again.stderr

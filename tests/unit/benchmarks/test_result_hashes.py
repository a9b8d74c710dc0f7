import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

ROOT = Path(__file__).parents[3]


@pytest.fixture
def hashes(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("result_hashes")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    levels = np.arange(7 * 9 * 3, dtype=np.uint8).reshape(7, 9, 3)
    for name in ("odd/good.png", "odd/deep/good.png", "bench/Set5/baby.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(levels).resize((64, 60)).save(folder / name)
    (folder / "odd/bad.png").write_bytes((folder / "odd/good.png").read_bytes()[:100])
    (folder / "odd/index.tsv").write_text("no picture")
    return folder


def of_png(samples, **text):
    import io

    notes = PngImagePlugin.PngInfo()
    for name, value in text.items():
        notes.add_text(name, value)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "PNG", pnginfo=notes)
    return file.getvalue()


def test_samples_do_not_depend_on_metadata_but_on_every_sample(hashes):
    samples = np.zeros((4, 5, 3), np.uint8)
    changed = samples.copy()
    changed[3, 4, 2] = 1
    plain = hashes.samples_of(of_png(samples))
    assert plain == hashes.samples_of(of_png(samples, title="a"))
    assert plain != hashes.samples_of(of_png(changed))


def test_samples_tell_sixteen_bits_apart(hashes):
    import cv2

    deep = np.full((4, 5, 3), 0x1200, np.uint16)
    files = [cv2.imencode(".png", deep + step)[1].tobytes() for step in (0, 1)]
    first, second = map(hashes.samples_of, files)
    assert first != second


def test_what_nobody_decodes_has_no_samples(hashes):
    assert hashes.samples_of(b"text") is None


def test_each_picture_has_an_entry_which_is_the_same_again(hashes, data):
    settings = (hashes.Setting(name="near", flags="--scale 2 --model nearest", folders=("odd",)),)

    def run(folder):
        folder.mkdir()
        code = hashes.Tree(ROOT, folder)
        return hashes.run_setting(settings[0], hashes.staged(data, folder), code)

    first, second = (run(data.parent / name) for name in ("first", "second"))
    assert first == second
    assert set(first) == {"near", "near/odd/bad.png", "near/odd/good.png", "near/odd/deep/good.png"}
    assert first["near"] == {"exit_code": 3, "pictures": 3, "told": 3}
    assert first["near/odd/bad.png"]["error"] == "UnreadableImage"
    good = first["near/odd/good.png"]
    assert good["samples"]
    assert good["file"] == first["near/odd/deep/good.png"]["file"]
    assert good["size"] == {"height": 120, "width": 128}


def test_pictures_are_chosen_by_their_pixels(hashes, data, tmp_path):
    setting = hashes.Setting(name="none", flags="", folders=("odd",), above=64 * 60)
    copies = hashes.staged(data, tmp_path)
    assert hashes.run_setting(setting, copies, hashes.Tree(ROOT, tmp_path)) == {}


def test_squares_have_one_size(hashes, data, tmp_path):
    (saved,) = hashes.squares(data / "bench/Set5", tmp_path / "squares").values()
    with Image.open(saved) as image:
        assert image.size == (48, 48)


def test_arrays_are_hashed_by_model_and_factor(hashes, data, tmp_path):
    square = str(data / "odd/good.png")
    request = {
        "models": [["nearest", 3], ["none-such", 2]],
        "files": {},
        "squares": {"good": square},
    }
    ran = hashes.Tree(ROOT, tmp_path).run(
        str(ROOT / "benchmarks/library_hashes.py"), given=json.dumps(request).encode()
    )
    entries = json.loads(ran.stdout)
    assert entries["card/nearest x3/good"]["kind"] == "float32 (180, 192, 3)"
    assert entries["card/none-such x2/good"]["error"] == "UnknownModel"


@pytest.fixture
def kept(tmp_path):
    def write(name, entries):
        path = tmp_path / name
        path.write_text(json.dumps(entries))
        return path

    return write


def test_differences_are_printed_and_counted(hashes, kept, capsys):
    old = kept("old.json", {"a": {"file": "1", "samples": "1"}, "b": {"message": "x"}, "c": {}})
    new = kept("new.json", {"a": {"file": "2", "samples": "1"}, "b": {"message": "y"}, "d": {}})
    assert hashes.compare(old, new, frozenset()) == 1
    assert capsys.readouterr().out.splitlines() == [
        "a: file: '1' -> '2'",
        "b: message: 'x' -> 'y'",
        "c: only in the old file",
        "d: only in the new file",
        "3 entries; differences: presence 2, file 1, message 1",
    ]


def test_ignored_fields_may_differ(hashes, kept, capsys, monkeypatch):
    old = kept("old.json", {"b": {"message": "x"}})
    new = kept("new.json", {"b": {"message": "y"}})
    arguments = ["result_hashes.py", "--compare", str(old), str(new), "--ignore", "message,hint"]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as ended:
        hashes.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == "1 entries; no differences\n"

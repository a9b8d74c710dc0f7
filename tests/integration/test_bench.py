import csv
import io
import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def hr(tmp_path):
    """Two pictures with edges, and one file that is none."""
    folder = tmp_path / "hr"
    folder.mkdir()
    for n in (1, 2):
        rows, columns = np.mgrid[0:48, 0:54]
        samples = (128 + 100 * np.sign(np.sin(rows / (3 + n)) + np.cos(columns / 5))).astype(int)
        Image.fromarray(np.clip(samples, 0, 255).astype(np.uint8)).convert("RGB").save(
            folder / f"{n}.png"
        )
    return folder


def test_a_folder_is_measured_at_any_scale(srcli, hr):
    done = srcli("bench", "--data", hr, "--model", "asdn-fast,bicubic", "-s", "2,2.7", "-f", "csv")
    assert done.returncode == 0, done.stderr
    rows = {(r["model"], float(r["scale"])): r for r in csv.DictReader(io.StringIO(done.stdout))}
    assert set(rows) == {(m, s) for m in ("asdn-fast", "bicubic") for s in (2.0, 2.7)}
    for scale in (2.0, 2.7):
        ours, plain = (float(rows[m, scale]["psnr_y"]) for m in ("asdn-fast", "bicubic"))
        assert ours > plain + 1


def test_records_say_in_which_precision_a_model_ran(srcli, hr):
    given = ("--data", hr, "-m", "asdn-fast", "-s", "2", "-f", "json", "--precision", "bfloat16")
    done = srcli("bench", *given)
    (row,) = json.loads(done.stdout)["rows"]
    assert row["conditions"]["dtype"] == "bfloat16"


def test_the_frame_of_upscale_is_measured_if_asked_for(srcli, hr):
    given = ("--data", hr, "-m", "asdn-fast,fsdn-light", "-s", "2", "-f", "json")
    bare, framed = (json.loads(srcli("bench", *one).stdout) for one in (given, (*given, "--frame")))
    for without, within in zip(bare["rows"], framed["rows"], strict=True):
        assert (without["conditions"]["options"], within["conditions"]["options"]) == ("", "frame")
        assert without["scores"]["psnr_y"] != within["scores"]["psnr_y"]
        assert without["kmacs"] == within["kmacs"]


def test_the_table_is_readable(srcli, hr):
    done = srcli("bench", "--data", hr, "--model", "bicubic", "-s", "2", "--published", "all")
    assert done.returncode == 0
    assert "PSNR-Y" in done.stdout
    assert "bicubic" in done.stdout
    assert "Protocol published" in done.stdout


@pytest.mark.parametrize(("form", "mark"), [("md", "| ---"), ("latex", r"\toprule"), ("json", "{")])
def test_other_forms_go_to_stdout(srcli, hr, form, mark):
    done = srcli("bench", "--data", hr, "--model", "bicubic", "-s", "2", "-f", form)
    assert done.returncode == 0
    assert mark in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["rows"][0]["conditions"]["model"] == "bicubic"


def test_a_page_and_every_pictures_numbers_can_be_kept(srcli, hr, tmp_path):
    done = srcli(
        *("bench", "--data", hr, "--model", "bicubic,asdn-fast", "-s", "2,5", "-f", "html"),
        *("-o", "page.html", "--images", "all.csv"),
    )
    assert (done.returncode, done.stdout) == (0, "page.html\n")
    page = (tmp_path / "page.html").read_text()
    assert "data:image/png;base64" in page
    assert "1.png, x2; PSNR-Y" in page
    assert "http" not in page.split("<body>")[1].split("<svg")[0]
    assert len((tmp_path / "all.csv").read_text().splitlines()) == 1 + 2 * 2 * 2


def test_a_report_is_replaced_only_if_asked(srcli, hr, tmp_path):
    (tmp_path / "report.md").write_text("old")
    arguments = ("bench", "--data", hr, "-m", "nearest", "-s", "2", "-f", "md", "-o", "report.md")
    assert srcli(*arguments).returncode == 3
    assert (tmp_path / "report.md").read_text() == "old"
    assert srcli(*arguments, "--overwrite").returncode == 0
    assert "nearest" in (tmp_path / "report.md").read_text()


def test_a_bench_goes_on_where_it_stopped(srcli, hr, monkeypatch):
    arguments = ("bench", "--data", hr, "--model", "bicubic", "-s", "2", "-f", "csv")
    first = srcli(*arguments, "--resume", "records.jsonl")
    monkeypatch.setattr("srcli.bench.runner._measure", lambda *_: pytest.fail("measured again"))
    assert srcli(*arguments, "--resume", "records.jsonl").stdout == first.stdout


def test_a_broken_picture_is_reported_and_does_not_end_the_run(srcli, hr):
    (hr / "broken.png").write_text("no picture")
    done = srcli("bench", "--data", hr, "--model", "bicubic", "-s", "2,3", "-f", "csv")
    assert done.returncode == 3
    assert done.stderr.count("broken.png: ") == 1
    row, _ = csv.DictReader(io.StringIO(done.stdout))
    assert (row["images"], row["failed"]) == ("2", "1")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing to measure on"),
        (["--dataset", "Set6"], 2, "Set6"),
        (["--dataset", "Manga109", "--data-dir", "."], 3, "Manga109 was not found"),
        (["--data", "hr", "-s", "two"], 2, "no list of scales"),
        (["--data", "hr", "-s", "0.9"], 2, "scale"),
        (["--data", "hr", "-f", "xml"], 2, "xml"),
        (["--data", "hr", "-o", "x.txt"], 2, "terminal"),
        (["--data", "hr", "-f", "md", "-o", "x", "--images", "x"], 2, "x is named twice"),
        (["--data", "hr", "-f", "md", "-o", "hr/1.png"], 3, "hr/1.png exists already"),
        (["--data", "hr", "--images", "hr/1.png"], 3, "hr/1.png exists already"),
        (["--data", "hr", "-f", "md", "-o", "/proc/x.md"], 3, "/proc/x.md cannot be written"),
        (["--data", "hr", "-m", "nothing"], 2, "nothing"),
        (["--data", "hr", "-m", "bicubic,bicubic"], 2, "twice"),
        (["--data", "hr", "-s", "1..8:0"], 2, "no list of scales"),
        (["--data", "hr", "-s", "2,3", "--figure", "x.pdf"], 2, "does not end in .svg"),
        (["--data", "hr", "-s", "2", "--figure", "x.svg"], 2, "A curve needs two scales."),
        (["--data", "hr", "-s", "2,3", "--figure", "/proc/x.svg"], 3, "cannot be written"),
        (["--data", "hr", "--protocol", "C"], 2, "'C' is not one of"),
        (["--data", "hr", "--published", "some"], 2, "'some' is not one of"),
        (["--data", "hr", "--versus", "lanczos"], 2, "lanczos is not among the models"),
        (["--data", "hr", "--metrics", "lpips"], 2, "There is no metric lpips"),
        (["--data", "hr", "--metrics", "lpips-vgg"], 2, "LPIPS (VGG) takes weights"),
        (
            ["--data", "hr", "--metrics", "lpips-vgg", "--lpips-weights", "hr"],
            2,
            "There is no weights file hr/vgg16-397923af.pth",
        ),
        (["--data", "hr", "--ways", "tile-8"], 2, "no way to run a model that is called tile-8"),
        (["--data", "hr", "--ways", "ensemble,ensemble"], 2, "A way is named twice."),
    ],
)
def test_bad_requests_are_one_sentence_and_a_code(srcli, hr, arguments, code, words):
    assert hr.is_dir()
    done = srcli("bench", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""


@pytest.mark.usefixtures("family")
def test_a_family_of_fixed_scales_is_measured_at_any_scale(srcli, hr):
    done = srcli("bench", "--data", hr, "-m", "fsdn-tiny", "-s", "2,2.2,3", "-f", "json")
    assert done.returncode == 0, done.stderr
    two, between, three = json.loads(done.stdout)["rows"]
    ways = [row["conditions"]["options"] for row in (two, between, three)]
    assert ways == ["", "passes x2 x1.1", ""]
    weights = [row["conditions"]["model_sha256"] for row in (two, between, three)]
    assert weights[1].startswith(weights[0] + "+")
    assert weights[2] != weights[0]
    assert between["parameters"] > two["parameters"]


def test_a_model_in_other_tiles_is_measured_again(srcli, hr):
    given = ("--data", hr, "-m", "san-light", "-s", "2", "-f", "json", "--resume", "records.jsonl")
    rows = [
        json.loads(srcli("bench", *given, *tile).stdout)["rows"][0]
        for tile in ((), ("--tile", 32), ())
    ]
    assert [row["conditions"]["options"] for row in rows] == ["", "tile-32", ""]


def test_a_model_that_tiles_do_not_change_keeps_its_records(srcli, hr):
    given = ("--data", hr, "-m", "asdn-fast", "-s", "2", "-f", "json", "--tile", 32)
    (row,) = json.loads(srcli("bench", *given).stdout)["rows"]
    assert row["conditions"]["options"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--data", "hr", "-s", "2,2"), "A scale is named twice"),
        (("--data", "hr", "-m", "bicubic,bicubic"), "A model is named twice"),
        (("--dataset", "Set5,Set5"), "Two data sets have one name"),
        (("--dataset", "Set5", "--lr", "hr"), "belong to a folder of HR"),
        (("--data", "hr", "--resume", "r", "-f", "json", "-o", "hr/../r"), "is named twice"),
        (("--data", "hr", "--images", "r", "-f", "csv", "-o", "r"), "is named twice"),
    ],
)
def test_what_would_mix_numbers_up_is_refused(srcli, hr, tmp_path, monkeypatch, given, words):
    (tmp_path / "Set5").mkdir()
    for n in range(5):
        (tmp_path / f"Set5/{n}.png").write_bytes((hr / "1.png").read_bytes())
    monkeypatch.setenv("SRCLI_DATA_DIR", str(tmp_path))
    done = srcli("bench", "--offline", "-m", "bicubic", *given)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "r").exists()


def test_a_file_that_holds_no_records_is_not_added_to(srcli, hr, tmp_path):
    (tmp_path / "report.json").write_text('{\n  "rows": []\n}\n')
    done = srcli("bench", "--data", hr, "-m", "bicubic", "--resume", "report.json")
    assert done.returncode == 3
    assert "something else than records" in done.stderr
    assert (tmp_path / "report.json").read_text() == '{\n  "rows": []\n}\n'


def test_a_curve_is_drawn_and_goes_on_where_it_stopped(srcli, hr, tmp_path, monkeypatch):
    given = ("bench", "--data", hr, "-m", "bicubic", "-f", "csv", "--resume", "r.jsonl")
    done = srcli(*given, "-s", "1.5..2.5:0.5", "--figure", "curve.svg")
    assert done.returncode == 0, done.stderr
    scales = [float(row["scale"]) for row in csv.DictReader(io.StringIO(done.stdout))]
    assert scales == [1.5, 2.0, 2.5]
    svg = (tmp_path / "curve.svg").read_text()
    assert svg.count("<circle") == 3
    monkeypatch.setattr("srcli.bench.runner._measure", lambda *_: pytest.fail("measured again"))
    again = srcli(*given, "-s", "1.5..2.5:0.5", "--figure", "curve.svg", "--overwrite")
    assert again.stdout == done.stdout
    assert (tmp_path / "curve.svg").read_text() == svg


def test_models_are_compared_picture_by_picture(srcli, hr):
    done = srcli(
        *("bench", "--data", hr, "-m", "bicubic,nearest", "-s", "2", "-f", "json"),
        *("--versus", "bicubic"),
    )
    (found,) = json.loads(done.stdout)["differences"]
    assert (found["model"], found["pictures"], found["verdict"]) == (
        "nearest",
        2,
        "too few pictures",
    )
    assert found["psnr_y_difference"]["low"] < 0


def test_ways_to_run_a_model_stand_beside_each_other(srcli, hr):
    given = ("bench", "--data", hr, "-m", "asdn-fast,bicubic", "-s", "2", "--ways")
    done = srcli(*given, "ensemble,tile-32,bfloat16", "-f", "json", "--resume", "r.jsonl")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["way"] for row in rows] == ["", "ensemble", "tile-32", "bfloat16", ""]
    plain, ensemble, tiles, *_ = rows
    assert ensemble["kmacs"] == pytest.approx(8 * plain["kmacs"])
    assert tiles["scores"] == plain["scores"] != ensemble["scores"]
    assert len(done.stdout) > 0
    assert "Ways to run a model" in srcli(*given, "ensemble", "-f", "md").stdout


def test_a_protocol_changes_figures_and_is_kept_with_them(srcli, hr):
    given = ("bench", "--data", hr, "-m", "bicubic", "-s", "2", "-f", "json")
    rows = {}
    for letter in ("A", "A8", "B", "L", "S", "W"):
        done = srcli(*given, "--protocol", letter, "--resume", "r.jsonl")
        assert done.returncode == 0, done.stderr
        content = json.loads(done.stdout)
        (row,) = content["rows"]
        assert row["conditions"]["protocol"] == content["protocol"]["name"]
        rows[content["protocol"]["name"]] = row["scores"]["psnr_y"]
    assert len(set(rows.values())) == 5
    assert rows["whole"] == rows["rounded-luma"], "the pictures are multiples of 2"


def test_more_metrics_are_measured_if_asked_for(srcli, hr):
    given = ("bench", "--data", hr, "-m", "bicubic", "-s", "2", "--resume", "r.jsonl")
    plain = srcli(*given, "-f", "csv").stdout
    assert "gmsd" not in plain
    more = srcli(*given, "--metrics", "gmsd,fsim", "-f", "csv")
    assert more.returncode == 0, more.stderr
    (row,) = csv.DictReader(io.StringIO(more.stdout))
    assert 0 < float(row["gmsd"]) < 0.5 < float(row["fsim"]) < 1
    table = srcli(*given, "--metrics", "gmsd,fsim").stdout
    assert "GMSD" in table
    small = srcli(*given, "--metrics", "ms-ssim")
    assert small.returncode == 3
    assert "too small for MS-SSIM" in small.stderr


def test_given_lr_pictures_are_measured_by_every_protocol(srcli, hr, tmp_path):
    (tmp_path / "lr").mkdir()
    for file in hr.iterdir():
        with Image.open(file) as picture:
            picture.resize((27, 24)).save(tmp_path / "lr" / file.name)
    for letter in ("A", "B", "L"):
        done = srcli(
            *("bench", "--data", hr, "--lr", "lr", "-m", "bicubic", "-s", "2", "-f", "json"),
            *("--protocol", letter),
        )
        assert done.returncode == 0, done.stderr

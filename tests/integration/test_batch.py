import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.batch import local, stages
from srcli.batch.outcome import Failed, SilentListener, Upscaled
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import UpscaleRequest

MANIFEST = ".srcli-manifest.sqlite"


def picture(path: Path, width: int = 20, height: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    levels = np.random.default_rng(len(path.name)).integers(0, 256, (height, width, 3))
    Image.fromarray(levels.astype(np.uint8)).save(path)
    return path


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a.png", "b.png", "deep/c.jpg"):
        picture(tmp_path / "in" / name)
    return tmp_path / "in"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def events(done) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.usefixtures("folder")
def test_run_again_nothing_is_done_again(srcli, tmp_path):
    assert srcli("upscale", "in", "-o", "out").returncode == 0
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("out/**/*x2*")}
    assert len(made) == 3
    (tmp_path / "out/a_x2.png").unlink()
    again = srcli("upscale", "in", "-o", "out")
    assert (again.returncode, again.stdout) == (0, "out/a_x2.png\n")
    assert "1 done, 2 skipped, 0 failed of 3" in again.stderr
    del made[tmp_path / "out/a_x2.png"]
    assert all(path.stat().st_mtime_ns == time for path, time in made.items())


@pytest.mark.usefixtures("folder")
def test_other_settings_need_overwrite(srcli, tmp_path):
    srcli("upscale", "in", "-o", "out", "--name", "{stem}")
    other = srcli("upscale", "in", "-o", "out", "--name", "{stem}", "--scale", "3")
    assert other.returncode == 3
    assert "0 done, 0 skipped, 3 failed of 3" in other.stderr
    assert size(tmp_path / "out/a.png") == (40, 32)
    options = ("--name", "{stem}", "--scale", "3", "--overwrite")
    assert srcli("upscale", "in", "-o", "out", *options).returncode == 0
    assert size(tmp_path / "out/a.png") == (60, 48)
    assert "3 skipped" in srcli("upscale", "in", "-o", "out", *options).stderr


@pytest.mark.usefixtures("folder")
def test_results_beside_their_sources_are_not_enlarged_again(srcli):
    assert srcli("upscale", "in").returncode == 0
    again = srcli("upscale", "in")
    assert again.returncode == 0
    assert "0 done, 3 skipped, 0 failed of 3" in again.stderr
    named = srcli("upscale", "in/a_x2.png", "-o", "in")
    assert named.stdout == "in/a_x2_x2.png\n"


def test_one_earlier_result_does_not_block_a_folder(srcli, tmp_path):
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    srcli("upscale", "a.png")
    made = (tmp_path / "a_x2.png").stat()
    done = srcli("upscale", ".")
    assert (done.returncode, done.stdout) == (0, "b_x2.png\n")
    assert "1 done, 1 skipped, 0 failed of 2" in done.stderr
    assert (tmp_path / "a_x2.png").stat() == made
    again = srcli("upscale", ".", "--dry-run", "--json")
    assert [event["action"] for event in events(again)] == ["skip", "skip"]


def test_an_earlier_result_without_a_record_is_known_by_name_and_content(
    srcli, tmp_path, monkeypatch, caplog
):
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    srcli("upscale", "a.png")
    picture(tmp_path / "b_x2.png", 40, 32)  # named like a result, but another picture
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / ".other"))
    planned = events(srcli("upscale", ".", "--scale", "3", "--dry-run", "--json"))
    assert {event["source"] for event in planned} == {"a.png", "b.png", "b_x2.png"}
    assert caplog.messages == ["a_x2.png is left out, because it looks like an earlier result."]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_real_clash_fails_that_picture_alone(srcli, tmp_path, dry):
    for name in ("a.png", "a_x2.png", "b.png", "b.jpg", "c.png"):
        picture(tmp_path / "in" / name, len(name) * 9)
    done = srcli("upscale", "in", "--format", "png", "--json", *dry)
    assert done.returncode == 3
    told = [event for event in events(done) if event["event"] not in {"start", "picture"}]
    failed = {
        event["source"]: (event["error"] or event)["message"] if dry else event["message"]
        for event in told
        if event.get("action") == "fail" or event["event"] == "failed"
    }
    assert failed == {
        "in/a.png": "in/a_x2.png would be written over a picture that is read.",
        "in/b.png": "in/b.jpg and in/b.png would both become in/b_x2.png.",
    }
    if not dry:
        assert (told[-1]["found"], told[-1]["done"], told[-1]["failed"]) == (5, 3, 2)


def test_a_clash_is_told_by_the_shard_that_it_is_in(srcli, tmp_path):
    for name in ("a.png", "a.jpg"):
        picture(tmp_path / "in" / name)
    options = ("upscale", "in", "-o", "out", "--format", "png", "--dry-run", "--json")
    told = [events(srcli(*options, "--shard", f"{number}/2")) for number in (1, 2)]
    actions = sorted(event["action"] for shard in told for event in shard)
    assert actions == ["fail", "make"]


@pytest.mark.parametrize("name", ["{stem}", "same"])
def test_a_request_of_which_nothing_or_one_picture_would_remain_is_refused(srcli, tmp_path, name):
    for number in range(3):
        picture(tmp_path / f"in/{number}.png")
    done = srcli("upscale", "in", "--name", name)
    assert done.returncode == 2
    assert files(tmp_path) == ["in/0.png", "in/1.png", "in/2.png"]


@pytest.mark.parametrize("output", [(), ("-o", "large.png")])
def test_a_single_result_is_made_once_and_says_what_made_it(srcli, tmp_path, output):
    picture(tmp_path / "a.png")
    assert srcli("upscale", "a.png", *output).returncode == 0
    result = tmp_path / (output[-1] if output else "a_x2.png")
    made = result.stat()
    again = srcli("upscale", "a.png", *output)
    assert (again.returncode, again.stderr) == (0, "a.png: skipped, done already\n")
    for dry in ((), ("--dry-run",)):
        other = srcli("upscale", "a.png", *output, "--model", "asdn-light", *dry)
        assert other.returncode == 3
        told = other.stdout if dry else other.stderr
        assert "was made with the model auto, not with asdn-light" in told
    assert (
        "--overwrite to replace it, or --name"
        in other.stderr + srcli("upscale", "a.png", *output, "--model", "asdn-light").stderr
    )
    assert result.stat() == made
    assert srcli("upscale", "a.png", *output, "--ensemble", "--overwrite").returncode == 0
    assert result.stat() != made
    picture(tmp_path / "a.png", 22)
    changed = srcli("upscale", "a.png", *output, "--ensemble")
    assert "was made from another state of a.png" in changed.stderr


def test_a_folder_and_its_single_pictures_know_of_each_other(srcli, folder):
    srcli("upscale", "in")
    again = srcli("upscale", "in/a.png", "in/deep/c.jpg")
    assert (again.returncode, again.stdout) == (0, "")
    assert files(folder)[0] == MANIFEST


def test_a_record_that_cannot_be_kept_stops_nothing(srcli, tmp_path, monkeypatch):
    monkeypatch.setenv("SRCLI_CACHE_DIR", "/proc/nowhere")
    picture(tmp_path / "a.png")
    assert srcli("upscale", "a.png").stdout == "a_x2.png\n"
    again = srcli("upscale", "a.png")
    assert again.returncode == 3
    assert "there is no record of how it was made" in again.stderr


def test_nothing_is_written_through_a_linked_folder(srcli, folder, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/deep").symlink_to(tmp_path / "far")
    for dry in (("--dry-run",), ()):
        done = srcli("upscale", "in", "-o", "out", *dry)
        assert done.returncode == 3
        assert "out/deep is a link to another folder" in done.stdout + done.stderr
    assert files(tmp_path / "far") == []
    assert files(tmp_path / "out") == [MANIFEST, "a_x2.png", "b_x2.png"]
    (tmp_path / "named").symlink_to(tmp_path / "far")
    assert srcli("upscale", "in", "-o", "named").returncode == 0
    assert files(tmp_path / "far") == [MANIFEST, "a_x2.png", "b_x2.png", "deep/c_x2.jpg"]
    assert folder.is_dir()


@pytest.mark.parametrize("change", ["removed", "folder", "file"])
def test_a_folder_of_results_that_is_lost_ends_the_run(
    srcli, tmp_path, change, monkeypatch, caplog
):
    for number in range(20):
        picture(tmp_path / f"in/{number:02}.png", 8, 8)
    out, write_file = tmp_path / "out", stages._write_file

    def lose(*arguments: object) -> None:
        write_file(*arguments)
        if len(list(out.glob("*.png"))) > 2:
            out.rename(tmp_path / "moved")
            if change == "folder":
                out.mkdir()
            if change == "file":
                out.touch()

    monkeypatch.setattr(local, "WRITERS", 1)  # nothing is written while the folder goes
    monkeypatch.setattr(stages, "_write_file", lose)
    done = srcli("upscale", "in", "-o", "out", "--json")
    assert done.returncode == 5
    told = events(done)
    (failed,) = [event for event in told if event["event"] == "failed"]
    assert failed["error"] == "OutputLost"
    assert f"was {'removed' if change == 'removed' else 'replaced'} while" in failed["message"]
    assert told[-1]["not_reached"] > 0
    assert caplog.messages == []
    assert files(out) == []


@pytest.mark.usefixtures("folder")
def test_results_among_their_sources_are_not_enlarged_wherever_the_next_go(srcli):
    srcli("upscale", "in")
    srcli("upscale", "in", "-o", "in/more", "--scale", "3")
    for options in (("-o", "other"), ("-o", "in/more"), ()):
        planned = srcli("upscale", "in", *options, "--scale", "4", "--dry-run", "--json")
        sources = {event["source"] for event in events(planned)}
        assert sources == {"in/a.png", "in/b.png", "in/deep/c.jpg"}
    named = srcli("upscale", "in/a_x2.png", "-o", "other", "--dry-run", "--json")
    assert [event["source"] for event in events(named)] == ["in/a_x2.png"]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_pictures_that_are_left_alone_are_said(srcli, folder, caplog, dry):
    for name in ("photo.PSD", "deep/sky.exr", "old.psd", "notes.txt"):
        (folder / name).write_bytes(b"")
    assert srcli("upscale", "in", "-o", "out", *dry).returncode == 0
    assert caplog.messages == ["3 pictures are left alone, as srcli does not read .exr, .psd."]


@pytest.mark.usefixtures("folder")
def test_a_folder_of_results_can_be_enlarged_again(srcli):
    srcli("upscale", "in", "-o", "out")
    again = srcli("upscale", "out", "-o", "larger", "--dry-run", "--json")
    sources = {event["source"] for event in events(again)}
    assert sources == {"out/a_x2.png", "out/b_x2.png", "out/deep/c_x2.jpg"}


@pytest.mark.usefixtures("folder")
def test_a_manifest_among_the_sources_that_cannot_be_read_stops_nothing(srcli, folder, caplog):
    (folder / MANIFEST).write_text("none of ours")
    assert srcli("upscale", "in", "-o", "out", "--dry-run").returncode == 0
    assert "is not a manifest" in caplog.text


def test_single_pictures_leave_nothing_but_themselves(srcli, folder):
    srcli("upscale", "in/a.png")
    srcli("upscale", "in/b.png", "-o", "in/large.png")
    assert files(folder) == ["a.png", "a_x2.png", "b.png", "deep/c.jpg", "large.png"]


def test_a_dry_run_says_it_all_and_writes_nothing(srcli, folder, tmp_path):
    (folder / "broken.png").write_text("no picture")
    before = files(tmp_path)
    done = srcli("upscale", "in", "-o", "out", "-m", "asdn-fast", "-s", "2.7", "--dry-run")
    assert done.returncode == 3
    assert files(tmp_path) == before
    assert "make  20x16  54x43  asdn-fast x3, resize" in done.stdout
    assert "4 found: 3 to make, 0 to copy, 0 to skip, 1 would fail" in done.stdout
    assert "not a picture in a known format" in done.stdout
    planned = events(srcli("upscale", "in", "-o", "out", "--dry-run", "--json"))
    assert [event["action"] for event in planned] == ["make", "make", "fail", "make"]
    assert planned[0]["size"] == {"height": 32, "width": 40}
    assert (planned[0]["passes"], planned[0]["way"]) == (1, "asdn-fast x2")
    assert planned[2]["way"] is None


def test_a_dry_run_knows_what_is_done(srcli, folder):
    srcli("upscale", "in", "-o", "out")
    before = files(folder.parent)
    done = srcli("upscale", "in", "-o", "out", "--dry-run")
    assert "0 to make, 0 to copy, 3 to skip, 0 would fail" in done.stdout
    assert files(folder.parent) == before


@pytest.mark.parametrize(
    ("policy", "width", "words"),
    [("skip", None, "skipped, large enough"), ("copy", 20, "copied"), ("shrink", 10, "to 10x8")],
)
def test_pictures_that_are_large_enough(srcli, tmp_path, policy, width, words):
    source = picture(tmp_path / "in/a.png")
    done = srcli("upscale", "in", "-o", "out", "--width", "10", "--if-large-enough", policy)
    assert done.returncode == 0
    assert words in done.stderr
    result = tmp_path / "out/a_10x.png"
    assert result.exists() == (width is not None)
    if policy == "copy":
        assert result.read_bytes() == source.read_bytes()
    elif width:
        assert size(result) == (10, 8)


def test_copies_take_the_format_asked_for(srcli, tmp_path):
    picture(tmp_path / "a.png")
    options = ("--width", "10", "--if-large-enough", "copy", "--format", "bmp")
    assert srcli("upscale", "a.png", *options).stdout == "a_10x.bmp\n"
    with Image.open(tmp_path / "a_10x.bmp") as copy, Image.open(tmp_path / "a.png") as source:
        assert copy.format == "BMP"
        assert copy.tobytes() == source.tobytes()


def test_shards_are_all_of_it_and_never_twice(srcli, tmp_path):
    for number in range(9):
        picture(tmp_path / f"in/{number}.png", 8, 8)
    told = [srcli("upscale", "in", "-o", "out", "--shard", f"{n}/3").stdout for n in (1, 2, 3)]
    lines = [line for text in told for line in text.splitlines()]
    assert sorted(lines) == [f"out/{number}_x2.png" for number in range(9)]
    assert all(told)


def test_fail_fast_stops_and_says_what_was_not_reached(srcli, tmp_path):
    for number in range(20):
        picture(tmp_path / f"in/{number:02}.png", 8, 8)
    (tmp_path / "in/03.png").write_text("no picture")
    done = srcli("upscale", "in", "-o", "out", "--fail-fast", "--json")
    assert done.returncode == 3
    summary = events(done)[-1]
    assert summary["failed"] == 1
    assert summary["not_reached"] > 0
    counts = (summary[name] for name in ("done", "skipped", "failed", "not_reached"))
    assert sum(counts) == summary["found"] == 20


@pytest.mark.usefixtures("folder")
def test_a_list_names_more_pictures(srcli, tmp_path):
    (tmp_path / "list.txt").write_text("in/b.png\n\nin/deep\n")
    done = srcli("upscale", "in/a.png", "--from-file", "list.txt", "-o", "out")
    assert done.stdout.split() == ["out/a_x2.png", "out/b_x2.png", "out/c_x2.jpg"]
    assert srcli("upscale", "--from-file", "none.txt").returncode == 2


def test_an_input_that_goes_away_is_a_failure_of_its_own(tmp_path):
    sources = [picture(tmp_path / f"in/{number:02}.png", 8, 8) for number in range(14)]
    request = UpscaleRequest(
        inputs=(str(tmp_path / "in"),),
        size=SizeRequest(scale=(2, 2)),
        output=str(tmp_path / "out"),
    )

    class Remover(SilentListener):
        def picture(self, *_) -> None:
            sources[-1].unlink(missing_ok=True)

    outcomes = list(upscale(request, Remover()))
    assert len(outcomes) == 14
    assert all(isinstance(outcome, Upscaled) for outcome in outcomes[:-1])
    assert isinstance(outcomes[-1], Failed)
    assert outcomes[-1].error.message == f"{sources[-1]} does not exist."


def test_an_interrupted_run_tells_of_all_that_it_wrote(tmp_path):
    for number in range(12):
        picture(tmp_path / f"in/{number:02}.png", 8, 8)
    begun = itertools.count(1)

    class Interrupts(SilentListener):
        def picture(self, *_) -> None:
            if next(begun) == 8:
                raise KeyboardInterrupt

    request = UpscaleRequest(
        inputs=(str(tmp_path / "in"),),
        size=SizeRequest(scale=(2, 2)),
        output=str(tmp_path / "out"),
    )
    told = []
    with pytest.raises(KeyboardInterrupt):
        told.extend(outcome.output for outcome in upscale(request, Interrupts()))
    assert len(told) == 7
    assert told == sorted((tmp_path / "out").glob("*.png"))


def test_a_run_that_is_abandoned_finishes_what_it_began_and_leaves_nothing(tmp_path):
    for number in range(14):
        picture(tmp_path / f"in/{number:02}.png", 8, 8)
    request = UpscaleRequest(
        inputs=(str(tmp_path / "in"),),
        size=SizeRequest(scale=(2, 2)),
        output=str(tmp_path / "out"),
    )
    outcomes = upscale(request)
    list(itertools.islice(outcomes, 2))
    outcomes.close()
    assert not [name for name in files(tmp_path / "out") if name.endswith((".part", ".run"))]
    assert len(list(upscale(request))) == 14


@pytest.mark.usefixtures("folder")
def test_stray_files_of_killed_runs_are_removed(srcli, tmp_path):
    for name in ("out/.srcli-0011223344556677.part", "out/.srcli-0011223344556677.run"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    srcli("upscale", "in", "-o", "out")
    assert files(tmp_path / "out") == [MANIFEST, "a_x2.png", "b_x2.png", "deep/c_x2.jpg"]


def test_what_a_format_cannot_hold_is_refused_before_the_work(srcli, tmp_path):
    Image.new("RGBA", (400, 400), (9, 9, 9, 99)).save(tmp_path / "soft.png")
    done = srcli("upscale", "soft.png", "--format", "jpg", "--json")
    assert done.returncode == 3
    assert [event["event"] for event in events(done)] == ["start", "failed", "summary"]


def test_quiet_leaves_results_and_errors(srcli, folder):
    (folder / "broken.png").write_text("no picture")
    done = srcli("upscale", "in", "-o", "out", "-q")
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.splitlines()[0].startswith("error: in/broken.png")
    assert "done" not in done.stderr


def test_a_result_that_is_not_its_source_is_warned_of(srcli, tmp_path):
    import torch

    from srcli.weights.formats.checkpoint import load_model, save_model
    from srcli.weights.providers.store import locate

    model = load_model(locate("asdn-fast"))
    noisy = {key: torch.randn_like(value) for key, value in model.network.state_dict().items()}
    save_model(tmp_path / "wrong.safetensors", noisy, model.header)
    picture(tmp_path / "a.png")
    done = srcli("upscale", "a.png", "--model", "wrong.safetensors")
    assert done.returncode == 0
    assert "warning: a_x2.png reduced again differs from its source" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--shard", "0/4"], "part"),
        (["--shard", "5/4"], "part"),
        (["--shard", "x"], "part"),
        (["--fit", "9"], "box"),
        (["--megapixels", "nan"], "megapixels"),
        (["--format", "xyz"], "xyz"),
        (["--format", "heic"], "heic"),
        (["--background", "no colour"], "colour"),
        (["--name", "{nothing}"], "template"),
        (["--quality", "0"], "quality"),
        (["--if-large-enough", "cry"], "cry"),
        (["--wrap", "z"], "'z'"),
        (["--wrap", "x", "--official-tiles", "--model", "san-light"], "do not wrap"),
        (["-", "a.png"], "one picture"),
    ],
)
def test_requests_without_sense_are_refused(srcli, tmp_path, arguments, words):
    picture(tmp_path / "a.png")
    done = srcli("upscale", "a.png", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert files(tmp_path) == ["a.png"]


@pytest.fixture
def piped(python, tmp_path):
    """Run the command in a process that gets a content through a pipe."""

    def run(arguments: list[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [python, "-m", "srcli", "upscale", *arguments]
        return subprocess.run(
            command, input=content, cwd=tmp_path, capture_output=True, check=False
        )

    return run


def test_a_picture_goes_through_a_pipe(srcli, piped, tmp_path):
    source = picture(tmp_path / "a.png")
    assert srcli("upscale", "a.png", "-o", "b.png").returncode == 0
    done = piped(["-", "-o", "-"], source.read_bytes())
    assert done.returncode == 0
    assert done.stdout == (tmp_path / "b.png").read_bytes()
    assert done.stderr == b"-: 20x16 to 40x32 in " + done.stderr.rpartition(b" in ")[2]


def test_what_comes_by_a_pipe_can_be_refused(piped):
    done = piped(["-"], b"no picture")
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.startswith(b"error: Standard input is not a picture")


def test_a_file_can_go_to_a_pipe_in_another_format(piped, tmp_path):
    shutil.copy(picture(tmp_path / "a.png"), tmp_path / "b.png")
    done = piped(["b.png", "-o", "-", "--format", "webp"], b"")
    assert done.stdout[8:12] == b"WEBP"
    assert files(tmp_path) == ["a.png", "b.png"]


def test_names_need_not_be_unicode_nor_tame(piped, tmp_path):
    for name in (b"caf\xe9.png", b"new\nline [1].png", b"n" * 248 + b".png"):
        picture(tmp_path / "plain.png").rename(tmp_path / os.fsdecode(name))
    made = piped([str(tmp_path), "-o", "out"], b"")
    planned = piped([str(tmp_path), "-o", "other", "--dry-run"], b"")
    assert made.returncode == planned.returncode == 0
    assert b"out/caf\xe9_x2.png\n" in made.stdout
    assert b"other/caf\xe9_x2.png\n" in planned.stdout
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == sorted(
        [os.fsdecode(b"caf\xe9_x2.png"), "n" * 248 + "_x2.png", "new\nline [1]_x2.png"]
    )

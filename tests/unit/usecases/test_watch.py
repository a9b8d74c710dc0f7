"""Folders that are watched."""

import itertools
import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from srcli.batch.naming import Job
from srcli.batch.outcome import Failed, SilentListener, Skipped, Upscaled
from srcli.errors import OutputLost, UsageError
from srcli.images.found import InputFile
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.upscale_request import UpscaleRequest
from srcli.usecases.watch import _state, watch_folders


def picture(path: Path, side: int = 8) -> Path:
    Image.new("RGB", (side, side), (9, 99, 199)).save(path)
    return path


def request(folder: Path, **options: object) -> UpscaleRequest:
    given = {"inputs": (str(folder / "in"),), "output": str(folder / "out"), **options}
    return UpscaleRequest(size=SizeRequest(scale=(2, 2)), **given)


@pytest.fixture
def place(tmp_path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path


@pytest.fixture
def come(place, monkeypatch):
    """Lets pictures appear after some looks, by their numbers, and interrupts after the seventh."""

    def arrange(arrivals: dict[int, str]) -> None:
        looks = itertools.count()

        def between_looks(_: float) -> None:
            look = next(looks)
            if look in arrivals:
                picture(place / "in" / arrivals[look])
            if look > 6:
                raise KeyboardInterrupt

        monkeypatch.setattr("srcli.usecases.watch.time", SimpleNamespace(sleep=between_looks))

    return arrange


def test_what_is_there_and_what_comes_is_enlarged_once(place, come):
    picture(place / "in/a.png")
    come({2: "b.png"})
    found = []
    listener = SilentListener()
    listener.found = found.append
    outcomes = []
    with pytest.raises(KeyboardInterrupt):
        outcomes.extend(watch_folders(request(place), listener))
    assert found == [1, 1]
    assert sorted(path.name for path in place.glob("out/*.png")) == ["a_x2.png", "b_x2.png"]


def test_a_picture_that_is_still_written_is_waited_for(place, monkeypatch):
    sizes = iter([20, 40, 60, 60, 60])

    def grow(_: float) -> None:
        picture(place / "in/a.png", next(sizes))

    monkeypatch.setattr("srcli.usecases.watch.time", SimpleNamespace(sleep=grow))
    monkeypatch.setattr("srcli.usecases.watch._state", lambda job: _size(job.source.path))
    outcome = next(watch_folders(request(place)))
    assert isinstance(outcome, Upscaled)
    assert outcome.source_size == (60, 60)


def _size(path: Path) -> tuple[int, int]:
    return path.stat().st_size, 0


def test_what_was_done_before_is_skipped_and_what_fails_is_told_once(place, monkeypatch):
    monkeypatch.setattr("srcli.usecases.watch.time", SimpleNamespace(sleep=lambda _: None))
    picture(place / "in/a.png")
    next(watch_folders(request(place)))
    (place / "in/b.png").write_text("no picture")
    first, second = itertools.islice(watch_folders(request(place)), 2)
    assert isinstance(first, Skipped)
    assert isinstance(second, Failed)
    (end,) = list(watch_folders(request(place, fail_fast=True)))[-1:]
    assert isinstance(end, Failed)


def test_what_comes_with_the_name_of_another_result_fails_once_and_the_watch_goes_on(place, come):
    picture(place / "in/b.png")
    come({2: "b.jpg", 5: "c.png"})
    found = []
    listener = SilentListener()
    listener.found = found.append
    watch = watch_folders(request(place, suffix=".png"), listener)
    first, clash, third = itertools.islice(watch, 3)
    assert (first.source.name, clash.source.name, third.source.name) == ("b.png", "b.jpg", "c.png")
    assert isinstance(first, Upscaled)
    assert isinstance(clash, Failed)
    assert "would both become" in clash.error.message
    assert isinstance(third, Upscaled)
    assert found == [1, 1, 1]


def test_results_that_clash_from_the_start_fail_once_too(place, come):
    picture(place / "in/b.png")
    picture(place / "in/b.jpg")
    come({2: "c.png"})
    first, second, third = itertools.islice(watch_folders(request(place, suffix=".png")), 3)
    assert isinstance(first, Failed)
    assert "would both become" in first.error.message
    assert isinstance(second, Upscaled)
    assert isinstance(third, Upscaled)


def test_a_folder_of_results_that_is_removed_between_two_looks_ends_the_watch(place, monkeypatch):
    picture(place / "in/a.png")
    watch = watch_folders(request(place))

    def remove(_: float) -> None:
        if (place / "out/a_x2.png").exists():
            shutil.rmtree(place / "out")
            picture(place / "in/b.png")

    monkeypatch.setattr("srcli.usecases.watch.time", SimpleNamespace(sleep=remove))
    assert isinstance(next(watch), Upscaled)
    with pytest.raises(OutputLost):
        next(watch)
    assert not (place / "out").exists()


@pytest.mark.parametrize(
    "options", [{"inputs": ("a.png",)}, {"inputs": ()}, {"inputs": ("x/*.png",), "output": ""}]
)
def test_only_folders_are_watched(place, options):
    with pytest.raises(UsageError, match="watched"):
        next(watch_folders(request(place, **options)))


def test_the_command_watches_until_it_is_interrupted(python, place):
    command = [python, "-m", "srcli", "upscale", "in", "-o", "out", "--watch"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=place, env=environment, **streams) as run:
        for name in ("a", "b"):
            picture(place / f"in/{name}.png")
            assert run.stdout.readline() == f"out/{name}_x2.png\n"
        run.send_signal(signal.SIGINT)
        talk = run.communicate()[1]
    assert run.returncode == 130
    assert "interrupted: 2 done, 0 skipped, 0 failed of 2" in talk
    assert "Traceback" not in talk


def test_a_picture_that_goes_away_between_two_looks_is_left_out(place):
    gone = place / "in/gone.png"
    source = InputFile(path=gone, relative=Path("gone.png"))
    assert _state(Job(source=source, output=place / "out.png")) is None

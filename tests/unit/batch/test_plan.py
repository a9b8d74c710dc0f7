from pathlib import Path

import pytest
from PIL import Image

from srcli.batch.ledger import NoLedger, Verdict
from srcli.batch.naming import Job
from srcli.batch.plan import (
    Wish,
    check_memory,
    choose_action,
    estimate_cost,
    estimate_disk,
    memory_needed,
    plan_picture,
    plan_way,
)
from srcli.engine.tiling import TiledTraits
from srcli.errors import OutOfMemory
from srcli.images.discover import Source
from srcli.images.probe import Head
from srcli.networks.spec import NetworkTraits
from srcli.pipeline.target_size import TargetSize

ANY = NetworkTraits(scale=None, receptive_radius=4)
DOUBLE = NetworkTraits(scale=2, receptive_radius=4)


def job(tmp_path: Path, suffix: str = ".png") -> Job:
    path = tmp_path / "photo.png"
    Image.new("RGB", (100, 60)).save(path)
    return Job(source=Source(path=path, relative=Path("photo.png")), output=tmp_path / f"o{suffix}")


def target(height: int, width: int) -> TargetSize:
    return TargetSize(height=height, width=width, ratio=max(height / 60, width / 100))


@pytest.mark.parametrize(
    ("size", "policy", "action"),
    [
        ((61, 50), "skip", "make"),
        ((60, 100), "skip", "skip"),
        ((60, 100), "copy", "copy"),
        ((30, 100), "copy", "copy"),
        ((30, 50), "shrink", "make"),
    ],
)
def test_a_picture_is_large_enough_along_both_axes_or_not_at_all(size, policy, action):
    assert choose_action((60, 100), size, policy) == action


@pytest.mark.parametrize(
    ("traits", "size", "passes", "tiles"),
    [
        ((ANY,), (120, 200), 1, 4 * 7),
        ((ANY,), (162, 270), 2, 4 * 7 + 6 * 9),
        ((DOUBLE,), (120, 200), 1, 2 * 4),
        ((DOUBLE,), (240, 400), 2, 2 * 4 + 4 * 7),
        ((DOUBLE,), (162, 270), 3, 2 * 4 + 4 * 7),
        ((DOUBLE, ANY), (162, 270), 2, 2 * 4 + 6 * 9),
    ],
)
def test_passes_and_tiles_are_counted(traits, size, passes, tiles):
    networks = [TiledTraits(traits=one, tile=32) for one in traits]
    way = plan_way((60, 100), target(*size), networks)
    cost = estimate_cost(Head(size=(60, 100)), way, networks, disk=7)
    assert (len(cost.passes), cost.tiles, cost.disk) == (passes, tiles, 7)
    assert cost.memory > 12 * size[0] * size[1]


@pytest.mark.parametrize(("suffix", "disk"), [(".jpg", 400), (".png", 72_000)])
def test_lossy_formats_take_what_their_sources_do_and_others_three_bytes_a_pixel(
    tmp_path, suffix, disk
):
    one = job(tmp_path, suffix)
    assert estimate_disk(one, (60, 100), (120, 200), source_bytes=100) == disk


def test_a_plan_says_what_would_happen(tmp_path):
    one = job(tmp_path)
    networks = [TiledTraits(traits=ANY, tile=512)]
    wish = Wish(resolve=lambda *_: target(120, 200))
    made = plan_picture(one, NoLedger(overwrite=False).claim, wish, networks)
    assert (made.action, made.source_size, made.size) == ("make", (60, 100), (120, 200))
    done = plan_picture(one, lambda _: Verdict.DONE, wish, networks)
    assert (done.action, done.note, done.cost) == ("skip", "done already", None)
    one.output.touch()
    there = plan_picture(one, NoLedger(overwrite=False).claim, wish, networks)
    assert there.action == "fail"
    assert "exists already" in there.error.message


def test_frames_that_do_not_fit_into_memory_together_are_refused(monkeypatch):
    monkeypatch.setattr("srcli.engine.memory.host_memory", lambda: 10_000_000)
    way = plan_way((60, 100), target(120, 200), [TiledTraits(traits=ANY, tile=512)])
    check_memory((60, 100), way, frames=10)
    with pytest.raises(OutOfMemory, match="1000 frames of 200x120 pixels"):
        check_memory((60, 100), way, frames=1000)


def test_memory_is_that_of_source_and_result_and_of_the_pictures_on_the_way():
    networks = [TiledTraits(traits=DOUBLE, tile=512)]
    detour, straight = (
        memory_needed((60, 100), plan_way((60, 100), target(*size), networks))
        for size in ((66, 110), (120, 200))
    )
    assert detour - straight == 12 * 66 * 110
    assert memory_needed((60, 100), ()) < straight

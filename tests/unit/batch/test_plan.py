from pathlib import Path

import pytest
from PIL import Image

from srcli.batch.ledger import ClaimResult, NoLedger
from srcli.batch.naming import Job
from srcli.batch.plan import estimate_cost, estimate_disk, plan_picture
from srcli.engine.recursion import plan_passes
from srcli.engine.tiling import TiledTraits
from srcli.images.found import InputFile
from srcli.images.probe import ImageInfo
from srcli.networks.spec import AnyRatioTraits, FixedScaleTraits
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.pipeline.target_size import TargetSize

ANY = AnyRatioTraits(receptive_radius=4)
DOUBLE = FixedScaleTraits(scale=2, receptive_radius=4)


def job(tmp_path: Path, suffix: str = ".png") -> Job:
    path = tmp_path / "photo.png"
    Image.new("RGB", (100, 60)).save(path)
    return Job(
        source=InputFile(path=path, relative=Path("photo.png")), output=tmp_path / f"o{suffix}"
    )


def target(height: int, width: int) -> TargetSize:
    return TargetSize(height=height, width=width, ratio=max(height / 60, width / 100))


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
    networks = [TiledTraits(key=one.scale, traits=one, tile=32) for one in traits]
    way = plan_passes((60, 100), size, target(*size).ratio, *traits)
    cost = estimate_cost(ImageInfo(size=(60, 100)), way, networks, disk=7)
    assert (len(cost.passes), cost.tiles, cost.disk) == (passes, tiles, 7)
    assert cost.memory > 12 * size[0] * size[1]


@pytest.mark.parametrize(("suffix", "disk"), [(".jpg", 400), (".png", 72_000)])
def test_lossy_formats_take_what_their_sources_do_and_others_three_bytes_a_pixel(
    tmp_path, suffix, disk
):
    one = job(tmp_path, suffix)
    assert estimate_disk(one, (60, 100), (120, 200), source_bytes=100) == disk


def test_a_plan_says_what_would_happen(tmp_path, models):
    one = job(tmp_path)
    pipeline = Pipeline(OutputSpec(resolve=lambda *_: target(120, 200)), models)
    made = plan_picture(one, NoLedger(overwrite=False).claim, pipeline)
    assert (made.action, made.source_size, made.size) == ("make", (60, 100), (120, 200))
    assert made.way == "tiny x2"
    done = plan_picture(one, lambda _: ClaimResult.DONE, pipeline)
    assert (done.action, done.note, done.cost) == ("skip", "done already", None)
    one.output.touch()
    there = plan_picture(one, NoLedger(overwrite=False).claim, pipeline)
    assert there.action == "fail"
    assert "exists already" in there.error.message

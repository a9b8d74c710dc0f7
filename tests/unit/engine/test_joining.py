import pytest
import torch

from srcli.engine.joining import CropJoin, FeatherJoin, WholeImage
from srcli.engine.tiling import Tile, plan_tiles
from srcli.pixels.region import Region

SIZE = (40, 28)
TILES = plan_tiles(SIZE, tile=16, halo=4)


def enlarged(image: torch.Tensor, scale: int) -> torch.Tensor:
    return image.repeat_interleave(scale, 2).repeat_interleave(scale, 3)


def two_tiles() -> tuple[Tile, Tile]:
    """Return two tiles side by side, whose contexts share eight columns."""
    upper, lower = plan_tiles((8, 32), tile=16, halo=4)
    return upper, lower


def test_a_whole_image_holds_every_window_at_its_place():
    whole = WholeImage((4, 6))
    left, right = torch.rand(1, 3, 4, 2), 3 * torch.rand(1, 3, 4, 4) - 1
    whole.put(Region(top=0, bottom=4, left=0, right=2), left)
    whole.put_clamped(Region(top=0, bottom=4, left=2, right=6), right)
    assert torch.equal(whole.picture, torch.cat([left, right.clamp(0, 1)], 3))


@pytest.mark.parametrize("scale", [1, 3])
def test_cores_are_passed_on_as_they_are_and_cover_the_image(scale):
    image, whole = torch.rand(1, 3, *SIZE), WholeImage((scale * SIZE[0], scale * SIZE[1]))
    whole.picture.fill_(torch.nan)
    join = CropJoin(scale=scale, sink=whole.put)
    for tile in TILES:
        join.put(tile, join.part(tile).of(enlarged(tile.context.of(image), scale)))
    assert torch.equal(whole.picture, enlarged(image, scale))


def test_what_lies_outside_of_a_core_is_left_out():
    taken = []
    join = CropJoin(scale=1, sink=lambda region, window: taken.append((region, window)))
    tile = two_tiles()[0]
    output = torch.full((1, 3, tile.context.height, tile.context.width), torch.nan)
    tile.core.of(output).fill_(0.5)
    join.put(tile, join.part(tile).of(output))
    assert taken[0][0] == tile.core
    assert (taken[0][1] == 0.5).all()


@pytest.mark.parametrize("scale", [1, 3])
def test_tiles_that_agree_are_joined_without_a_seam(scale):
    image, whole = torch.rand(1, 3, *SIZE), WholeImage((scale * SIZE[0], scale * SIZE[1]))
    whole.picture.fill_(torch.nan)
    join = FeatherJoin(SIZE, scale=scale, sink=whole.put)
    for tile in TILES:
        join.put(tile, join.part(tile).of(enlarged(tile.context.of(image), scale)))
    join.finish_rows(SIZE[0])
    torch.testing.assert_close(whole.picture, enlarged(image, scale))


@pytest.mark.parametrize("scale", [1, 2])
def test_tiles_that_disagree_fade_into_each_other(scale):
    whole = WholeImage((8 * scale, 32 * scale))
    join = FeatherJoin((8, 32), scale=scale, sink=whole.put)
    for value, tile in enumerate(two_tiles()):
        size = scale * tile.context.height, scale * tile.context.width
        join.put(tile, torch.full((1, 3, *size), float(value)))
    join.finish_rows(8)
    row = whole.picture[0, 0, 0]
    assert (row[: 12 * scale] == 0).all()
    assert (row[20 * scale :] == 1).all()
    assert (row.diff() >= 0).all()
    assert row.diff().max() <= 1 / (8 * scale) + 1e-6
    torch.testing.assert_close(row + row.flip(0), torch.ones_like(row))


def test_rows_are_passed_on_once_and_as_soon_as_they_are_finished():
    strips = []
    join = FeatherJoin(SIZE, scale=2, sink=lambda region, _: strips.append(region))
    for tile in TILES:
        join.put(tile, torch.rand(1, 3, 2 * tile.context.height, 2 * tile.context.width))
    assert strips == []
    for rows in (10, 10, 25, 40):
        join.finish_rows(rows)
    assert [(strip.top, strip.bottom) for strip in strips] == [(0, 20), (20, 50), (50, 80)]
    assert {(strip.left, strip.right) for strip in strips} == {(0, 56)}

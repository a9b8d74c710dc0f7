import torch
from hypothesis import given
from hypothesis import strategies as st

from srcli.engine.tiling import plan_tiles
from srcli.pixels.region import Region

sides = st.integers(1, 120)
plans = st.tuples(sides, sides, st.integers(8, 64), st.integers(0, 20), st.sampled_from([1, 2, 4]))


@given(plans)
def test_cores_cover_every_pixel_exactly_once(plan):
    height, width, tile, halo, multiple = plan
    count = torch.zeros(height, width)
    for part in plan_tiles((height, width), tile=tile, halo=halo, multiple=multiple):
        part.core.of(count).add_(1)
    assert (count == 1).all()


@given(plans)
def test_contexts_hold_the_whole_halo_or_end_at_the_border(plan):
    height, width, tile, halo, multiple = plan
    for part in plan_tiles((height, width), tile=tile, halo=halo, multiple=multiple):
        core, context = part.core, part.context
        assert context.top == 0 or context.top <= core.top - halo
        assert context.left == 0 or context.left <= core.left - halo
        assert context.bottom == height or context.bottom >= core.bottom + halo
        assert context.right == width or context.right >= core.right + halo
        assert context.top % multiple == 0
        assert context.left % multiple == 0


@given(plans)
def test_no_core_is_larger_than_asked_but_for_the_multiple(plan):
    height, width, tile, halo, multiple = plan
    for part in plan_tiles((height, width), tile=tile, halo=halo, multiple=multiple):
        assert max(part.core.height, part.core.width) <= tile + multiple - 1


def test_a_part_of_the_grid_can_be_cut_again():
    within = Region(top=64, bottom=128, left=0, right=64)
    parts = plan_tiles((200, 200), tile=32, halo=8, within=within)
    assert {(p.core.top, p.core.left) for p in parts} == {(64, 0), (64, 32), (96, 0), (96, 32)}
    assert parts[0].context == Region(top=56, bottom=104, left=0, right=40)


def test_a_picture_that_fits_is_one_tile():
    (only,) = plan_tiles((50, 40), tile=64, halo=8)
    assert only.core == only.context == Region(top=0, bottom=50, left=0, right=40)

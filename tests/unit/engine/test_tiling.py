import torch
from hypothesis import given
from hypothesis import strategies as st

from srcli.engine.tiling import halo_width, plan_tiles, tile_side
from srcli.networks.spec import FixedScaleTraits
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


@given(plans, st.integers(0, 8), st.integers(0, 8))
def test_windows_lie_as_in_the_padded_whole(plan, above, before):
    height, width, tile, halo, multiple = plan
    parts = plan_tiles(
        (height, width), tile=tile, halo=halo, multiple=multiple, padding=(above, before)
    )
    count = torch.zeros(height, width)
    for part in parts:
        part.core.of(count).add_(1)
        assert part.context.top == 0 or (part.context.top + above) % multiple == 0
        assert part.context.left == 0 or (part.context.left + before) % multiple == 0
        assert max(part.core.height, part.core.width) <= tile + multiple - 1
    assert (count == 1).all()


def test_parts_of_a_padded_grid_are_cut_on_the_same_windows():
    within = Region(top=60, bottom=124, left=0, right=60)
    parts = plan_tiles((200, 200), tile=32, halo=8, multiple=8, padding=(4, 4), within=within)
    assert {part.core.top for part in parts} == {60, 92}
    assert {part.core.left for part in parts} == {0, 28}


def test_a_tile_with_its_halos_is_no_larger_than_a_network_takes():
    traits = FixedScaleTraits(scale=2, receptive_radius=None, maximum_size=64, overlap=16)
    side, halo = tile_side(500, traits), halo_width(traits)
    assert side + 2 * halo == 64
    assert tile_side(20, traits) == 20

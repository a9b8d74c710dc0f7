import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from srcli.engine.back_projection import corrected
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, axis_taps, resize

CPU = Compute(device=torch.device("cpu"))
WRAPPED = ("wrap", "wrap")


def matrix(before: int, after: int) -> torch.Tensor:
    """Return what resizes an axis as one matrix."""
    taps = axis_taps(before, after)
    empty = torch.zeros(after, before, dtype=torch.float64)
    return empty.scatter_add(1, taps.index, taps.weight)


def applied(rows: torch.Tensor, columns: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    return rows @ image @ columns.T


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_two_rounds_agree_with_matrices(dtype):
    peak = {torch.uint8: 255, torch.uint16: 65535}.get(dtype, 1)
    source = (torch.rand(1, 3, 20, 17, dtype=torch.float64) * peak).to(dtype)
    result, whole = torch.rand(1, 3, 26, 24), Region.whole((26, 24))
    down = matrix(26, 20), matrix(24, 17)
    up = matrix(20, 26), matrix(17, 24)
    expected = result.double()
    for _ in range(2):
        lacking = from_levels(source).double() - applied(*down, expected)
        expected = expected + applied(*up, lacking)
    assert torch.allclose(corrected(source, result, MIRRORED)(whole).double(), expected, atol=2e-6)


@given(
    sides=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    grown=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    corner=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    borders=st.sampled_from([MIRRORED, WRAPPED]),
)
def test_a_window_is_equal_to_that_of_the_whole(sides, grown, corner, borders):
    size = sides[0] + min(grown[0], sides[0]), sides[1] + min(grown[1], sides[1])
    source, result = torch.rand(1, 3, *sides), torch.rand(1, 3, *size)
    top, left = (int(at * (side - 1)) for at, side in zip(corner, size, strict=True))
    window = Region(top=top, bottom=size[0], left=left, right=min(size[1], left + 9))
    read = corrected(source, result, borders)
    assert torch.equal(read(window), window.of(read(Region.whole(size))))


def test_a_result_that_gives_its_source_back_stays():
    result = torch.full((1, 3, 30, 24), 0.25)
    found = corrected(torch.full((1, 3, 20, 16), 0.25), result, MIRRORED)
    assert torch.allclose(found(Region.whole((30, 24))), result, atol=1e-6)


def small_asdn() -> LocalAsdn:
    return LocalAsdn(AsdnConfig(blocks=1, width=8, unshuffle=2))


@pytest.mark.parametrize("size", [(48, 44), (70, 62)])
def test_a_runner_corrects_by_what_it_was_given(size):
    image = torch.rand(1, 3, 40, 36)
    runner = NetworkRunner(small_asdn(), CPU)
    plain = NetworkRunner(runner.network, CPU, UpscaleOptions(corrects=False))
    made = plain(image, size)
    expected = corrected(image, made, MIRRORED)(Region.whole(size)).clamp(0, 1)
    assert torch.equal(runner(image, size), expected)
    lost, left = ((resize(one, (40, 36)) - image).abs().mean() for one in (made, expected))
    assert left < lost / 2


def test_rows_that_are_done_are_left_out():
    image, size, rows = torch.rand(1, 3, 1100, 900), (1210, 990), []
    runner = NetworkRunner(small_asdn(), CPU)
    passes = runner.plan_passes((1100, 900), size, 1.1)
    runner.run_into(image, passes, lambda region, _: rows.append(region), done=1100)
    assert rows[-1].bottom == 1210
    assert rows[0].bottom > 1100

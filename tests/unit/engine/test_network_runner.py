from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.tiling import tile_side
from srcli.errors import BadTile, OutOfMemory
from srcli.networks.asdn import FAST, AsdnConfig, LocalAsdn
from srcli.networks.spec import ChopRule, FixedScaleNetwork, FixedScaleTraits
from srcli.pixels.levels import from_levels
from srcli.pixels.resize import resize

CPU = Compute(device=torch.device("cpu"))


class Doubler(FixedScaleNetwork):
    """Nearest neighbour; sees nothing else, or says that it sees everything."""

    def __init__(self, radius: int | None = 0) -> None:
        super().__init__()
        self.radius = radius
        self.sizes: list[tuple[int, int]] = []

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=2, receptive_radius=self.radius)

    def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
        self.sizes.append((image_B3HW.shape[2], image_B3HW.shape[3]))
        return image_B3HW.repeat_interleave(2, 2).repeat_interleave(2, 3)


class Spoiler(Doubler):
    """Works, but writes over its input."""

    def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
        result = super().forward(image_B3HW)
        image_B3HW.zero_()
        return result


class NotANumber(Doubler):
    def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
        return super().forward(image_B3HW) * float("nan")


class Hungry(Doubler):
    """Runs out of memory above a side."""

    limit = 60

    def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
        if max(image_B3HW.shape[2:]) > self.limit:
            raise torch.OutOfMemoryError
        return super().forward(image_B3HW)


class OverflowsInBfloat16(Doubler):
    def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
        result = super().forward(image_B3HW)
        return result / 0 if torch.is_autocast_enabled("cpu") else result


class Counter:
    total = done = 0

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, amount: int) -> None:
        self.done += amount


@pytest.fixture
def local() -> LocalAsdn:
    """As wide as the picture that it unshuffles, so that PyTorch convolves all layers alike."""
    network = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2))
    for head in network.heads:
        nn.init.normal_(head.get_parameter("weight"), std=0.3)
    return network


@pytest.mark.parametrize("tile", [32, 50, 64])
@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("pad_border", [False, True])
@pytest.mark.parametrize("ratio", [1.3, 2.7])
def test_tiled_equals_whole_bit_for_bit(local, tile, ensemble, pad_border, ratio):
    image = torch.rand(1, 3, 61, 47)
    size = (int(61 * ratio), int(47 * ratio))
    options = UpscaleOptions(tile=1000, ensemble=ensemble, pad_border=pad_border)
    whole = NetworkRunner(local, CPU, options)(image, size)
    tiled = NetworkRunner(local, CPU, replace(options, tile=tile))(image, size)
    assert torch.equal(whole, tiled)


@pytest.fixture(scope="module")
def wide() -> LocalAsdn:
    """One pass to ratio 4; every layer has channels enough to be convolved alike."""
    torch.manual_seed(0)
    network = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2, max_ratio=4, own_blocks=1))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    return network


@settings(max_examples=40)
@given(
    ratio=st.sampled_from([1.3, 2.0, 2.7, 3.0, 3.3, 4.0]),
    height=st.integers(20, 70),
    width=st.integers(20, 120),
    tile=st.sampled_from([32, 40, 52]),
    pad_border=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_one_pass_to_four_is_the_same_in_tiles_to_the_bit(
    wide, ratio, height, width, tile, pad_border, dtype
):
    image = torch.rand(1, 3, height, width)
    size = round(height * ratio), round(width * ratio)
    options = UpscaleOptions(tile=1000, pad_border=pad_border)
    compute = replace(CPU, dtype=dtype)
    whole = NetworkRunner(wide, compute, options)(image, size, ratio=ratio)
    tiled = NetworkRunner(wide, compute, replace(options, tile=tile))(image, size, ratio=ratio)
    assert torch.equal(whole, tiled)


@pytest.mark.parametrize("tile", [32, 1000])
@pytest.mark.parametrize("ensemble", [False, True])
def test_a_network_is_told_what_its_pass_says(tile, ensemble):
    torch.manual_seed(0)
    network = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2, is_told=1))
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.1)
    image = torch.rand(1, 3, 40, 30)
    runner = NetworkRunner(network, CPU, UpscaleOptions(tile=tile, ensemble=ensemble))
    (step,) = runner.plan_passes((40, 30), (80, 60), 2.0)
    plain, nothing, much = (
        runner.run_passes(image, [replace(step, strengths=strengths)])
        for strengths in ((), (0.0, 0.0), (0.5, 0.2))
    )
    assert torch.equal(plain, nothing)
    assert not torch.equal(plain, much)
    whole = NetworkRunner(network, CPU, UpscaleOptions(tile=1000, ensemble=ensemble))
    assert torch.equal(much, whole.run_passes(image, [replace(step, strengths=(0.5, 0.2))]))


def test_a_coarser_grid_has_larger_tiles_of_as_much_memory(wide):
    assert [tile_side(32, wide.traits.at(ratio)) for ratio in (1.5, 2.5, 3.5)] == [32, 48, 64]


@pytest.mark.parametrize("tile", [32, 1000])
@pytest.mark.parametrize("ratio", [2, 4])
@pytest.mark.parametrize("pad_border", [False, True])
def test_where_borders_meet_there_is_no_border(local, tile, ratio, pad_border):
    image, size = torch.rand(1, 3, 61, 47), (61 * ratio, 47 * ratio)
    options = UpscaleOptions(tile=tile, pad_border=pad_border, borders=("wrap", "wrap"))
    runner = NetworkRunner(local, CPU, options)
    turned = runner(image.roll((20, 30), (2, 3)), size)
    assert torch.equal(turned, runner(image, size).roll((20 * ratio, 30 * ratio), (2, 3)))


@pytest.mark.parametrize("borders", [("wrap", "symmetric"), ("symmetric", "wrap")])
def test_only_borders_that_were_named_meet(local, borders):
    image = torch.rand(1, 3, 40, 30)
    rows, columns = (3 if border == "wrap" else 1 for border in borders)
    plain = NetworkRunner(local, CPU, UpscaleOptions(pad_border=True))
    many = plain(image.repeat(1, 1, rows, columns), (80 * rows, 60 * columns))
    top, left = 80 * (rows // 2), 60 * (columns // 2)
    meeting = NetworkRunner(local, CPU, UpscaleOptions(pad_border=True, borders=borders))
    assert torch.equal(meeting(image, (80, 60)), many[..., top : top + 80, left : left + 60])


@pytest.mark.parametrize("network", [Doubler(), Doubler(radius=None)])
@pytest.mark.parametrize("size", [(2, 2), (3, 7), (10, 14), (27, 38), (5, 7), (11, 1)])
def test_borders_meet_in_pictures_and_results_of_any_size(local, network, size):
    image = torch.rand(1, 3, 5, 7)
    options = UpscaleOptions(pad_border=True, borders=("wrap", "wrap"))
    flat = NetworkRunner(network, CPU, options, others=[local])(image, size)
    assert flat.shape[2:] == size
    assert torch.isfinite(flat).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("width", [47, 200])
def test_small_corners_of_the_shipped_preset_are_the_wholes_to_the_bit(dtype, width):
    network = LocalAsdn(FAST)
    for head in network.heads:
        nn.init.normal_(head.get_parameter("weight"), std=0.05)
    image, size, compute = torch.rand(1, 3, 61, width), (122, 2 * width), replace(CPU, dtype=dtype)
    whole = NetworkRunner(network, compute, UpscaleOptions(tile=1000))(image, size)
    tiled = NetworkRunner(network, compute, UpscaleOptions(tile=32))(image, size)
    assert torch.equal(whole, tiled)


@pytest.mark.parametrize(("side", "pictures"), [(82, 2), (84, 1)])
def test_a_small_window_runs_twice_and_a_large_one_once(side, pictures):
    batches = []

    class Watched(LocalAsdn):
        def forward(self, image_B3HW, ratio, strengths_BT=None):
            batches.append(len(image_B3HW))
            return super().forward(image_B3HW, ratio, strengths_BT)

    network = Watched(AsdnConfig(blocks=1, width=8, unshuffle=2))
    runner = NetworkRunner(network, CPU, UpscaleOptions(tile=100))
    assert runner(torch.rand(1, 3, side // 2, side // 2), (side, side)).shape == (1, 3, side, side)
    assert batches == [pictures]


def test_a_halo_that_is_too_small_is_seen(local, monkeypatch):
    image, size = torch.rand(1, 3, 61, 47), (122, 94)
    whole = NetworkRunner(local, CPU, UpscaleOptions(tile=1000))(image, size)
    runner = NetworkRunner(local, CPU, UpscaleOptions(tile=32))
    monkeypatch.setattr("srcli.engine.tile_runner.halo_width", lambda _traits: 4)
    assert not torch.equal(whole, runner(image, size))


def test_an_untrained_correction_leaves_the_bicubic_picture():
    network = LocalAsdn(AsdnConfig(blocks=1, width=8, unshuffle=2))
    for head in network.heads:
        nn.init.zeros_(head.get_parameter("weight"))
    image = torch.rand(1, 3, 9, 13)
    options = UpscaleOptions(corrects=False)
    result = NetworkRunner(network, CPU, options)(image, (13, 19))
    assert torch.equal(result, resize(image, (13, 19)).clamp(0, 1))


def test_the_picture_itself_is_never_written_to():
    image = torch.rand(1, 3, 20, 20)
    before = image.clone()
    result = NetworkRunner(Spoiler(), CPU, UpscaleOptions(ensemble=True))(image, (40, 40))
    assert torch.equal(image, before)
    assert torch.allclose(result, Doubler()(image))


def test_a_network_that_sees_everything_is_feathered_without_a_seam():
    image = torch.rand(1, 3, 90, 70)
    result = NetworkRunner(Doubler(radius=None), CPU, UpscaleOptions(tile=40))(image, (180, 140))
    assert torch.allclose(result, Doubler()(image), atol=1e-6)


def test_a_network_that_sees_everything_runs_whole_when_it_fits():
    network = Doubler(radius=None)
    NetworkRunner(network, CPU)(torch.rand(1, 3, 90, 70), (180, 140))
    assert network.sizes == [(90, 70)]


@pytest.mark.parametrize("size", [(100, 84), (135, 113), (61, 50)])
@pytest.mark.parametrize("radius", [0, None])
def test_a_result_that_is_given_away_in_parts_is_covered_once(size, radius):
    image = torch.rand(1, 3, 50, 42)
    runner = NetworkRunner(Doubler(radius), CPU, UpscaleOptions(tile=16))
    result, times = torch.zeros(1, 3, *size), torch.zeros(size)

    def sink(region, window):
        region.of(result).copy_(window.clamp(0, 1))
        region.of(times).add_(1)

    ratio = max(size[0] / 50, size[1] / 42)
    runner.run_into(image, runner.plan_passes((50, 42), size, ratio), sink)
    assert (times == 1).all()
    assert torch.equal(result, runner(image, size))


def test_strips_that_fade_into_each_other_are_given_away_as_soon_as_they_are_finished():
    runner, events = NetworkRunner(Doubler(radius=None), CPU, UpscaleOptions(tile=64)), []
    runner.network.register_forward_hook(lambda *_: events.append("tile"))
    passes = runner.plan_passes((640, 64), (1280, 128), 2.0)
    runner.run_into(torch.rand(1, 3, 640, 64), passes, lambda *_: events.append("strip"))
    assert events.count("tile") == 10
    assert events.index("strip") == 1
    assert "strip" in events[-3:-1]


def test_levels_are_enlarged_as_the_numbers_they_stand_for(local):
    levels = torch.randint(0, 256, (1, 3, 20, 16), dtype=torch.uint8)
    for network in (local, Doubler(), Doubler(radius=None)):
        runner = NetworkRunner(network, CPU)
        assert torch.equal(runner(levels, (54, 43)), runner(from_levels(levels), (54, 43)))


def test_others_take_the_passes_that_the_plan_gives_them(local):
    image, told = torch.rand(1, 3, 20, 16), Counter()
    runner = NetworkRunner(Doubler(), CPU, UpscaleOptions(tile=8), others=[local])
    result = runner(image, (54, 43), ratio=2.7, progress=told)
    doubled = NetworkRunner(Doubler(), CPU)(image, (40, 32))
    rest = NetworkRunner(local, CPU, UpscaleOptions(corrects=False))
    assert torch.equal(result, rest(doubled, (54, 43), ratio=1.35))
    assert told.done == told.total == 40 * 32 + 54 * 43


def test_a_helper_is_not_cut_by_tiles_that_its_authors_did_not_publish(local):
    class Chopped(Doubler):
        @property
        def traits(self) -> FixedScaleTraits:
            return replace(super().traits, chop=ChopRule(largest_area=900))

    image, told = torch.rand(1, 3, 40, 36), Counter()
    options = UpscaleOptions(official_tiles=True, ensemble=True)
    runner = NetworkRunner(Chopped(), CPU, options, others=[local])
    assert runner(image, (108, 97), ratio=2.7, progress=told).shape == (1, 3, 108, 97)
    assert told.done == told.total == 8 * 80 * 72 + 108 * 97


def test_values_that_are_not_numbers_are_an_error():
    with pytest.raises(BadTile):
        NetworkRunner(NotANumber(), CPU)(torch.rand(1, 3, 8, 8), (16, 16))


def test_a_tile_that_fails_in_reduced_precision_runs_again_in_full():
    image = torch.rand(1, 3, 8, 8)
    reduced = Compute(device=torch.device("cpu"), dtype=torch.bfloat16)
    result = NetworkRunner(OverflowsInBfloat16(), reduced)(image, (16, 16))
    assert torch.equal(result, Doubler()(image))


def test_tiles_shrink_when_memory_runs_out_and_stay_small():
    network = Hungry()
    runner = NetworkRunner(network, CPU, UpscaleOptions(tile=128))
    image = torch.rand(1, 3, 100, 90)
    assert torch.equal(runner(image, (200, 180)), Doubler()(image))
    tile = runner.tile
    assert tile <= network.limit
    network.sizes.clear()
    runner(image, (200, 180))
    assert max(network.sizes) <= (tile, tile)


def test_too_little_memory_for_any_tile_is_an_error():
    network = Hungry()
    network.limit = 3
    with pytest.raises(OutOfMemory):
        NetworkRunner(network, CPU)(torch.rand(1, 3, 100, 90), (200, 180))


def test_other_runtime_errors_are_not_taken_for_lack_of_memory():
    class Broken(Doubler):
        def forward(self, image_B3HW: torch.Tensor) -> torch.Tensor:
            msg = f"a bug at {image_B3HW.shape}"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="a bug"):
        NetworkRunner(Broken(), CPU)(torch.rand(1, 3, 8, 8), (16, 16))


def test_progress_adds_up_to_what_was_announced():
    counter = Counter()
    NetworkRunner(Doubler(), CPU, UpscaleOptions(tile=32))(
        torch.rand(1, 3, 50, 40), (135, 108), progress=counter
    )
    assert counter.done == counter.total == 100 * 80 + 200 * 160 + 135 * 108


def test_the_result_stays_in_range():
    image = (torch.rand(1, 3, 16, 16) > 0.5).float()
    network = LocalAsdn(AsdnConfig(blocks=1, width=8, unshuffle=2))
    result = NetworkRunner(network, CPU)(image, (29, 29))
    assert result.min() >= 0
    assert result.max() <= 1


def test_something_that_is_no_rgb_picture_is_refused():
    with pytest.raises(ValueError, match="RGB"):
        NetworkRunner(Doubler(), CPU)(torch.rand(1, 1, 8, 8), (16, 16))

"""Tiles that a device begins before the results of earlier ones are awaited."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from srcli.engine.device import Compute
from srcli.engine.fetching import Fetcher, fetcher_for
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.errors import BadTile
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.networks.statistics import share_pooling

CPU = torch.device("cpu")
META = torch.device("meta")
DEVICES = [CPU, *([torch.device("cuda")] if torch.cuda.is_available() else [])]
PICTURE = torch.rand(1, 3, 100, 90)
SIZE = 200, 180


class Late(Fetcher):
    """Copies when it is told to, and delivers when it is asked to. It keeps a record of both."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.waiting = 0
        self.most = 0

    def fetch(self, *tensors):
        copies = tuple(tensor.clone() for tensor in tensors)
        self.waiting += 1
        self.most = max(self.most, self.waiting)

        def wait():
            self.waiting -= 1
            return copies

        return wait


class Blank(Late):
    """Delivers zeros in the place of tensors that have no values."""

    def fetch(self, *tensors):
        return super().fetch(*(torch.zeros(tensor.shape) for tensor in tensors))


class Doubler(FixedScaleNetwork):
    """Nearest neighbour. It divides by its mean if it has statistics to share."""

    def __init__(self, **traits) -> None:
        super().__init__()
        self.told = FixedScaleTraits(**{"scale": 2, "receptive_radius": 0, **traits})
        self.pool = nn.AdaptiveAvgPool2d(1)
        share_pooling(self.pool)

    @property
    def traits(self):
        return self.told

    def forward(self, image_B3HW):
        if self.told.shares_statistics:
            image_B3HW = image_B3HW / self.pool(image_B3HW) / 4
        return image_B3HW.repeat_interleave(2, 2).repeat_interleave(2, 3)


class Troubled(Doubler):
    """Overflows in bfloat16 on each third tile, and runs out of memory above a side in float32."""

    def __init__(self, limit: int, bfloat16_limit: int) -> None:
        super().__init__()
        self.limit, self.bfloat16_limit, self.calls = limit, bfloat16_limit, 0

    def forward(self, image_B3HW):
        is_reduced = torch.is_autocast_enabled("cpu")
        self.calls += is_reduced
        limit = self.bfloat16_limit if is_reduced else self.limit
        if max(image_B3HW.shape[2:]) > limit:
            raise torch.OutOfMemoryError
        return super().forward(image_B3HW) / (0 if is_reduced and self.calls % 3 == 0 else 1)


def asdn(**traits) -> LocalAsdn:
    network = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2, **traits))
    for head in network.heads:
        nn.init.normal_(head.get_parameter("weight"), std=0.3)
    return network


def runner_with(monkeypatch, fetcher, network, dtype=torch.float32, device=CPU, **options):
    monkeypatch.setattr("srcli.engine.network_runner.fetcher_for", lambda _: fetcher)
    compute = Compute(device=device, dtype=dtype)
    return NetworkRunner(network, compute, UpscaleOptions(**{"tile": 32, **options}))


@pytest.mark.parametrize(
    "network",
    [
        asdn(),
        Doubler(),
        Doubler(receptive_radius=None, overlap=8),
        Doubler(receptive_radius=None, overlap=8, shares_statistics=True),
    ],
    ids=["asdn", "cropped", "feathered", "statistics"],
)
@pytest.mark.parametrize(("depth", "ensemble"), [(2, False), (3, True), (100, False)])
def test_results_do_not_depend_on_how_many_tiles_are_begun(monkeypatch, network, ensemble, depth):
    late = Late(depth)
    made = runner_with(monkeypatch, late, network, ensemble=ensemble)(PICTURE, SIZE)
    at_once = runner_with(monkeypatch, Fetcher(), network, ensemble=ensemble)(PICTURE, SIZE)
    assert torch.equal(made, at_once)
    assert late.waiting == 0
    assert late.most == min(depth, 42 if isinstance(network, LocalAsdn) else 12)


def test_the_next_tile_is_begun_before_a_result_is_given_away(monkeypatch):
    late, waiting = Late(2), []
    runner = runner_with(monkeypatch, late, Doubler())
    passes = runner.plan_passes(PICTURE.shape[2:], SIZE, 2.0)
    runner.run_into(PICTURE, passes, lambda *_: waiting.append(late.waiting))
    assert waiting == [1] * 11 + [0]


@pytest.mark.parametrize(("limit", "bfloat16_limit"), [(99, 99), (99, 20), (20, 99), (20, 20)])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_tiles_that_fail_run_again_and_windows_stay_in_order(
    monkeypatch, limit, bfloat16_limit, depth
):
    monkeypatch.setattr("srcli.engine.memory.SMALLEST_TILE", 8)
    runner = runner_with(monkeypatch, Late(depth), Troubled(limit, bfloat16_limit), torch.bfloat16)
    result, times = torch.zeros(1, 3, *SIZE), torch.zeros(SIZE)

    def sink(region, window):
        region.of(result).copy_(window)
        region.of(times).add_(1)
        if region.right == SIZE[1]:  # rows end with the rightmost window
            assert (times[: region.bottom] == 1).all()

    runner.run_into(PICTURE, runner.plan_passes(PICTURE.shape[2:], SIZE, 2.0), sink)
    assert (times == 1).all()
    assert torch.equal(result, Doubler()(PICTURE))
    assert runner.tile == (32 if min(limit, bfloat16_limit) > 32 else 15)


def test_no_tile_counts_twice_in_statistics_if_a_later_one_runs_out_of_memory(monkeypatch):
    monkeypatch.setattr("srcli.engine.memory.SMALLEST_TILE", 8)

    class Hungry(Doubler):
        calls = 0

        def forward(self, image_B3HW):
            self.calls += 1
            if self.calls == 3:
                raise torch.OutOfMemoryError
            return super().forward(image_B3HW)

    traits = {"receptive_radius": None, "overlap": 8, "shares_statistics": True}
    picture = PICTURE * torch.linspace(0.2, 1, 90)
    made = runner_with(monkeypatch, Late(3), Hungry(**traits))(picture, SIZE)
    whole = runner_with(monkeypatch, Fetcher(), Doubler(**traits), tile=200)(picture, SIZE)
    assert (made - whole).abs().max() < 1e-5


def test_values_that_are_not_numbers_are_an_error_though_more_tiles_are_begun(monkeypatch):
    picture = PICTURE.clone()
    picture[0, 0, 0, 0] = torch.nan
    with pytest.raises(BadTile):
        runner_with(monkeypatch, Late(3), Doubler())(picture, SIZE)


class Sent(TorchDispatchMode):
    """Keeps the shapes of what is copied to a device without values."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        if isinstance(made, torch.Tensor) and made.device == META:
            given = [one for one in args if isinstance(one, torch.Tensor) and one.device == CPU]
            self.shapes += [tuple(one.shape) for one in given]
        return made


@pytest.mark.parametrize(
    ("kind", "dtype", "pad_border", "ensemble"),
    [
        (asdn, torch.float32, True, False),
        (asdn, torch.uint8, False, False),
        (Doubler, torch.uint16, True, False),
        (Doubler, torch.float32, True, True),
    ],
)
def test_a_device_gets_one_window_a_tile_and_is_not_waited_for(
    monkeypatch, kind, dtype, pad_border, ensemble
):
    """The device has no values, so any step that waits for one fails."""
    picture = PICTURE if dtype == torch.float32 else (200 * PICTURE).to(torch.uint8).to(dtype)
    network = kind()
    options = {"tile": 64, "pad_border": pad_border, "ensemble": ensemble}
    runner = runner_with(monkeypatch, Blank(2), network, device=META, **options)
    runner(picture, SIZE, ratio=2.0)  # the tables of the bicubic kernel stay on the device
    with Sent() as sent:
        assert (runner(picture, SIZE, ratio=2.0) == 0).all()
    traits = network.traits.at(2.0)
    tiles = runner._tiles.plan(SIZE if kind is asdn else PICTURE.shape[2:], traits)
    assert len(sent.shapes) == len(tiles)
    assert all(shape[1] == 3 and max(shape[2:]) <= 64 for shape in sent.shapes)


def test_a_device_enlarges_by_the_strengths_that_a_pass_has(monkeypatch):
    network = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2, is_told=1))
    runner = runner_with(monkeypatch, Blank(2), network, device=META)
    (step,) = runner.plan_passes(PICTURE.shape[2:], SIZE, 2.0)
    made = runner.run_passes(PICTURE, [replace(step, strengths=(0.5, 0.2))])
    assert (made == 0).all()


@pytest.mark.parametrize("device", DEVICES)
def test_a_fetcher_brings_tensors_to_the_host(device):
    fetcher = fetcher_for(device)
    whole = torch.rand(1, 3, 40, 30, device=device)
    waiting = [fetcher.fetch(whole[..., n:, :20], whole.sum()) for n in range(3)]
    for n, wait in enumerate(waiting):
        part, total = wait()
        assert part.device == total.device == CPU
        assert torch.equal(part, whole[..., n:, :20].cpu())
        assert torch.equal(total, whole.sum().cpu())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", [asdn, Doubler])
@pytest.mark.parametrize("tile", [32, 1000])
def test_all_devices_make_the_same_picture_up_to_rounding(device, kind, tile):
    network, options = kind(), UpscaleOptions(tile=tile, pad_border=True)
    for picture in (PICTURE, (255 * PICTURE).byte(), (60_000 * PICTURE).int().to(torch.uint16)):
        expected = NetworkRunner(network, Compute(device=CPU), options)(picture, SIZE)
        made = NetworkRunner(network, Compute(device=device), options)(picture, SIZE)
        torch.testing.assert_close(made, expected, rtol=0, atol=1e-4)

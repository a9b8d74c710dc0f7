"""Networks of finite reach run from the top to the bottom."""

from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from unittest.mock import Mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from srcli.engine import row_runner
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.errors import BadTile, OutOfMemory
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.networks.blocks.row_stream import RowStream

CPU = Compute(device=torch.device("cpu"))


@pytest.fixture(scope="module")
def network() -> LocalAsdn:
    torch.manual_seed(0)
    made = LocalAsdn(AsdnConfig(blocks=2, width=12, unshuffle=2, max_ratio=4, own_blocks=1))
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.1)
    return made


@contextmanager
def parts_of(threads, halo_share=9):
    """Give PyTorch some threads, and panels halos that may take so many times the work."""
    before, usual = torch.get_num_threads(), row_runner.HALO_SHARE
    torch.set_num_threads(threads)
    row_runner.HALO_SHARE = halo_share
    yield
    torch.set_num_threads(before)
    row_runner.HALO_SHARE = usual


class Sink:
    """Counts how often each pixel arrives, and keeps the picture."""

    def __init__(self, size):
        self.picture = torch.zeros(1, 3, *size)
        self.times = torch.zeros(size, dtype=torch.int64)
        self.bottoms = []

    def __call__(self, region, window):
        region.of(self.picture).copy_(window)
        region.of(self.times).add_(1)
        self.bottoms.append(region.bottom)


def run(runner, image, size, ratio):
    sink = Sink(size)
    runner.run_into(image, runner.plan_passes(image.shape[2:], size, ratio), sink)
    assert sink.times.eq(1).all()
    assert sink.bottoms == sorted(sink.bottoms)
    return sink.picture


def whole(network, image, size, ratio, *, compute=CPU, **options):
    runner = NetworkRunner(network, compute, UpscaleOptions(tile=1000, **options))
    sink = Sink(size)
    runner.run_into(image, runner.plan_passes(image.shape[2:], size, ratio), sink)
    return sink.picture


@settings(max_examples=60, deadline=None)
@given(
    ratio=st.sampled_from([1.3, 2.0, 2.7, 3.3, 4.0]),
    height=st.integers(5, 60),
    width=st.integers(5, 120),
    band=st.integers(100, 20_000),
    panel=st.integers(8, 80),
    pad_border=st.booleans(),
    borders=st.tuples(*2 * [st.sampled_from(["symmetric", "wrap"])]),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
    threads=st.integers(1, 4),
)
def test_rows_equal_the_whole_bit_for_bit(
    network, ratio, height, width, band, panel, pad_border, borders, dtype, threads
):
    image, size = torch.rand(1, 3, height, width), (round(height * ratio), round(width * ratio))
    options, compute = {"pad_border": pad_border, "borders": borders}, replace(CPU, dtype=dtype)
    expected = whole(network, image, size, ratio, compute=compute, **options)
    runner = NetworkRunner(network, compute, UpscaleOptions(**options))
    runner._rows.panel, runner._rows.band = panel, band
    with parts_of(threads):
        assert torch.equal(run(runner, image, size, ratio), expected)


def test_threads_take_panels_that_are_wide_enough_and_of_even_width(network, monkeypatch):
    widths, push = {}, RowStream.push

    def noted(self, rows, *, last):
        widths[self] = rows.shape[3] // 2
        return push(self, rows, last=last)

    monkeypatch.setattr(RowStream, "push", noted)
    reach = 2 * len(network.layers(2.0).blocks) + 2
    for halos, panels in ((11, 1), (12, 2), (24, 2), (36, 4), (99, 4)):
        widths.clear()
        columns = halos * reach
        image, size = torch.rand(1, 3, 8, columns), (16, 2 * columns)
        with parts_of(4, halo_share=row_runner.HALO_SHARE):
            run(NetworkRunner(network, CPU), image, size, 2.0)
        assert len(widths) == panels
        assert panels == 1 or all(width % row_runner.EVEN == 0 for width in widths.values())


def test_a_processor_runs_them_by_rows_and_a_tile_or_an_ensemble_does_not(network, monkeypatch):
    pushes = []
    push = RowStream.push
    monkeypatch.setattr(
        RowStream, "push", lambda self, *a, **k: pushes.append(1) or push(self, *a, **k)
    )
    image = torch.rand(1, 3, 20, 20)
    for options in (UpscaleOptions(tile=32), UpscaleOptions(ensemble=True)):
        NetworkRunner(network, CPU, options)(image, (40, 40))
    assert not pushes
    NetworkRunner(network, CPU)(image, (40, 40))
    assert pushes


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("fails_at", [1, 4, 9])
def test_memory_that_runs_out_makes_panels_narrower_and_keeps_what_is_done(
    network, monkeypatch, fails_at, threads, caplog
):
    image, size = torch.rand(1, 3, 60, 150), (120, 300)
    expected = whole(network, image, size, 2.0, pad_border=True)
    calls = count(1)
    push = RowStream.push

    def scarce(self, rows, *, last):
        if next(calls) == fails_at:
            message = "DefaultCPUAllocator: can't allocate memory"
            raise RuntimeError(message)
        return push(self, rows, last=last)

    monkeypatch.setattr(RowStream, "push", scarce)
    runner = NetworkRunner(network, CPU, UpscaleOptions(pad_border=True))
    runner._rows.panel, runner._rows.band = 140, 12_000
    with parts_of(threads):
        assert torch.equal(run(runner, image, size, 2.0), expected)
    assert runner._rows.panel == 70
    assert "Panels are now 70 columns wide." in caplog.text


@pytest.mark.parametrize(
    ("error", "expected"),
    [(torch.OutOfMemoryError(), OutOfMemory), (RuntimeError("another one"), RuntimeError)],
)
def test_memory_that_is_never_enough_is_an_error_as_others_are(
    network, monkeypatch, error, expected
):
    monkeypatch.setattr(RowStream, "push", Mock(side_effect=error))
    with pytest.raises(expected):
        NetworkRunner(network, CPU)(torch.rand(1, 3, 20, 20), (40, 40))


@pytest.mark.parametrize("layer", ["stem", "blocks.0.first", "blocks.1.second"])
def test_numbers_that_are_none_are_an_error(network, layer):
    """Also before a ReLU, which may take them for zeros."""
    broken = LocalAsdn(network.config)
    nn.init.constant_(broken.get_submodule(layer).bias, float("nan"))
    with pytest.raises(BadTile):
        NetworkRunner(broken, CPU)(torch.rand(1, 3, 20, 100), (40, 200))


def test_a_plan_counts_panels(network):
    runner = NetworkRunner(network, CPU)
    runner._rows.panel = 100
    counts = [runner.tiled_traits[0].count((5000, width), 2.0) for width in (200, 202, 1000)]
    assert counts == [1, 2, 5]

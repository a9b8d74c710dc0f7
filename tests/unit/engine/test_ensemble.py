import pytest
import torch

from srcli.engine.ensemble import ensembled
from srcli.pixels.dihedral import SYMMETRIES


def uneven(tile: torch.Tensor) -> torch.Tensor:
    """Enlarge by two, and treat rows, columns and directions differently."""
    large = tile.repeat_interleave(2, 2).repeat_interleave(2, 3)
    return large + large.cumsum(2).roll(1, 3) / large.shape[2]


@pytest.fixture
def tile() -> torch.Tensor:
    return torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))


def test_the_mean_is_over_all_eight_symmetries(tile):
    each = [symmetry.invert(uneven(symmetry.apply(tile))) for symmetry in SYMMETRIES]
    assert len(each) == 8
    torch.testing.assert_close(ensembled(uneven)(tile), torch.stack(each).mean(0))


@pytest.mark.parametrize("symmetry", SYMMETRIES, ids=str)
def test_a_turned_tile_gives_the_turned_result(tile, symmetry):
    run = ensembled(uneven)
    torch.testing.assert_close(run(symmetry.apply(tile)), symmetry.apply(run(tile)))
    if symmetry != SYMMETRIES[0]:
        assert not torch.allclose(uneven(symmetry.apply(tile)), symmetry.apply(uneven(tile)))


def test_a_network_that_writes_over_its_input_changes_neither_tile_nor_result(tile):
    def spoiling(image: torch.Tensor) -> torch.Tensor:
        result = uneven(image)
        image.zero_()
        return result

    before = tile.clone()
    assert torch.equal(ensembled(spoiling)(tile), ensembled(uneven)(tile))
    assert torch.equal(tile, before)

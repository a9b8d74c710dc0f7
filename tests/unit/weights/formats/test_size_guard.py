import pytest
import torch
from torch import nn

from srcli.errors import CorruptWeights
from srcli.weights.formats.size_guard import bounded_by, is_filled


def test_a_network_as_large_as_its_file_is_built():
    network = nn.Linear(2000, 2000)
    with bounded_by(list(network.state_dict().values())):
        nn.Linear(2000, 2000)


@pytest.mark.parametrize("swollen", [torch.zeros(1).expand(2000, 2000), torch.eye(2).to_sparse()])
def test_samples_that_take_no_memory_fill_nothing(swollen):
    with (
        pytest.raises(CorruptWeights, match=r"^a\.pth claims to be a far larger network"),
        bounded_by([swollen, torch.zeros(2000)], "a.pth"),
    ):
        nn.Linear(2000, 2000)


def test_a_tensor_is_filled_by_its_own_storage():
    whole = torch.zeros(6)
    assert all(map(is_filled, (whole, whole[2:], whole.view(2, 3).T)))
    assert not is_filled(torch.zeros(6, device="meta"))

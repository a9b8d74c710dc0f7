import copy

import pytest
import torch
from torch import nn

from srcli.training.config import TrainConfig
from srcli.training.optimizer import Muon, make_optimizer, orthogonalize


def small_network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1))


@pytest.mark.parametrize("shape", [(3, 8, 32), (2, 32, 8), (1, 16, 16)])
def test_singular_values_come_near_one_and_vectors_stay(shape):
    matrices = torch.randn(shape)
    result = orthogonalize(matrices)
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.5
    assert values.max() < 1.3
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    middle = left.transpose(1, 2) @ result @ right.transpose(1, 2)
    off = middle - torch.diag_embed(middle.diagonal(dim1=1, dim2=2))
    assert off.abs().max() < 0.05


def test_biases_and_outer_kernels_follow_adam_exactly():
    network = small_network()
    twin = copy.deepcopy(network)
    ours, theirs = (
        Muon(list(network.parameters()), lr=0.01),
        torch.optim.Adam(twin.parameters(), lr=0.01),
    )
    for _ in range(5):
        image = torch.rand(2, 3, 8, 8)
        for net, optimizer in ((network, ours), (twin, theirs)):
            optimizer.zero_grad()
            net[0](image).square().mean().backward()
            optimizer.step()
    assert torch.allclose(network[0].weight, twin[0].weight, atol=1e-6)
    assert torch.allclose(network[0].bias, twin[0].bias, atol=1e-6)


def test_inner_kernels_move_by_the_size_of_an_adam_step():
    network = small_network()
    before = network[2].weight.detach().clone()
    optimizer = Muon(list(network.parameters()), lr=0.01)
    network(torch.rand(2, 3, 8, 8)).square().mean().backward()
    optimizer.step()
    moved = (network[2].weight - before).square().mean().sqrt().item()
    assert moved == pytest.approx(0.2 * 0.01, rel=0.3)


def test_its_state_can_be_saved_and_taken_up():
    torch.manual_seed(3)
    images = torch.rand(6, 2, 3, 8, 8)

    def train(network, optimizer, part):
        for image in part:
            optimizer.zero_grad()
            network(image).square().mean().backward()
            optimizer.step()

    straight = small_network()
    train(straight, Muon(list(straight.parameters()), lr=0.01), images)
    first = small_network()
    optimizer = Muon(list(first.parameters()), lr=0.01)
    train(first, optimizer, images[:3])
    second = small_network()
    second.load_state_dict(first.state_dict())
    resumed = Muon(list(second.parameters()), lr=0.01)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(second, resumed, images[3:])
    assert all(
        torch.equal(a, b) for a, b in zip(straight.parameters(), second.parameters(), strict=True)
    )


def test_a_rate_on_the_device_makes_the_steps_of_a_number():
    images = torch.rand(4, 2, 3, 8, 8)
    found = []
    for kept in (0.01, torch.tensor(0.01, dtype=torch.float64)):
        network = small_network()
        optimizer = Muon(list(network.parameters()), lr=0.5)
        for group in optimizer.param_groups:
            group["lr"] = kept
        for image in images:
            optimizer.zero_grad()
            network(image).square().mean().backward()
            optimizer.step()
        found.append(list(network.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_steps_that_older_states_count_as_numbers_are_counted_on():
    image = torch.rand(2, 3, 8, 8)
    found = []
    for old in (False, True):
        network = small_network()
        optimizer = Muon(list(network.parameters()), lr=0.01)
        for step in range(3):
            optimizer.zero_grad()
            network(image).square().mean().backward()
            if old and step == 2:
                for kept in optimizer.state.values():
                    if "step" in kept:
                        kept["step"] = int(kept["step"])
            optimizer.step()
        found.append(list(network.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("muon", Muon)])
def test_the_configuration_names_the_optimiser(name, kind):
    config = TrainConfig(network="asdn", preset="fast", steps=1, optimizer=name)
    assert isinstance(make_optimizer(small_network(), config), kind)

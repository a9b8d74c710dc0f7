import pytest
import torch

from srcli.pixels.enlarge import enlarge
from srcli.pixels.resize import resize


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (5, 1), (7, 31)])
def test_it_is_what_resizing_gives(factor, size):
    image = torch.rand(2, 3, *size)
    expected = resize(image, (factor * size[0], factor * size[1]))
    assert torch.equal(enlarge(image, factor), expected)


def test_the_picture_is_left_alone_and_gradients_pass():
    image = torch.rand(1, 3, 5, 6, dtype=torch.float64, requires_grad=True)
    before = image.detach().clone()
    assert torch.autograd.gradcheck(lambda x: enlarge(x, 2), image)
    assert torch.equal(image, before)


def test_autocast_changes_nothing():
    image = torch.rand(1, 3, 5, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(enlarge(image, 3), resize(image, (15, 18)))

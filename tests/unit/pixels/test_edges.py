import torch

from srcli.pixels.edges import extend_to


def test_a_picture_that_fits_is_not_extended():
    picture = torch.rand(1, 3, 6, 9)
    assert extend_to(picture, multiple=3, minimum=4) is picture


def test_the_last_row_and_column_are_repeated_until_the_sides_fit():
    picture = torch.arange(2.0).view(1, 1, 1, 2)
    extended = extend_to(picture, multiple=3, minimum=4)
    assert extended.shape == (1, 1, 6, 6)
    assert torch.equal(extended[0, 0], torch.tensor([0.0, 1, 1, 1, 1, 1]).expand(6, 6))

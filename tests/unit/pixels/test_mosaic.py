import torch

from srcli.pixels.mosaic import mosaic
from srcli.pixels.noise import add_noise


def test_each_pixel_keeps_its_own_colour_and_interpolates_the_others() -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (2, 3, 6, 8), generator=generator, dtype=torch.uint8)
    made = mosaic(image)
    assert torch.equal(made[:, 0, ::2, ::2], image[:, 0, ::2, ::2])
    assert torch.equal(made[:, 1, ::2, 1::2], image[:, 1, ::2, 1::2])
    assert torch.equal(made[:, 1, 1::2, ::2], image[:, 1, 1::2, ::2])
    assert torch.equal(made[:, 2, 1::2, 1::2], image[:, 2, 1::2, 1::2])
    one = image[0].double()
    red = made[0, 0].double()
    assert abs(red[2, 3] - one[0, 2, [2, 4]].mean()) <= 0.5
    assert abs(red[3, 3] - one[0, [2, 2, 4, 4], [2, 4, 2, 4]].mean()) <= 0.5
    green = made[0, 1].double()
    assert abs(green[2, 2] - one[1, [1, 3, 2, 2], [2, 2, 1, 3]].mean()) <= 0.5
    assert abs(red[5, 7] - one[0, 4, 6]) <= 0.5


def test_a_flat_picture_stays_as_it_is() -> None:
    flat = torch.tensor([200, 40, 7], dtype=torch.uint8).view(1, 3, 1, 1).expand(1, 3, 5, 7)
    assert torch.equal(mosaic(flat), flat)


def test_noise_has_its_deviation_and_depends_on_the_seed_alone() -> None:
    grey = torch.full((1, 3, 64, 64), 128, dtype=torch.uint8)
    made = add_noise(grey, 10 / 255, 3)
    assert torch.equal(made, add_noise(grey, 10 / 255, 3))
    assert not torch.equal(made, add_noise(grey, 10 / 255, 4))
    assert abs(made.double().std().item() - 10) < 0.3
    assert abs(made.double().mean().item() - 128) < 0.3

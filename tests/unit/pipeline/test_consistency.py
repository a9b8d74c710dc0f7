import pytest
import torch

from srcli.engine.tiling import TiledTraits
from srcli.images.picture.photo import Photo
from srcli.networks.spec import AnyRatioTraits, FixedScaleTraits
from srcli.pipeline import consistency as consistency_module
from srcli.pipeline.consistency import LARGEST, consistency, worst_consistency
from srcli.pixels.levels import to_levels
from srcli.pixels.resize import resize


def picture(side: int = 40) -> torch.Tensor:
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    waves = [torch.sin(rows / 5) + torch.cos(columns / step) for step in (3, 4, 7)]
    return torch.stack(waves)[None] / 4 + 0.5


def enlarged(image: torch.Tensor, factor: int = 2) -> torch.Tensor:
    return resize(image, (factor * image.shape[2], factor * image.shape[3])).clamp(0, 1)


def test_a_faithful_result_is_sound():
    found = consistency(picture(), enlarged(picture()))
    assert found.sound
    assert found.psnr > 40


def test_the_same_picture_is_as_consistent_as_can_be():
    assert consistency(picture(), picture()).psnr == LARGEST


def test_noise_is_sound_although_it_cannot_be_given_back_well():
    noise = torch.rand(1, 3, 40, 40)
    found = consistency(noise, enlarged(noise))
    assert found.sound
    assert found.psnr < 25


def test_faults_are_not_sound():
    source = picture()
    result = enlarged(source)
    black = result.clone()
    black[..., :24, :24] = 0
    for fault in (result + 8 / 255, result.flip(1), black, result.roll((2, 2), (2, 3))):
        assert not consistency(source, fault.clamp(0, 1)).sound


def test_borders_that_meet_are_given_back_from_the_other_side():
    noise, meeting = torch.rand(1, 3, 12, 12), ("wrap", "wrap")
    result = resize(noise, (24, 24), borders=meeting).clamp(0, 1)
    turned = noise.roll((5, 4), (2, 3)), result.roll((10, 8), (2, 3))
    found = consistency(noise, result, meeting)
    assert found.psnr == pytest.approx(consistency(*turned, meeting).psnr)
    assert found.psnr != pytest.approx(consistency(noise, result).psnr)
    assert found.sound


def test_a_handful_of_pixels_is_not_suspected():
    found = consistency(torch.full((1, 3, 1, 1), 0.5), torch.full((1, 3, 2, 2), 0.6))
    assert found.psnr < 25
    assert found.sound


def test_what_is_smaller_cannot_be_checked():
    assert consistency(picture(), picture()[..., :39, :]) is None


def test_a_result_of_the_same_size_is_left_as_it_is():
    bright = picture() * 3
    grey = bright[:, :1].expand(1, 3, 40, 40)
    for result in (bright, grey):
        before = result.clone()
        consistency(result, result)
        assert torch.equal(result, before)


def photo(side: int) -> Photo:
    return Photo(pixels=enlarged(picture(), 2)[..., :side, :side])


@pytest.mark.parametrize(
    ("traits", "side", "told"),
    [
        (FixedScaleTraits(scale=2, receptive_radius=None), 80, True),
        (FixedScaleTraits(scale=1, receptive_radius=None), 40, False),
        (AnyRatioTraits(receptive_radius=None), 40, True),
        (AnyRatioTraits(receptive_radius=None, restoring_ratio=1.5), 40, False),
        (AnyRatioTraits(receptive_radius=None, restoring_ratio=1.5), 80, True),
    ],
)
def test_what_was_restored_need_not_give_its_source_back(traits, side, told):
    networks = [TiledTraits(key=traits.scale, traits=traits, tile=64)]
    found = worst_consistency(photo(40), photo(side), networks)
    assert (found is not None) == told


def test_what_was_to_be_removed_is_no_fault():
    source = picture()
    noisy = (source + 0.08 * torch.randn(source.shape)).clamp(0, 1)
    cleaned = enlarged(source)
    assert not consistency(noisy, cleaned).sound
    assert consistency(noisy, cleaned, removes=0.08 * 255).sound
    assert not consistency(noisy, cleaned.flip(1), removes=0.08 * 255).sound
    assert not consistency(noisy, cleaned, removes=3.0).sound


def test_a_suspicious_result_is_compared_with_bicubic_rows_and_not_with_all_of_them(monkeypatch):
    noise = (torch.rand(1, 3, 64, 48) * 255).to(torch.uint8)
    result = to_levels(resize(noise, (128, 96)), torch.uint8)
    expected = consistency(noise, result)
    heights = []

    def watched(*arguments, region, **named):
        heights.append(region.height)
        return resize(*arguments, region=region, **named)

    monkeypatch.setattr(consistency_module, "STRIP", 96 * 16)
    monkeypatch.setattr(consistency_module, "resize", watched)
    assert consistency(noise, result) == expected
    assert expected.sound
    assert expected.psnr < 35
    assert max(heights) < 32

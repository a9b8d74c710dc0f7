import pytest
import torch

from srcli.metrics.protocol import Protocol, reduce_for, score
from srcli.metrics.protocols import LAPSRN, PROTOCOLS, PUBLISHED, SELFEXSR, SRCNN, WHOLE
from srcli.pixels.color import luma


def noise(channels: int, height: int = 49, width: int = 51) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(
        0, 256, (1, channels, height, width), generator=generator, dtype=torch.uint8
    )


def test_every_protocol_has_a_name_and_a_sentence_of_its_own() -> None:
    names = [protocol.name for protocol in PROTOCOLS.values()]
    assert len(set(names)) == len(names)
    assert all(protocol.description for protocol in PROTOCOLS.values())
    assert PROTOCOLS["A"] is PUBLISHED


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=lambda one: one.name)
@pytest.mark.parametrize("scale", [2, 2.7])
def test_a_perfect_result_is_infinitely_good(protocol: Protocol, scale: float) -> None:
    lr, hr = reduce_for(noise(3), scale, protocol)
    found = score(hr.expand(-1, 3, -1, -1) / 255, hr, scale, protocol)
    assert (found.psnr_y, found.psnr_rgb) == (float("inf"), float("inf"))
    assert found.ssim_y == pytest.approx(1)
    assert lr.shape[:2] == (1, 3)
    assert lr.dtype == (torch.uint8 if protocol.round_lr else torch.float32)


def test_a_grey_file_is_squeezed_by_a_and_kept_by_the_others() -> None:
    """A difference of one level is 219/255 of one in studio luma: 1.32 dB."""
    gray = noise(1)
    wrong = ((gray.int() + 1).clamp(0, 255) / 255).float().expand(-1, 3, -1, -1)
    studio = score(wrong, gray.expand(-1, 3, -1, -1), 2, PUBLISHED).psnr_y
    full = score(wrong, gray, 2, SELFEXSR).psnr_y
    assert studio - full == pytest.approx(
        20 * torch.log10(torch.tensor(255 / 219)).item(), abs=1e-6
    )


def test_luma_takes_the_place_of_the_picture_in_b() -> None:
    hr = noise(3)
    lr, luma_hr = reduce_for(hr, 3, SRCNN)
    wanted = (luma(hr.double(), peak=255) + 0.5).floor()
    assert torch.equal(luma_hr, wanted[:, :, :48, :51].byte())
    assert torch.equal(lr[:, 0], lr[:, 2])
    assert not torch.allclose(lr * 255, (lr * 255).round(), atol=1e-3)


def test_whole_pictures_are_compared_where_nothing_is_cut() -> None:
    lr, hr = reduce_for(noise(3), 4, WHOLE)
    assert (lr.shape[2:], hr.shape[2:]) == ((12, 12), (49, 51))


def test_ssim_at_the_border_counts_what_lies_there() -> None:
    hr = noise(3)
    sr = hr / 255
    sr[:, :, 2] = 0.5
    plain, whole = (score(sr, hr, 2, one).ssim_y for one in (PUBLISHED, LAPSRN))
    assert whole != plain


def test_sr_of_another_size_or_of_other_channels_is_a_mistake() -> None:
    for hr in (noise(3, 40, 40), noise(1, 40, 40)[:, :0]):
        with pytest.raises(ValueError, match="shapes differ"):
            score(torch.zeros(1, 3, 49, 51), hr, 2)

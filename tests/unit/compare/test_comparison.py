import math
from dataclasses import replace

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from srcli.compare.comparison import (
    LabelledImage,
    compare,
    comparison_table,
    comparison_tables,
)
from srcli.compare.enlargement import Enlargement
from srcli.errors import UsageError
from srcli.images.picture.photo import Metadata, Photo


def noise(name: str, seed: int, height: int = 20, width: int = 24) -> LabelledImage:
    generator = torch.Generator().manual_seed(seed)
    return LabelledImage(
        name=name, photo=Photo(pixels=torch.rand(1, 3, height, width, generator=generator))
    )


def near(picture: LabelledImage, name: str, amount: float) -> LabelledImage:
    pixels = (picture.photo.pixels + amount).clamp(0, 1)
    return LabelledImage(name=name, photo=replace(picture.photo, pixels=pixels))


def test_numbers_are_those_of_another_library() -> None:
    a, b = noise("a", 1), noise("b", 2)
    (likeness,) = compare([a, b]).likenesses
    expected = peak_signal_noise_ratio(a.photo.pixels.numpy(), b.photo.pixels.numpy(), data_range=1)
    assert likeness.psnr_rgb == pytest.approx(expected, abs=1e-4)
    assert likeness.largest == pytest.approx(
        255 * (a.photo.pixels - b.photo.pixels).abs().max().item()
    )
    assert likeness.ssim_y < 0.5


def test_equal_pictures_are_infinitely_alike() -> None:
    (likeness,) = compare([noise("a", 1), noise("b", 1)]).likenesses
    assert (likeness.psnr_y, likeness.psnr_rgb, likeness.largest) == (math.inf, math.inf, 0)
    assert likeness.ssim_y == pytest.approx(1, abs=1e-12)


def test_with_a_reference_each_is_measured_against_it_and_the_nearer_is_bold() -> None:
    reference = noise("hr", 1)
    comparison = compare([near(reference, "far", 0.2), near(reference, "close", 0.01)], reference)
    assert [(one.first, one.second) for one in comparison.likenesses] == [
        ("far", "close"),
        ("far", "hr"),
        ("close", "hr"),
    ]
    rows = comparison_table(comparison).rows
    assert [[cell.best for cell in row[2:5]] for row in rows] == [
        [False] * 3,
        [False] * 3,
        [True] * 3,
    ]
    assert [pair[1].name for pair in comparison.pairs] == ["close", "hr", "hr"]


def test_of_many_the_first_is_measured_against_each_and_the_nearest_is_bold() -> None:
    reference = noise("hr", 1)
    candidates = [near(reference, str(amount), amount) for amount in (0.2, 0.01, 0.1)]
    comparison = compare(candidates, reference)
    assert [(one.first, one.second) for one in comparison.likenesses] == [
        ("0.2", "0.01"),
        ("0.2", "0.1"),
        *((candidate.name, "hr") for candidate in candidates),
    ]
    best = [row[2].best for row in comparison_table(comparison).rows]
    assert best == [False, False, False, True, False]
    assert len(compare(candidates).likenesses) == 2


def test_one_picture_is_no_comparison() -> None:
    with pytest.raises(UsageError, match="with another one"):
        compare([noise("a", 1)], noise("hr", 2))


def test_two_that_are_equally_near_are_not_bold() -> None:
    reference = noise("hr", 1)
    comparison = compare([near(reference, "a", 0.1), near(reference, "b", 0.1)], reference)
    assert not any(cell.best for row in comparison_table(comparison).rows for cell in row)


def test_shaved_borders_do_not_count() -> None:
    a, b = noise("a", 1), noise("b", 1)
    b.photo.pixels[..., :2, :] = 0
    b.photo.pixels[..., -1] = 1
    assert compare([a, b]).likenesses[0].psnr_y < 30
    assert compare([a, b], shave=2).likenesses[0].psnr_y == math.inf


def test_pictures_too_small_for_ssim_have_the_other_numbers() -> None:
    comparison = compare([noise("a", 1, 10, 24), noise("b", 2, 10, 24)])
    assert comparison.likenesses[0].ssim_y is None
    assert comparison_table(comparison).rows[0][3].text == "–"  # noqa: RUF001 - the dash
    assert "SSIM needs 11 pixels a side." in comparison.notes


def test_what_hides_under_full_transparency_does_not_count() -> None:
    clear = torch.zeros(1, 1, 20, 24)
    a, b = (
        replace(noise(n, s), photo=replace(noise(n, s).photo, alpha=clear))
        for n, s in (("a", 1), ("b", 2))
    )
    comparison = compare([a, b])
    assert comparison.likenesses[0].psnr_rgb == math.inf
    assert any("mid-grey" in note for note in comparison.notes)


def test_sixteen_bits_are_not_rounded_and_differences_in_kind_are_said() -> None:
    a = noise("a", 1)
    deep = replace(
        near(a, "deep", 0.0001).photo, bits=16, metadata=Metadata(icc_profile=b"profile")
    )
    comparison = compare([a, LabelledImage(name="deep", photo=deep)])
    assert 0 < comparison.likenesses[0].largest < 0.1
    assert "Bits per sample differ, and nothing was rounded: a 8, deep 16." in comparison.notes
    assert any("profiles differ" in note for note in comparison.notes)


def test_an_interpolated_picture_is_named_in_a_note_and_has_no_cost():
    plain = Enlargement(source_size=(10, 12), models="bicubic", plain=True)
    comparison = compare([replace(noise("a", 1), enlargement=plain), noise("b", 2)])
    assert comparison.notes[1] == "a was enlarged by bicubic interpolation from 12x10 pixels."
    (table,) = comparison_tables(comparison)
    assert table == comparison_table(comparison)


def test_models_have_a_table_of_licences_and_costs():
    known = Enlargement(
        source_size=(10, 12),
        models="asdn-photo x2",
        choice="asdn-photo at 65 %: it has noise",
        licence="MIT",
        kmacs=95.9,
        seconds=1.0,
    )
    unknown = Enlargement(source_size=(10, 12), models="mine.pth x2", seconds=2.0)
    comparison = compare(
        [replace(noise("auto", 1), enlargement=known), replace(noise("b", 2), enlargement=unknown)]
    )
    _, table = comparison_tables(comparison)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["auto", "asdn-photo x2", "MIT", "95.9", "1.00"],
        ["b", "mine.pth x2", "not known", "–", "2.00"],  # noqa: RUF001 - the dash
    ]
    assert table.notes[1:] == ("auto chose asdn-photo at 65 %: it has noise.",)


def test_pictures_of_one_kind_have_no_warnings() -> None:
    assert len(compare([noise("a", 1), noise("b", 2)]).notes) == 1


@pytest.mark.parametrize("wrong", ["b", "hr"])
def test_sizes_that_differ_are_one_sentence(wrong: str) -> None:
    a, b, hr = (noise(n, 1, width=30 if n == wrong else 24) for n in ("a", "b", "hr"))
    with pytest.raises(UsageError, match=f"a has 24x20 pixels and {wrong} 30x20. Only pictures"):
        compare([a, b], hr)


def test_shaving_everything_is_refused() -> None:
    with pytest.raises(UsageError, match="Nothing is left of 24x20"):
        compare([noise("a", 1), noise("b", 2)], shave=10)

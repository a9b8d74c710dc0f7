from pathlib import Path

import pytest

from srcli.bench.datasets import find_dataset, folder_dataset, known_name, not_found
from srcli.errors import DataError


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


SET5 = ("baby.png", "bird.png", "butterfly.png", "head.png", "woman.png")


@pytest.mark.parametrize("place", ["bench/Set5", "Set5", "Set5_HR", "Set5/HR"])
def test_a_root_may_keep_a_set_in_any_of_the_usual_places(tmp_path: Path, place: str) -> None:
    folder = fill(tmp_path / place, *reversed(SET5))
    dataset = find_dataset("Set5", [tmp_path])
    assert dataset.name == "Set5"
    assert dataset.images == tuple(folder / image for image in SET5)


def test_the_first_root_that_holds_the_set_wins(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "Set14")
    fill(tmp_path / "b" / "Set5", *SET5)
    fill(tmp_path / "c" / "Set5", *SET5)
    dataset = find_dataset("Set5", [tmp_path / name for name in "abc"])
    assert dataset.images[0].parent == tmp_path / "b" / "Set5"


def test_the_validation_part_of_div2k_is_known_by_its_own_folder_name(tmp_path: Path) -> None:
    folder = fill(tmp_path / "DIV2K_valid_HR", *(f"{n:04}.png" for n in range(801, 901)))
    assert find_dataset("DIV2K-val", [tmp_path]).images[0] == folder / "0801.png"


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    fill(tmp_path / "Set5", *SET5, "._baby.png", "Thumbs.db", "README.md")
    (tmp_path / "Set5" / "old.png").mkdir()
    assert len(find_dataset("Set5", [tmp_path]).images) == 5


def test_a_name_is_known_in_any_case() -> None:
    assert known_name("set5") == known_name("SET5") == "Set5"
    assert known_name("div2k-VAL") == "DIV2K-val"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DataError, match="no data set named Set6") as caught:
        known_name("Set6")
    assert caught.value.hint == "Did you mean Set5?"
    with pytest.raises(DataError) as caught:
        known_name("Photographs")
    assert "Set14" in caught.value.hint


def test_a_missing_set_names_every_place_searched(tmp_path: Path) -> None:
    roots = [tmp_path / "a", tmp_path / "b"]
    assert find_dataset("Urban100", roots) is None
    for place in ("a/bench/Urban100", "b/Urban100_HR"):
        assert str(tmp_path / place) in not_found("Urban100", roots).message


def test_the_set_that_needs_a_licence_says_where_to_get_it(tmp_path: Path) -> None:
    assert "manga109.org" in not_found("Manga109", [tmp_path]).hint


def test_a_set_with_pictures_missing_is_refused_for_its_mean_would_mislead(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "Set5", *SET5[:4])
    with pytest.raises(DataError, match="holds 4 pictures, but Set5 has 5"):
        find_dataset("Set5", [tmp_path])


def test_any_folder_of_pictures_is_a_data_set(tmp_path: Path) -> None:
    folder = fill(tmp_path / "mine", "b.JPG", "a.webp")
    dataset = folder_dataset(folder)
    assert dataset.name == "mine"
    assert [image.name for image in dataset.images] == ["a.webp", "b.JPG"]
    assert dataset.lr_images == ()


@pytest.mark.parametrize(
    "lr_names",
    [
        ("a.png", "b.png"),
        ("ax4.png", "b_x4.png"),
        ("a_LRBI_x4.png", "b_LRBI_x2.7.png"),
        ("a_SRF_4_LR.png", "b_LR.png"),
    ],
)
def test_lr_pictures_are_found_by_name(tmp_path: Path, lr_names: tuple[str, str]) -> None:
    hr = fill(tmp_path / "HR", "a.png", "b.png")
    lr = fill(tmp_path / "LR", *lr_names)
    dataset = folder_dataset(hr, lr)
    assert dataset.lr_images == tuple(lr / name for name in lr_names)


def test_hr_names_may_say_so_too(tmp_path: Path) -> None:
    hr = fill(tmp_path / "HR", "a_HR_x2.png", "img_001_SRF_4_HR.png")
    lr = fill(tmp_path / "LR", "a_LRBI_x2.png", "img_001_SRF_4_LR.png")
    names = [path.name for path in folder_dataset(hr, lr).lr_images]
    assert names == ["a_LRBI_x2.png", "img_001_SRF_4_LR.png"]


def test_a_name_that_itself_ends_like_a_scale_is_matched_whole_first(tmp_path: Path) -> None:
    hr = fill(tmp_path / "HR", "box2.png", "bo.png")
    lr = fill(tmp_path / "LR", "box2.png", "bo.png")
    assert folder_dataset(hr, lr).lr_images == (lr / "bo.png", lr / "box2.png")


def test_a_picture_without_lr_is_named(tmp_path: Path) -> None:
    hr = fill(tmp_path / "HR", "a.png", "b.png")
    lr = fill(tmp_path / "LR", "a.png")
    with pytest.raises(DataError, match=r"no LR picture for 1 of 2: b\.png"):
        folder_dataset(hr, lr)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no pictures"):
        folder_dataset(tmp_path)

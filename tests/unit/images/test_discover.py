from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from srcli.errors import UsageError
from srcli.images.discover import find_sources
from srcli.images.found import InputFile


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = [
        "b.png",
        "a.JPG",
        "notes.txt",
        ".hidden.png",
        ".thumbs/t.png",
        "in/c.webp",
        "in/d/e.tif",
    ]
    for name in names:
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "root"


def test_pictures_of_formats_that_are_not_read_are_told_of(tree: Path) -> None:
    for name in ("photo.PSD", "in/sky.exr", ".hidden.psd", "words.txt"):
        (tree / name).write_bytes(b"")
    for given in (str(tree), f"{tree}/**/*"):
        unread: list[Path] = []
        find_sources([given], on_unread=unread.append)
        assert sorted(unread) == [tree / "in/sky.exr", tree / "photo.PSD"]
    (tree / "only").mkdir()
    (tree / "only/photo.psd").write_bytes(b"")
    with pytest.raises(UsageError) as caught:
        find_sources([str(tree / "only")])
    assert caught.value.hint.startswith("The formats read are PNG, JPEG")


def relatives(sources: list[InputFile]) -> list[str]:
    return [source.relative.as_posix() for source in sources]


def test_a_folder_gives_its_pictures_sorted_with_their_tree(tree: Path) -> None:
    found = find_sources([str(tree)])
    assert relatives(found) == ["a.JPG", "b.png", "in/c.webp", "in/d/e.tif"]
    assert all(source.path == tree / source.relative for source in found)


def test_a_file_given_by_name_is_taken_whatever_it_is_called(tree: Path) -> None:
    for name in ("notes.txt", ".hidden.png", "missing.png"):
        assert relatives(find_sources([str(tree / name)])) == [name]


def test_every_picture_is_taken_once_where_it_comes_first(tree: Path) -> None:
    (tree / "link.png").symlink_to(tree / "b.png")
    found = find_sources([str(tree / "in"), str(tree / "b.png"), str(tree)])
    assert relatives(found) == ["c.webp", "d/e.tif", "b.png", "a.JPG"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", ["a.JPG", "b.png"]),
        ("[a]*", ["a.JPG"]),
        ("in/**/*", ["c.webp", "d/e.tif"]),
        ("*/*.webp", ["in/c.webp"]),
    ],
)
def test_a_pattern_gives_pictures_below_its_fixed_part(
    tree: Path, pattern: str, expected: list[str]
) -> None:
    assert relatives(find_sources([f"{tree}/{pattern}"])) == expected


def test_a_relative_pattern_is_looked_up_here(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert relatives(find_sources(["*.png"])) == ["b.png"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tree: Path) -> None:
    odd = tree / "photo[1].png"
    odd.write_bytes(b"")
    assert find_sources([str(odd)]) == [InputFile(path=odd, relative=Path("photo[1].png"))]


def test_links_that_go_round_in_circles_end(tree: Path) -> None:
    (tree / "in" / "loop").symlink_to(tree, target_is_directory=True)
    (tree / "round.png").symlink_to(tree / "round.png")
    assert relatives(find_sources([str(tree)])) == [
        *("a.JPG", "b.png", "round.png", "in/c.webp", "in/d/e.tif")
    ]


def test_patterns_and_folders_treat_links_alike(tree: Path) -> None:
    (tree / "in" / "loop").symlink_to(tree, target_is_directory=True)
    (tree.parent / "far").mkdir()
    (tree.parent / "far/f.png").touch()
    (tree / "linked").symlink_to(tree.parent / "far", target_is_directory=True)
    (tree / "link.png").symlink_to(tree.parent / "far/f.png")
    expected = ["a.JPG", "b.png", "in/c.webp", "in/d/e.tif", "link.png"]
    for given in (str(tree), f"{tree}/**", f"{tree}/**/*", f"{tree}/**/**/*"):
        assert sorted(relatives(find_sources([given]))) == expected
    assert relatives(find_sources([f"{tree}/*/*"])) == ["in/c.webp"]
    for given in (f"{tree}/*/f.png", f"{tree}/*/linked/*"):
        with pytest.raises(UsageError):
            find_sources([given])


def test_a_link_that_is_named_is_followed(tree: Path) -> None:
    (tree.parent / "linked").symlink_to(tree, target_is_directory=True)
    for given in (f"{tree.parent}/linked", f"{tree.parent}/linked/**/*"):
        assert len(find_sources([given])) == 4


def test_hidden_pictures_are_found_by_patterns_that_name_them(tree: Path) -> None:
    assert relatives(find_sources([f"{tree}/.h*"])) == [".hidden.png"]
    assert relatives(find_sources([f"{tree}/.t*/*"])) == [".thumbs/t.png"]
    assert relatives(find_sources([f"{tree}/*/../b.*"])) == ["in/../b.png"]


def test_nothing_found_is_an_error_that_names_the_argument(tree: Path) -> None:
    (tree / "empty").mkdir()
    for given in (str(tree / "empty"), str(tree / "*.gif")):
        with pytest.raises(UsageError, match="holds no pictures") as caught:
            find_sources([str(tree), given])
        assert given in caught.value.message
    with pytest.raises(UsageError):
        find_sources([])


def test_a_folder_that_may_not_be_listed_is_named(tree: Path) -> None:
    (tree / "in" / "d").chmod(0)
    code = (
        "import os\n"
        "from srcli.errors import UnreadableImage\n"
        "from srcli.images.discover import find_sources\n"
        f"os.chdir({str(tree)!r})\n"
        "os.geteuid() or os.setuid(65534)  # nothing is closed to root\n"
        "try:\n    find_sources(['.'])\n"
        "except UnreadableImage as error:\n    print(error.message, end='')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (tree / "in" / "d").chmod(0o755)
    assert run.stdout == "./in/d cannot be listed: permission denied."


def test_finding_pictures_needs_neither_torch_nor_a_decoder() -> None:
    code = (
        "import sys, srcli.images.discover, srcli.batch.naming\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PIL', 'cv2', 'numpy')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "name", ["@eaDir", "__MACOSX", "$RECYCLE.BIN", "#recycle", "lost+found", ".Trash"]
)
def test_folders_of_systems_are_passed_over(tree: Path, name: str) -> None:
    path = tree / "in" / name / "a.png"
    path.parent.mkdir()
    path.write_bytes(b"")
    for given in (str(tree), f"{tree}/**/*.*"):
        assert not any(source.path == path for source in find_sources([given]))
    assert relatives(find_sources([str(path.parent)])) == ["a.png"]
    assert relatives(find_sources([f"{path.parent}/*"])) == ["a.png"]


@pytest.mark.parametrize("name", ["photos [2024]", "all*", "what?", "[a]"])
def test_names_that_are_there_are_no_patterns(tree: Path, name: str) -> None:
    for folder in (name, "photos 2", "a", "alles", "whats"):
        (tree / folder).mkdir()
        (tree / folder / "x[1].png").write_bytes(b"")
    for pattern in ("*.png", "x*", "x[[]1].png", "x[1].png", "**/*"):
        found = find_sources([f"{tree}/{name}/{pattern}"])
        assert [source.path for source in found] == [tree / name / "x[1].png"]
        assert relatives(found) == ["x[1].png"]

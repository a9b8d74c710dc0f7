from pathlib import Path

import pytest

from srcli.batch.naming import Job
from srcli.batch.place import ResultFolder, check_links, make_folder
from srcli.errors import OutputLost, UnwritableImage
from srcli.images.found import InputFile


def job(output: Path, root: Path | None) -> Job:
    return Job(
        source=InputFile(path=Path("a.png"), relative=Path("a.png")), output=output, root=root
    )


def test_a_folder_is_made_once_and_never_again(tmp_path):
    place = ResultFolder(tmp_path / "deep/out")
    place.enter()
    place.enter()
    place.check()
    place.path.rename(tmp_path / "moved")
    for attempt in (place.enter, place.check):
        with pytest.raises(OutputLost, match="was removed"):
            attempt()
    place.path.mkdir()
    with pytest.raises(OutputLost, match="was replaced"):
        place.check()


def test_folders_below_the_named_one_are_made_but_not_that_one(tmp_path):
    one = job(tmp_path / "out/a/b/x.png", tmp_path / "out")
    with pytest.raises(UnwritableImage):
        make_folder(one)
    (tmp_path / "out").mkdir()
    make_folder(one)
    make_folder(one)
    assert one.output.parent.is_dir()
    make_folder(job(tmp_path / "other/c/x.png", None))
    assert (tmp_path / "other/c").is_dir()


def test_links_are_followed_to_the_named_folder_and_not_below_it(tmp_path):
    (tmp_path / "real/deep").mkdir(parents=True)
    (tmp_path / "far").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")
    (tmp_path / "real/linked").symlink_to(tmp_path / "far")
    for name in ("x.png", "deep/x.png", "new/x.png"):
        make_folder(job(tmp_path / "out" / name, tmp_path / "out"))
    for name in ("linked/x.png", "linked/more/x.png"):
        for refuse in (check_links, make_folder):
            with pytest.raises(UnwritableImage, match="linked is a link to another folder"):
                refuse(job(tmp_path / "out" / name, tmp_path / "out"))
    assert list((tmp_path / "far").iterdir()) == []
    check_links(job(tmp_path / "out/linked/x.png", None))

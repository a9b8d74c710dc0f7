from __future__ import annotations

from pathlib import Path

import pytest

from srcli.batch.naming import Naming, template_pattern
from srcli.batch.outputs import plan_outputs
from srcli.errors import UsageError
from srcli.images.found import InputFile


def source(path: str, relative: str = "") -> InputFile:
    return InputFile(path=Path(path), relative=Path(relative or Path(path).name))


def outputs(sources: list[InputFile], **naming: str) -> list[str]:
    jobs = plan_outputs(
        sources,
        Naming(**{"template": "{stem}_x{scale}", "scale": "2.7", "model": "fast", **naming}),
    )
    assert [job.source for job in jobs] == sources
    return [job.output.as_posix() for job in jobs]


TREE = [source("in/a.png", "a.png"), source("in/b/a.JPG", "b/a.JPG")]


def test_outputs_go_beside_their_sources_in_their_own_formats() -> None:
    assert outputs(TREE) == ["in/a_x2.7.png", "in/b/a_x2.7.JPG"]


def test_a_folder_keeps_the_tree() -> None:
    assert outputs(TREE, output="out") == ["out/a_x2.7.png", "out/b/a_x2.7.JPG"]


def test_one_picture_takes_the_name_of_a_file() -> None:
    assert outputs([source("in/a.png")], output="big/it.webp") == ["big/it.webp"]


@pytest.mark.parametrize("output", ["out.png/", "plain"])
def test_a_folder_is_told_by_its_end_or_by_having_no_suffix(output: str) -> None:
    assert outputs([source("a.png")], output=output) == [f"{output.rstrip('/')}/a_x2.7.png"]


def test_a_folder_that_is_there_is_a_folder_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "out.png"
    folder.mkdir()
    assert outputs([source("a.png")], output=str(folder)) == [f"{folder}/a_x2.7.png"]


def test_many_pictures_go_into_a_folder_with_a_dot_in_its_name() -> None:
    assert outputs(TREE, output="out.v2")[0] == "out.v2/a_x2.7.png"


def test_many_pictures_do_not_go_into_one_file() -> None:
    with pytest.raises(UsageError, match="one file, but there are 2 pictures"):
        outputs(TREE, output="out.png")


@pytest.mark.parametrize("name", ["a.gif", "a.txt", "a"])
def test_sources_of_formats_that_are_not_written_become_png(name: str) -> None:
    assert outputs([source(name)]) == ["a_x2.7.png"]


def test_dots_in_names_stay() -> None:
    assert outputs([source("a.b.c.png")], template="{stem}.big") == ["a.b.c.big.png"]
    assert outputs([source("in.png")], template="{model} of {stem}") == ["fast of in.png"]


@pytest.mark.parametrize("naming", [{"output": "a.xyz"}, {"output": "a.heic"}, {"suffix": ".xyz"}])
def test_a_format_that_is_not_written_is_refused(naming: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no format that srcli writes") as caught:
        outputs([source("in.png")], **naming)
    assert ".webp" in caught.value.hint


@pytest.mark.parametrize(
    "template",
    [
        *("{name}", "{}", "{0}", "{stem", "{stem.x}", "{stem[0]}", "", "a/{stem}", "{stem}\0"),
        *("{stem:>999999999}", "{scale:09}", "{stem!r}", "{stem:{scale}}"),
    ],
)
def test_a_template_that_gives_no_name_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        outputs([source("in.png")], template=template, suffix=".png")


def test_two_pictures_that_would_become_one_file_are_found_before_any_work() -> None:
    pair = [source("in/a.png"), source("in/a.jpg")]
    assert len(outputs(pair)) == 2
    with pytest.raises(UsageError, match=r"in/a.png and in/a.jpg would both become in/a_x2.7.tif"):
        outputs(pair, suffix=".tif")


def test_two_names_of_one_output_clash(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    pair = [source(str(tmp_path / folder / "a.png")) for folder in ("real", "link")]
    with pytest.raises(UsageError, match="both become"):
        outputs(pair)


@pytest.mark.parametrize("output", ["in/a.png", "in/../in/a.png", "in/b/a.JPG"])
def test_no_output_is_written_over_any_source(output: str) -> None:
    with pytest.raises(UsageError, match="over a picture that is read"):
        outputs([source("in/a.png")] if "b" not in output else TREE[1:], output=output)


def test_a_template_that_keeps_the_name_may_not_hit_the_source() -> None:
    with pytest.raises(UsageError, match="over a picture that is read"):
        outputs(TREE, template="{stem}")


def test_a_clash_leaves_out_that_picture_alone() -> None:
    trio = [source("in/a.png"), source("in/a.jpg"), source("in/a_x2.7.png"), source("in/b.png")]
    naming = Naming(template="{stem}_x{scale}", scale="2.7", model="fast", suffix=".png")
    left_out: list[str] = []
    jobs = plan_outputs(trio, naming, on_clash=lambda job, _: left_out.append(job.source.path.name))
    assert left_out == ["a.png", "a.jpg"]
    assert [job.output.name for job in jobs] == ["a_x2.7_x2.7.png", "b_x2.7.png"]


@pytest.mark.parametrize(
    ("template", "name", "stem"),
    [
        ("{stem}_{scale}", "a_x2", "a"),
        ("{stem}_{scale}", "a_x2_x2.7", "a_x2"),
        ("{stem}_{scale}", "a_1920x", "a"),
        ("{stem}_{scale}", "a_1", None),
        ("big {stem}-{scale}-{model}", "big a-x2-asdn", "a"),
    ],
)
def test_names_of_results_tell_their_sources(template: str, name: str, stem: str | None) -> None:
    pattern = template_pattern(template)
    assert pattern is not None
    match = pattern.fullmatch(name)
    assert (match["stem"] if match else None) == stem


@pytest.mark.parametrize("template", ["{scale}", "{stem}", "{stem}{stem}{scale}"])
def test_other_templates_do_not(template: str) -> None:
    assert template_pattern(template) is None

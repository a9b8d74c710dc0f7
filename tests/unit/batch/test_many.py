"""Very many pictures: asked for at once, held by their names, and named as one by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from srcli.batch.ahead import BATCH, unfinished
from srcli.batch.ledger import NoLedger
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Jobs, Naming, folders_of
from srcli.batch.outcome import Skipped
from srcli.batch.outputs import plan_outputs
from srcli.errors import UsageError
from srcli.files.real_paths import FEW, RealPaths
from srcli.images.discover import find_sources
from srcli.images.found import FoundFiles, InputFile


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number in range(3 * FEW):
        folder = tmp_path / "in" / str(number % 3)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.png").write_bytes(b"no picture")
    return tmp_path / "in"


def test_real_paths_are_those_of_the_system_however_many_are_asked_for(tree: Path) -> None:
    (tree / "linked").symlink_to(tree / "1")
    (tree / "0" / "link.png").symlink_to(tree / "1" / "1.png")
    (tree / "0" / "dangling.png").symlink_to("nowhere.png")
    paths = RealPaths()
    names = [*(f"{n}.png" for n in range(2 * FEW)), "link.png", "dangling.png", "..", "missing"]
    for folder in (tree / "0", tree / "linked", tree / "none", Path("/")):
        for name in names:
            assert paths.of(str(folder), name) == os.path.realpath(folder / name)


def test_a_picture_that_is_linked_many_times_is_taken_once(tree: Path) -> None:
    for number in range(2 * FEW):
        (tree / "0" / f"z{number}.png").symlink_to(tree / "1" / "1.png")
    found = find_sources([str(tree), str(tree / "1" / "1.png"), str(tree / "2")])
    assert len(found) == 3 * FEW
    assert len({os.path.realpath(file.path) for file in found}) == 3 * FEW


def test_found_files_are_a_sequence(tree: Path) -> None:
    found = find_sources([str(tree)])
    files = list(found)
    assert found[3] == files[3] == InputFile(path=files[3].path, relative=files[3].relative)
    assert list(found[5:1:-2]) == files[5:1:-2]
    assert found[-1] == files[-1]
    assert FoundFiles(files) == files


def test_jobs_are_a_sequence_of_what_each_alone_would_be(tree: Path) -> None:
    naming = Naming(template="{stem}_x{scale}", scale="2", model="fast", output=str(tree / "out"))
    jobs = plan_outputs(find_sources([str(tree)]), naming)
    assert isinstance(jobs, Jobs)
    alone = [plan_outputs([job.source], naming)[0] for job in jobs]
    assert list(jobs) == alone
    assert [jobs[number] for number in range(len(jobs))] == alone
    assert list(jobs[2:9:3]) == alone[2:9:3]
    assert folders_of(jobs) == {tree / "out" / str(number) for number in range(3)}


@pytest.mark.parametrize("output", ["", "out", "in/0", "linked"])
def test_clashes_of_many_are_found_wherever_results_go(tree: Path, output: str) -> None:
    (tree.parent / "linked").symlink_to(tree / "1")
    (tree / "1" / "1_x2.jpg").write_bytes(b"no picture")
    (tree / "1" / "1_x2.png").write_bytes(b"no picture")
    place = str(tree.parent / output) if output else ""
    naming = Naming(template="{stem}_{scale}", scale="x2", model="m", output=place, suffix=".png")
    sources = find_sources([str(tree / "1"), str(tree / "0")])
    told: list[str] = []
    jobs = plan_outputs(sources, naming, on_clash=lambda job, _: told.append(job.source.path.name))
    wanted = _clashes([(file.path, Path(place or file.path.parent)) for file in sources])
    assert told == wanted
    assert len(jobs) == len(sources) - len(wanted)


def _clashes(files: list[tuple[Path, Path]]) -> list[str]:
    """Return the names of those that clash, found out one by one."""
    taken = {os.path.realpath(source) for source, _ in files}
    clashing = []
    for source, folder in files:
        result = os.path.realpath(folder / f"{source.stem}_x2.png")
        if result in taken:
            clashing.append(source.name)
        taken.add(result)
    return clashing


def test_names_that_no_file_may_have_are_refused_among_many(tree: Path) -> None:
    naming = Naming(template="{scale}/{stem}", scale="2", model="m", output=str(tree / "out"))
    with pytest.raises(UsageError, match="gives no name of a file"):
        plan_outputs(find_sources([str(tree)]), naming)


def test_what_is_done_is_told_without_a_claim_and_the_rest_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(BATCH + 5):
        (folder / f"{number:05}.png").write_bytes(b"1")
    naming = Naming(template="{stem}", scale="2", model="fast", output=str(tmp_path / "out"))
    jobs = plan_outputs(find_sources([str(folder)]), naming)
    with Manifest(tmp_path / "out", {"scale": 2}, overwrite=False) as manifest:
        _record_all(manifest, jobs)
        (folder / "00002.png").write_bytes(b"another")
        (tmp_path / "out" / "01002.png").unlink()
        (tmp_path / "out" / "00004.png").unlink()
        (tmp_path / "out" / "00004.png").symlink_to(tmp_path)
        left = [job for job in unfinished(jobs, manifest) if not isinstance(job, Skipped)]
        order = [getattr(one, "output", None) for one in unfinished(jobs, manifest)]
    assert [job.output.name for job in left] == ["00002.png", "00004.png", "01002.png"]
    assert order == [job.output for job in jobs]
    with Manifest(tmp_path / "out", {"scale": 3}, overwrite=False) as manifest:
        assert list(unfinished(jobs, manifest)) == list(jobs)
    assert list(unfinished(jobs, NoLedger(overwrite=False))) == list(jobs)


def _record_all(manifest: Manifest, jobs: Jobs) -> None:
    digest = "0" * 64
    with manifest._transaction() as database:
        for job in jobs:
            job.output.write_bytes(b"22")
            times = {
                "source_mtime_ns": job.source.path.stat().st_mtime_ns,
                "output_mtime_ns": job.output.stat().st_mtime_ns,
            }
            sizes = {"source_bytes": 1, "output_bytes": 2}
            digests = {"source_sha256": digest, "output_sha256": digest}
            manifest._put(database, job, "done", **times, **sizes, **digests)

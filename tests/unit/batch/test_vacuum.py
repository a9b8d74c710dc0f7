"""A manifest becomes as small as what it still has to say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from srcli.batch.database import NAME, read
from srcli.batch.entries import all_entries
from srcli.batch.ledger import Made
from srcli.batch.locations import read_source
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.outcome import Upscaled
from srcli.batch.vacuum import vacuum_manifest
from srcli.errors import ForeignManifest, UnreadableImage, UnwritableFile
from srcli.files.content import Content
from srcli.images.found import InputFile

COUNT = 600
RESULT = Content(b"result")


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    (tmp_path / "in").mkdir()
    made = []
    for number in range(COUNT):
        source = tmp_path / "in" / f"{number:04}.png"
        source.write_bytes(b"picture")
        found = InputFile(path=source, relative=Path(source.name))
        made.append(Job(source=found, output=tmp_path / "out" / source.name))
    return made


@pytest.fixture
def out(tmp_path: Path, jobs: list[Job]) -> Path:
    """A folder of results that are all done."""
    folder = tmp_path / "out"
    with opened(folder) as manifest:
        for job in jobs:
            announce(manifest, job)
            job.output.write_bytes(b"result")
            manifest.done(job)
    return folder


def opened(folder: Path, scale: int = 2) -> Manifest:
    return Manifest(folder, {"scale": scale}, overwrite=True)


def announce(manifest: Manifest, job: Job) -> None:
    """Do what comes before a result is put in its place."""
    paths = {"source": job.source.path, "output": job.output}
    outcome = Upscaled(**paths, source_size=(1, 1), size=(2, 2), seconds=1)
    source = read_source(job.source.path)[1]
    manifest.writing(
        job, Made(source=source, sha256=RESULT.sha256, size=len(RESULT), outcome=outcome)
    )


def states(folder: Path) -> dict[str, str]:
    entries = read(folder / NAME, all_entries) or {}
    return {os.fsdecode(key): entry.state for key, entry in entries.items()}


def test_what_is_gone_is_forgotten_and_its_room_is_given_back(out: Path, jobs: list[Job]) -> None:
    for job in jobs[3:]:
        job.output.unlink()
    done = vacuum_manifest(out)
    assert done.forgotten == COUNT - 3
    assert states(out) == {job.output.name: "done" for job in jobs[:3]}
    assert done.before > 10 * done.after
    assert done.after == (out / NAME).stat().st_size
    assert {path.name for path in out.iterdir()} == {NAME, *(job.output.name for job in jobs[:3])}
    with opened(out) as manifest:
        assert manifest.claim(jobs[0]).name == "DONE"
        assert manifest.claim(jobs[5]).name == "REPLACE"


def test_only_what_says_nothing_any_more_is_forgotten(out: Path, jobs: list[Job]) -> None:
    with opened(out, scale=3) as manifest:
        manifest.failed(jobs[0], UnreadableImage("It cannot be read."))
        manifest.skipped(jobs[1], "large enough already")
        announce(manifest, jobs[2])
        announce(manifest, jobs[3])
        manifest.claim(jobs[4])
    for job in (jobs[0], jobs[1], jobs[3]):
        job.output.unlink()
    jobs[5].output.unlink()
    jobs[5].output.symlink_to("nowhere")
    assert vacuum_manifest(out).forgotten == 2
    kept = states(out)
    assert [kept.get(job.output.name) for job in jobs[:6]] == [
        "failed",
        "skipped",
        "writing",
        None,
        None,
        "done",
    ]
    assert len(kept) == COUNT - 2


def test_settings_that_nothing_was_made_with_are_forgotten(out: Path) -> None:
    def count(folder: Path) -> object:
        query = "SELECT count(*) FROM settings"
        return read(folder / NAME, lambda found: found.execute(query).fetchone()[0])

    with opened(out, scale=7):
        pass
    assert count(out) == 2
    vacuum_manifest(out)
    assert count(out) == 1


def test_a_folder_where_a_run_is_at_work_is_left_alone(out: Path, jobs: list[Job]) -> None:
    jobs[0].output.unlink()
    with opened(out) as manifest:
        manifest.claim(jobs[0])
        with pytest.raises(UnwritableFile, match="while a run writes to it"):
            vacuum_manifest(out)
        announce(manifest, jobs[0])
        jobs[0].output.write_bytes(b"result")
        manifest.done(jobs[0])
    assert len(states(out)) == COUNT
    assert vacuum_manifest(out).forgotten == 0


def test_what_a_run_made_anew_meanwhile_is_kept(
    out: Path, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs[0].output.unlink()
    jobs[1].output.unlink()

    def and_then_a_run(*asked: object) -> object:
        found = read(*asked)
        with opened(out) as manifest:
            announce(manifest, jobs[0])
            jobs[0].output.write_bytes(b"result")
            manifest.done(jobs[0])
        return found

    monkeypatch.setattr("srcli.batch.vacuum.read", and_then_a_run)
    assert vacuum_manifest(out).forgotten == 1
    assert jobs[0].output.name in states(out)
    assert jobs[1].output.name not in states(out)


def test_what_is_no_manifest_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"SQLite format 3\0" + b"junk" * 1000)
    with pytest.raises(ForeignManifest):
        vacuum_manifest(tmp_path)
    assert (tmp_path / NAME).stat().st_size == 4016

import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from srcli.batch import manifest
from srcli.batch.database import NAME
from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.outcome import Upscaled
from srcli.batch.place import ResultFolder
from srcli.batch.recorded import ManifestView, recorded_results
from srcli.errors import (
    DataError,
    ForeignManifest,
    OutputLost,
    UnreadableImage,
    UnwritableImage,
)
from srcli.files.digest import sha256_of
from srcli.files.locks import folder_lock
from srcli.images.found import InputFile

SETTINGS = {"scale": 2}


@pytest.fixture
def job(tmp_path) -> Job:
    source = tmp_path / "photo.png"
    source.write_bytes(b"pixels")
    output = tmp_path / "out/photo_x2.png"
    return Job(source=InputFile(path=source, relative=Path("photo.png")), output=output)


def opened(job: Job, *, overwrite: bool = False, settings: dict[str, object] = SETTINGS):
    return Manifest(job.output.parent, settings, overwrite=overwrite)


def announce(manifest: Manifest, job: Job, content: bytes) -> None:
    """Do what comes before the output is put in its place."""
    outcome = Upscaled(
        source=job.source.path, output=job.output, source_size=(3, 5), size=(6, 10), seconds=1
    )
    path = job.source.path
    state = path.stat()
    source = FileState(size=state.st_size, mtime_ns=state.st_mtime_ns, sha256=sha256_of(path))
    aside = path.with_name("aside")
    aside.write_bytes(content)
    made = Made(source=source, sha256=sha256_of(aside), size=len(content), outcome=outcome)
    manifest.writing(job, made)


def make(manifest: Manifest, job: Job, content: bytes = b"larger") -> None:
    announce(manifest, job, content)
    job.output.write_bytes(content)
    manifest.done(job)


def test_what_is_done_is_not_done_again(job):
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.MAKE
        make(manifest, job)
        assert manifest.claim(job) is ClaimResult.DONE
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE
    with opened(job, overwrite=True) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE


def test_copies_and_touched_files_are_known_by_their_content(job):
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
        for path in (job.source.path, job.output):
            os.utime(path, ns=(1, 1))
        assert manifest.claim(job) is ClaimResult.DONE


@pytest.mark.parametrize("change", ["settings", "source", "output"])
def test_what_is_out_of_date_is_refused_or_replaced(job, change):
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
    if change != "settings":
        path = job.source.path if change == "source" else job.output
        path.write_bytes(b"others")
    settings = {"scale": 3} if change == "settings" else SETTINGS
    with opened(job, settings=settings) as manifest, pytest.raises(UnwritableImage):
        manifest.claim(job)
    with opened(job, settings=settings, overwrite=True) as manifest:
        assert manifest.claim(job) is ClaimResult.REPLACE


def test_a_result_that_was_removed_is_made_again(job):
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
        job.output.unlink()
        assert manifest.claim(job) is ClaimResult.MAKE


def test_what_goes_between_two_looks_is_no_bug(job, monkeypatch):
    with opened(job) as claimer:
        claimer.claim(job)
        make(claimer, job)

        def judge(*_, **__):
            job.source.path.unlink()
            return ClaimResult.DONE

        monkeypatch.setattr(manifest, "judge", judge)
        assert claimer.claim(job) is ClaimResult.DONE


def test_a_file_of_someone_else_is_refused(job):
    job.output.parent.mkdir()
    job.output.write_bytes(b"precious")
    with opened(job) as manifest, pytest.raises(UnwritableImage, match="exists already"):
        manifest.claim(job)
    with opened(job, overwrite=True) as manifest:
        assert manifest.claim(job) is ClaimResult.REPLACE


def test_a_run_killed_before_it_recorded_what_it_had_put_in_place_is_understood(job):
    killed = opened(job)
    killed.claim(job)
    announce(killed, job, b"larger")
    job.output.write_bytes(b"larger")
    killed.close()
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE


def test_a_run_killed_before_it_put_anything_in_place_is_made_up_for(job):
    killed = opened(job)
    killed.claim(job)
    announce(killed, job, b"larger")
    killed.close()
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.MAKE


def test_what_a_living_run_has_claimed_is_left_to_it(job):
    with opened(job) as first, opened(job) as second:
        assert first.claim(job) is ClaimResult.MAKE
        assert second.claim(job) is ClaimResult.BUSY
        first.failed(job, UnreadableImage("no"))
        assert second.claim(job) is ClaimResult.MAKE


def test_a_view_says_the_same_and_changes_nothing(job):
    folder = job.output.parent
    with ManifestView(folder, SETTINGS, overwrite=False) as view:
        assert view.claim(job) is ClaimResult.MAKE
    assert recorded_results(folder) == {}
    assert not folder.exists()
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
    before = sorted(folder.iterdir())
    with ManifestView(folder, SETTINGS, overwrite=False) as view:
        assert view.claim(job) is ClaimResult.DONE
    known = {path: entry.source_path for path, entry in recorded_results(folder).items()}
    assert known == {os.path.realpath(job.output): str(job.source.path.absolute())}
    assert sorted(folder.iterdir()) == before


def test_a_manifest_whose_run_was_killed_before_it_wrote_anything_says_nothing(job):
    folder = job.output.parent
    folder.mkdir()
    (folder / NAME).touch()
    assert recorded_results(folder) == {}
    with ManifestView(folder, SETTINGS, overwrite=False) as view:
        assert view.claim(job) is ClaimResult.MAKE
    with opened(job) as manifest:
        assert manifest.claim(job) is ClaimResult.MAKE


def test_a_manifest_is_not_read_while_another_run_opens_or_closes_it(job):
    folder = job.output.parent
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
    with ThreadPoolExecutor(1) as reader:
        with folder_lock(folder, exclusive=True):
            waiting = reader.submit(recorded_results, folder)
            with pytest.raises(TimeoutError):
                waiting.result(0.1)
        assert len(waiting.result()) == 1


def test_a_manifest_is_not_opened_or_closed_while_another_run_reads_it(job):
    folder = job.output.parent
    folder.mkdir()
    for change in (lambda: opened(job), opened(job).close):
        with ThreadPoolExecutor(1) as writer:
            with folder_lock(folder, exclusive=False):
                waiting = writer.submit(change)
                with pytest.raises(TimeoutError):
                    waiting.result(0.1)
            waiting.result()


def test_a_run_ends_well_though_its_folder_is_gone(job):
    manifest = opened(job)
    shutil.rmtree(job.output.parent)
    manifest.close()


def test_names_need_not_be_unicode(job, tmp_path):
    name = os.fsdecode(b"caf\xe9_x2.png")
    odd = Job(source=job.source, output=tmp_path / "out" / name)
    with opened(odd) as manifest:
        manifest.claim(odd)
        make(manifest, odd)
        assert manifest.claim(odd) is ClaimResult.DONE
    assert set(recorded_results(tmp_path / "out")) == {os.path.realpath(odd.output)}


def test_a_file_that_is_no_manifest_is_moved_aside_with_a_warning(job, caplog):
    job.output.parent.mkdir()
    path = job.output.parent / NAME
    content = b"not a database, but longer than the head of one would be" * 20
    path.write_bytes(content)
    with pytest.raises(ForeignManifest, match="not a manifest"):
        recorded_results(path.parent)
    assert [entry.name for entry in path.parent.iterdir()] == [NAME]
    for number in (1, 2):
        with opened(job) as manifest:
            assert manifest.claim(job) is ClaimResult.MAKE
        assert caplog.text.count("It was moved to") == number
        assert path.with_name(f"{NAME}.broken-{number}").read_bytes() == content
        path.write_bytes(content)


def test_a_manifest_of_another_version_is_not_touched(job):
    with opened(job):
        pass
    path = job.output.parent / NAME
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    for kind in (Manifest, ManifestView):
        with pytest.raises(DataError, match="version 99"):
            kind(path.parent, SETTINGS, overwrite=False)


@pytest.mark.parametrize("change", ["removed", "folder", "file", "manifest"])
def test_a_folder_that_is_not_the_same_any_more_is_noticed(job, change):
    folder = job.output.parent
    manifest = opened(job)
    assert manifest.claim(job) is ClaimResult.MAKE
    if change == "manifest":
        (folder / NAME).unlink()
    else:
        folder.rename(folder.with_name("moved"))
    if change == "folder":
        folder.mkdir()
    if change == "file":
        folder.touch()
    for attempt in (
        lambda: manifest.claim(job),
        lambda: announce(manifest, job, b"larger"),
        lambda: manifest.failed(job, UnreadableImage("no")),
    ):
        with pytest.raises(OutputLost, match=r"was (removed|replaced|removed or replaced) while"):
            attempt()
    manifest.close()
    assert not folder.exists() or folder.is_file() or not list(folder.glob("*.sqlite"))


def test_a_run_that_opens_its_folder_again_notices_that_it_is_another(job):
    place = ResultFolder(job.output.parent)
    for _ in range(2):
        with Manifest(place, SETTINGS, overwrite=False) as manifest:
            manifest.claim(job)
    shutil.rmtree(job.output.parent)
    with pytest.raises(OutputLost, match="was removed"):
        Manifest(place, SETTINGS, overwrite=False)
    assert not job.output.parent.exists()


def test_what_made_a_result_is_told(job):
    with Manifest(job.output.parent, SETTINGS, overwrite=False, model="first") as manifest:
        manifest.claim(job)
        make(manifest, job)
    other = {"scale": 3}
    for kind in (Manifest, ManifestView):
        with (
            kind(job.output.parent, other, overwrite=False, model="second") as ledger,
            pytest.raises(UnwritableImage, match="made with the model first, not with second") as e,
        ):
            ledger.claim(job)
        assert "--overwrite" in e.value.hint
        assert "--name '{stem}_{scale}_{model}'" in e.value.hint


def test_what_another_manifest_knows_is_taken_over(job, tmp_path):
    with opened(job) as manifest:
        manifest.claim(job)
        make(manifest, job)
    known = recorded_results(job.output.parent)
    elsewhere = known.get(os.path.realpath(job.output))
    other = tmp_path / "other"
    with Manifest(other, SETTINGS, overwrite=False, elsewhere=lambda _: elsewhere) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE
    with Manifest(other, SETTINGS, overwrite=False) as manifest:
        assert manifest.claim(job) is ClaimResult.DONE


def test_only_so_many_results_are_remembered(job, tmp_path):
    jobs = [Job(source=job.source, output=tmp_path / f"out/{n}.png") for n in range(5)]
    with opened(job) as manifest:
        for one in jobs:
            manifest.claim(one)
            make(manifest, one)
        manifest.forget(keep=2)
    assert {Path(path).name for path in recorded_results(tmp_path / "out")} == {"3.png", "4.png"}

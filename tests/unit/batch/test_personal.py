import os
from pathlib import Path

import pytest

from srcli.batch import personal
from srcli.batch.database import NAME
from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.outcome import Upscaled
from srcli.batch.personal import FolderRecords, PersonalLedger, PersonalRecord, personal_folder
from srcli.errors import UnreadableImage, UnwritableImage
from srcli.files.digest import sha256_of
from srcli.images.found import InputFile


@pytest.fixture
def job(tmp_path, monkeypatch) -> Job:
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "photo.png"
    source.write_bytes(b"pixels")
    return Job(
        source=InputFile(path=source, relative=Path("photo.png")), output=tmp_path / "x2.png"
    )


def ledger(settings: int = 2, *, overwrite: bool = False) -> PersonalLedger:
    folder = personal_folder()
    assert folder
    return PersonalLedger(folder, {"scale": settings}, overwrite=overwrite, model="fast")


def make(ledger: PersonalLedger | Manifest, job: Job) -> None:
    from srcli.batch.fingerprint import FileState

    path = job.source.path
    about = path.stat()
    source = FileState(size=about.st_size, mtime_ns=about.st_mtime_ns, sha256=sha256_of(path))
    outcome = Upscaled(source=path, output=job.output, source_size=(3, 5), size=(6, 10), seconds=1)
    job.output.parent.mkdir(exist_ok=True)
    job.output.write_bytes(b"larger")
    digest = sha256_of(job.output)
    ledger.writing(job, Made(source=source, sha256=digest, size=6, outcome=outcome))
    ledger.done(job)


def test_what_was_made_is_known_the_next_time(job):
    with ledger() as first:
        assert first.claim(job) is ClaimResult.MAKE
        make(first, job)
    with ledger() as second:
        assert second.claim(job) is ClaimResult.DONE
    with ledger(3) as other, pytest.raises(UnwritableImage, match="other settings"):
        other.claim(job)
    entry = PersonalRecord().find(job.output)
    assert entry
    assert (entry.model, entry.source_path) == ("fast", str(job.source.path))
    assert PersonalRecord().find(job.source.path) is None


def test_the_manifest_of_the_folder_is_asked_too(job, tmp_path):
    inside = Job(source=job.source, output=tmp_path / "out/deep/x2.png")
    inside.output.parent.mkdir(parents=True)
    with Manifest(tmp_path / "out", {"scale": 2}, overwrite=False) as manifest:
        manifest.claim(inside)
        make(manifest, inside)
    with ledger() as own:
        assert own.claim(inside) is ClaimResult.DONE
    (tmp_path / "out" / NAME).unlink()
    os.mkfifo(tmp_path / "out" / NAME)
    records = FolderRecords()
    assert records.find(inside.output) is records.find(inside.output) is None
    with ledger() as own:
        assert own.claim(inside) is ClaimResult.DONE


@pytest.mark.parametrize("folder", ["/proc/nowhere", "~nobody-of-this-name/x"])
def test_without_a_record_only_what_is_there_counts(job, monkeypatch, folder):
    monkeypatch.setenv("SRCLI_CACHE_DIR", folder)
    assert PersonalRecord().find(job.output) is None
    place = personal_folder()
    assert (place is None) == folder.startswith("~")
    with PersonalLedger(place or Path("/proc/nowhere"), {}, overwrite=False, model="") as own:
        assert own.claim(job) is ClaimResult.MAKE
        make(own, job)
        own.skipped(job, "why")
        own.failed(job, UnreadableImage("why"))
        with pytest.raises(UnwritableImage, match="no record"):
            own.claim(job)


def test_a_record_that_is_lost_during_a_run_stops_nothing(job):
    with ledger() as own:
        own.claim(job)
        (personal.personal_folder() / NAME).unlink()
        make(own, job)
        own.skipped(job, "why")
        own.failed(job, UnreadableImage("why"))
        with pytest.raises(UnwritableImage, match="no record"):
            own.claim(job)
    with ledger() as own:
        own.skipped(job, "why")
        own.failed(job, UnreadableImage("why"))


def test_a_damaged_record_is_none(job):
    with ledger() as own:
        own.claim(job)
        make(own, job)
    (personal.personal_folder() / NAME).write_bytes(b"none of ours" * 99)
    assert PersonalRecord().find(job.output) is None

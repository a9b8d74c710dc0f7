"""The manifest of results in a bucket: two runs at once, and what is known without a request."""

from __future__ import annotations

import pytest

from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.locations import read_source, write_result
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job
from srcli.batch.outcome import Upscaled
from srcli.files.content import Content
from srcli.files.objects.address import ObjectPath
from srcli.images.found import InputFile

SETTINGS = {"scale": 2}


@pytest.fixture
def job(bucket) -> Job:
    bucket.put("in/a.png", b"picture")
    source = ObjectPath(f"s3://{bucket.name}/in/a.png")
    output = ObjectPath(f"s3://{bucket.name}/out/a.png")
    return Job(source=InputFile(path=source, relative=source.key), output=output)


def make(manifest: Manifest, job: Job) -> None:
    """Put a result in its place, and record it."""
    content = Content(b"large picture")
    paths = {"source": job.source.path, "output": job.output}
    outcome = Upscaled(**paths, source_size=(1, 1), size=(2, 2), seconds=1)
    made = Made(
        source=read_source(job.source.path)[1],
        sha256=content.sha256,
        size=len(content),
        outcome=outcome,
    )
    manifest.writing(job, made)
    write_result(job.output, content, overwrite=False, notes={})
    manifest.done(job)


def test_what_a_run_beside_has_made_is_known_without_a_request(job, tmp_path, bucket):
    with (
        Manifest(tmp_path, SETTINGS, overwrite=False) as first,
        Manifest(tmp_path, SETTINGS, overwrite=False) as second,
    ):
        assert first.claim(job) is ClaimResult.MAKE
        assert second.claim(job) is ClaimResult.BUSY
        make(first, job)
        bucket.delete("out/a.png")
        assert second.claim(job) is ClaimResult.DONE
        with Manifest(tmp_path, SETTINGS, overwrite=False) as later:
            assert later.claim(job) is ClaimResult.MAKE


def test_a_run_that_was_met_is_believed_after_it_has_ended(job, tmp_path, bucket):
    with Manifest(tmp_path, SETTINGS, overwrite=False) as second:
        with Manifest(tmp_path, SETTINGS, overwrite=False) as first:
            first.claim(job)
            assert second.claim(job) is ClaimResult.BUSY
            make(first, job)
        bucket.delete("out/a.png")
        assert second.claim(job) is ClaimResult.DONE


def test_what_a_run_has_made_is_looked_at_once_that_run_has_ended(job, tmp_path, bucket):
    with Manifest(tmp_path, SETTINGS, overwrite=False) as second:
        with Manifest(tmp_path, SETTINGS, overwrite=False) as first:
            first.claim(job)
            make(first, job)
        assert second.claim(job) is ClaimResult.DONE
        bucket.delete("out/a.png")
        assert second.claim(job) is ClaimResult.MAKE


def test_other_settings_are_looked_at_beside_a_run(job, tmp_path):
    with (
        Manifest(tmp_path, SETTINGS, overwrite=False) as first,
        Manifest(tmp_path, {"scale": 3}, overwrite=True) as second,
    ):
        first.claim(job)
        make(first, job)
        assert second.claim(job) is ClaimResult.REPLACE

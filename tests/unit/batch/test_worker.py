"""A worker in this process: what it makes, what it keeps, and what it gives back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.naming import Job
from srcli.batch.outcome import Failed, Skipped, Upscaled
from srcli.batch.worker import Setup, Worker
from srcli.images.found import InputFile
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.pipeline.sizes import SizeRequest


@pytest.fixture
def worker(models, tmp_path, monkeypatch) -> Worker:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "srcli.batch.worker.keep_memory", lambda: None
    )  # it is of the whole process
    spec = OutputSpec(resolve=SizeRequest(scale=(2, 2)).resolve)
    setup = Setup(folder=str(tmp_path), make_pipeline=lambda: Pipeline(spec, models), neighbours=2)
    return Worker(setup)


@pytest.fixture
def job(tmp_path) -> Job:
    samples = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(samples).save(tmp_path / "photo.png")
    source = InputFile(path=tmp_path / "photo.png", relative=Path("photo.png"))
    return Job(source=source, output=tmp_path / "out/photo.png")


def test_a_file_appears_only_once_the_driver_has_noted_what_it_will_be(worker, job):
    made = worker.make(job, ClaimResult.MAKE)
    assert isinstance(made, Made)
    assert not job.output.exists()
    outcome = worker.put(job)
    assert outcome == made.outcome
    assert isinstance(outcome, Upscaled)
    assert (job.output.stat().st_size, outcome.size) == (made.size, (18, 14))


def test_a_picture_that_is_not_made_is_told_at_once(worker, job):
    job.source.path.write_bytes(b"no picture")
    failed = worker.make(job, ClaimResult.MAKE)
    assert isinstance(failed, Failed)
    assert failed.source == job.source.path


def test_what_is_there_is_replaced_only_if_the_driver_said_so(worker, job):
    job.output.parent.mkdir()
    job.output.write_bytes(b"of others")
    for claimed, replaced in ((ClaimResult.MAKE, False), (ClaimResult.REPLACE, True)):
        found = worker.make(job, claimed)
        outcome = worker.put(job) if isinstance(found, Made) else found
        assert isinstance(outcome, Upscaled) is replaced
        assert (job.output.read_bytes() != b"of others") is replaced


def test_whatever_becomes_of_a_picture_its_memory_is_given_back(worker, job, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(job.source.path.read_bytes()[:60])
    (tmp_path / "file").write_bytes(b"")
    worker.make(job, ClaimResult.MAKE)
    worker.drop(job)
    worker.make(job, ClaimResult.MAKE)
    worker.put(job)
    for one in (
        replace(job, source=InputFile(path=bad, relative=Path("bad.png"))),
        replace(job, output=tmp_path / "file/photo.png"),
        replace(job, output=tmp_path / "photo.none"),
    ):
        found = worker.make(one, ClaimResult.MAKE)
        outcome = worker.put(one) if isinstance(found, Made) else found
        assert isinstance(outcome, Failed)
    assert worker._budget._taken == 0
    assert worker._ready == {}


def test_a_picture_that_is_large_enough_is_left_to_the_driver_to_record(models, job, tmp_path):
    spec = OutputSpec(resolve=SizeRequest(long_side=5).resolve, when_large="skip")
    setup = Setup(folder=str(tmp_path), make_pipeline=lambda: Pipeline(spec, models), neighbours=1)
    worker = Worker(setup)
    assert isinstance(worker.make(job, ClaimResult.MAKE), Skipped)
    assert not job.output.exists()

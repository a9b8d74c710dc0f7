import time
from dataclasses import replace

import pytest

from srcli.errors import ResourceError, UnknownName, UsageError
from srcli.serve.desk import Desk
from srcli.serve.job import Cancelled, Failure, made_of
from srcli.serve.limits import Limits
from srcli.serve.wanted import Wanted

from .conftest import TWICE


def test_a_small_job_does_not_wait_for_a_large_one(desk, hand_in, monkeypatch):
    monkeypatch.setattr("srcli.serve.job.SMALL_WORK", 1e6)
    large, small = hand_in(model="asdn-fast"), hand_in(model="bicubic")
    assert not large.is_small
    assert desk.next_for("any") is large
    assert desk.next_for("small") is small


def test_the_lane_for_small_jobs_leaves_large_ones_alone(desk, hand_in, monkeypatch):
    monkeypatch.setattr("srcli.serve.job.SMALL_WORK", 1e6)
    monkeypatch.setattr("srcli.serve.desk._TICK", 0.01)
    hand_in(model="asdn-fast")
    desk.stop()
    assert desk.next_for("small") is None


def test_lists_take_turns(desk, hand_in):
    first = [hand_in(of="a", model="bicubic") for _ in range(3)]
    second = hand_in(of="b", model="bicubic")
    assert [desk.next_for("any") for _ in range(4)] == [first[0], second, *first[1:]]


def test_work_on_a_removed_job_stops(desk, hand_in):
    job = hand_in(model="bicubic")
    assert desk.next_for("any") is job
    desk.remove(job)
    with pytest.raises(UnknownName, match="no such job"):
        desk.find(job.id)
    with pytest.raises(Cancelled):
        job.advance(1)
    assert job.source.content() != b""
    desk.ended(job, Failure(error="Cancelled", message="It was removed."))
    assert job.source.content() == b""


def test_a_result_that_nobody_wants_any_more_is_dropped(desk, hand_in):
    job = hand_in(model="bicubic")
    desk.next_for("any")
    encoded = desk.maker.make(job.source.content(), job.wanted, name=job.name, progress=job)
    made = made_of(encoded)
    desk.remove(job)
    desk.ended(job, made)
    assert made.file.content() == b""


def test_a_job_is_made_anew_in_another_way(desk, hand_in):
    job = hand_in(model="bicubic")
    with pytest.raises(UsageError, match="in the queue already"):
        desk.start(job, Wanted(size=TWICE))
    desk.next_for("any")
    made = made_of(desk.maker.make(job.source.content(), job.wanted, name="a", progress=job))
    desk.ended(job, made)
    assert job.progress == 1.0
    desk.start(job, Wanted(size=TWICE, model="asdn-fast"))
    assert (job.state, job.made, job.progress) == ("waiting", None, 0.0)
    assert made.file.content() == b""


def test_a_full_desk_takes_no_more(maker):
    for limits in (Limits(jobs=0), Limits(stored_bytes=0)):
        desk = Desk(limits, maker)
        with pytest.raises(ResourceError, match=r"The queue is full|All pictures together"):
            desk.check_room()


def test_jobs_are_forgotten_in_the_end(desk, hand_in):
    held, waiting = hand_in(), hand_in(model="bicubic")
    desk.limits = replace(desk.limits, keep_seconds=0.01)
    time.sleep(0.05)
    desk.check_room()
    assert held.unwanted
    assert not waiting.unwanted


def test_a_picture_that_is_asked_for_is_kept(desk, hand_in):
    job = hand_in()
    before = job.touched
    assert desk.find(job.id).touched > before


def test_a_removed_job_is_not_started(desk, hand_in):
    job = hand_in()
    desk.remove(job)
    with pytest.raises(UnknownName, match="it was removed"):
        desk.start(job, Wanted(size=TWICE))


def test_a_list_without_a_name_has_no_jobs(desk, hand_in):
    job = hand_in()
    assert desk.of_list("") == []
    assert desk.find(job.id) is job


def test_hints_at_flags_are_for_a_command_line():
    error = UsageError("No.", hint="It needs 2 GB. Raise the limit with --max-pixels.")
    assert Failure.of(error).text == "No. It needs 2 GB."

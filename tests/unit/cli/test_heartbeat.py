import threading

import pytest

from srcli.cli.heartbeat import Heartbeat
from srcli.errors import DiskFull


def test_silence_is_broken_again_and_again():
    told, enough = [], threading.Event()

    def tell(seconds):
        told.append(seconds)
        if len(told) == 3:
            enough.set()

    with Heartbeat(tell, every=0.01):
        assert enough.wait(60)
    assert told == sorted(told)
    assert told[0] >= 0.01


def test_nothing_is_told_after_the_end():
    told = []
    with Heartbeat(told.append, every=60) as heartbeat:
        heartbeat.beat()
    assert told == []
    assert not any(thread.name == "heartbeat" for thread in threading.enumerate())


@pytest.mark.parametrize("error", [BrokenPipeError, ValueError])
def test_a_listener_that_is_gone_ends_it_quietly(error, capfd):
    called = threading.Event()

    def tell(_):
        called.set()
        raise error

    with Heartbeat(tell, every=0.001):
        assert called.wait(60)
    assert capfd.readouterr().err == ""


def test_a_sign_of_life_that_finds_a_full_disk_fails_what_is_said_next():
    called = threading.Event()

    def tell(_):
        called.set()
        msg = "The output cannot be written: the disk is full"
        raise DiskFull(msg)

    with Heartbeat(tell, every=0.001) as heartbeat:
        assert called.wait(60)
    with pytest.raises(DiskFull):
        heartbeat.beat()

import threading

import pytest

from srcli.batch.budget import BudgetClosed, ByteBudget


def test_what_fits_is_granted_and_what_does_not_waits():
    budget = ByteBudget(100)
    budget.acquire(60)
    budget.acquire(40)
    granted = threading.Event()

    def wait():
        budget.acquire(50)
        granted.set()

    thread = threading.Thread(target=wait)
    thread.start()
    budget.release(40)
    assert not granted.wait(0.05)
    budget.release(60)
    assert granted.wait(5)
    thread.join()


def test_what_is_larger_than_all_is_granted_alone():
    budget = ByteBudget(100)
    budget.acquire(5000)
    budget.release(5000)
    budget.acquire(100)


def test_whoever_waits_is_told_when_it_closes():
    budget = ByteBudget(1)
    budget.acquire(1)
    told = []

    def wait():
        with pytest.raises(BudgetClosed):
            budget.acquire(1)
        told.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    budget.close()
    thread.join(5)
    assert told == [True]

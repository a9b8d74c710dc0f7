from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from srcli.batch.answers import Answers


@pytest.fixture
def answers() -> Iterator[Answers]:
    made = Answers()
    yield made
    made.close()


def test_answers_are_taken_by_the_thread_that_waits_in_the_order_they_come(answers):
    first, second = Future(), Future()
    taken = []
    for name, future in (("first", first), ("second", second)):
        answers.expect(
            future,
            lambda answer, name=name: taken.append((name, answer.result(), threading.get_ident())),
        )
    assert not answers.take(0.01)
    threading.Thread(target=second.set_result, args=(2,)).start()
    assert answers.take(30)
    first.set_result(1)
    assert answers.take(30)
    here = threading.get_ident()
    assert taken == [("second", 2, here), ("first", 1, here)]


def test_nothing_more_is_heard_of_somebody_who_is_gone(answers):
    gone, other = object(), object()
    taken = []
    futures = [Future(), Future()]
    for owner, future in zip((gone, other), futures, strict=True):
        answers.expect(future, lambda answer: taken.append(answer.result()), of=owner)
    futures[0].set_result("late")
    answers.forget(gone)
    futures[1].set_result("in time")
    while not taken:
        assert answers.take(30)
    assert taken == ["in time"]


def test_requests_are_made_at_once_and_counted_until_their_answer_is_taken(answers):
    meet = threading.Barrier(3, timeout=30)
    taken = []
    for _ in range(3):
        answers.request(meet.wait, lambda answer: taken.append(answer.result()))
    assert answers.requests == 3
    while answers.requests:
        assert answers.take(30)
    assert sorted(taken) == [0, 1, 2]


def test_a_fault_of_a_request_reaches_the_thread_that_waits(answers):
    answers.request(lambda: 1 // 0, lambda answer: answer.result())
    with pytest.raises(ZeroDivisionError):
        answers.take(30)
    assert answers.requests == 0

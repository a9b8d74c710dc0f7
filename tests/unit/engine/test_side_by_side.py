"""Parts of a work on several threads."""

import threading

import pytest
import torch

from srcli.engine.side_by_side import one_thread, side_by_side


@pytest.fixture
def threads():
    """Let PyTorch have six threads, as on a larger machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(6)
    yield 6
    torch.set_num_threads(before)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
@pytest.mark.usefixtures("threads")
def test_what_is_made_comes_in_the_order_of_the_parts(count):
    with side_by_side(count) as for_each:
        for _ in range(3):
            assert for_each(lambda part: part**2, range(9)) == [n**2 for n in range(9)]


def test_parts_run_at_once_and_share_the_threads(threads):
    meeting = threading.Barrier(3)

    def meet(_):
        meeting.wait(timeout=60)
        return threading.current_thread().name, torch.get_num_threads()

    with side_by_side(3) as for_each:
        names, shares = zip(*for_each(meet, range(3)), strict=True)
        assert len(set(names)) == 3
        assert shares == (2, 2, 2)
        assert torch.get_num_threads() == threads
        elsewhere = []
        other = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
        other.start()
        other.join()
        assert elsewhere == [threads]


@pytest.mark.parametrize("inference", [True, False])
@pytest.mark.usefixtures("threads")
def test_parts_are_inferred_where_the_caller_is(inference):
    with torch.inference_mode(inference), side_by_side(2) as for_each:
        assert for_each(lambda _: torch.is_inference_mode_enabled(), range(2)) == [inference] * 2


@pytest.mark.usefixtures("threads")
def test_the_first_failure_is_raised_when_all_have_ended():
    ended = []

    def work(part):
        if part in {1, 2}:
            raise ValueError(part)
        ended.append(part)

    with pytest.raises(ValueError, match="1"), side_by_side(2) as for_each:
        for_each(work, range(6))
    assert sorted(ended) == [0, 3, 4, 5]


def test_one_thread_works_until_the_work_has_ended(threads):
    def fail():
        assert torch.get_num_threads() == 1
        raise KeyError

    with pytest.raises(KeyError), one_thread():
        fail()
    assert torch.get_num_threads() == threads

import inspect

import pytest

from srcli.engine.progress import Progress, SilentProgress


@pytest.mark.parametrize("name", [name for name in vars(Progress) if not name.startswith("_")])
def test_the_silent_listener_takes_every_call_of_a_listener(name):
    expected = inspect.signature(getattr(Progress, name))
    assert inspect.signature(getattr(SilentProgress, name)) == expected
    assert getattr(SilentProgress(), name)(1) is None

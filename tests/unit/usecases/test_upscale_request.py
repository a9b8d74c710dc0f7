"""What a request of the command line is read from."""

import pytest

from srcli.errors import UsageError
from srcli.usecases.upscale_request import parse_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", None),
        ("2GB", 2_000_000_000),
        ("2 g", 2_000_000_000),
        ("1.5GiB", 3 * 2**29),
        ("800MB", 800_000_000),
        ("64kB", 64_000),
        ("5000", 5000),
    ],
)
def test_amounts_of_memory_are_read(text, amount):
    assert parse_bytes(text) == amount


@pytest.mark.parametrize("text", ["GB", "2XB", "two", "0", "-1GB", "nan", "inf", "1e30GB", "2GBB"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(UsageError, match="is not an amount of memory"):
        parse_bytes(text)

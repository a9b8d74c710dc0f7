import pytest

from srcli.cli.measuring import parse_scales
from srcli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "scales"),
    [
        ("2", (2.0,)),
        ("2, 2.7,4", (2.0, 2.7, 4.0)),
        ("1.1..1.5:0.1", (1.1, 1.2, 1.3, 1.4, 1.5)),
        ("2..3:0.4", (2.0, 2.4, 2.8)),
        ("1.5,2..4:1", (1.5, 2.0, 3.0, 4.0)),
        ("2..2:1", (2.0,)),
    ],
)
def test_scales_are_factors_and_ranges(text: str, scales: tuple[float, ...]) -> None:
    assert parse_scales(text) == scales


def test_the_curve_of_the_papers_has_seventy_scales() -> None:
    scales = parse_scales("1.1..8:0.1")
    assert (len(scales), scales[0], scales[-1]) == (70, 1.1, 8.0)


@pytest.mark.parametrize(
    "text",
    ["", "two", "2,", "1..8", "1..8:0", "8..1:1", "1..8:-1", "1..8:0.0001", "1..nan:1", "..:"],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no list of scales"):
        parse_scales(text)

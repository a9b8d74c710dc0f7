from srcli.errors import LONGEST_NAME, LONGEST_TEXT, DataError, listed


def test_few_names_are_all_listed():
    assert listed(["a", "b"]) == "a, b"
    assert listed(str(number) for number in range(10)) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed([]) == ""


def test_the_names_beyond_the_first_are_counted():
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(("name" for _ in range(200_000)), 1, between="; ") == "name and 199,999 more"


def test_a_giant_name_is_cut():
    assert listed(["a" * 10_000_000]) == "a" * LONGEST_NAME + "…"


def test_text_without_end_is_cut():
    error = DataError("a" * 10_000_000, hint="b" * 10_000_000)
    assert error.message == str(error) == "a" * LONGEST_TEXT + "…"
    assert error.hint == "b" * LONGEST_TEXT + "…"

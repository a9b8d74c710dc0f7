import pytest

from srcli.spelling import alike, did_you_mean, question


@pytest.mark.parametrize(
    ("typed", "known", "meant"),
    [
        ("scael", ("scale", "tile", "quality"), ("scale",)),
        ("LONG_SIDE", ("long-side", "short-side"), ("long-side",)),
        (".jpge", (".png", ".jpeg", ".webp"), (".jpeg",)),
        ("tile", ("quality", "depth"), ()),
        ("", ("quality",), ()),
    ],
)
def test_what_is_like_a_word_comes_first(typed, known, meant):
    assert alike(typed, known)[: len(meant) or None] == meant


@pytest.mark.parametrize(
    ("found", "asked"),
    [
        ((), ""),
        (("a",), "Did you mean a?"),
        (("a", "b"), "Did you mean a or b?"),
        (("a", "b", "c"), "Did you mean a, b or c?"),
        (tuple(map(str, range(13))), "Did you mean 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more?"),
    ],
)
def test_the_question_is_a_sentence_however_many_words_there_are(found, asked):
    assert question(found) == asked


def test_the_hint_asks_or_says_something_else():
    known = ("Set5", "Set14", "Urban100")
    assert did_you_mean("Set15", known) == "Did you mean Set5 or Set14?"
    assert did_you_mean("photos", known, otherwise="Look.") == "Look."
    assert did_you_mean("photos", known) == ""

import pytest

from srcli.spelling import alike, did_you_mean


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


def test_the_hint_asks_or_says_something_else():
    known = ("Set5", "Set14", "Urban100")
    assert did_you_mean("Set15", known) == "Did you mean Set5 or Set14?"
    assert did_you_mean("photos", known, otherwise="Look.") == "Look."
    assert did_you_mean("photos", known) == ""

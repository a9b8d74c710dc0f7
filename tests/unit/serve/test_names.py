import pytest

from srcli.serve.names import LONGEST, distinct, result_name, safe_name

HOSTILE = {
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\system.ini": "system.ini",
    "/etc/shadow": "shadow",
    "C:\\photo.png": "photo.png",
    "a\0b.png": "ab.png",
    "a\r\nSet-Cookie: x=1.png": "aSet-Cookie_ x=1.png",
    "gpj.\u202egnp.exe": "gpj.gnp.exe",
    "..": "picture",
    "": "picture",
    "///": "picture",
    ".htaccess": "htaccess",
    "con.png": "_con.png",
    "NUL": "_NUL",
    "<script>.png": "_script_.png",
    'a"b.png': "a_b.png",
    "photo äöü.jpg": "photo äöü.jpg",
    "photo.png. . ": "photo.png",
}


@pytest.mark.parametrize(("given", "kept"), HOSTILE.items())
def test_a_name_is_a_name_and_nothing_else(given, kept):
    assert safe_name(given) == kept


def test_a_long_name_keeps_its_suffix():
    kept = safe_name("x" * 5000 + ".jpeg")
    assert len(kept) == LONGEST
    assert kept.endswith("x.jpeg")


def test_a_result_is_called_after_its_picture():
    assert result_name("photo.jpg", "x2", ".png") == "photo_x2.png"


def test_names_in_one_archive_are_distinct():
    assert list(distinct(["a.png", "A.png", "a.png", "b"])) == [
        "a.png",
        "A (2).png",
        "a (3).png",
        "b",
    ]

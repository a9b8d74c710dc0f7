"""Text files are read whichever editor wrote them."""

from __future__ import annotations

import codecs

import pytest

from srcli.files.text import decode_text
from srcli.settings import read_toml
from srcli.usecases.upscale_request import read_list

TEXT = "a.png\nü b.png\n"
ENCODED = {
    "plain": TEXT.encode(),
    "mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16, little": TEXT.encode("utf-16-le"),
    "UTF-16, big": TEXT.encode("utf-16-be"),
    "UTF-16, big, mark": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
    "Windows": TEXT.replace("\n", "\r\n").encode(),
    "old Macintosh": TEXT.replace("\n", "\r").encode(),
    "UTF-16, Windows": TEXT.replace("\n", "\r\n").encode("utf-16"),
}


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_text_is_the_same_in_every_encoding(content, tmp_path):
    assert decode_text(content) == TEXT
    (tmp_path / "list.txt").write_bytes(content)
    assert read_list(tmp_path / "list.txt") == ("a.png", "ü b.png")


def test_names_that_are_no_text_are_kept_in_lists(tmp_path):
    (tmp_path / "list.txt").write_bytes(b"\xff\xfd.png\r\n\r\n  \r\nb.png")
    assert read_list(tmp_path / "list.txt") == ("\udcff\udcfd.png", "b.png")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_configuration_is_read_in_every_encoding(encoding, tmp_path):
    (tmp_path / "srcli.toml").write_bytes('mirror = "ü"\r\n'.encode(encoding))
    assert read_toml(tmp_path / "srcli.toml") == {"mirror": "ü"}

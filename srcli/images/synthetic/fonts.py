"""The fonts that text can be drawn with on this machine."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from srcli.images.synthetic.scene import OWN_FONT

SUFFIXES = (".ttf", ".otf")
SAMPLE = "Ag8"


def font_folders() -> tuple[Path, ...]:
    """Return the folders in which the system keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        return (Path(os.environ.get("WINDIR", "C:/Windows"), "Fonts"),)
    if sys.platform == "darwin":
        return (Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts")
    share = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
    return (*share, home / ".local/share/fonts", home / ".fonts")


@lru_cache(maxsize=8)
def find_fonts(folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Return Pillow's own font and the font files below ``folders`` that write Latin letters.

    They are sorted by file name, so that two machines with the same fonts have the same list.
    """
    files = {
        path.name: path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    }
    usable = (str(files[name]) for name in sorted(files) if _writes_latin(files[name]))
    return (OWN_FONT, *usable)


def _writes_latin(path: Path) -> bool:
    """Tell whether a font has shapes of its own for letters; one without repeats one shape."""
    try:
        font = ImageFont.truetype(str(path), 24, layout_engine=ImageFont.Layout.BASIC)
    except OSError:
        return False
    return len({bytes(font.getmask(letter)) for letter in SAMPLE}) == len(SAMPLE)

"""A small picture of a result, for terminals."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from srcli.images.decode import read_uint8
from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Photo
from srcli.images.sixel import sixels
from srcli.pixels.resize import resize

Protocol = Literal["kitty", "iterm2", "sixel"]
LONGEST = 640
"""Longest side of a preview in pixels."""
CHUNK = 4096
"""Characters of a picture that kitty takes at once."""
KITTY = ("kitty", "ghostty", "WezTerm")
ITERM2 = ("iTerm.app", "mintty", "vscode", "rio")
SIXEL = ("foot", "mlterm", "contour", "yaft", "sixel")


def shown_by(environment: Mapping[str, str]) -> Protocol | None:
    """Tell how the terminal of these variables shows pictures; None where it does not say."""
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if environment.get("TMUX") or term.startswith(("screen", "tmux")):
        return None  # they pass no pictures on
    if "KITTY_WINDOW_ID" in environment or "kitty" in term or program in KITTY:
        return "kitty"
    if program in ITERM2 or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    return "sixel" if any(name in term for name in SIXEL) else None


def preview(path: Path, protocol: Protocol) -> str:
    """Return the controls that show the picture of a file, at most 640 pixels a side.

    Raises:
        UnreadableImage: the file cannot be read.

    """
    pixels = _small(path)
    if protocol == "sixel":
        return sixels(pixels)
    tensor = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    png = encode_photo(Photo(pixels=tensor), PNG, name=path.name)
    content = b64encode(png).decode("ascii")
    if protocol == "iterm2":
        return f"\x1b]1337;File=inline=1;size={len(png)}:{content}\x07"
    chunks = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
    last = len(chunks) - 1
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if n == 0 else ''}m={int(n < last)};{chunk}\x1b\\"
        for n, chunk in enumerate(chunks)
    )


def _small(path: Path) -> NDArray[np.uint8]:
    """Read a picture and reduce it, RGB uint8 (H, W, 3)."""
    levels = read_uint8(path)
    height, width = levels.shape[2:]
    ratio = min(1.0, LONGEST / max(height, width))
    if ratio < 1:
        size = max(1, round(height * ratio)), max(1, round(width * ratio))
        samples = resize(levels.float() / 255, size).clamp(0, 1)
        levels = (samples * 255).round().to(torch.uint8)
    pixels: NDArray[np.uint8] = levels[0].permute(1, 2, 0).contiguous().numpy()
    return pixels

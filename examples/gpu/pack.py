"""Pack folders of pictures into tar files that are each small enough to travel.

    python examples/gpu/pack.py photos more-photos --name train --most-bytes 50000000

The files stay as they are: most pictures are compressed already. They are dealt so that the
packs are about equally large, and each is a fair sample of all.
"""

from __future__ import annotations

import argparse
import math
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from srcli.errors import SrcliError
from srcli.training.patches import picture_files

BLOCK = tarfile.BLOCKSIZE
END = tarfile.RECORDSIZE
"""What a pack has at most besides its files and their heads."""

Member = tuple[str, Path]
"""The name in the pack, and the file."""


def members_of(folders: Sequence[Path]) -> list[Member]:
    """Name the pictures of every folder by its number and their path in it."""
    return [
        (f"{n}/{path.relative_to(folder)}", path)
        for n, folder in enumerate(folders)
        for path in picture_files(folder)
    ]


def packed_size(path: Path) -> int:
    """Return how much a file takes in a pack, if its name has 100 bytes or fewer."""
    return BLOCK * (1 + math.ceil(path.stat().st_size / BLOCK))


def deal(members: Sequence[Member], most: int) -> list[list[Member]]:
    """Share files out to as few packs as will do, the largest first, to the emptiest pack.

    Raises:
        ValueError: one file is larger than a pack may be.

    """
    sizes = {name: packed_size(path) for name, path in members}
    order = sorted(members, key=lambda member: (-sizes[member[0]], member[0]))
    if order and sizes[order[0][0]] + END > most:
        msg = f"{order[0][1]} alone is larger than a pack may be"
        raise ValueError(msg)
    for count in range(max(1, math.ceil(sum(sizes.values()) / most)), len(members) + 1):
        packs: list[list[Member]] = [[] for _ in range(count)]
        filled = [END] * count
        for member in order:
            emptiest = filled.index(min(filled))
            packs[emptiest].append(member)
            filled[emptiest] += sizes[member[0]]
        if max(filled) <= most:
            return [sorted(pack) for pack in packs]
    return []


def write_pack(path: Path, members: Sequence[Member]) -> None:
    """Write a tar file that depends on its members' names and contents alone."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, file in members:
            head = tarfile.TarInfo(name)
            head.size = file.stat().st_size
            with file.open("rb") as content:
                archive.addfile(head, content)


def main() -> None:
    """Pack, and print the path and size of every pack."""
    parser = argparse.ArgumentParser(description="pack pictures into tar files")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("packs"))
    parser.add_argument("--name", default="train", help="packs are called NAME-1.tar and so on")
    parser.add_argument("--most-bytes", type=int, default=50_000_000, help="of a pack")
    options = parser.parse_args()
    try:
        packs = deal(members_of(options.folders), options.most_bytes)
    except (ValueError, SrcliError) as error:
        sys.exit(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    for n, members in enumerate(packs, start=1):
        path = options.out / f"{options.name}-{n}.tar"
        write_pack(path, members)
        print(f"{path}: {len(members)} pictures, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()

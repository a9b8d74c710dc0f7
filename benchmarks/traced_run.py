"""Trace the way of one picture through the layers.

    python benchmarks/traced_run.py PICTURE [--files] [--scale 2] [--model auto]

The script runs ``srcli upscale PICTURE`` in this process, follows every call in every thread, and
prints a table: how many of our files are entered between ``upscale()`` of the use case and the
rename of the result, how many stays there are in them, and which calls go to a higher layer. The
layers are those of the import-linter contract in ``pyproject.toml``. ``--files`` lists the files.

A file counts as soon as one function in it is entered. The second number is that of the files
entered after the picture is opened, without those that only prepare the run. What runs while a
module is imported is left out.

A stay is a pair of files, one of which calls the other: loops count once.

Calls that go up are printed in three groups:

* Calls of listeners and sinks. A function is one if every call of it from below returned None:
  then it was told something, and the caller does not depend on what it does.
* Calls through a library, such as PyTorch, which has a hook of ours: the file below called the
  library only. ``contextlib`` is no such library, as it stands for our own ``with``.
* All others. A function from above that returns or yields a value works for the caller, and so
  does a constructor. Of these there should be none.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TRANSPARENT = {contextlib.__file__}
START = "usecases", "upscale"
RENAMES = {"os.rename", "os.link"}


def layers(pyproject: Path) -> dict[str, int]:
    """Return the layer of each package, 0 for the highest."""
    tool = tomllib.loads(pyproject.read_text(encoding="utf-8"))["tool"]
    contracts = tool["importlinter"]["contracts"]
    rows = next(one["layers"] for one in contracts if one["id"] == "layers")
    return {name.strip(): at for at, row in enumerate(rows) for name in row.split("|")}


@dataclass(frozen=True, slots=True)
class Place:
    """A function of ours: its file below the package, and its name."""

    file: str
    name: str

    @property
    def package(self) -> str:
        return self.file.split("/")[0].removesuffix(".py")


@dataclass(frozen=True, slots=True)
class WayUp:
    """A file, a function above it that it calls, and whether a library does so for it."""

    caller: str
    called: Place
    by_library: bool


@dataclass(slots=True)
class Calls:
    """How many calls there were, and whether every one of them returned None."""

    count: int = 0
    told_only: bool = True


@dataclass(frozen=True, slots=True)
class Level:
    """One call that a thread is in.

    Attributes:
        place: the innermost function of ours.
        by_library: code of others runs in it.
        way_up: what the call is counted as, if it goes up.

    """

    place: Place | None
    by_library: bool = False
    way_up: WayUp | None = None


@dataclass(slots=True)
class Thread:
    """The calls that a thread is in, and how many of them import a module of ours."""

    levels: list[Level] = field(default_factory=lambda: [Level(None)])
    importing: int = 0


class Trace:
    """Follows calls from the use case to the rename of a result.

    Args:
        layer: of each package, 0 for the highest.
        package: folder of our files.
        picture: file that is enlarged.
        result: file whose appearance ends the trace.

    """

    def __init__(
        self, layer: Mapping[str, int], package: Path, picture: Path, result: Path
    ) -> None:
        self.layer, self.package = layer, package
        self.picture, self.result = picture, result
        self.files: dict[str, None] = {}
        self.files_of_picture: set[str] = set()
        self.stays: set[tuple[str, str]] = set()
        self.upward: dict[WayUp, Calls] = defaultdict(Calls)
        self.active = self.opened = self.ended = False
        self._threads: dict[int, Thread] = defaultdict(Thread)
        self._places: dict[object, Place | None] = {}

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note that the picture is opened, and end the trace when the result gets its name."""
        if not self.active:
            return
        if event == "open" and isinstance(arguments[0], str):
            self.opened |= Path(arguments[0]).name == self.picture.name
        elif event in RENAMES and Path(os.fsdecode(arguments[1])).name == self.result.name:
            self.active, self.ended = False, True

    def profile(self, frame: FrameType, event: str, value: object) -> None:
        """Note a call, or the return from one."""
        thread = self._threads[threading.get_ident()]
        if event == "call":
            thread.levels.append(self._entered(thread, frame))
        elif event == "return" and len(thread.levels) > 1:
            way_up = thread.levels.pop().way_up
            if way_up:
                calls = self.upward[way_up]
                calls.count += 1
                calls.told_only &= value is None and frame.f_code.co_name != "__init__"
            thread.importing -= self._is_module(frame)

    def _entered(self, thread: Thread, frame: FrameType) -> Level:
        above, place = thread.levels[-1], self._place(frame)
        thread.importing += self._is_module(frame)
        if place is None:
            by_library = above.by_library or frame.f_code.co_filename not in TRANSPARENT
            return Level(above.place, by_library)
        if (place.package, place.name) == START and not self.ended:
            self.active = True
        if not self.active or thread.importing:
            return Level(place)
        self.files[place.file] = None
        if self.opened:
            self.files_of_picture.add(place.file)
        return Level(place, way_up=self._way_up(above, place))

    def _way_up(self, above: Level, place: Place) -> WayUp | None:
        caller = above.place
        if caller is None or caller.file == place.file:
            return None
        self.stays.add((caller.file, place.file))
        if self.layer.get(place.package, 0) >= self.layer.get(caller.package, 0):
            return None
        return WayUp(caller.file, place, above.by_library)

    def _is_module(self, frame: FrameType) -> bool:
        return frame.f_code.co_name == "<module>" and self._place(frame) is not None

    def _place(self, frame: FrameType) -> Place | None:
        code = frame.f_code
        if code not in self._places:
            path = Path(code.co_filename)
            name = code.co_qualname.replace(".<locals>", "")
            ours = path.is_relative_to(self.package)
            file = path.relative_to(self.package).as_posix() if ours else ""
            self._places[code] = Place(file, name) if ours else None
        return self._places[code]


def traced(picture: Path, *flags: str) -> Trace:
    """Enlarge a picture by the command line of this process, and return its trace."""
    sys.path.insert(0, str(ROOT))
    from srcli.__main__ import main as command

    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, f"result{picture.suffix}")
        trace = Trace(layers(ROOT / "pyproject.toml"), ROOT / "srcli", picture, result)
        sys.addaudithook(trace.audit)
        sys.argv = ["srcli", "upscale", str(picture), "-o", str(result), *flags]
        threading.setprofile(trace.profile)
        sys.setprofile(trace.profile)
        try:
            command()
        except SystemExit as end:
            code = end.code
        else:
            code = None
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
    if code or not trace.ended:
        sys.exit(f"the command ended with {code}; the result was not renamed or not by us")
    return trace


def table(trace: Trace, *, files: bool) -> str:
    """Return what was found, as lines of text."""
    counts = Counter(file.split("/")[0].removesuffix(".py") for file in trace.files)
    lines = [
        f"{len(trace.files):5}  files entered: "
        + ", ".join(f"{name} {counts[name]}" for name in trace.layer if counts[name]),
        f"{len(trace.files_of_picture):5}  of them after the picture is opened",
        f"{len(trace.stays):5}  stays",
    ]
    if files:
        lines += [f"       {name}" for name in trace.files]
    groups: dict[str, list[str]] = {"calls up": [], "listeners and sinks": [], "by a library": []}
    for way, calls in sorted(trace.upward.items(), key=str):
        told = "listeners and sinks" if calls.told_only else "calls up"
        called = f"{way.called.file}: {way.called.name}"
        groups["by a library" if way.by_library else told].append(
            f"       {way.caller} -> {called}, {calls.count} times"
        )
    for title, entries in groups.items():
        lines += [f"{len(entries):5}  {title}", *entries]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="the way of one picture through the layers")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--files", action="store_true", help="list the files that are entered")
    parser.add_argument("--scale", default="2")
    parser.add_argument("--model", default="auto")
    options = parser.parse_args()
    flags = ("--scale", options.scale, "--model", options.model)
    print(table(traced(options.picture, *flags), files=options.files))


if __name__ == "__main__":
    main()

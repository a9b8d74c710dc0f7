"""What a person sees: screens of a real pseudo-terminal, kept as text in ``screens``.

A screen is what is left on the terminal; the bar's line, where there is one, is its last.
"""

from __future__ import annotations

import fcntl
import logging
import os
import pty
import re
import struct
import sys
import termios
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyte
import pytest
from PIL import Image

from srcli.batch.outcome import Failed, Skipped, Upscaled
from srcli.cli import batch_bar, console
from srcli.cli.app import main
from srcli.cli.outlet import outlets
from srcli.cli.pace import Pace
from srcli.cli.progress import TextReporter
from srcli.errors import UnreadableImage

SCREENS = Path(__file__).parent / "screens"
LINES = 24
TIME = re.compile(r"\d+\.\d s\b")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BAR = "\N{BOX DRAWINGS HEAVY HORIZONTAL}"
HOSTILE = "evil\x1b[2J\x1b]52;c;aGk=\x07\nerror: it was deleted\r\u202egnp.png"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def on_terminal(
    columns: int, play: Callable[[], object], **variables: str
) -> Iterator[pyte.Screen]:
    """Let a child of this process play on a terminal, and yield the screen after every change."""
    screen = pyte.Screen(columns, LINES)
    stream = pyte.ByteStream(screen)
    for content in sent(columns, play, **variables):
        stream.feed(content)
        yield screen


def sent(columns: int, play: Callable[[], object], **variables: str) -> Iterator[bytes]:
    """Let a child of this process play on a terminal, and yield what it sends there."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR"):
            os.environ.pop(name, None)
        os.environ.update({"TERM": "xterm-256color", **variables})
        try:
            play()
        except BaseException:  # noqa: BLE001 - the child must not go on as the tests
            traceback.print_exc(file=sys.__stderr__)
        os._exit(0)
    while content := _read(terminal):
        yield content
    os.close(terminal)
    os.waitpid(child, 0)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # as Linux says that the other end is closed
        return b""


def last(frames: Iterator[pyte.Screen]) -> pyte.Screen:
    """Return the screen that is left."""
    *_, screen = frames
    return screen


def shown(screen: pyte.Screen) -> str:
    """Return the text of a screen; times are as on the machine, so each is written 0.0 s."""
    lines = [TIME.sub("0.0 s", line.rstrip()) for line in screen.display]
    return "\n".join(lines).rstrip() + "\n"


def open_streams() -> None:
    """Give the child streams that lead to its terminal, not into what pytest captures."""
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def running(*words: str) -> Callable[[], None]:
    """Return what runs a command."""

    def play() -> None:
        open_streams()
        console.talk = console.make_talk()
        sys.argv = ["srcli", *words]
        with suppress(SystemExit):
            main()

    return play


def reporting(tell: Callable[[TextReporter, Clock], None], **options: bool) -> Callable[[], None]:
    """Return what lets a reporter tell of pictures, with streams and console of its own."""

    def play() -> None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        with outlets():
            console.talk = batch_bar.talk = console.make_talk()
            clock = Clock()
            reporter = TextReporter(pace=Pace(clock), **options)
            reporter.bar.start()
            tell(reporter, clock)
            reporter.bar.refresh()

    return play


def make(reporter: TextReporter, clock: Clock, name: str, *, seconds: float = 4.0) -> None:
    """Tell of a picture from its begin to its end."""
    before, after = (300, 360), (600, 720)
    source = Path("in", name)
    reporter.picture(source, before, after)
    reporter.begin(100)
    reporter.advance(100)
    clock.now += seconds
    output = Path("out", f"{source.stem}_x2.png")
    reporter.outcome(
        Upscaled(source=source, output=output, source_size=before, size=after, seconds=seconds)
    )


def batch(reporter: TextReporter, clock: Clock) -> None:
    """Some of thirty pictures: made, failed, skipped, and one that is worked on."""
    reporter.found(30)
    for number in range(3):
        make(reporter, clock, f"holiday at the sea {number:02}.png")
    error = UnreadableImage(
        "in/notes.png is not a picture in a known format", hint="Save it as PNG."
    )
    reporter.outcome(Failed(source=Path("in/notes.png"), error=error))
    skipped = Path("in/old.png")
    reporter.outcome(
        Skipped(
            files=((str(skipped.parent), skipped.name), ("out", "old_x2.png")),
            reason="is done already",
        )
    )
    reporter.picture(Path("in/holiday at the sea 03.png"), (300, 360), (600, 720))
    reporter.begin(100)
    reporter.advance(40)


def single(reporter: TextReporter, clock: Clock) -> None:
    """A picture that takes long."""
    reporter.found(1)
    reporter.picture(Path("in/a.png"), (300, 360), (600, 720))
    reporter.begin(100)
    reporter.advance(40)
    clock.now += 60


def watching(reporter: TextReporter, clock: Clock) -> None:
    """Pictures that came with an hour in between, and nothing to do now."""
    reporter.found(2)
    make(reporter, clock, "a.png")
    make(reporter, clock, "b.png")
    clock.now += 3600
    reporter.found(1)
    make(reporter, clock, "c.png")
    clock.now += 60


def hostile(reporter: TextReporter, clock: Clock) -> None:
    """Names that would clear the screen, write the clipboard and forge a message."""
    reporter.found(3)
    make(reporter, clock, HOSTILE)
    reporter.outcome(Failed(source=Path(HOSTILE), error=UnreadableImage(f"{HOSTILE} is none")))
    reporter.picture(Path(HOSTILE), (300, 360), (600, 720))


def interrupted(reporter: TextReporter, clock: Clock) -> None:
    """A batch that Ctrl-C ends, which the terminal shows where the cursor is."""
    batch(reporter, clock)
    reporter.bar.refresh()
    os.write(2, b"^C")
    reporter.finish(interrupted=True)


def ended(reporter: TextReporter, clock: Clock) -> None:
    """All of a batch."""
    reporter.found(2)
    make(reporter, clock, "a.png")
    make(reporter, clock, "b.png")
    reporter.finish()


CASES = {
    "batch-80": (80, reporting(batch), {}),
    "batch-120": (120, reporting(batch), {}),
    "no-color-80": (80, reporting(batch), {"NO_COLOR": "1"}),
    "dumb-80": (80, reporting(batch), {"TERM": "dumb"}),
    "quiet-80": (80, reporting(batch, quiet=True), {}),
    "single-80": (80, reporting(single), {}),
    "watch-80": (80, reporting(watching), {}),
    "hostile-80": (80, reporting(hostile), {}),
    "hostile-dumb-80": (80, reporting(hostile), {"TERM": "dumb"}),
    "interrupted-80": (80, reporting(interrupted), {}),
    "ended-80": (80, reporting(ended), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_screen_is_the_one_that_was_looked_at(case):
    columns, play, variables = CASES[case]
    found = shown(last(on_terminal(columns, play, **variables)))
    expected = (SCREENS / f"{case}.txt").read_text(encoding="utf-8")
    assert found == expected


def test_without_colour_there_is_none():
    colours = {
        cell.fg
        for row in last(on_terminal(80, reporting(batch), NO_COLOR="1")).buffer.values()
        for cell in row.values()
    }
    assert colours == {"default"}


def others(reporter: TextReporter, clock: Clock) -> None:
    """What Python, the tool's log and other libraries print of their own accord."""
    del reporter, clock
    logging.getLogger("srcli").warning("%s is odd", HOSTILE)
    logging.getLogger("else").warning("%s is odd", HOSTILE)
    warnings.simplefilter("default")
    warnings.warn(HOSTILE, stacklevel=1)
    print(HOSTILE)  # noqa: T201 - as another library may
    console.document(HOSTILE)


@pytest.mark.parametrize(
    "play",
    [
        reporting(hostile),
        running("models", "show", HOSTILE),
        running("models", "show", f"{HOSTILE}.safetensors"),
        running("upscale", f"--{HOSTILE}"),
        running("upscale", HOSTILE, "--dry-run"),
        running("bench", "--data", HOSTILE),
        reporting(others),
    ],
    ids=["upscale", "model", "weights file", "flag", "plan", "bench", "others"],
)
def test_a_terminal_obeys_nothing_that_a_name_holds(play):
    text = b"".join(sent(200, play)).decode()
    assert "\\x1b[2J" in COLOUR.sub("", text)
    for hostile_part in ("\x1b[2J", "\x1b]", "\x07", "\u202e"):
        assert hostile_part not in text


def test_no_moment_of_a_real_run_glues_anything_to_the_bar(tmp_path):
    for name in "abc":
        Image.new("RGB", (48, 40), "teal").save(tmp_path / f"{name}.png")

    def play() -> None:
        os.chdir(tmp_path)
        os.environ["OMP_NUM_THREADS"] = "1"
        words = [sys.executable, "-m", "srcli", "upscale", ".", "-o", "out"]
        os.execv(sys.executable, words)  # noqa: S606 - the terminal is to be its own

    bars, screen = 0, None
    for screen in on_terminal(80, play):
        lines = [line for line in screen.display if BAR in line]
        bars += len(lines)
        assert len(lines) <= 1
        assert not any(".png_" in line or "out/" in line for line in lines)
    assert bars
    assert screen is not None
    assert shown(screen) == (SCREENS / "real-80.txt").read_text(encoding="utf-8")

"""Measure the tables of README and docs from nothing, and say which of them changed.

    python benchmarks/remake_tables.py --store runs/tables.jsonl --datasets Set5,Set14,Urban100
    python benchmarks/remake_tables.py --only protocols,gray --datasets Set5,Set14 --write
    python benchmarks/remake_tables.py --only readme --peers
    python benchmarks/remake_tables.py --only models --models vdsr-paper --write

A table that it knows follows a line ``<!-- made: NAME -->``. Cells of data sets and models that are
not named, or not on this machine, are left as they are and counted. What was measured is kept in
the store, so that a run that was stopped goes on. The exit status is 1 if a table differs and was
not written. Tables of other scripts name these on their pages. Seconds and memory (``--peers``)
count as changed where they differ by more than half.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer
from tables_of_pages import (
    FIGURE,
    PEERS,
    README_MODELS,
    TABLES,
    Cost,
    Figures,
    Key,
    Row,
    Scored,
)

from srcli.bench.records import Record
from srcli.cli.app import app
from srcli.cli.manual import reference
from srcli.errors import SrcliError
from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest

ROOT = Path(__file__).parents[1]
MARK = "<!-- made: {} -->"
SCRIPT = Path(__file__).with_name("peers.py")
SAME_COST = 1.5
"""Ratio of two times, or of two sizes of memory, that may be chance."""


@dataclass(kw_only=True)
class Measured(Figures):
    """Figures measured on this machine, each when needed first, of all models if none is named."""

    datasets: tuple[str, ...]
    models: tuple[str, ...] = ()
    store: Path | None
    peers: bool
    known: dict[Key, Scored | None] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)

    def of(self, key: Key) -> Scored | None:
        """Return the figures of a data set, or of one picture of it; None if it is not named."""
        if key.dataset not in self.datasets or (self.models and key.model not in self.models):
            return None
        if key not in self.known:
            self._measure(key)
        return self.known.get(key)

    def cost(self, model: str) -> Cost | None:
        """Return the cost of a model, if costs are asked for."""
        if self.peers and not self.costs:
            self.costs = dict(_peers())
        return self.costs.get(model)

    def _measure(self, key: Key) -> None:
        request = BenchRequest(
            models=(key.model,),
            scales=(key.scale,),
            protocol=key.protocol,
            datasets=(key.dataset,),
            store=self.store,
            offline=True,
        )
        records: list[Record] = []
        bench(request, records.append)
        scored = [(one.task.image, one.scores) for one in records if one.scores]
        for image, scores in scored:
            self.known[key.of_picture(image)] = Scored(scores.psnr_y, scores.ssim_y)
        count = len(scored)
        self.known[key] = Scored(
            sum(scores.psnr_y for _, scores in scored) / count,
            sum(scores.ssim_y for _, scores in scored) / count,
        )


def _peers() -> Iterator[tuple[str, Cost]]:
    models = ",".join((*README_MODELS, *PEERS))
    words = (sys.executable, str(SCRIPT), "--models", models)
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    for line in done.stdout.splitlines()[2:]:
        name, *cost = _cells(line)
        yield name.strip("`"), Cost(*cost)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one table."""

    changes: tuple[str, ...]
    left: int
    text: str


def remade(name: str, text: str, rows: Sequence[Row]) -> Outcome:
    """Compare the table after its mark with rows, whose cells are None where nothing is known.

    Raises:
        ValueError: the page has no such table, or one of another number of rows.

    """
    before, mark, after = text.partition(MARK.format(name) + "\n")
    lines = after.split("\n")
    length = next((at for at, line in enumerate(lines) if not line.startswith("|")), len(lines))
    if not mark or length - 2 != len(rows):
        msg = f"{name}: {len(rows)} rows are made, and the page has {length - 2}"
        raise ValueError(msg)
    changes, left, table = [], 0, lines[:2]
    titles = _cells(lines[0])
    for line, row in zip(lines[2:length], rows, strict=True):
        old = _cells(line)
        new = [was if cell is None else cell for was, cell in zip(old, row.cells, strict=True)]
        left += sum(cell is None for cell in row.cells)
        for title, was, now in zip(titles, old, new, strict=True):
            if was != now and not _alike(title, was, now):
                changes.append(f"{row.label}, {title}: {was or 'nothing'} is now {now}")
        table.append(_line(new) if any(c is not None for c in row.cells) else line)
    made = "\n".join([*table, *lines[length:]])
    return Outcome(changes=tuple(changes), left=left, text=before + mark + made)


def _alike(title: str, was: str, now: str) -> bool:
    if title not in {"CPU seconds", "memory, MB"}:
        return False
    first, second = (FIGURE.fullmatch(one) for one in (was, now))
    if first is None or second is None:
        return False
    low, high = sorted((float(was), float(now)))
    return high <= low * SAME_COST


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def main() -> int:
    """Remake the tables that the command line names, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(TABLES), help=f"of {', '.join(TABLES)}")
    parser.add_argument("--datasets", default="Set5,Set14,Urban100")
    parser.add_argument("--models", default="", help="measure these alone")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--peers", action="store_true", help="measure time and memory, too")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    figures = Measured(
        datasets=tuple(options.datasets.split(",")),
        models=tuple(filter(None, options.models.split(","))),
        store=options.store,
        peers=options.peers,
    )
    differ = False
    for name in options.only.split(","):
        page, maker = TABLES[name]
        try:
            differ |= report(name, ROOT / page, maker, figures, write=options.write)
        except SrcliError as error:
            print(f"{page}, {name}: not made. {error.message}")
            differ = True
    differ |= _reference(write=options.write)
    return int(differ and not options.write)


def report(
    name: str,
    page: Path,
    maker: Callable[[Figures], list[Row]],
    figures: Figures,
    *,
    write: bool,
) -> bool:
    """Remake one table, print what changed, and tell whether something did."""
    outcome = remade(name, page.read_text(encoding="utf-8"), maker(figures))
    state = f"{len(outcome.changes)} cells changed" if outcome.changes else "as it was"
    left = f"; {outcome.left} cells were not measured" if outcome.left else ""
    print(f"{page.name}, {name}: {state}{left}.", flush=True)
    for change in outcome.changes:
        print(f"  {change}")
    if write and outcome.changes:
        page.write_text(outcome.text, encoding="utf-8")
    return bool(outcome.changes)


def _reference(*, write: bool) -> bool:
    page = ROOT / "docs" / "reference.md"
    made = reference(typer.main.get_group(app))
    changed = made != page.read_text(encoding="utf-8")
    print(f"reference.md: {'changed' if changed else 'as it was'}.")
    if write and changed:
        page.write_text(made, encoding="utf-8")
    return changed


if __name__ == "__main__":
    sys.exit(main())

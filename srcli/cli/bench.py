"""``srcli bench``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable

from srcli.cli import errors
from srcli.cli.console import data, talk

if TYPE_CHECKING:
    from srcli.bench.records import Record
    from srcli.bench.tables import Table

PIPE_WIDTH = 160


def bench_command(
    dataset: Annotated[
        list[str] | None,
        typer.Option(help="Set5, Set14, BSD100, Urban100, Manga109, DIV2K-val; several by commas."),
    ] = None,
    model: Annotated[
        str,
        typer.Option("-m", "--model", help="Ids, weights files, nearest, bicubic, lanczos."),
    ] = "asdn-fast,bicubic",
    scale: Annotated[str, typer.Option("-s", "--scale", help="Factors, by commas.")] = "2,3,4",
    data_folder: Annotated[
        Path | None, typer.Option("--data", help="A folder of HR pictures to measure on.")
    ] = None,
    lr_folder: Annotated[
        Path | None, typer.Option("--lr", help="The LR pictures that belong to --data.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the data sets are; else SRCLI_DATA_DIR.")
    ] = None,
    form: Annotated[
        str, typer.Option("-f", "--format", help="table, md, csv, json, latex or html.")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the report to this file.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option(help="Write every picture's numbers to this CSV file.")
    ] = None,
    store: Annotated[
        Path | None, typer.Option("--resume", help="File of records, to go on from.")
    ] = None,
    published: Annotated[
        bool, typer.Option("--published", help="Set the model beside published methods.")
    ] = False,
    crops: Annotated[
        int, typer.Option(min=0, help="Crop sheets of each data set in the HTML page.")
    ] = 1,
    tile: Annotated[
        int | None, typer.Option("-t", "--tile", min=32, help="Side of a tile, in pixels.")
    ] = None,
    device: Annotated[
        str, typer.Option("-d", "--device", help="auto, cpu, cuda, cuda:1 or mps.")
    ] = "auto",
    ensemble: Annotated[
        bool, typer.Option("-x", "--ensemble", help="Average eight symmetries; slower.")
    ] = False,
) -> None:
    """Measure models on data sets, by the published protocol."""
    from srcli.errors import UsageError
    from srcli.usecases.bench import BenchRequest, bench

    if output is not None and form == "table":
        msg = "a table is for the terminal"
        raise UsageError(msg, hint="write a file with --format md, csv, json, latex or html")
    try:
        scales = tuple(float(part) for part in scale.split(","))
    except ValueError as error:
        msg = f"{scale!r} is no list of scales"
        raise UsageError(msg, hint="write 2,2.7,4") from error
    request = BenchRequest(
        models=tuple(part.strip() for part in model.split(",")),
        scales=scales,
        datasets=tuple(part.strip() for given in dataset or () for part in given.split(",")),
        data=None if data_folder is None else (data_folder, lr_folder),
        data_dir=data_dir,
        published=published,
        store=store,
        form=form,
        crops=crops,
        device=device,
        tile=tile,
        ensemble=ensemble,
    )
    with talk.status("measuring") as status:

        def on_record(record: Record) -> None:
            task = record.task
            status.update(f"{task.dataset} x{task.scale:g} {task.image} {task.conditions.model}")

        result = bench(request, on_record)
    if images is not None:
        images.write_text(result.image_csv, encoding="utf-8")
    _print(result.tables, result.text, output)
    for failure in result.failures:
        talk.print(f"{failure.task.image}: {failure.error}", markup=False)
    if result.failures:
        raise typer.Exit(errors.IMAGES_FAILED)


def _print(tables: tuple[Table, ...], text: str, output: Path | None) -> None:
    if output is not None:
        output.write_text(text, encoding="utf-8")
        data(str(output))
    elif text:
        data(text.rstrip("\n"))
    else:
        for table in tables:
            _show(table)


def _show(table: Table) -> None:
    shown = RichTable(title=table.caption, title_justify="left", box=None, pad_edge=False)
    for at, head in enumerate(table.header):
        shown.add_column(head, justify="left" if at < table.labels else "right", no_wrap=True)
    for row in table.rows:
        shown.add_row(*(f"[bold]{cell.text}[/]" if cell.best else cell.text for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.print(shown)
    for note in table.notes:
        console.print(note, style="dim", markup=False, soft_wrap=True)
    console.print()

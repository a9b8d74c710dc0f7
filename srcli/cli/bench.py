"""``srcli bench``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli.console import data, document, say
from srcli.cli.measuring import measuring_status, parse_scales
from srcli.cli.table import show_table
from srcli.errors import ImageError

if TYPE_CHECKING:
    from srcli.usecases.bench import BenchResult


def bench_command(
    dataset: Annotated[
        list[str] | None,
        typer.Option(
            help="Set5, Set14, BSD100, Urban100, Manga109, DIV2K-val; several by commas. "
            "Set5@REVISION is the hub's of that revision; Set5-JPEG40 has its LR compressed."
        ),
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
        Path | None,
        typer.Option(help="Where the data sets are; else SRCLI_DATA_DIR, the cache, the hub."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
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
    precision: Annotated[
        str, typer.Option(help="float32; bfloat16 or float16 are faster where built in.")
    ] = "float32",
    ensemble: Annotated[
        bool, typer.Option("-x", "--ensemble", help="Average eight symmetries; slower.")
    ] = False,
    official_tiles: Annotated[
        bool, typer.Option("--official-tiles", help="Cut as the networks' authors did.")
    ] = False,
    pad_border: Annotated[
        bool, typer.Option("--frame", help="Mirror the borders, as upscale does.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files.")] = False,
) -> None:
    """Measure models on data sets, by the published protocol."""
    from srcli.usecases.bench import BenchRequest, bench

    request = BenchRequest(
        models=tuple(part.strip() for part in model.split(",")),
        scales=parse_scales(scale),
        datasets=tuple(part.strip() for given in dataset or () for part in given.split(",")),
        data=data_folder,
        lr=lr_folder,
        data_dir=data_dir,
        offline=offline,
        published=published,
        store=store,
        form=form,
        crops=crops,
        device=device,
        precision=precision,
        tile=tile,
        ensemble=ensemble,
        official_tiles=official_tiles,
        pad_border=pad_border,
        output=output,
        image_csv=images,
        overwrite=overwrite,
    )
    with measuring_status() as on_record:
        result = bench(request, on_record)
    _print(result, output)
    for line in dict.fromkeys(f"{one.task.image}: {one.error}" for one in result.failures):
        say(line, style="")
    if result.failures:
        raise typer.Exit(ImageError.exit_code)


def _print(result: BenchResult, output: Path | None) -> None:
    if output is not None:
        data(str(output))
    elif result.text:
        document(result.text.rstrip("\n"))
    else:
        for table in result.tables:
            show_table(table)

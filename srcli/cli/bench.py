"""``srcli bench``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli import choices, completion, shared_options
from srcli.cli.command import USUAL
from srcli.cli.console import data, document, say
from srcli.cli.measuring import measuring_status, parse_scales
from srcli.cli.table import show_table
from srcli.errors import ImageError

if TYPE_CHECKING:
    from srcli.usecases.bench import BenchResult


EXAMPLES = """
    srcli bench --dataset Set5 --model asdn-fast,bicubic --scale 2,2.7,3,4
    srcli bench --dataset Set5,Urban100 --published all --format md
    srcli bench --dataset Set5 --scale 1.1..8:0.1 --figure curve.svg --resume records.jsonl
    srcli bench --data photos/ --scale 2 --format html -o report.html
"""

_usual = partial(typer.Option, rich_help_panel=USUAL)
_pictures = partial(typer.Option, rich_help_panel="Pictures")
_report = partial(typer.Option, rich_help_panel="Report")
_run = partial(typer.Option, rich_help_panel="How the models run")


def bench_command(
    dataset: Annotated[
        list[str] | None,
        _usual(
            metavar="NAMES",
            autocompletion=completion.datasets,
            help="Measure on these data sets, joined by commas: Set5, Set14, BSD100, Urban100, "
            "Manga109 or DIV2K-val. Set5@REVISION is that revision on the hub. Set5-JPEG40 is Set5 "
            "with its LR pictures compressed at quality 40. At scale 1, Kodak24-NOISE50 is noisy, "
            "LIVE1-YJPEG10 has compressed luma, and McMaster-MOSAIC is a mosaic.",
        ),
    ] = None,
    model: Annotated[
        str,
        _usual(
            "-m",
            "--model",
            metavar="IDS",
            help="Measure these models, joined by commas: ids, weights files, nearest, bicubic or "
            "lanczos.",
        ),
    ] = "asdn-fast,bicubic",
    scale: Annotated[
        str,
        _usual(
            "-s",
            "--scale",
            metavar="FACTORS",
            help="Enlarge by these, joined by commas, or by a range: 1.1..8:0.1.",
        ),
    ] = "2,3,4",
    data_folder: Annotated[
        Path | None, _usual("--data", metavar="FOLDER", help="Measure on the HR pictures in here.")
    ] = None,
    form: Annotated[
        choices.Report, _usual("-f", "--format", help="Write the report in this format.")
    ] = "table",
    output: Annotated[
        Path | None,
        _usual("-o", "--output", metavar="FILE", help="Write the report to this file."),
    ] = None,
    published: Annotated[
        choices.Published | None,
        _usual(help="Add the published figures of light networks, or of all methods."),
    ] = None,
    versus: Annotated[
        str,
        _report(
            metavar="MODEL",
            help="Compare the other models with this one, picture by picture, with intervals.",
        ),
    ] = "",
    overwrite: Annotated[bool, shared_options.overwrite(rich_help_panel=USUAL)] = False,
    lr_folder: Annotated[
        Path | None,
        _pictures(
            "--lr",
            metavar="FOLDER",
            help="Take the LR pictures that belong to --data from here. Default: reduce the HR "
            "pictures.",
        ),
    ] = None,
    protocol: Annotated[
        choices.Protocol,
        _pictures(
            help="Reduce and compare by this protocol: A of EDSR and later papers, A8 with rounded "
            "luma, B of SRCNN, L of LapSRN, S of SelfExSR, W without a crop. See "
            "docs/protocols.md."
        ),
    ] = "A",
    metrics: Annotated[
        str,
        _report(
            metavar="NAMES",
            help="Measure these too, joined by commas: ms-ssim, gmsd, fsim, vif, lpips-alex, "
            "lpips-vgg.",
        ),
    ] = "",
    lpips_weights: Annotated[
        Path | None,
        _report(metavar="FOLDER", help="Take the weights of LPIPS from here. See docs/bench.md."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        shared_options.data_dir(rich_help_panel="Pictures"),
    ] = None,
    offline: Annotated[bool, shared_options.offline(rich_help_panel="Pictures")] = False,
    images: Annotated[
        Path | None, _report(metavar="FILE", help="Write the figures of each picture to this CSV.")
    ] = None,
    figure: Annotated[
        Path | None,
        _report(
            metavar="FILE",
            help="Draw PSNR-Y over scale, with published points, to this SVG file.",
        ),
    ] = None,
    store: Annotated[
        Path | None,
        shared_options.store(rich_help_panel="Report"),
    ] = None,
    crops: Annotated[
        int,
        _report(
            min=0,
            metavar="NUMBER",
            help="Show so many sheets of crops of each data set in the HTML page.",
        ),
    ] = 1,
    tile: Annotated[
        int | None,
        shared_options.tile(rich_help_panel="How the models run"),
    ] = None,
    device: Annotated[
        str,
        shared_options.device(rich_help_panel="How the models run"),
    ] = "auto",
    precision: Annotated[
        choices.Precision,
        _run(help="Compute in this type. The 16-bit types are faster where the device has them."),
    ] = "float32",
    ensemble: Annotated[
        bool,
        shared_options.ensemble(rich_help_panel="How the models run"),
    ] = False,
    official_tiles: Annotated[
        bool,
        shared_options.official_tiles(rich_help_panel="How the models run"),
    ] = False,
    ways: Annotated[
        str,
        _run(
            metavar="NAMES",
            help="Run each model in these ways too, joined by commas: ensemble, official-tiles, "
            "tile-64, bfloat16.",
        ),
    ] = "",
    pad_border: Annotated[
        bool, _run("--frame", help="Mirror the borders, as upscale does.")
    ] = False,
) -> None:
    """Measure models on data sets by the published protocol."""
    from srcli.usecases.bench import bench
    from srcli.usecases.bench_request import BenchRequest

    request = BenchRequest(
        models=tuple(part.strip() for part in model.split(",")),
        scales=parse_scales(scale),
        protocol=protocol,
        datasets=tuple(part.strip() for given in dataset or () for part in given.split(",")),
        data=data_folder,
        lr=lr_folder,
        data_dir=data_dir,
        offline=offline,
        published=published,
        versus=versus,
        metrics=tuple(name.replace("-", "_") for name in _names(metrics)),
        lpips_weights=lpips_weights,
        ways=_names(ways),
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
        figure=figure,
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


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",")) if text else ()


def _print(result: BenchResult, output: Path | None) -> None:
    if output is not None:
        data(str(output))
    elif result.text:
        document(result.text.rstrip("\n"))
    else:
        for table in result.tables:
            show_table(table)

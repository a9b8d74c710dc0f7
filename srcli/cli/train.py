"""``srcli train``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import errors
from srcli.cli.console import data, talk


def train_command(
    data_folder: Annotated[
        Path, typer.Option("--data", help="Folder of HR pictures to learn from.")
    ],
    val_folder: Annotated[Path, typer.Option("--val", help="Folder of HR pictures to choose by.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the run.")],
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of the whole run.")],
    network: Annotated[str, typer.Option(help="Name of a network.")] = "asdn",
    preset: Annotated[str, typer.Option(help="One of its presets.")] = "fast",
    scale: Annotated[
        int | None, typer.Option(min=1, help="Factor of a fixed-scale network.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Patches a step.")] = 16,
    patch: Annotated[int, typer.Option(min=16, help="Side of an HR patch, in pixels.")] = 96,
    optimizer: Annotated[str, typer.Option(help="muon or adam.")] = "muon",
    learning_rate: Annotated[float, typer.Option("--lr", min=0, help="At its highest.")] = 1e-3,
    hold: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the run before the learning rate falls.")
    ] = 0.5,
    recursive: Annotated[
        float, typer.Option(min=0, max=1, help="Share of batches from the network's own output.")
    ] = 0.0,
    degradation: Annotated[
        str,
        typer.Option(
            help="bicubic, or photo: blur, noise and JPEG as well; jpeg or noise to restore."
        ),
    ] = "bicubic",
    precision: Annotated[str, typer.Option(help="bfloat16 or float32.")] = "bfloat16",
    seed: Annotated[int, typer.Option(help="Of weights, crops and ratios.")] = 0,
    init: Annotated[
        Path | None, typer.Option(help="Weights file to start from, where names and shapes agree.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run stopped.")] = False,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop and save after this time.")
    ] = None,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations.")] = 2000,
    val_pictures: Annotated[
        int | None, typer.Option(min=1, help="Validate on so many pictures only.")
    ] = None,
    device: Annotated[str, typer.Option("-d", "--device", help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Train a network, or go on training one."""
    from srcli.training.loop import Report
    from srcli.training.team import is_first_process
    from srcli.usecases.train import TrainRequest, make_config, train

    def listen(report: Report) -> None:
        line = (
            f"step {report.step}  loss {report.loss:.5f}  rate {report.rate:.2e}  "
            f"{report.seconds:.3f} s/step"
        )
        if report.validation is not None:
            mark = {"jpeg": "quality ", "noise": "sigma "}.get(degradation, "x")
            found = report.validation.psnr_y.items()
            line += "  val " + "  ".join(f"{mark}{at:g} {psnr:.3f} dB" for at, psnr in found)
        talk.print(line)

    config = make_config(
        network=network,
        preset=preset,
        scale=scale,
        steps=steps,
        batch=batch,
        patch=patch,
        optimizer=optimizer,
        learning_rate=learning_rate,
        hold=hold,
        recursive=recursive,
        degradation=degradation,
        precision=precision,
        seed=seed,
    )
    request = TrainRequest(
        config=config,
        data=data_folder,
        val=val_folder,
        out=out,
        init=init,
        resume=resume,
        max_minutes=max_minutes,
        validate_every=validate_every,
        val_pictures=val_pictures,
        device=device,
    )
    with _until_signal() as interrupted:
        best = train(request, listen, interrupted)
        if is_first_process():
            data(str(best))
        if interrupted():
            if is_first_process():
                talk.print("stopped and saved: go on with --resume")
            raise typer.Exit(errors.INTERRUPTED)


@contextmanager
def _until_signal() -> Iterator[Callable[[], bool]]:
    """Turn an interruption or a request to terminate into a flag, so that the run can save."""
    seen: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda got, _: seen.append(got)) for number in numbers]
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)

"""What a bench is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from srcli.bench.published import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """What to measure, on what, and how to tell it.

    Attributes:
        models: ids, weights files, or the baselines nearest, bicubic, lanczos.
        scales: ratios above 1; 1 for restoration.
        protocol: letter of the protocol, one of ``PROTOCOLS``.
        metrics: names of ``EXTRA_METRICS`` to measure as well.
        lpips_weights: folder of the weights of LPIPS, under their published names.
        datasets: names of data sets, or ``name@revision`` for the hub's of that revision.
        data: a folder of HR pictures to measure on as well.
        lr: the LR pictures that belong to ``data``; made of them if None.
        data_dir: where data sets are looked for first.
        offline: use no network, whatever the settings say.
        published: set the model beside published methods: of light networks, or all.
        versus: model among these that the others are compared with picture by picture.
        ways: how each model is run beside plainly: ``ensemble``, ``official-tiles``, ``tile-64``,
            ``bfloat16`` or ``float16``.
        store: file of records; what is there already is not measured again.
        form: one of ``FORMATS``.
        crops: how many pictures of each data set get a crop sheet in the HTML page.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: of the convolutions: float32, bfloat16 or float16.
        tile: side of a tile in pixels of the network's input; None for a default.
        ensemble: average over the eight symmetries.
        official_tiles: cut as the networks' authors did.
        pad_border: show the networks a mirrored border around the picture, as ``upscale`` does.
        output: file that the report is written to.
        figure: SVG file that quality over scale is drawn to.
        image_csv: file that every measurement of every picture is written to.
        overwrite: replace these files.

    """

    models: tuple[str, ...]
    scales: tuple[float, ...]
    protocol: str = "A"
    metrics: tuple[str, ...] = ()
    lpips_weights: Path | None = None
    datasets: tuple[str, ...] = ()
    data: Path | None = None
    lr: Path | None = None
    data_dir: Path | None = None
    offline: bool = False
    published: Choice | None = None
    versus: str = ""
    ways: tuple[str, ...] = ()
    store: Path | None = None
    form: str = "table"
    crops: int = 1
    device: str = "auto"
    precision: str = "float32"
    tile: int | None = None
    ensemble: bool = False
    official_tiles: bool = False
    pad_border: bool = False
    output: Path | None = None
    figure: Path | None = None
    image_csv: Path | None = None
    overwrite: bool = False

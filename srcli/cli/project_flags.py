"""The flags that a ``srcli.toml`` in or above the current folder may set.

Such a file may have come with pictures that others made. It may say how a result looks and how
the machine makes it. It may not say where anything is read or written, what is replaced, fetched
or published, what is left out of a result against the user's wish, which pictures are refused, or
what the user is told.
A new flag belongs to one of the two lists; a test compares them with the flags that there are.
"""

from __future__ import annotations

from collections.abc import Mapping

_MACHINE = "tile device precision ensemble official-tiles"

_PROJECT: Mapping[str, str] = {
    "upscale": "scale width height long-side short-side megapixels fit if-large-enough format"
    f" quality depth background alpha guard denoise wrap memory {_MACHINE}",
    "bench": f"scale protocol format published versus ways metrics crops frame {_MACHINE}",
    "compare": "shave scale device",
    "serve": "device",
    "mcp": "device",
    "train": "steps network preset scale batch patch loss optimizer lr warmup hold schedule"
    " halve-every range-weights whole-ratios ema clip recursive degradation precision seed"
    " validate-every val-pictures taught-share drawn kept-noise device",
    "ablate": "steps format seed device",
    "models.export": "format ratio",
    "models.measure": "scale",
}

_OWN: Mapping[str, str] = {
    "upscale": "output input from-file name strip-metadata strip-gps model auto offline overwrite"
    " shard engine address actors gpus-per-actor fail-fast max-pixels max-frames max-parts"
    " allow-damaged watch dry-run print0 json quiet verbose preview",
    "bench": "dataset model data lr data-dir lpips-weights offline output figure images resume"
    " overwrite",
    "compare": "reference models offline output difference json overwrite",
    "serve": "open host port token-file allow-host max-megabytes max-pixels max-result-pixels"
    " max-jobs keep-minutes",
    "mcp": "allow",
    "train": "data val taught out config init resume max-minutes loaders",
    "ablate": "data test out resume",
    "doctor": "json",
    "integrate": "remove",
    "models.list": "purpose community json",
    "models.show": "markdown",
    "models.fetch": "offline accept-licence keep-original",
    "models.import": "output scale overwrite",
    "models.export": "output overwrite",
    "models.measure": "id trained-on training notes purpose good-for licence dataset"
    " data-dir resume",
    "models.publish": "repo private",
}


def _keys(flags: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        f"{section}.{name}" for section, names in flags.items() for name in names.split()
    )


PROJECT_FLAGS = _keys(_PROJECT)
"""Keys such as ``upscale.quality``, for any file."""
OWN_FLAGS = _keys(_OWN)
"""The others, for the user's own file."""

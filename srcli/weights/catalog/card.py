"""What is known of a weights file, as measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One cell of a model's measured table, by the published protocol.

    ``dataset`` is a name that ``srcli bench`` knows: ``Set5``, or ``Set5-JPEG40`` where the LR
    pictures were compressed as well.
    """

    dataset: str
    scale: float
    psnr_y: float
    ssim_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightCard:
    """One entry of the model catalogue.

    Attributes:
        id: what the user types; that of a fixed scale may end in ``-x<scale>``.
        network: name in the network catalogue.
        preset: the network's named configuration.
        scale: factor of a fixed-scale model, None for any.
        file: name of the safetensors file.
        size: of the file, in bytes.
        sha256: of the file, hexadecimal.
        parameters: number of parameters.
        kmacs: thousands of multiply-adds of one pass, per output pixel.
        licence: SPDX name.
        trained_on: data and degradation.
        training: command, steps and hardware that made it.
        notes: what a user should know.
        scores: the measured table.
        relative_time: seconds for a megapixel of the result, divided by those of asdn-fast at
            factor 2, as ``benchmarks/model_times.py`` measures it; 0 if nobody did.
        purpose: what it is for, one of ``sources.PURPOSES``.
        good_for: one sentence: when to choose it.
        repo: hub repository, ``owner/name``, of a file that does not come along.
        commit: of that repository, 40 hexadecimal digits.

    """

    id: str
    network: str
    preset: str
    scale: int | None
    file: str
    size: int
    sha256: str
    parameters: int
    kmacs: float
    licence: str
    trained_on: str
    training: str
    notes: str
    scores: tuple[Score, ...]
    relative_time: float = 0
    purpose: str = "clean"
    good_for: str = ""
    repo: str = ""
    commit: str = ""

    @property
    def family(self) -> str:
        """What the ids of models of several fixed scales share: the id without its scale."""
        return self.id.removesuffix(f"-x{self.scale}")

    @property
    def reach(self) -> str:
        """How far it enlarges, in words."""
        if self.scale == 1:
            return "x1: it restores, and keeps the size"
        return "any factor" if self.scale is None else f"x{self.scale}"

    @property
    def bench_command(self) -> str:
        """The command that measures the scores again."""
        datasets = ",".join(dict.fromkeys(score.dataset for score in self.scores))
        scales = ",".join(dict.fromkeys(f"{score.scale:g}" for score in self.scores))
        return f"srcli bench --model {self.id} --dataset {datasets} --scale {scales}"

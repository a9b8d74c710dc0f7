from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.ablation.catalog import ABLATIONS
from srcli.ablation.plan import Ablation, Budget
from srcli.errors import AlreadyExists, DataError, NoPictures, UnknownName
from srcli.usecases.ablate import AblateRequest, ablate

SMALL = Budget(steps=2, batch=1, patch=48)
MOST_VARIANTS = 3


class Listener:
    def __init__(self) -> None:
        self.variants, self.steps, self.measured = [], 0, []

    def begin(self, variant, number, count, steps) -> None:
        self.variants.append((variant, number, count, steps))

    def report(self, *_) -> None:
        pass

    def tick(self, *_) -> None:
        self.steps += 1

    def record(self, record) -> None:
        self.measured.append((record.task.image, record.task.conditions.model))


@pytest.fixture(autouse=True)
def ablations(monkeypatch) -> dict[str, Ablation]:
    """The ablations of the catalogue with less to train."""
    small = {name: _shortened(ablation) for name, ablation in ABLATIONS.items()}
    monkeypatch.setattr("srcli.usecases.ablate.ABLATIONS", small)
    return small


def _shortened(ablation: Ablation) -> Ablation:
    variants = ablation.variants[:MOST_VARIANTS]
    names = {variant.name for variant in variants}
    lines = tuple(line for line in ablation.lines if line.variant in names)
    return replace(ablation, budget=SMALL, variants=variants, lines=lines)


@pytest.fixture
def request_for(tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for n in range(2):
        noise = np.random.default_rng(n).integers(0, 256, (72, 80, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{n}.png")

    wide = np.random.default_rng(9).integers(0, 256, (132, 132, 3), dtype=np.uint8)
    (tmp_path / "wide").mkdir()
    Image.fromarray(wide).save(tmp_path / "wide/a.png")

    def make(out: str, **changes) -> AblateRequest:
        fields = {"name": "cirn-isab", "data": folder, "test": folder, "out": tmp_path / out}
        return AblateRequest(**{**fields, **changes})

    return make


def test_a_seed_gives_one_table_and_another_seed_another(request_for) -> None:
    first, second = Listener(), Listener()
    one = ablate(request_for("one"), first)
    assert ablate(request_for("two"), second) == one
    assert first.variants == [
        ("none", 1, 3, 2),
        ("one stage", 2, 3, 2),
        ("two stages", 3, 3, 2),
    ]
    assert first.steps == 6
    assert len(first.measured) == 6
    assert [row[1].text for row in one.rows] == ["none", "one stage", "two stages"]
    sizes = [int(row[2].text.replace(",", "")) for row in one.rows]
    assert sizes == sorted(set(sizes))
    assert ablate(request_for("three", seed=1), Listener()).rows != one.rows


@pytest.mark.parametrize("name", ABLATIONS)
def test_it_goes_on_where_it_stopped_to_the_same_table(
    name, ablations, request_for, tmp_path: Path
) -> None:
    pictures = {"name": name, "data": tmp_path / "wide", "test": tmp_path / "wide"}
    steps = SMALL.steps * len(ablations[name].variants)
    whole = ablate(request_for("whole", **pictures), Listener())
    assert len(whole.rows) == len(ablations[name].lines)
    stopping = Listener()
    assert ablate(request_for("cut", **pictures), stopping, lambda: stopping.steps >= 3) is None
    assert [number for _, number, *_ in stopping.variants] == [1, 2]
    with pytest.raises(AlreadyExists, match="already holds"):
        ablate(request_for("cut", **pictures), Listener())
    going_on = Listener()
    assert ablate(request_for("cut", resume=True, **pictures), going_on) == whole
    assert going_on.steps == steps - stopping.steps
    again = Listener()
    assert ablate(request_for("cut", resume=True, **pictures), again) == whole
    assert again.steps == 0


def test_passes_are_those_of_the_line(request_for, tmp_path: Path) -> None:
    folder = tmp_path / "wide"
    request = request_for("run", name="asdn-recursion", steps=1, data=folder, test=folder)
    table = ablate(request, Listener())
    scales = [row[0].text for row in table.rows]
    assert scales == ["2"] * 2 + ["3"] * 5 + ["4"] * 5
    papers = [row[6].text for row in table.rows]
    assert papers[:3] == ["38.12", "37.35", "34.52"]
    costs = {row[1].text: float(row[3].text) for row in table.rows if row[0].text == "4"}
    assert costs["2 · 2"] < costs["1.587 · 1.587 · 1.587"]


def test_what_cannot_be_done_is_said(request_for, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no ablation") as error:
        ablate(request_for("run", name="cirn-isap"), Listener())
    assert "cirn-isab" in error.value.hint
    with pytest.raises(NoPictures):
        ablate(request_for("run", test=tmp_path / "nowhere"), Listener())
    with pytest.raises(DataError):
        ablate(request_for("run", data=tmp_path / "nowhere"), Listener())

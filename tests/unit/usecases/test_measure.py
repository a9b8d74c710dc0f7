import math
import tomllib

from srcli.usecases.measure import to_toml
from srcli.weights.catalog.card import Score, WeightCard

CARD = WeightCard(
    id="san-own-x2",
    network="san",
    preset="light",
    scale=2,
    file="san-own-x2.safetensors",
    size=1_876_476,
    sha256="ab" * 32,
    parameters=466_943,
    kmacs=120.1,
    licence="MIT",
    trained_on='five "noises"\nand = more',
    training="",
    notes="größer \\ \u0007",
    scores=(
        Score(dataset="Set5", scale=2.0, psnr_y=37.4712, ssim_y=0.95884),
        Score(dataset="flat", scale=2.0, psnr_y=math.inf, ssim_y=1.0),
    ),
)


def test_an_entry_of_the_catalogue_is_read_as_it_was_written():
    (entry,) = tomllib.loads(to_toml(CARD))["model"]
    assert "training" not in entry
    assert "repo" not in entry
    for key in ("id", "scale", "size", "kmacs", "trained_on", "notes", "purpose"):
        assert entry[key] == getattr(CARD, key)
    assert entry["scores"] == [
        {"dataset": "Set5", "scale": 2.0, "psnr_y": 37.471, "ssim_y": 0.9588},
        {"dataset": "flat", "scale": 2.0, "psnr_y": math.inf, "ssim_y": 1.0},
    ]


def test_a_score_takes_one_line():
    lines = to_toml(CARD).splitlines()
    assert lines[0] == "[[model]]"
    assert sum(line.startswith("  { dataset = ") for line in lines) == 2


def test_a_model_of_any_ratio_has_no_scale():
    entry = tomllib.loads(to_toml(WeightCard(**_fields(scale=None))))["model"][0]
    assert "scale" not in entry


def _fields(**changes):
    return {name: getattr(CARD, name) for name in WeightCard.__slots__} | changes

from srcli.ablation.plan import Ablation, Budget, Line, Variant
from srcli.ablation.table import Measured, ablation_table
from srcli.networks.cirn import LIGHT
from srcli.report.tables import NOTHING

ABLATION = Ablation(
    name="made-up",
    title="What is varied",
    network="cirn",
    scale=2,
    budget=Budget(steps=7, batch=3, patch=48),
    variants=(Variant(name="with", config=LIGHT),),
    lines=(
        Line(label="without", variant="with", scale=2.0, paper=30.0),
        Line(label="with", variant="with", scale=2.0, paper=30.25),
        Line(label="with", variant="with", scale=3.0),
    ),
    paper="The paper says so.",
)


def measured(psnr: float) -> Measured:
    return Measured(psnr_y=psnr, parameters=1234, kmacs=5.06)


def test_changes_are_against_the_first_line_of_the_scale() -> None:
    found = {
        ("without", 2.0): measured(31.0),
        ("with", 2.0): measured(30.9),
        ("with", 3.0): measured(28.0),
    }
    table = ablation_table(ABLATION, ABLATION.budget, found, seed=4, dataset="Set5")
    texts = [[cell.text for cell in row] for row in table.rows]
    assert texts == [
        ["2", "without", "1,234", "5.1", "31.00", "+0.00", "30.00", "+0.00"],
        ["2", "with", "1,234", "5.1", "30.90", "-0.10", "30.25", "+0.25"],
        ["3", "with", "1,234", "5.1", "28.00", "+0.00", NOTHING, NOTHING],
    ]
    assert table.header[4] == "Set5, dB"
    assert "7 steps of 3 patches of 48x48" in table.notes[0]
    assert "seed 4" in table.notes[0]
    assert "small" in table.notes[0]
    assert table.notes[-1] == "The paper says so."

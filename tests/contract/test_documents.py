"""What the documents say of models and flags is what the tool says."""

import re
import shlex
import shutil
import warnings
from itertools import chain
from pathlib import Path

import pytest
import typer
from PIL import Image

from srcli.cli.app import app
from srcli.images.metadata.inventory import table
from srcli.weights.catalog.included import DEFAULT_MODEL, family_members, read_catalog
from srcli.weights.catalog.published import find_source, read_community

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
DATASETS = ("Set5", "Set14", "Urban100")
ROW = re.compile(
    r"\| (?:`(?P<id>[\w-]+)`.*?)?(?:bicubic)? ?\|.*\| \u00d7(?P<scale>[\d.]+) \|(?P<cells>.*)\|"
)


def commands(document: Path) -> list[list[str]]:
    """Return the words of every line of code that runs srcli, continued lines joined."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("srcli ")]


def flags_of(words: list[str]) -> set[str]:
    """Return the flags that the command of some words has."""
    command = typer.main.get_command(app)
    for word in words:
        below = getattr(command, "commands", {})
        if word not in below:
            break
        command = below[word]
    options = chain.from_iterable((*p.opts, *p.secondary_opts) for p in command.params)
    return {option for option in options if option.startswith("-")} | {"--help", "-h"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_flag_of_a_command_is_one_of_its_own(document):
    for words in commands(document):
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= flags_of(words), words


def test_commands_are_found():
    assert len(commands(README)) > 25
    assert "--tile" in flags_of(["upscale"])
    assert "--ratio" in flags_of(["models", "export"])
    assert "--ratio" not in flags_of(["upscale"])


def test_the_table_of_models_is_that_of_the_catalogue():
    cards = {card.id: card for card in read_catalog()}
    shown: dict[tuple[str, float], list[str]] = {}
    model = ""
    for line in README.read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row:
            model = row["id"] or ("bicubic" if "bicubic" in line else model)
            cells = row["cells"].split("|")
            shown[model, float(row["scale"])] = [cell.strip() for cell in cells]
    wanted = {
        (card.id, score.scale): [cell(card, name, score.scale) for name in DATASETS]
        for card in cards.values()
        for score in card.scores
        if score.dataset in DATASETS and card.id != "panet-jpeg"
    }
    assert {key: cells for key, cells in shown.items() if key[0] != "bicubic"} == wanted


def cell(card, dataset: str, scale: float) -> str:
    """Write a score as the table has it."""
    for score in card.scores:
        if (score.dataset, score.scale) == (dataset, scale):
            return f"{score.psnr_y:.2f} / {score.ssim_y:.4f}".replace(" 0.", " .")
    return "\N{EN DASH}"


def test_the_table_of_other_peoples_models_is_that_of_the_catalogue():
    rows = [
        f"| `{one.id}` | {one.purpose}, \u00d7{one.scale} | {one.licence}, {one.author}"
        f" | {one.size / 1e6:.1f} | {one.good_for} |"
        for one in read_community()
    ]
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert "\n| --- | --- | --- | --- | --- |\n" + "\n".join(rows) + "\n\n" in document


def test_figures_of_other_peoples_models_are_those_of_the_catalogue():
    lines = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").splitlines()
    for one in read_community():
        for score in one.scores:
            start = f"| `{one.id}` | {cell(one, score.dataset, score.scale)} |"
            assert any(line.startswith(start) for line in lines), start


def test_models_that_the_page_names_are_there():
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    for name in re.findall(r"--model ([\w-]+)(?![\w.,/-])", document):
        assert find_source(name) or family_members(name), name


def test_the_default_model_is_said():
    assert f"| `{DEFAULT_MODEL}` (default) |" in README.read_text(encoding="utf-8")


def test_the_table_of_blocks_is_that_of_the_inventory():
    document = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    lines = [line for line in document.splitlines() if line.startswith("|")]
    assert "\n".join(lines) == table()


def test_the_page_on_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "tests/golden/protocol/butterfly.png", "photo.png")
    with Image.open("photo.png") as image:
        image.crop((0, 0, 64, 48)).save("photo.png")
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 7
    names: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # files that the page opens in passing
        for block in blocks:
            exec(compile(block, "docs/python.md", "exec"), names)  # noqa: S102 - our own page

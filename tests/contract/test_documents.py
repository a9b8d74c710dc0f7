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
from srcli.cli.manual import manual_page, reference
from srcli.images.metadata.inventory import table
from srcli.weights.catalog.included import DEFAULT_MODEL, family_members, read_catalog
from srcli.weights.catalog.published import find_source, read_community

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
MODELS = ROOT / "docs" / "models.md"
DOCUMENTS = [README, *sorted((ROOT / "docs").glob("*.md"))]
DATASETS = ("Set5", "Set14", "Urban100")
LINKING = [
    *DOCUMENTS,
    *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md")),
]
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
ROW = re.compile(
    r"\| (?:`(?P<id>[\w-]+)`.*?)?(?:bicubic)? ?\|.*\| \u00d7(?P<scale>[\d.]+) \|(?P<cells>.*)\|"
)


def commands(document: Path) -> list[list[str]]:
    """Return the words of every line of code that runs srcli, continued lines joined."""
    text = document.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("srcli ")]


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub and MkDocs make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", head).strip().lower() for head in heads)
    return {re.sub(r"\s+", "-", head) for head in plain}


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
    assert len(commands(README)) > 10
    assert "--tile" in flags_of(["upscale"])
    assert "--ratio" in flags_of(["models", "export"])
    assert "--ratio" not in flags_of(["upscale"])


def test_the_table_of_models_is_that_of_the_catalogue():
    cards = {card.id: card for card in read_catalog()}
    shown: dict[tuple[str, float], list[str]] = {}
    model = ""
    for line in MODELS.read_text(encoding="utf-8").splitlines():
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


def test_the_reference_is_that_of_the_commands():
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == reference(typer.main.get_group(app)), "Run python -m srcli.cli.manual."


def test_the_manual_page_has_every_command_and_is_plain_ascii_macros():
    page = manual_page(typer.main.get_group(app), "1.2.3")
    assert page.startswith('.TH SRCLI 1 "" "srcli 1.2.3"')
    for heading in (".SH SRCLI UPSCALE", ".SH SRCLI MODELS FETCH", ".SH SRCLI INTEGRATE"):
        assert heading in page
    assert ".B \\-\\-tile" in page or "\\-\\-tile PIXELS" in page
    unknown = {line.split()[0] for line in page.splitlines() if line.startswith(".")}
    assert unknown <= {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".nf", ".fi"}


@pytest.mark.parametrize("document", LINKING, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if ":" in path:
            continue
        page = (document.parent / path).resolve() if path else document
        assert page.exists(), target
        if anchor:
            assert anchor in anchors(page), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_pages_are_linked_and_not_named(document):
    assert not re.findall(r"`(?:docs/)[\w-]+\.md`", document.read_text(encoding="utf-8"))


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"index.md", "release.md"}
    assert pages <= set(re.findall(r"\(([\w-]+\.md)", index))


def test_the_default_model_is_said():
    assert f"| `{DEFAULT_MODEL}` (default) |" in MODELS.read_text(encoding="utf-8")


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


NAMED = re.compile(r"`([a-z_]+(?:/[\w-]+)+(?:\.(?:py|toml|md))?)/?`")
PACKAGES = {path.name for path in (ROOT / "srcli").iterdir() if path.is_dir()}
FOLDERS = PACKAGES | {"srcli", "tests", "benchmarks", "examples", "docs"}


@pytest.mark.parametrize("document", LINKING, ids=lambda path: path.name)
def test_code_that_a_document_names_is_there(document):
    text = document.read_text(encoding="utf-8").partition("\n## 0.")[0]
    named = {path for path in NAMED.findall(text) if path.partition("/")[0] in FOLDERS}
    missing = {
        name
        for name in named
        if not any(
            (place / f"{name}{suffix}").exists()
            for place in (ROOT, ROOT / "srcli")
            for suffix in ("", ".py")
        )
    }
    assert missing == set()

"""The help of every command is made of whole sentences, and offers what is understood."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
import typer

from srcli.ablation.catalog import ABLATIONS
from srcli.bench.published import Choice
from srcli.cli import choices
from srcli.cli.app import app
from srcli.engine.device import PRECISIONS
from srcli.images.picture.alpha import HiddenColors
from srcli.management.integrate import Place
from srcli.metrics.protocols import PROTOCOLS
from srcli.networks.catalog import NETWORKS
from srcli.pipeline.target_size import WhenLarge
from srcli.training.config import Degradation, OptimizerName, Schedule
from srcli.training.losses import LossName
from srcli.usecases.bench import FORMATS
from srcli.usecases.upscale_request import Wrap
from srcli.weights.catalog.card import PURPOSES

FRAGMENTS = ("Of ", "At ", "That ", "Which ", "What ", "Where ", "As ")
TYPES = re.compile(r"<(str|path|int|float|bool|list\[.*\])>")


def commands(command=None, path=()) -> Iterator[tuple[tuple[str, ...], typer.core.TyperCommand]]:
    command = command or typer.main.get_command(app)
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


EVERY = [pytest.param(path, id=" ".join(path) or "srcli") for path, _ in commands()]


def shown(path, capsys, monkeypatch) -> str:
    """Return the help of a command as a terminal of 80 columns shows it."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    app([*path, "--help"], standalone_mode=False)
    return capsys.readouterr().out


@pytest.mark.parametrize("path", EVERY)
def test_every_help_is_a_sentence(path):
    command = dict(commands())[path]
    options = [p for p in command.params if not p.name.endswith("_completion")]
    for text in (command.help, *(parameter.help for parameter in options)):
        assert text
        assert re.match(r"[A-Z]", text), text
        assert text.endswith("."), text
        assert not text.startswith(FRAGMENTS), text


@pytest.mark.parametrize("path", EVERY)
def test_no_help_names_a_type_of_the_programming_language(path, capsys, monkeypatch):
    text = shown(path, capsys, monkeypatch)
    assert not TYPES.search(text)
    assert "[default" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_defaults_and_own_settings_are_told(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SRCLI_UPSCALE_QUALITY", "90")
    text = " ".join(shown(("upscale",), capsys, monkeypatch).replace("│", " ").split())
    assert "Default: auto." in text
    assert "Default: False." not in text
    assert "Your settings: 90." in text
    assert text.index("--scale") < text.index("--dry-run") < text.index("--long-side")
    assert "$ srcli upscale photo.jpg --scale 2.7" in text


@pytest.mark.parametrize("path", EVERY)
def test_a_command_that_groups_its_options_groups_them_all(path):
    options = [p for p in dict(commands())[path].params if p.param_type_name == "option"]
    outside = [p.name for p in options if not p.rich_help_panel]
    assert not outside or len(outside) == len(options)


def test_names_that_people_type_are_understood():
    options = {option for _, one in commands() for p in one.params for option in p.opts}
    assert {"-V", "-i", "-o", "-m", "-s"} <= options


@pytest.mark.parametrize(
    ("offered", "understood"),
    [
        (choices.Precision, PRECISIONS),
        (choices.PrecisionOrAuto, ("auto", *PRECISIONS)),
        (choices.WhenLarge, get_args(WhenLarge)),
        (choices.HiddenColors, get_args(HiddenColors)),
        (choices.Wrap, get_args(Wrap)),
        (choices.Report, FORMATS),
        (choices.Protocol, PROTOCOLS),
        (choices.Published, get_args(Choice)),
        (choices.Purpose, PURPOSES),
        (choices.Network, NETWORKS),
        (choices.Ablation, ABLATIONS),
        (choices.Loss, get_args(LossName)),
        (choices.Place, get_args(Place)),
        (choices.Optimizer, get_args(OptimizerName)),
        (choices.Schedule, get_args(Schedule)),
        (choices.Degradation, get_args(Degradation)),
    ],
)
def test_the_choices_are_those_that_are_understood(offered, understood):
    assert set(get_args(offered)) == set(understood)

import io

import pytest

from srcli.cli import console as outlet
from srcli.cli import train_view
from srcli.cli.console import SafeConsole
from srcli.cli.train_view import TrainView
from srcli.training.loop import Report
from srcli.training.validate import Validation

PLAIN = Report(step=100, loss=0.5, rate=1e-3, seconds=0.25)
SCORED = Report(
    step=200, loss=0.25, rate=1e-3, seconds=0.25, validation=Validation(psnr_y={10.0: 27.5})
)


@pytest.fixture
def screen(monkeypatch, capsys):
    """Run the view on a terminal or into a file, and return what was written."""

    def show(*, terminal: bool, degradation: str = "jpeg", loss: float | None = 0.5) -> str:
        file = io.StringIO()
        console = SafeConsole(
            file=file, force_terminal=terminal, width=200, highlight=False, legacy_windows=False
        )
        for module in (outlet, train_view):
            monkeypatch.setattr(module, "talk", console)
        with TrainView(300, degradation) as view:
            for step in range(1, 201):
                view.tick(step, loss)
                if step % 100 == 0:
                    view.report(PLAIN if step == 100 else SCORED)
        return file.getvalue() if terminal else capsys.readouterr().err

    return show


def test_a_terminal_gets_a_bar_and_a_line_for_every_validation(screen):
    text = screen(terminal=True)
    assert "200/300" in text
    assert "loss 0.50000  rate 1.00e-03" in text
    assert "step 200 " in text
    assert "step 100 " not in text


def test_a_loss_that_is_known_at_reports_only_is_shown_from_then_on(screen):
    text = screen(terminal=True, loss=None)
    assert "200/300" in text
    assert "loss 0.25000  rate 1.00e-03" in text


def test_a_file_gets_a_line_for_every_report(screen):
    assert screen(terminal=False).splitlines() == [
        "step 100  loss 0.50000  rate 1.00e-03  0.250 s/step",
        "step 200  loss 0.25000  rate 1.00e-03  0.250 s/step  val quality 10 27.500 dB",
    ]


@pytest.mark.parametrize(("degradation", "mark"), [("noise", "sigma 10"), ("bicubic", "x10")])
def test_what_validation_is_keyed_by_is_said(screen, degradation, mark):
    assert mark in screen(terminal=False, degradation=degradation)

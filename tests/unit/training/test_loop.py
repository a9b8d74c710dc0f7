"""The loop without the command around it."""

import json
from dataclasses import replace
from statistics import fmean

import pytest
import torch

from srcli.errors import DataError
from srcli.images.decode import read_uint8
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.training.config import TrainConfig
from srcli.training.loop import Interval, Trainer
from srcli.training.patches import Corpus, picture_files
from srcli.training.process_group import ProcessGroup
from srcli.weights.formats.checkpoint import Header, Model, load_model

TINY = AsdnConfig(blocks=1, width=16, unshuffle=2)
RUN = TrainConfig(network="asdn", preset="tiny", steps=6, batch=2, patch=16, warmup=2)
SELDOM = Interval(report=3, validate=100)


@pytest.fixture
def trainer_in(pictures, tmp_path):
    """Make trainers that start alike; runs of one name share a folder."""
    files = picture_files(pictures)

    def make(name: str, config: TrainConfig = RUN) -> Trainer:
        torch.manual_seed(0)
        (tmp_path / name).mkdir(exist_ok=True)
        header = Header(network="asdn", config=TINY)
        return Trainer(
            Model(header=header, network=LocalAsdn(TINY)),
            config,
            corpus=Corpus(files=files, validation=(read_uint8(files[0]),)),
            out=tmp_path / name,
            group=ProcessGroup(torch.device("cpu")),
        )

    return make


def never(*_: object) -> None:
    pytest.fail("there was nothing to tell")


def test_every_step_ticks_and_a_report_has_the_mean_loss_since_the_last(trainer_in):
    ticks, reports = [], []
    trainer_in("run").run(reports.append, interval=SELDOM, tick=lambda *tick: ticks.append(tick))
    assert [step for step, _ in ticks] == [1, 2, 3, 4, 5, 6]
    losses = [loss for _, loss in ticks]
    assert [report.step for report in reports] == [3, 6]
    assert [report.loss for report in reports] == [fmean(losses[:3]), fmean(losses[3:])]
    assert [report.rate for report in reports] == [RUN.rate_at(2), RUN.rate_at(5)]


def test_the_end_of_a_run_is_validated_and_leaves_the_average(trainer_in):
    reports, trainer = [], trainer_in("run")
    trainer.run(reports.append, interval=SELDOM)
    assert [report.validation is not None for report in reports] == [False, True]
    assert trainer.state.best == reports[-1].validation.mean
    kept = load_model(trainer.out / "last.safetensors").network.state_dict()
    network, average = trainer.network.state_dict(), trainer.average.state_dict()
    assert all(torch.equal(value, average[name]) for name, value in kept.items())
    assert any(not torch.equal(value, network[name]) for name, value in kept.items())
    lines = (trainer.out / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["loss"] for line in lines] == [report.loss for report in reports]


def test_a_run_that_is_stopped_saves_what_it_has_and_tells_nothing(trainer_in):
    trainer, asked = trainer_in("run"), iter([False, False, True])
    trainer.run(never, interval=SELDOM, stop=lambda: next(asked))
    assert trainer.state.step == 2
    again = trainer_in("run")
    again.resume()
    assert again.state.step == 2
    saved = trainer.network.state_dict()
    assert all(torch.equal(v, saved[name]) for name, v in again.network.state_dict().items())


def test_a_run_saves_itself_after_its_interval(trainer_in):
    trainer, saved = trainer_in("run"), []

    def tick(step: int, _loss: float | None) -> None:
        saved.append((step, (trainer.out / "state.pt").exists()))

    trainer.run(lambda _: None, interval=Interval(report=100, validate=100, save=-1.0), tick=tick)
    assert saved[:3] == [(1, False), (2, True), (3, True)]


def test_a_state_that_is_beyond_the_end_of_a_run_is_refused(trainer_in):
    trainer_in("run").run(lambda _: None, interval=SELDOM)
    short = trainer_in("run", replace(RUN, steps=3))
    with pytest.raises(DataError, match="is at step 6 already"):
        short.resume()

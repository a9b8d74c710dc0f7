import json
from dataclasses import replace

import pytest
import torch
from PIL import Image

from srcli.errors import DataError, OutOfMemory, UnwritableFile, UsageError
from srcli.images.decode import read_uint8
from srcli.networks import panet
from srcli.networks.panet import RestorationConfig
from srcli.training.loop import Trainer
from srcli.training.process_group import ProcessGroup
from srcli.training.restore import LEVELS
from srcli.usecases.train import default_loaders, train
from srcli.weights.formats.checkpoint import Header, load_model, save_model

pytestmark = pytest.mark.usefixtures("tiny_preset")


@pytest.mark.parametrize("degradation", ["bicubic", "photo"])
def test_processes_that_prepare_ahead_change_nothing(request_for, degradation, final_state):
    found = []
    for loaders in (0, 2):
        request = request_for(f"{loaders}-processes", loaders=loaders, val_pictures=1)
        config = replace(request.config, degradation=degradation)
        train(replace(request, config=config), lambda _: None)
        found.append(final_state(request)["network"])
    assert all(torch.equal(value, found[1][key]) for key, value in found[0].items())


@pytest.mark.parametrize(
    ("kind", "cores", "count", "expected"),
    [
        ("cpu", 16, 1, 1),
        ("cuda", 16, 1, 8),
        ("cuda", 16, 4, 3),
        ("cuda", 2, 1, 1),
        ("cuda", None, 2, 1),
    ],
)
def test_a_gpu_has_more_processes_that_make_batches(monkeypatch, kind, cores, count, expected):
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    group = ProcessGroup(torch.device(kind))
    group.count = count
    assert default_loaders(group) == expected


def test_gradients_are_clipped_unless_told_not_to(request_for, final_state):
    found = []
    for clip in (0.0, 1e-12, 1e12):
        request = request_for(f"clip-{clip}", val_pictures=1)
        config = replace(request.config, optimizer="adam", clip=clip, steps=2)
        train(replace(request, config=config), lambda _: None)
        found.append(final_state(request)["optimizer"]["state"][0]["exp_avg"].abs().max())
    assert found[0] == found[2] > 1e9 * found[1]


def test_a_batch_that_cannot_be_shared_is_a_usage_error(request_for, monkeypatch):
    group = ProcessGroup(torch.device("cpu"))
    group.count = 3
    monkeypatch.setattr("srcli.usecases.train.join_process_group", lambda _: group)
    with pytest.raises(UsageError, match="A batch of 2 cannot be shared by 3 processes"):
        train(request_for("odd"), lambda _: None)


def test_time_that_is_up_ends_a_run_cleanly(request_for, final_state):
    request = request_for("short", max_minutes=0)
    path = train(request, lambda _: None)
    assert load_model(path).header.network == "asdn"
    assert final_state(request)["step"] == 0


def test_validation_keeps_the_best_and_writes_metrics(request_for, monkeypatch):
    monkeypatch.setattr("srcli.usecases.train.REPORT_EVERY", 2)
    reports = []
    request = request_for("validated", validate_every=4)
    path = train(request, reports.append)
    lines = [json.loads(x) for x in (request.out / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6] == [report.step for report in reports]
    assert [report.validation is not None for report in reports] == [False, True, True]
    assert set(reports[1].validation.psnr_y) == {2.0, 3.0, 4.0}
    assert path.name == "best.safetensors"


def test_spoilt_pictures_are_trained_and_judged_on(request_for, monkeypatch):
    monkeypatch.setattr("srcli.usecases.train.REPORT_EVERY", 6)
    clean, spoilt = request_for("clean"), request_for("spoilt")
    reports = []
    train(clean, reports.append)
    train(replace(spoilt, config=replace(spoilt.config, degradation="photo")), reports.append)
    means = [report.validation.mean for report in reports]
    assert means[1] < means[0] - 0.1
    assert reports[1].loss > reports[0].loss


def test_weights_that_have_nothing_in_common_are_refused(request_for, tmp_path):
    spec = panet.RESTORATION_SPEC
    config = RestorationConfig(blocks=2, channels=8, levels=1)
    header = Header(network=spec.name, config=config)
    save_model(tmp_path / "other.safetensors", spec.build(config).state_dict(), header)
    with pytest.raises(UsageError, match="nothing in common"):
        train(request_for("odd", init=tmp_path / "other.safetensors"), lambda _: None)


def test_a_validation_falls_due_between_reports_too(request_for):
    reports = []
    train(request_for("often", validate_every=4, val_pictures=1), reports.append)
    assert [report.step for report in reports] == [4, 6]
    assert all(report.validation is not None for report in reports)


def test_weights_can_be_taken_over_where_they_fit(request_for):
    first = train(request_for("first"), lambda _: None)
    second = request_for("second", init=first, max_minutes=1e-9)
    path = train(second, lambda _: None)
    before, after = load_model(first).network, load_model(path).network
    assert all(
        torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True)
    )


@pytest.mark.parametrize("degradation", ["jpeg", "noise"])
def test_restoration_is_learnt_and_judged_by_level(
    request_for, pictures, tmp_path, monkeypatch, degradation
):
    presets = {"tiny": RestorationConfig(blocks=2, channels=8, levels=1)}
    spec = replace(panet.RESTORATION_SPEC, presets=presets)
    monkeypatch.setattr("srcli.usecases.train.NETWORKS", {"panetir": spec})
    monkeypatch.setattr("srcli.usecases.train.REPORT_EVERY", 3)
    (tmp_path / "small").mkdir()
    Image.open(pictures / "a.png").crop((0, 0, 24, 24)).save(tmp_path / "small/a.png")
    request = request_for(degradation, val=tmp_path / "small", validate_every=3)
    config = replace(
        request.config, network="panetir", scale=1, recursive=0.0, warmup=1, degradation=degradation
    )
    reports = []
    path = train(replace(request, config=config), reports.append)
    assert set(reports[-1].validation.psnr_y) == set(LEVELS[degradation])
    assert reports[1].validation.mean > reports[0].validation.mean + 0.1
    assert load_model(path).network.traits.scale == 1


def test_the_loss_of_a_run_is_the_one_asked_for(request_for):
    losses = {}
    for name in ("l1", "l2"):
        request = request_for(name)
        config = replace(request.config, steps=1, recursive=0.0, loss=name)
        reports = []
        train(replace(request, config=config), reports.append)
        losses[name] = reports[-1].loss
    assert losses["l1"] ** 2 < losses["l2"] < losses["l1"] < 1


def test_a_picture_too_small_to_validate_on_is_named_before_the_first_step(request_for, tmp_path):
    (tmp_path / "small").mkdir()
    Image.new("RGB", (17, 60)).save(tmp_path / "small/strip.png")
    request = request_for("run", val=tmp_path / "small")
    with pytest.raises(DataError, match=r"strip\.png cannot be used for validation.*x3"):
        train(request, lambda _: None)
    assert not request.out.exists()


def test_a_patch_that_the_network_cannot_take_is_a_usage_error(request_for):
    request = request_for("run")
    with pytest.raises(UsageError) as caught:
        train(replace(request, config=replace(request.config, patch=33)), lambda _: None)
    assert "multiple of 2" in caught.value.hint
    assert not request.out.exists()


def test_a_folder_that_cannot_be_made_is_said(request_for, pictures):
    with pytest.raises(UnwritableFile, match="a file is where its folder should be"):
        train(request_for("run", out=pictures / "a.png"), lambda _: None)


def test_running_out_of_memory_is_said(request_for, monkeypatch):
    def fail(*_):
        message = "DefaultCPUAllocator: can't allocate memory"
        raise RuntimeError(message)

    monkeypatch.setattr(Trainer, "_step", fail)
    with pytest.raises(OutOfMemory, match="for a training step"):
        train(request_for("run"), lambda _: None)


@pytest.mark.parametrize(("wanted", "names"), [(1, ["a"]), (2, ["a", "b"]), (9, ["a", "b", "c"])])
def test_as_many_pictures_are_validated_on_as_were_asked_for(
    request_for, monkeypatch, wanted, names
):
    read = []
    monkeypatch.setattr(
        "srcli.usecases.train.read_uint8", lambda path: read.append(path.stem) or read_uint8(path)
    )
    train(request_for("run", val_pictures=wanted, max_minutes=0), lambda _: None)
    assert read == names

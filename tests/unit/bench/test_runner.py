import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.bench.baselines import bicubic
from srcli.bench.datasets import Dataset
from srcli.bench.records import Record, read_records
from srcli.bench.runner import Bench, Candidate, run_bench
from srcli.errors import OutOfMemory, UsageError
from srcli.metrics.protocol import ROUNDED_LUMA, reduce_for, score
from srcli.pixels.resize import resize_uint8

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"


@pytest.fixture
def bench(dataset: Dataset, candidate: Candidate, tmp_path: Path) -> Bench:
    store = tmp_path / "bench.jsonl"
    return Bench(datasets=[dataset], candidates=[candidate], scales=[2, 2.7], store=store)


def pictures(path: Path) -> torch.Tensor:
    with Image.open(path) as file:
        return torch.from_numpy(np.array(file)).permute(2, 0, 1)[None]


def test_a_record_holds_the_scores_of_the_protocol(bench: Bench, dataset: Dataset) -> None:
    record = run_bench(bench)[1]
    lr, hr = reduce_for(pictures(dataset.images[0]), 2.7)
    sr = resize_uint8(lr, (hr.shape[2], hr.shape[3])).float() / 255
    assert record.task.image == "a.png"
    assert record.task.scale == 2.7
    assert record.scores == score(sr, hr, 2.7)
    assert record.megapixels == hr.shape[2] * hr.shape[3] / 1e6
    assert record.seconds > 0


def test_the_model_sees_lr_the_size_of_the_cropped_hr_and_the_ratio(
    bench: Bench, calls: list[tuple[object, ...]]
) -> None:
    run_bench(bench)
    assert calls == [
        ((16, 20), (32, 40), 2.0),
        ((12, 15), (32, 40), 2.7),
        ((20, 18), (40, 36), 2.0),
        ((14, 13), (37, 35), 2.7),
    ]


def test_the_known_digits_of_bicubic_come_out() -> None:
    dataset = Dataset(name="one", images=(GOLDEN / "butterfly.png",))
    candidates = [Candidate(model="bicubic", upscale=bicubic)]
    (record,) = run_bench(Bench(datasets=[dataset], candidates=candidates, scales=[4]))
    assert record.scores.psnr_y == pytest.approx(22.0996, abs=1e-3)
    assert record.scores.ssim_y == pytest.approx(0.73746, abs=1e-5)


def test_a_bench_that_was_stopped_goes_on_where_it_was(
    bench: Bench, calls: list[tuple[object, ...]]
) -> None:
    seen = []

    def stop_after_three(record: Record) -> None:
        seen.append(record)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_bench(bench, on_record=stop_after_three)
    assert len(calls) == 3
    records = run_bench(bench)
    assert len(calls) == 4
    assert len(records) == 4
    assert records == read_records(bench.store)
    assert run_bench(bench) == records
    assert len(read_records(bench.store)) == 4


@pytest.mark.parametrize(
    "change", [{"sha256": "cd"}, {"device": "cuda"}, {"dtype": "bfloat16"}, {"options": "ensemble"}]
)
def test_records_of_other_conditions_do_not_count(
    bench: Bench, candidate: Candidate, calls: list[tuple[object, ...]], change: dict[str, str]
) -> None:
    run_bench(bench)
    run_bench(replace(bench, candidates=[replace(candidate, **change)]))
    assert len(calls) == 8


def test_records_of_another_protocol_or_version_do_not_count(
    bench: Bench, calls: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_bench(bench)
    run_bench(replace(bench, protocol=ROUNDED_LUMA))
    assert len(calls) == 8
    monkeypatch.setattr("srcli.bench.runner.__version__", "99")
    assert {record.task.conditions.tool_version for record in run_bench(bench)} == {"99"}
    assert len(calls) == 12


def test_a_picture_that_changed_is_measured_again(
    bench: Bench, calls: list[tuple[object, ...]], dataset: Dataset
) -> None:
    run_bench(bench)
    Image.new("RGB", (50, 50), (1, 2, 3)).save(dataset.images[1])
    records = run_bench(bench)
    assert records[2].scores.psnr_y == math.inf
    assert [record.megapixels for record in records] == [0.00128, 0.00128, 0.0025, 0.002304]
    assert len(calls) == 6


def test_a_broken_picture_is_a_record_and_the_next_one_is_measured(
    bench: Bench, dataset: Dataset
) -> None:
    whole = dataset.images[0].read_bytes()
    dataset.images[0].write_bytes(whole[:200])
    records = run_bench(bench)
    assert [bool(record.error) for record in records] == [True, True, False, False]
    assert "a.png" in records[0].error
    assert records[0].scores is None
    dataset.images[0].write_bytes(whole)
    assert not any(record.error for record in run_bench(bench))


def test_a_picture_that_vanished_is_a_record(bench: Bench, dataset: Dataset) -> None:
    dataset.images[1].unlink()
    assert "b.png" in run_bench(bench)[2].error


def test_a_picture_too_small_for_one_scale_is_measured_at_the_others(bench: Bench) -> None:
    records = run_bench(replace(bench, scales=[2, 16]))
    assert [bool(record.error) for record in records] == [False, True, False, True]


def test_running_out_of_memory_is_a_record_and_a_bug_is_not(
    bench: Bench, candidate: Candidate
) -> None:
    def fail(error: Exception) -> Bench:
        def upscale(*_: object) -> torch.Tensor:
            raise error

        return replace(bench, candidates=[candidate, Candidate(model="bad", upscale=upscale)])

    records = run_bench(fail(OutOfMemory("no room")))
    assert [record.error for record in records[:2]] == ["", "no room"]
    with pytest.raises(KeyError):
        run_bench(fail(KeyError("bug")))


def test_failures_are_tried_again(bench: Bench, candidate: Candidate) -> None:
    failing = replace(candidate, upscale=lambda *_: (_ for _ in ()).throw(OutOfMemory("no room")))
    assert all(record.error for record in run_bench(replace(bench, candidates=[failing])))
    assert not any(record.error for record in run_bench(bench))


def test_given_lr_pictures_are_used(
    bench: Bench, dataset: Dataset, tmp_path: Path, calls: list[tuple[object, ...]]
) -> None:
    lr_images = []
    for path in dataset.images:
        height, width = pictures(path).shape[2:]
        lr_images.append(tmp_path / f"lr-{path.name}")
        Image.new("RGB", (width // 2, height // 2), (9, 9, 9)).save(lr_images[-1])
    real = replace(dataset, lr_images=tuple(lr_images))
    records = run_bench(replace(bench, datasets=[real], scales=[2, 3]))
    assert records[0].scores.psnr_y < run_bench(bench)[0].scores.psnr_y
    assert "is 20x16 pixels, not 13x11" in records[1].error
    assert len(calls) == 4  # the flat LR pictures are not counted


def test_each_file_of_a_family_is_measured_at_its_own_scale(
    bench: Bench, candidate: Candidate
) -> None:
    family = [replace(candidate, sha256=f"x{scale}", scales=(scale,)) for scale in (2, 2.7)]
    records = run_bench(replace(bench, candidates=family))
    found = [(record.task.scale, record.task.conditions.model_sha256) for record in records]
    assert found == [(2, "x2"), (2.7, "x2.7")] * 2


def test_records_say_what_the_model_costs(bench: Bench, candidate: Candidate) -> None:
    layer = torch.nn.Conv2d(3, 1000, 1, bias=False)

    def upscale(lr: torch.Tensor, size: tuple[int, int], ratio: float) -> torch.Tensor:
        with torch.inference_mode():
            layer(lr)
        return bicubic(lr, size, ratio)

    records = run_bench(replace(bench, candidates=[replace(candidate, upscale=upscale)]))
    assert records[0].kmacs == pytest.approx(3 * 48 * 48 / 96**2)
    assert records[1].kmacs == pytest.approx(3 * 36 * 36 / 97**2)
    assert all(record.peak_memory > 50e6 for record in records)


def test_the_thread_count_is_left_as_it_was(bench: Bench) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run_bench(bench)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("scale", [0.5, math.nan, -2])
def test_a_scale_that_cannot_be_measured_is_refused_before_any_work(
    bench: Bench, calls: list[tuple[object, ...]], scale: float
) -> None:
    with pytest.raises(UsageError):
        run_bench(replace(bench, scales=[2, scale]))
    assert calls == []
    assert not bench.store.exists()

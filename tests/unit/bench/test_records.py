import json
import math
import os
from dataclasses import replace
from io import FileIO
from pathlib import Path

import pytest

from srcli.bench.records import (
    Conditions,
    Record,
    Task,
    append,
    appending,
    from_line,
    read_records,
    to_line,
)
from srcli.errors import DataError, DiskFull
from srcli.metrics.protocol import Scores

TASK = Task(
    dataset="Set5",
    image="bäby.png",
    image_sha256="12",
    scale=2.7,
    conditions=Conditions(
        model="bicubic",
        model_sha256="",
        options="",
        device="cpu",
        dtype="float32",
        protocol="published",
        tool_version="0.1.0",
    ),
)
GOOD = Record(
    task=TASK,
    scores=Scores(psnr_y=33.1234567890123, ssim_y=0.9, psnr_rgb=math.inf),
    seconds=0.25,
    megapixels=1.5,
)
BAD = Record(task=replace(TASK, image="b.png"), error="b.png is no picture")


@pytest.mark.parametrize("record", [GOOD, BAD])
def test_a_record_survives_its_line(record: Record) -> None:
    assert from_line(to_line(record)) == record


def test_a_line_is_strict_json_even_for_equal_pictures() -> None:
    def refuse(name: str) -> float:
        raise ValueError(name)

    assert json.loads(to_line(GOOD), parse_constant=refuse)["psnr_rgb"] == "inf"


def test_cut_lines_foreign_lines_and_other_schemas_are_passed_over(tmp_path: Path) -> None:
    store = tmp_path / "bench.jsonl"
    line = to_line(GOOD)
    other = json.dumps(json.loads(line) | {"schema": 99})
    store.write_text("\n".join([line[:40], "{}", "[1]", "null", "x", other, to_line(BAD)]))
    assert read_records(store) == (BAD,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("dataset", ["a"]), ("image", None), ("scale", "2"), ("model", {}), ("error", 0)),
        *(("seconds", math.inf), ("megapixels", True), ("parameters", 1.5), ("kmacs", "many")),
        *(("psnr_y", [1]), ("ssim_y", 10**400)),
    ],
)
def test_lines_with_values_of_another_type_are_passed_over(
    tmp_path: Path, name: str, value: object
) -> None:
    store = tmp_path / "bench.jsonl"
    odd = json.dumps(json.loads(to_line(GOOD)) | {name: value})
    store.write_text("\n".join([to_line(BAD), odd, "[" * 9000, to_line(GOOD)]))
    assert read_records(store) == (BAD, GOOD)


def test_a_cut_line_does_not_swallow_the_next_record(tmp_path: Path) -> None:
    store = tmp_path / "runs" / "bench.jsonl"
    with appending(store) as file:
        append(file, GOOD)
        file.write(to_line(BAD)[:30].encode())
    with appending(store) as file:
        append(file, BAD)
    assert read_records(store) == (GOOD, BAD)


def test_no_file_holds_no_records(tmp_path: Path) -> None:
    assert read_records(tmp_path / "none.jsonl") == ()


def test_a_folder_in_the_way_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_records(tmp_path)
    with pytest.raises(DataError, match="cannot be written"), appending(tmp_path):
        pass


@pytest.mark.parametrize("name", ["line\u2028break.png", "not\udcffutf8.png", "new\nline.png"])
def test_any_file_name_survives_the_file(tmp_path: Path, name: str) -> None:
    record = replace(GOOD, task=replace(TASK, image=name))
    with appending(tmp_path / "bench.jsonl") as file:
        append(file, record)
    assert read_records(tmp_path / "bench.jsonl") == (record,)


def test_a_full_disk_is_named() -> None:
    with FileIO("/dev/full", "a") as file, pytest.raises(DiskFull, match="/dev/full"):
        append(file, GOOD)


def test_another_refusal_of_the_system_is_not_mistaken_for_a_full_disk() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with FileIO(write_end, "w") as file, pytest.raises(BrokenPipeError):
        append(file, GOOD)

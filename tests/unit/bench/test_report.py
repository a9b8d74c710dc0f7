import csv
import io
import json
import math
from collections.abc import Callable

import pytest

from srcli.bench.records import Record
from srcli.bench.report import (
    Report,
    tables_of,
    to_csv,
    to_image_csv,
    to_json,
    to_latex,
    to_markdown,
)


def test_markdown_is_a_table_to_paste(records: tuple[Record, ...]) -> None:
    lines = to_markdown(Report(records=records)).splitlines()
    assert lines[2:7] == [
        "| Scale | Model | Set5 | Set14 |",
        "| --- | --- | --: | --: |",
        "| 2 | bicubic | 33.67 / 0.9123 | 30.32 / 0.9123 |",
        "| 2 | asdn-fast | **36.70 / 0.9123** | **32.40 / 0.9123** |",
        "| 4 | bicubic | 28.43 / 0.9123 | 26.09 / 0.9123 |",
    ]
    assert lines[-1] == "- asdn-fast · srcli 0.1.0 · cpu · float32 · sha256 abababababab"


def test_a_bar_in_a_name_does_not_break_the_markdown_table(
    make_record: Callable[..., Record],
) -> None:
    text = to_markdown(Report(records=(make_record("a|b", 2, "bicubic", 30.0),)))
    assert r"| Scale | Model | a\|b |" in text


def test_latex_has_rules_between_scales_and_escapes_names(
    make_record: Callable[..., Record],
) -> None:
    records = tuple(make_record("my_set", scale, "50%&{x}", 30.0) for scale in (2, 3))
    text = to_latex(Report(records=records))
    assert text.startswith(r"\documentclass[twocolumn]{article}")
    assert text.endswith("\\end{document}\n")
    first = text.split("\n\n")[1].splitlines()
    assert first[1:] == [
        r"\begin{table}",
        r"\centering",
        r"\caption{PSNR-Y in dB / SSIM-Y}",
        r"\begin{lrbox}{\srclitable}",
        r"\begin{tabular}{llr}",
        r"\toprule",
        r"Scale & Model & my\_set \\",
        r"\midrule",
        r"2 & 50\%\&\{x\} & 30.00 / 0.9123 \\",
        r"\midrule",
        r"3 & 50\%\&\{x\} & 30.00 / 0.9123 \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{lrbox}",
        r"\fitted",
        r"\end{table}",
    ]


def test_latex_prints_the_best_in_bold(records: tuple[Record, ...]) -> None:
    text = to_latex(Report(records=records))
    assert r"asdn-fast & \textbf{36.70 / 0.9123}" in text
    last = text.splitlines()[-3]
    assert last == "% asdn-fast · srcli 0.1.0 · cpu · float32 · sha256 abababababab"


def test_csv_holds_all_digits_and_conditions(records: tuple[Record, ...]) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(Report(records=records)))))
    assert len(lines) == 8
    assert lines[1]["model"] == "asdn-fast"
    assert lines[1]["ssim_y"] == "0.91234"
    assert lines[1]["model_sha256"] == "ab" * 32
    assert lines[1]["parameters"] == "416000"


def test_csv_holds_the_published_rows_when_asked_for(records: tuple[Record, ...]) -> None:
    lines = list(csv.DictReader(io.StringIO(to_csv(Report(records=records, published="all")))))
    found = {(one["dataset"], one["scale"], one["model"]): one for one in lines if one["source"]}
    light = found["Set5", "2", "SwinIR-light"]
    assert (light["psnr_y"], light["ssim_y"], light["parameters"]) == ("38.14", "0.9611", "878000")
    assert light["source"].startswith("SwinIR, arXiv 2108.10257")
    for name in ("CARN", "IMDN", "RLFN", "EDSR-baseline", "RDN", "RCAN"):
        assert int(found["Set5", "2", name]["parameters"]) > 500_000
    assert sum(not one["source"] for one in lines) == 8


def test_a_set_without_scores_has_empty_cells_in_csv(make_record: Callable[..., Record]) -> None:
    records = (make_record("Set5", 2, "bicubic", None),)
    (line,) = csv.DictReader(io.StringIO(to_csv(Report(records=records))))
    assert (line["psnr_y"], line["failed"]) == ("", "1")


def test_the_csv_of_images_has_a_line_for_every_record(
    make_record: Callable[..., Record],
) -> None:
    records = (make_record("Set5", 2, "bicubic", None), make_record("Set5", 2, "bicubic", 30.5))
    lines = list(csv.DictReader(io.StringIO(to_image_csv(Report(records=records)))))
    assert [line["psnr_y"] for line in lines] == ["", "30.5"]
    assert [line["error"] for line in lines] == ["a.png of bicubic is broken", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_csv_is_a_formula(make_record: Callable[..., Record], start: str) -> None:
    name = f"{start}HYPERLINK(A1)"
    report = Report(records=(make_record(name, 2, name, -1.5),))
    for written in (to_csv(report), to_image_csv(report)):
        (line,) = csv.DictReader(io.StringIO(written, newline=""))
        cell = "'" + name.replace("\r", " ")
        assert (line["dataset"], line["model"]) == (cell, cell)
        assert line["psnr_y"] == "-1.5"


def test_json_is_strict_and_names_protocol_and_conditions(
    make_record: Callable[..., Record],
) -> None:
    def refuse(name: str) -> float:
        raise ValueError(name)

    records = (
        make_record("Set5", 2, "asdn-fast", math.inf),
        make_record("Set5", 3, "asdn-fast", None),
    )
    content = json.loads(to_json(Report(records=records)), parse_constant=refuse)
    assert content["schema"] == 2
    assert content["protocol"]["name"] == "published"
    assert content["rows"][0]["scores"]["psnr_y"] == "inf"
    assert content["rows"][0]["conditions"]["tool_version"] == "0.1.0"
    assert content["rows"][1]["scores"] is None


def test_published_methods_are_shown_when_asked_for_and_where_there_are_any(
    records: tuple[Record, ...], make_record: Callable[..., Record]
) -> None:
    def captions(report: Report) -> list[str]:
        return [table.caption.split()[0] for table in tables_of(report)]

    assert captions(Report(records=records)) == ["PSNR-Y", "All"]
    assert captions(Report(records=records, published="all")) == ["PSNR-Y", "Published", "All"]
    mine = (make_record("mine", 2, "bicubic", 30.0),)
    assert captions(Report(records=mine, published="all")) == ["PSNR-Y", "All"]


def test_the_network_is_what_papers_are_compared_with(records: tuple[Record, ...]) -> None:
    assert "how much better asdn-fast is" in to_markdown(Report(records=records, published="all"))
    plain = tuple(record for record in records if not record.parameters)
    assert "how much better bicubic is" in to_markdown(Report(records=plain, published="all"))


def test_failures_are_told(make_record: Callable[..., Record]) -> None:
    text = to_markdown(Report(records=(make_record("Set5", 2, "bicubic", None),)))
    assert "a.png of bicubic is broken" in text

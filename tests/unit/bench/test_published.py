from decimal import Decimal

import pytest

from srcli.bench.datasets import SIZES
from srcli.bench.published import (
    published_for,
    published_kmacs,
    published_numbers,
    published_parameters,
)
from srcli.metrics.catalog import METRICS


def value(method: str, dataset: str, scale: float, metric: str = "psnr_y") -> list[Decimal]:
    found = published_for(dataset, scale, metric)
    return [number.value for number in found if number.method == method]


@pytest.mark.parametrize(
    ("method", "dataset", "scale", "expected"),
    [
        ("ASDN", "Set5", 2, "38.12"),
        ("FSDN", "Manga109", 8, "25.24"),
        ("ASDN", "BSD100", 1.1, "43.05"),
        ("ASDN", "BSD100", 32, "20.55"),
        ("CSNLN", "Urban100", 4, "27.22"),
        ("PA-EDSR", "Set14", 3, "30.71"),
        ("SAN", "Set5", 4, "32.64"),
        ("RDN-LIIF", "Manga109", 3, "34.21"),
        ("RDN-Thera Pro", "Urban100", 6, "24.70"),
        ("Meta-RDN", "BSD100", 3.8, "27.92"),
        ("ABPN", "Manga109", 16, "21.25"),
        ("DBDN", "Set14", 3, "30.63"),
    ],
)
def test_numbers_are_found_where_the_papers_print_them(
    method: str, dataset: str, scale: float, expected: str
) -> None:
    assert value(method, dataset, scale) == [Decimal(expected)]


def test_the_digits_that_were_printed_are_kept() -> None:
    assert [str(ssim) for ssim in value("EDSR", "Set5", 2, "ssim_y")] == ["0.960"]


READ_BY_HAND = {
    ("ASDN, arXiv 2010.02414v1, Table 1", "psnr_y"): (
        ("EDSR", "Set5", 2, "38.11"),
        ("VDSR", "Urban100", 4, "25.18"),
        ("RCAN", "Set14", 8, "25.23"),
    ),
    ("ASDN, arXiv 2010.02414v1, Table 1", "ssim_y"): (
        ("DBPN", "Manga109", 2, "0.978"),
        ("RDN", "BSD100", 3, "0.809"),
        ("FSDN", "Urban100", 8, "0.638"),
    ),
    ("ASDN, arXiv 2010.02414v1, Table 2", "psnr_y"): (
        ("ASDN", "BSD100", 1.5, "35.87"),
        ("RDN-Conv", "BSD100", 1.7, "33.99"),
        ("Bicubic", "BSD100", 32, "19.90"),
    ),
    ("ASDN, arXiv 2010.02414v1, Table 3", "psnr_y"): (
        ("EDSR-Conv, one pass", "Set5", 3, "34.45"),
        ("ASDN, two passes of the square root", "Set5", 2, "37.35"),
        ("VDSR-Conv, one pass", "Set5", 4, "31.56"),
    ),
    ("ASDN, arXiv 2010.02414v1, Table 4", "psnr_y"): (
        ("ASDN, passes 2 1.5", "Set5", 3, "34.48"),
        ("ASDN, passes 1.442 1.442 1.442", "Set5", 3, "33.18"),
        ("ASDN, passes 2 1.8 1.1", "Set5", 4, "32.24"),
    ),
    ("ASDN, arXiv 2010.02414v1, Table 5", "psnr_y"): (
        ("ASDN ablation, none", "Set5", 2, "37.92"),
        ("ASDN ablation, CA+SC", "Set5", 2, "37.99"),
        ("ASDN ablation, SC+SA+CA", "Set5", 2, "38.01"),
    ),
    ("ASDN, arXiv 2010.02414v1, Fig. 4, read off the curve to about 0.1 dB", "psnr_y"): (
        ("ASDN Fig. 4", "Set5", 5, "30.5"),
        ("ASDN Fig. 4", "Set5", 6, "28.9"),
        ("ASDN Fig. 4", "Set5", 7, "27.9"),
    ),
    (
        "CSNLN, github SHI-Labs/Cross-Scale-Non-Local-Attention, Figs/PSNR_SSIM.png (Table 1)",
        "psnr_y",
    ): (
        ("CSNLN", "Set14", 2, "34.12"),
        ("CSNLN", "BSD100", 3, "29.33"),
        ("CSNLN", "Manga109", 4, "31.43"),
    ),
    ("PANet, github SHI-Labs/Pyramid-Attention-Networks, Figs/PSNR_SR.png (Table 5)", "ssim_y"): (
        ("PA-EDSR", "Set5", 2, "0.9617"),
        ("PA-EDSR", "Urban100", 3, "0.8736"),
        ("PA-EDSR", "Manga109", 4, "0.9194"),
    ),
    ("SAN, as quoted alike by the CSNLN and PANet tables", "psnr_y"): (
        ("SAN", "Set14", 2, "34.07"),
        ("SAN", "Urban100", 3, "28.93"),
        ("SAN", "Manga109", 4, "31.18"),
    ),
    ("LIIF, arXiv 2012.09161, Table 2", "psnr_y"): (
        ("RDN-MetaSR", "Set5", 2, "38.22"),
        ("RDN-LIIF", "Urban100", 6, "24.20"),
        ("RDN-LIIF", "BSD100", 8, "24.91"),
    ),
    ("Thera, Tables 2 and 5 (quoting the methods it compares with)", "psnr_y"): (
        ("RDN-LTE", "Set5", 4, "32.61"),
        ("RDN-SRNO", "Manga109", 2, "39.52"),
        ("RDN-Thera Pro", "Set14", 8, "25.38"),
    ),
    ("Meta-SR, arXiv 1903.00875, Table 1", "psnr_y"): (
        ("Bicubic", "BSD100", 2.5, "28.13"),
        ("Meta-EDSR", "BSD100", 3.3, "28.63"),
        ("EDSR(x1), bicubic first", "BSD100", 1.1, "42.42"),
    ),
    ("a review list of arbitrary-scale methods, not checked in the paper itself", "psnr_y"): (
        ("ArbRCAN", "Set5", 4, "32.55"),
        ("ArbRCAN", "BSD100", 4, "27.76"),
        ("SwinIR-LTE", "Urban100", 4, "27.24"),
    ),
    ("SwinIR, arXiv 2108.10257, Table 3 (lightweight)", "psnr_y"): (
        ("CARN", "Urban100", 2, "31.92"),
        ("IMDN", "Set5", 3, "34.36"),
        ("SwinIR-light", "Manga109", 4, "30.92"),
    ),
    ("RLFN, arXiv 2205.07514, Table 1, read in a quotation", "psnr_y"): (
        ("RLFN", "Set5", 2, "38.07"),
        ("RLFN", "Set14", 4, "28.62"),
        ("RLFN", "Urban100", 4, "26.17"),
    ),
    ("EDSR-baseline, as quoted by SRTransGAN, github nbaghel777/SRTransGAN", "psnr_y"): (
        ("EDSR-baseline", "Set5", 2, "37.99"),
        ("EDSR-baseline", "BSD100", 4, "27.57"),
        ("EDSR-baseline", "Urban100", 4, "26.04"),
    ),
    ("ASSL, NeurIPS 2021, Table 2, read in a conversion of the paper to text", "psnr_y"): (
        ("SRCNN", "Set14", 2, "32.42"),
        ("DRRN", "Urban100", 3, "27.53"),
        ("MemNet", "Manga109", 4, "29.42"),
    ),
    ("ASSL, NeurIPS 2021, Table 2, read in a conversion of the paper to text", "ssim_y"): (
        ("FSRCNN", "Set5", 2, "0.9558"),
        ("CARN", "Manga109", 3, "0.9539"),
        ("LapSRN", "BSD100", 4, "0.7280"),
    ),
    ("Swin2SR, arXiv 2209.11345, Table 4, read in a conversion of the paper to text", "psnr_y"): (
        ("LatticeNet", "Set5", 2, "38.15"),
        ("LAPAR-A", "Urban100", 2, "32.10"),
        ("Swin2SR-s", "Manga109", 2, "39.32"),
    ),
    ("DBDN, the predecessor of ASDN by the same authors", "ssim_y"): (
        ("DBDN", "Set5", 2, "0.9617"),
        ("DBDN", "BSD100", 3, "0.8104"),
        ("DBDN", "Urban100", 4, "0.8050"),
    ),
    (
        "ABPN, arXiv 1910.04476, Table 3, read from the figure of its repository",
        "psnr_y",
    ): (
        ("ABPN", "Set5", 4, "32.69"),
        ("HBPN", "Urban100", 8, "23.04"),
        ("EDSR", "BSD100", 16, "22.62"),
    ),
}
"""Three cells of each published table, read once more by eye where the table is printed."""


@pytest.mark.parametrize("table", READ_BY_HAND, ids=lambda table: f"{table[0][:24]}-{table[1]}")
def test_three_cells_of_each_table_are_as_read_by_hand(table: tuple[str, str]) -> None:
    source, metric = table
    cells = {
        (one.method, one.dataset, one.scale): str(one.value)
        for one in published_numbers()
        if (one.source, one.metric) == (source, metric)
    }
    assert {cell[:3]: cell[3] for cell in READ_BY_HAND[table]}.items() <= cells.items()


def test_every_table_has_cells_that_were_read_by_hand() -> None:
    rgb = {number.source for number in published_numbers() if number.metric == "psnr_rgb"}
    assert {number.source for number in published_numbers()} == {one for one, _ in READ_BY_HAND}
    assert len(rgb) == 1


def test_parameters_and_multiply_adds_are_those_of_the_papers() -> None:
    assert published_parameters("SRCNN", 2) == 57
    assert published_parameters("LapSRN", 3) == 0
    assert published_kmacs("IMDN", 4) == pytest.approx(40.9e9 / (1280 * 720) / 1000)
    assert published_kmacs("RCAN", 2) == 0


def test_light_methods_are_bicubic_and_those_of_few_parameters() -> None:
    light = {number.method for number in published_for("Set5", 2, "psnr_y", "light")}
    assert {"Bicubic", "SRCNN", "VDSR", "CARN", "IMDN", "RLFN", "EDSR-baseline"} <= light
    assert not light & {"EDSR", "RDN", "RCAN", "SAN", "RDN-LIIF"}


def test_what_was_read_off_a_curve_is_in_no_table() -> None:
    read_off = [number for number in published_numbers() if number.read_off]
    assert len(read_off) == 7
    assert not set(read_off) & set(published_for("Set5", 2, "psnr_y"))


def test_a_copy_differs_from_what_is_printed() -> None:
    copied = [number for number in published_numbers() if number.copied is not None]
    assert len(copied) == 19
    assert all(number.copied != number.value for number in copied)
    assert all("a misprint" in number.note for number in copied)


def test_a_cell_without_a_number_is_no_number() -> None:
    assert value("Meta-RDN", "BSD100", 32) == []


def test_studies_are_on_record_but_not_among_the_comparisons() -> None:
    studies = [number for number in published_numbers() if number.study]
    assert {number.dataset for number in studies} == {"Set5"}
    assert not set(studies) & set(published_for("Set5", 3, "psnr_y"))


def test_an_odd_cell_says_so() -> None:
    odd = [number for number in published_numbers() if number.remark]
    assert ("Bicubic", "BSD100", 8.0, Decimal("23.97")) in {
        (number.method, number.dataset, number.scale, number.value) for number in odd
    }
    assert len(odd) == 7


def test_every_number_is_of_a_known_set_and_metric_and_in_its_range() -> None:
    for number in published_numbers():
        low, high = (0.4, 1) if number.metric == "ssim_y" else (18, 45)
        assert number.dataset in SIZES
        assert number.metric in METRICS
        assert number.source
        assert low < number.value < high


def test_no_source_gives_two_numbers_for_one_cell() -> None:
    cells = [
        (number.source, number.method, number.dataset, number.scale, number.metric)
        for number in published_numbers()
    ]
    assert len(cells) == len(set(cells))


def test_every_method_gets_worse_as_the_scale_grows() -> None:
    columns: dict[tuple[str, str, str, str], list[tuple[float, Decimal]]] = {}
    for number in published_numbers():
        if not number.study:
            key = (number.source, number.method, number.dataset, number.metric)
            columns.setdefault(key, []).append((number.scale, number.value))
    for column in columns.values():
        values = [value for _, value in sorted(column)]
        assert values == sorted(values, reverse=True)

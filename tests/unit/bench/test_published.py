from decimal import Decimal

import pytest

from srcli.bench.datasets import SIZES
from srcli.bench.published import published_for, published_numbers
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
    ],
)
def test_numbers_are_found_where_the_papers_print_them(
    method: str, dataset: str, scale: float, expected: str
) -> None:
    assert value(method, dataset, scale) == [Decimal(expected)]


def test_the_digits_that_were_printed_are_kept() -> None:
    assert [str(ssim) for ssim in value("EDSR", "Set5", 2, "ssim_y")] == ["0.960"]


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
    assert len(odd) == 4


def test_every_number_is_of_a_known_set_and_metric_and_in_its_range() -> None:
    for number in published_numbers():
        low, high = (0.5, 1) if number.metric == "ssim_y" else (19, 45)
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

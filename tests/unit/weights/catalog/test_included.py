from dataclasses import replace

import pytest

from srcli.errors import UnknownModel
from srcli.weights.catalog import included
from srcli.weights.catalog.included import family_members, find_card, read_catalog


@pytest.fixture
def family(monkeypatch):
    card = replace(read_catalog()[0], network="san", preset="light")
    cards = tuple(replace(card, id=f"san-light-x{s}", scale=s) for s in (4, 2, 3))
    monkeypatch.setattr(included, "read_catalog", lambda: cards)


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize(
    ("scale", "expected"),
    [(1.5, "x2"), (2.0, "x2"), (2.7, "x3"), (4.0, "x4"), (8.0, "x4")],
)
def test_a_family_gives_the_smallest_scale_that_reaches(scale, expected):
    assert find_card("san-light", scale).id == f"san-light-{expected}"


@pytest.mark.usefixtures("family")
def test_a_family_lists_its_members_by_scale():
    assert [card.id[-2:] for card in family_members("san-light")] == ["x2", "x3", "x4"]
    assert [card.scale for card in family_members("san-light-x3")] == [3]
    assert family_members("san") == ()


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize("model", ["san-light", "san-light-x5", "san-light-large"])
def test_what_a_family_has_is_said(model):
    with pytest.raises(UnknownModel) as caught:
        find_card(model)
    assert "san-light-x2, san-light-x3, san-light-x4" in caught.value.hint


def test_a_family_of_one_needs_no_scale(monkeypatch):
    card = replace(read_catalog()[0], id="panetir-jpeg", scale=1)
    sisters = (card, replace(card, id="panet-light-x2", scale=2))
    monkeypatch.setattr(included, "read_catalog", lambda: sisters)
    assert find_card("panetir-jpeg").scale == 1
    assert find_card("panet-light").scale == 2


@pytest.mark.usefixtures("family")
def test_an_id_is_never_replaced_by_another_scale():
    assert find_card("san-light-x2", 4.0).id == "san-light-x2"


def test_ids_are_unique():
    ids = [card.id for card in read_catalog()]
    assert len(ids) == len(set(ids))


def test_nothing_is_guessed():
    with pytest.raises(UnknownModel):
        find_card("san-l")

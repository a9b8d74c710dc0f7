"""What is known of the models that other people published."""

import re

import pytest

from srcli.weights.catalog.card import PERMISSIVE, PURPOSES, WeightCard
from srcli.weights.catalog.included import family_members, read_catalog
from srcli.weights.catalog.published import (
    all_sources,
    find_source,
    holds_several,
    read_community,
)
from srcli.weights.formats import spandrel_networks

with spandrel_networks._torchvision():
    from spandrel import MAIN_REGISTRY
COMMUNITY = pytest.mark.parametrize("source", read_community(), ids=lambda source: source.id)
LONGEST = 72
"""Characters of a sentence that still fits a terminal of 80 columns, with its indent."""


@COMMUNITY
def test_an_entry_says_all_that_a_user_must_know(source):
    assert source.purpose in PURPOSES
    assert source.licence in PERMISSIVE
    assert not source.is_restricted
    assert re.fullmatch(r"[0-9a-f]{64}", source.sha256)
    assert source.size > 0
    assert source.community
    assert source.good_for.endswith(".")
    assert len(source.good_for) <= LONGEST
    assert all(part in source.attribution for part in (source.author, source.licence))


@COMMUNITY
def test_spandrel_knows_the_architecture(source):
    known = {support.architecture.id.lower() for support in MAIN_REGISTRY.architectures()}
    assert source.network in known


@COMMUNITY
def test_the_file_is_in_one_place(source):
    assert bool(source.addresses) != bool(source.package)
    assert all(address.startswith("https://") for address in source.addresses)
    assert all(address.endswith(f"/{source.file}") for address in source.addresses)
    assert source.inside.endswith(f"/{source.file}" if source.package else "")


def test_there_are_models_for_every_purpose_in_their_order():
    purposes = list(dict.fromkeys(source.purpose for source in read_community()))
    assert purposes == list(PURPOSES)


def test_no_two_models_have_one_name_or_one_file():
    sources = all_sources()
    ids = [*(source.id for source in sources), *(card.id for card in read_catalog())]
    assert len(ids) == len(set(ids))
    files = [(source.sha256, source.scale) for source in sources if source.sha256]
    assert len(files) == len(set(files))


def test_a_file_of_several_scales_is_that_of_several_models():
    found = {one.id for one in all_sources() if holds_several(one)}
    assert {"carn-m-x2", "carn-m-x4", "liif-rdn-x3", "metasr-x2"} <= found
    assert not {"imdn-x2", "csnln-x2", "panet-x2", "edsr-x4"} & found


def test_no_family_of_others_hides_one_of_ours():
    assert not [source.id for source in all_sources() if family_members(source.family)]


def test_a_family_gives_the_member_that_reaches():
    found = [find_source("swinir-light", scale) for scale in (2, 2.7, 4)]
    assert [source and source.scale for source in found] == [2, 3, 4]


def test_a_licence_that_forbids_uses_is_restricted():
    named = {"id": "a", "network": "dat", "scale": 2, "file": "a.pth"}
    assert WeightCard(**named, licence="CC-BY-NC-SA-4.0").is_restricted
    assert not WeightCard(**named).is_restricted
    assert not WeightCard(**named).attribution

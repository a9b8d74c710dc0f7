import pytest
from starlette.datastructures import Headers

from srcli.serve.guard import Door

LOCAL = Door(page=("/",))
OPEN = Door(loopback=False, token="x" * 20, names=frozenset({"pictures.example"}), page=("/",))
OWN = {"host": "127.0.0.1:8000"}


def status(door, path="/jobs", method="POST", **headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    refused = door.refusal(path, method, Headers(given))
    return refused[0] if refused else 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "127.8.8.8", "localhost."]
)
def test_this_machine_is_known_by_its_names(host):
    assert status(LOCAL, host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1:8000",
        "[::1].evil.example",
        "",
        "2130706433",
        "0x7f.1",
    ],
)
def test_a_name_that_was_given_our_address_is_refused(host):
    assert status(LOCAL, host=host) == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"},
    ],
)
def test_requests_of_other_sites_are_refused(headers):
    assert status(LOCAL, **OWN, **headers) == 403
    assert status(LOCAL, method="GET", **OWN, **headers) == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:8000", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_our_page_and_programs_are_let_in(headers):
    assert status(LOCAL, **OWN, **headers) == 200


def test_a_link_to_the_page_may_be_followed():
    followed = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert status(LOCAL, path="/", method="GET", **OWN, **followed) == 200
    assert status(LOCAL, path="/", method="POST", **OWN, **followed) == 403


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("", 401),
        ("Bearer " + "y" * 20, 401),
        ("Bearer " + "x" * 19, 401),
        ("Bearer \u00e4", 401),
        ("Basic " + "x" * 20, 401),
        ("Bearer " + "x" * 20, 200),
        ("bearer " + "x" * 20, 200),
    ],
)
def test_the_token_opens_the_door(shown, expected):
    host = {"host": "192.168.1.5:8000"}
    assert status(OPEN, **host, authorization=shown) == expected
    assert status(OPEN, path="/", method="GET", **host, authorization=shown) == 200


def test_names_are_known_that_were_allowed():
    token = {"authorization": "Bearer " + "x" * 20}
    assert status(OPEN, host="Pictures.example:80", **token) == 200
    assert status(OPEN, host="other.example", **token) == 421

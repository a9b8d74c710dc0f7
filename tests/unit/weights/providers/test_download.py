import errno
import hashlib
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPResponse

import pytest

from srcli.errors import DiskFull, WeightsUnavailable
from srcli.weights.providers import web
from srcli.weights.providers.download import download

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Nothing is asked for again, unless a test says so."""
    monkeypatch.setattr(web, "WAITS", ())


@pytest.fixture
def answering():
    """Make a server that answers one request after the other, and hangs up after each."""
    servers = []

    def start(*answers: bytes | Callable[[bytes], bytes]) -> str:
        listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            for answer in answers:
                with suppress(OSError):
                    connection, _ = listening.accept()
                    with connection:
                        asked = connection.recv(65536)
                        connection.sendall(answer if isinstance(answer, bytes) else answer(asked))

        thread = threading.Thread(target=serve)
        thread.start()
        servers.append((listening, thread))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/file"

    yield start
    for listening, thread in servers:
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()


def ask(addresses, target, listen=lambda *_: None):
    download(addresses, target, size=len(CONTENT), sha256=SHA256, listen=listen)


def good(content=CONTENT):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(CONTENT), content)


def proper(asked):
    """Answer what is asked for, and nothing that begins behind the end."""
    found = re.search(rb"Range: bytes=(\d+)-", asked)
    begin = int(found[1]) if found else 0
    if not found:
        return good()
    if begin >= len(CONTENT):
        return b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n"
    return partial(begin)


def partial(begin):
    span = b"bytes %d-%d/%d" % (begin, len(CONTENT) - 1, len(CONTENT))
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\nContent-Range: %s\r\n\r\n"
    return head % (len(CONTENT) - begin, span) + CONTENT[begin:]


def refusal(*addresses, target):
    with pytest.raises(WeightsUnavailable) as caught:
        ask(addresses, target)
    return caught.value.message


def test_progress_is_told_to_the_last_byte(answering, tmp_path):
    heard = []
    ask([answering(good())], tmp_path / "file", lambda *news: heard.append(news))
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert heard[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_server_that_hangs_up_without_a_word_is_passed_over(answering, tmp_path):
    ask([answering(b""), answering(b"nonsense"), answering(good())], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_every_reason_is_told(answering, tmp_path):
    addresses = [answering(b""), answering(good(CONTENT[:70])), "ftp://nowhere/file"]
    with pytest.raises(WeightsUnavailable) as caught:
        ask(addresses, tmp_path / "file")
    message = caught.value.message
    assert message.startswith("file cannot be downloaded: ")
    assert "broke off: " in message
    assert f"broke off after 70 of {len(CONTENT)} bytes" in message
    assert "ftp://nowhere/file is not an address of the web" in message


def test_a_server_without_a_length_is_cut_at_the_size(answering, tmp_path):
    ask([answering(b"HTTP/1.0 200 OK\r\n\r\n" + CONTENT + b"and more")], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_that_is_whole_needs_no_server(tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    ask(["http://127.0.0.1:1/file"], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_begun_anew(answering, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT + b"and more")
    ask([answering(proper)], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_whole_file_is_gone_on_with(tmp_path):
    (tmp_path / "file").write_bytes(CONTENT)
    ask(["http://127.0.0.1:1/file"], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [10, len(CONTENT)])
def test_a_part_of_another_file_is_not_held_against_the_address(answering, tmp_path, length):
    (tmp_path / "file.part").write_bytes(b"x" * length)
    ask([answering(proper, proper)], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize("begin", [0, 5])
def test_a_server_that_gives_another_part_is_asked_for_the_whole(answering, tmp_path, begin):
    (tmp_path / "file.part").write_bytes(CONTENT[:10])
    ask([answering(partial(begin), proper)], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_another_file_is_refused_after_a_second_look_at_most(answering, tmp_path):
    other = good(CONTENT[::-1])
    (tmp_path / "file.part").write_bytes(CONTENT[:-1])
    message = refusal(answering(other, other), target=tmp_path / "file")
    assert message.endswith(f"has another file, whose sha256 is not {SHA256}.")
    assert list(tmp_path.iterdir()) == []


def test_a_page_of_no_stated_kind_and_length_spoils_nothing(answering, tmp_path):
    head = b"HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n"
    page = head + b"<!doctype html>warning"
    assert "gives a web page" in refusal(answering(page), target=tmp_path / "file")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file.part").write_bytes(CONTENT[:10])
    ask([answering(page), answering(partial(10))], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "address", ["http://[::1", "http://a..b/", "http://127.0.0.1:1/\xe9", "http://127.0.0.1:x/"]
)
def test_an_address_that_cannot_be_asked_is_passed_over(answering, tmp_path, address):
    redirect = f"HTTP/1.1 302 Found\r\nLocation: {address}\r\nContent-Length: 0\r\n\r\n"
    sent = answering(redirect.encode("latin-1"))
    message = refusal(address, sent, target=tmp_path / "file")
    assert f"{address} leads to no address that can be asked: " in message
    assert f"{sent} " in message
    ask([address, answering(good())], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_redirect_in_circles_is_told_in_one_line(answering, tmp_path):
    circle = b"HTTP/1.1 302 Found\r\nLocation: /file\r\nContent-Length: 0\r\n\r\n"
    message = refusal(answering(*[circle] * 20), target=tmp_path / "file")
    assert "answers 302 " in message
    assert "\n" not in message


def test_what_a_server_says_cannot_colour_the_terminal(answering, tmp_path):
    answer = b"HTTP/1.1 404 \x1b[31mred\r\nContent-Length: 0\r\n\r\n"
    assert refusal(answering(answer), target=tmp_path / "file").endswith("answers 404 [31mred.")


def test_a_password_is_not_printed(tmp_path):
    message = refusal("http://me:secret@127.0.0.1:1/file", target=tmp_path / "file")
    assert "http://127.0.0.1:1/file was given with the name of a user" in message
    assert "secret" not in message


def test_a_network_that_goes_away_is_not_taken_for_the_disk(answering, tmp_path, monkeypatch):
    read, failed = HTTPResponse.read, []

    def fail_once(response, amount):
        if not failed:
            failed.append(amount)
            raise OSError(errno.EHOSTUNREACH, "No route to host")
        return read(response, amount)

    monkeypatch.setattr(HTTPResponse, "read", fail_once)
    ask([answering(good()), answering(good())], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_full_disk_is_said(answering, tmp_path):
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="no room left"):
        ask([answering(good())], tmp_path / "file")


def test_a_place_that_cannot_be_written_is_said(answering, tmp_path):
    (tmp_path / "file.part").mkdir()
    with pytest.raises(WeightsUnavailable, match="cannot be written"):
        ask([answering(good())], tmp_path / "file")


BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


def test_a_server_that_is_busy_is_asked_again(answering, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "WAITS", (0, 0))
    ask([answering(BUSY, BUSY, good())], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_tries_that_bring_content_are_not_counted(answering, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "WAITS", ())
    monkeypatch.setattr("srcli.weights.providers.download.PROGRESS", 1000)
    third = len(CONTENT) // 3
    pieces = (good(CONTENT[:third]), partial(third)[: -third - 1], partial(2 * third))
    ask([answering(*pieces)], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_that_refuses_for_good_is_asked_once(answering, tmp_path, monkeypatch):
    monkeypatch.setattr(web, "WAITS", (0, 0))
    gone = b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"
    assert "answers 404" in refusal(answering(gone, good()), target=tmp_path / "file")


def test_an_answer_that_never_begins_is_given_up(tmp_path, monkeypatch):
    """Each of its lines comes at once, and none of them is the last."""
    monkeypatch.setattr(web, "LONGEST_HEAD", 0.1)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            while True:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/file"
    message = refusal(address, target=tmp_path / "file")
    thread.join()
    listening.close()
    assert message.endswith("broke off: the answer takes too long.")


@pytest.mark.parametrize("name", ["7", "0", "-3", "nonsense", "nan", "1e400", "", "\ud800"])
def test_a_wait_is_a_number_of_seconds(name):
    assert web._wait(name) == {"7": 7.0}.get(name, 0.0)


def test_a_redirect_keeps_to_https():
    assert web._target("https://a/b", "c") == "https://a/c"
    with pytest.raises(web.Refusal, match="not secure"):
        web._target("https://a/b", "http://a/b")


def test_a_disk_with_too_little_room_is_not_filled(answering, tmp_path):
    with pytest.raises(DiskFull, match="no room left"):
        download(
            [answering(b"HTTP/1.1 200 OK\r\n\r\n")], tmp_path / "f", size=1 << 60, sha256=SHA256
        )
    assert list(tmp_path.iterdir()) == []

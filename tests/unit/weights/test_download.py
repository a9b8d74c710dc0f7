import hashlib
import socket
import threading

import pytest

from srcli.errors import DiskFull, WeightsUnavailable
from srcli.weights.download import download

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def answering():
    """Make a server that sends these bytes to whoever asks, and hangs up."""
    servers = []

    def start(answer: bytes) -> str:
        listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        servers.append((listening, thread))
        return f"http://127.0.0.1:{listening.getsockname()[1]}/file"

    yield start
    for listening, thread in servers:
        thread.join()
        listening.close()


def ask(addresses, target, listen=lambda *_: None):
    download(addresses, target, size=len(CONTENT), sha256=SHA256, listen=listen)


def good(content=CONTENT):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(CONTENT), content)


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
    ask([answering(good())], tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_full_disk_is_said(answering, tmp_path):
    (tmp_path / "file.part").symlink_to("/dev/full")
    with pytest.raises(DiskFull, match="no room left"):
        ask([answering(good())], tmp_path / "file")


def test_a_place_that_cannot_be_written_is_said(answering, tmp_path):
    (tmp_path / "file.part").mkdir()
    with pytest.raises(WeightsUnavailable, match="cannot be written"):
        ask([answering(good())], tmp_path / "file")

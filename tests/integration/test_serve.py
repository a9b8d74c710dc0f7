"""``srcli serve`` as programs use it."""

import io
import json
import os
import signal
import socket
import subprocess
import threading
import time
import webbrowser
import zipfile

import httpx2
import pytest
from PIL import Image

from srcli.errors import UsageError
from srcli.pipeline.run import Pipeline
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.server import ServeRequest, _address, _token, serve
from srcli.usecases.library import Upscaler
from tests.serving import server

LIST = "a-list-of-the-tests"
ENDED = ("done", "failed")


@pytest.fixture
def client():
    with server() as address, httpx2.Client(base_url=address, timeout=120) as client:
        yield client


def connected(address) -> socket.socket:
    where = httpx2.URL(address)
    return socket.create_connection((where.host, where.port), timeout=60)


def ended(client, job) -> dict:
    """Follow the events of a job to its end."""
    told = {}
    with client.stream("GET", f"/jobs/{job['id']}/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: {"):
                told = json.loads(line[6:])
    assert told["state"] in ENDED
    return told


def hand_in(client, content, **query) -> dict:
    answer = client.post("/jobs", params=query, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_picture_is_enlarged_as_by_the_pipeline(client, photo):
    content = photo.read_bytes()
    job = hand_in(client, content, name="../photo.png", scale="1.5")
    told = ended(client, job)
    assert told["progress"] == 1.0
    assert told["result"]["name"] == "photo_x1.5.png"
    assert told["picture"]["advice"] == told["result"]["how"]
    result = client.get(f"/jobs/{job['id']}/result")
    assert result.content == Upscaler(device="cpu")(content, 1.5)
    assert result.headers["content-disposition"] == "attachment; filename*=UTF-8''photo_x1.5.png"
    assert result.headers["content-type"] == "image/png"
    assert client.get(f"/jobs/{job['id']}/before").content == content
    assert client.get(f"/jobs/{job['id']}/after").content == result.content


def test_a_held_picture_waits_until_it_is_started_and_may_be_made_anew(client, photo):
    job = hand_in(client, photo.read_bytes(), hold="true", list=LIST)
    assert (job["state"], job["model"], job["scale"]) == ("held", "", "")
    for scale, size in (("3", (69, 93)), ("2x1", (46, 31))):
        start = f"/jobs/{job['id']}/start"
        assert client.post(start, params={"scale": scale, "model": "bicubic"}).status_code == 200
        assert ended(client, job)["state"] == "done"
        content = client.get(f"/jobs/{job['id']}/result").content
        assert Image.open(io.BytesIO(content)).size == size


def test_lists_are_seen_by_those_who_know_them(client, photo):
    jobs = [
        hand_in(client, photo.read_bytes(), list=LIST, name=name, model="bicubic")
        for name in ("a.png", "b.png")
    ]
    other = hand_in(client, photo.read_bytes(), model="bicubic")
    for job in (*jobs, other):
        ended(client, job)
    listed = client.get("/jobs", params={"list": LIST}).json()["jobs"]
    assert [job["name"] for job in listed] == ["a.png", "b.png"]
    assert client.get("/jobs").json() == {"jobs": []}
    assert client.get(f"/jobs/{other['id']}").json()["state"] == "done"
    zipped = zipfile.ZipFile(io.BytesIO(client.get("/results", params={"list": LIST}).content))
    assert zipped.namelist() == ["a_x2.png", "b_x2.png"]
    assert client.delete(f"/jobs/{jobs[0]['id']}").status_code == 204
    assert client.get(f"/jobs/{jobs[0]['id']}").status_code == 404
    assert len(client.get("/jobs", params={"list": LIST}).json()["jobs"]) == 1


def test_a_list_is_started_and_removed_at_once(client, photo):
    jobs = [hand_in(client, photo.read_bytes(), list=LIST, hold="true") for _ in range(2)]
    start = {"list": LIST, "model": "bicubic", "scale": "1000"}
    assert client.post("/start", params=start).status_code == 400
    held = client.get("/jobs", params={"list": LIST}).json()["jobs"]
    assert [job["state"] for job in held] == ["held", "held"]
    assert client.post("/start", params=start | {"scale": "2"}).status_code == 200
    assert [ended(client, job)["state"] for job in jobs] == ["done", "done"]
    assert client.delete("/jobs", params={"list": LIST}).status_code == 204
    assert client.get("/jobs", params={"list": LIST}).json() == {"jobs": []}


def test_a_job_goes_on_when_its_client_is_gone(client, photo):
    job = hand_in(client, photo.read_bytes(), model="bicubic")
    with httpx2.Client(base_url=client.base_url) as other:
        assert ended(other, job)["state"] == "done"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"scale": "x"}, "'x' is not a scale"),
        ({"scale": "1e400"}, "must lie above 0"),
        ({"width": "0"}, "at least 1 pixel"),
        ({"width": "wide"}, "The value of width cannot be used"),
        ({"scale": "2", "width": "9"}, "Ask for one size"),
        ({"scale": "1000"}, "larger than the 400 megapixels"),
        ({"format": "exe"}, "no format with its suffix"),
        ({"format": "../x"}, "The value of format cannot be used"),
        ({"quality": "101"}, "The value of quality cannot be used"),
        ({"list": "short"}, "The value of list cannot be used"),
    ],
)
def test_what_makes_no_sense_is_refused(client, photo, query, message):
    answer = client.post("/jobs", params=query, content=photo.read_bytes())
    assert answer.status_code in {400, 404}
    failure = answer.json()
    assert message in failure["message"]
    assert failure["message"].endswith(".")
    assert failure.keys() == {"error", "message", "hint"}


def test_a_model_is_one_that_is_offered(client, photo):
    answer = client.post("/jobs", params={"model": "../x"}, content=photo.read_bytes())
    assert (answer.status_code, answer.json()["error"]) == (404, "UnknownModel")
    offered = [model["id"] for model in client.get("/about").json()["models"]]
    assert {"auto", "asdn-fast", "bicubic"} <= {*offered}


def test_a_failure_is_told(client):
    file = io.BytesIO()
    Image.new("RGBA", (9, 9), (1, 2, 3, 4)).save(file, "PNG")
    job = hand_in(client, file.getvalue(), name="glass.png", model="bicubic", format="jpg")
    told = ended(client, job)
    assert told["state"] == "failed"
    assert "glass.png" in told["failure"]["message"]
    assert "--" not in told["failure"]["hint"]
    assert client.get(f"/jobs/{job['id']}/result").status_code == 404


def test_the_interface_describes_itself(client):
    described = client.get("/openapi.json").json()
    paths = {path: set(methods) for path, methods in described["paths"].items()}
    assert paths["/jobs"] == {"post", "get", "delete"}
    assert paths["/jobs/{job_id}"] == {"get", "delete"}
    assert {"/jobs/{job_id}/events", "/jobs/{job_id}/result", "/events", "/about"} <= paths.keys()
    body = described["paths"]["/jobs"]["post"]["requestBody"]["content"]
    assert "application/octet-stream" in body
    assert "noise" in described["components"]["schemas"]["Description"]["properties"]


def test_every_answer_has_a_strict_policy(client):
    for path in ("/", "/page.js", "/jobs/none", "/nowhere"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert "access-control-allow-origin" not in headers


def test_no_other_file_is_served(client):
    for path in ("/../pyproject.toml", "/page/index.html", "/%2e%2e/web.py", "/docs", "/static/"):
        assert client.get(path).status_code == 404
    with socket.create_connection((client.base_url.host, client.base_url.port)) as line:
        line.sendall(b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"404" in line.recv(100)


def test_a_page_of_another_site_can_do_nothing(client, photo):
    for headers, status in (
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
    ):
        answer = client.post("/jobs", content=photo.read_bytes(), headers=headers)
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers


def test_where_a_token_is_needed_only_the_page_is_seen_without(tmp_path):
    (tmp_path / "token").write_text("a" * 40)
    with server(token_file=tmp_path / "token") as address:
        page, _, token = address.partition("#token=")
        with httpx2.Client(base_url=page) as client:
            assert client.get("/").status_code == 200
            for path in ("/about", "/jobs", "/events", "/openapi.json", "/nowhere"):
                refused = client.get(path)
                assert refused.status_code == 401
                assert refused.headers["www-authenticate"] == "Bearer"
            shown = {"Authorization": f"Bearer {token}"}
            assert client.get("/about", headers=shown).status_code == 200


def test_beyond_this_machine_a_token_is_made_up():
    assert _token(None, needed=False) == ""
    made = {_token(None, needed=True) for _ in range(9)}
    assert len(made) == 9
    assert min(map(len, made)) >= 32
    everywhere, six = ("::", 80, 0, 0), ("::1", 80, 0, 0)
    assert _address("::", everywhere, "x") == f"http://{socket.gethostname()}:80/#token=x"
    assert _address("::1", six, "") == "http://[::1]:80/"


def test_a_token_may_be_ones_own(tmp_path):
    (tmp_path / "token").write_text("a" * 40 + "\n")
    with server(token_file=tmp_path / "token") as address:
        assert address.endswith("/#token=" + "a" * 40)
    for content in ("short", "two words that are long", "\u00e4" * 20):
        (tmp_path / "token").write_text(content, encoding="utf-8")
        with pytest.raises(UsageError):
            serve(ServeRequest(port=0, token_file=tmp_path / "token"), print)


def test_an_address_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1, port {port}, cannot be used"):
            serve(ServeRequest(port=port), print)
    with pytest.raises(UsageError, match=r"nowhere\.invalid"):
        serve(ServeRequest(host="nowhere.invalid"), print)


def test_the_queue_has_an_end(photo):
    with server(Limits(jobs=1)) as address, httpx2.Client(base_url=address) as client:
        hand_in(client, photo.read_bytes(), hold="true")
        answer = client.post("/jobs", content=photo.read_bytes())
        assert answer.status_code == 503
        assert "The queue is full: it holds 1 pictures." in answer.json()["message"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /jobs?scale=x HTTP/1.1\r\nHost: localhost", 400),
        ("POST /jobs HTTP/1.1\r\nHost: localhost", 503),
        ("POST /jobs HTTP/1.1\r\nHost: evil.example", 421),
        ("POST /jobs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example", 403),
        ("POST /nowhere HTTP/1.1\r\nHost: localhost", 404),
        ("PUT /jobs HTTP/1.1\r\nHost: localhost", 405),
    ],
)
def test_a_refused_picture_is_read_before_the_answer(head, status):
    """A sender that looks for the answer last would see a reset instead of it."""
    size = 3_000_000  # more than the system's buffers of a connection hold
    with server(Limits(jobs=0)) as address, connected(address) as line:
        line.sendall(f"{head}\r\nContent-Length: {size}\r\n\r\n".encode())
        for _ in range(30):
            line.sendall(bytes(size // 30))
            time.sleep(0.01)
        assert f"HTTP/1.1 {status} ".encode() in line.recv(100)


def test_a_refused_picture_is_not_read_without_end():
    head = b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200000\r\n\r\n"
    limits = Limits(file_bytes=100_000, idle_seconds=0.5)
    with server(limits) as address, connected(address) as line:
        line.sendall(head + bytes(1000))
        assert b"HTTP/1.1 413 " in line.recv(100)


def test_streams_have_an_end():
    with server(Limits(streams=0)) as address, httpx2.Client(base_url=address) as client:
        assert client.get("/events").status_code == 503


def test_a_heavy_job_does_not_keep_a_small_one_waiting(client, photo, monkeypatch):
    make, small_is_done = Maker.make, threading.Event()

    def hold_heavy(maker, content, wanted, **named):
        assert wanted.model == "bicubic" or small_is_done.wait(60)
        return make(maker, content, wanted, **named)

    monkeypatch.setattr(Maker, "make", hold_heavy)
    monkeypatch.setattr("srcli.serve.job.SMALL_WORK", 1e8)
    heavy = hand_in(client, photo.read_bytes(), model="asdn-fast", scale="16")
    small = hand_in(client, photo.read_bytes(), model="bicubic")
    assert ended(client, small)["state"] == "done"
    assert client.get(f"/jobs/{heavy['id']}").json()["state"] in {"waiting", "running"}
    small_is_done.set()
    assert client.delete(f"/jobs/{heavy['id']}").status_code == 204


def test_the_command_prints_the_address_and_stops_on_a_signal(python, photo, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    command = [python, "-m", "srcli", "serve", "--port", "0", "--device", "cpu"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    address = process.stdout.readline().strip()
    with httpx2.Client(base_url=address, timeout=60) as client:
        hand_in(client, photo.read_bytes(), hold="true")
        time.sleep(0.1)
        with client.stream("GET", "/events", params={"list": LIST}) as answer:
            next(answer.iter_lines())
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 130
    process.stdout.close()
    assert [path for path in tmp_path.iterdir() if path != photo] == []


def test_the_page_is_opened_on_request(srcli, monkeypatch):
    opened = []

    def note(address: str) -> None:
        opened.append(address)
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    monkeypatch.setattr(webbrowser, "open", note)
    done = srcli("serve", "--port", "0", "--device", "cpu", "--open")
    assert done.returncode == 130
    assert opened == [done.stdout.strip()]
    assert done.stderr.startswith("Press Ctrl-C to stop.")


def test_a_bug_fails_one_job_alone(client, photo, monkeypatch, caplog):
    def fail(*_: object, **__: object) -> None:
        message = "a secret"
        raise RuntimeError(message)

    with monkeypatch.context() as patch:
        patch.setattr(Pipeline, "make", fail)
        told = ended(client, hand_in(client, photo.read_bytes(), model="bicubic"))
    assert told["failure"]["message"] == "picture cannot be made larger, because of a bug in srcli."
    assert "secret" not in json.dumps(told)
    assert "a secret" in caplog.text
    again = ended(client, hand_in(client, photo.read_bytes(), model="bicubic"))
    assert again["state"] == "done"

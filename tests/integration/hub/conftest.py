"""A hub on loopback that speaks to the real client, and can be made to misbehave."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, shipped_folder
from srcli.weights.providers import web

REPO = "someone/models"
PAGE = b"<!DOCTYPE html><html><body>Please sign in.</body></html>"
RESOLVE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    range: str
    token: str = ""


@dataclass(slots=True, kw_only=True)
class Hub:
    """What the server has, how it behaves, and what it was asked.

    ``commits`` are the files of each revision of ``REPO``; ``plain`` are files by path, outside
    any repository. ``cuts`` downloads break off half-way, and after them ``refusals`` are
    answered with ``status``; ``head_refusals`` are those of questions. ``lies`` replace headers.
    ``moved`` are redirects by path. Answers of a status in ``endless`` have a body without end,
    of which ``sent`` counts the bytes. ``stalls`` downloads stop half-way until they are
    ``released``. ``created``, ``pages`` and ``stored`` are what was published.
    """

    address: str
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    plain: dict[str, bytes] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    created: list[dict[str, object]] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)
    token: str = ""
    cuts: int = 0
    refusals: int = 0
    head_refusals: int = 0
    status: int = 503
    retry_after: str = ""
    lies: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    endless: set[int] = field(default_factory=set)
    sent: int = 0
    stalls: int = 0
    stalled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    only_pages: bool = False
    seen: list[Seen] = field(default_factory=list)

    def commit(self, files: dict[str, bytes]) -> str:
        """Add files to the main branch, and return the commit."""
        before = self.commits.get(self.refs.get("main", ""), {})
        name = hashlib.sha1(repr((len(self.commits), sorted(files))).encode()).hexdigest()  # noqa: S324 - a name
        self.commits[name] = {**before, **files}
        self.refs["main"] = name
        return name

    def read_commit(self, body: bytes) -> dict[str, bytes]:
        """Return the files of a commit that was sent, as a line each."""
        files = {}
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.stored[value["oid"]]
                assert hashlib.sha256(content).hexdigest() == value["oid"]
                files[value["path"]] = content
        return files

    def downloads(self) -> list[Seen]:
        """Return the requests for content."""
        return [s for s in self.seen if s.method == "GET" and not s.path.startswith("/api/")]


def upload_mode(file: dict[str, str]) -> dict[str, object]:
    """Say that weights are sent as large files, and pages in the commit itself."""
    mode = "lfs" if file["path"].endswith(".safetensors") else "regular"
    return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.note()
        if self.hub.only_pages:
            self.reply(200, PAGE, {"Content-Type": "text/html"})
        elif path in self.hub.moved:
            self.reply(302, b"", {"Location": self.hub.moved[path]})
        elif path in self.hub.plain:
            self.send_content(self.hub.plain[path], {})
        elif found := RESOLVE.fullmatch(path):
            self.resolve(**found.groupdict())
        else:
            self.reply(404, b"", {})

    def do_PUT(self) -> None:
        self.note()
        self.hub.stored[self.path.rpartition("/")[2]] = self.body()
        self.reply(200, b"", {})

    def do_POST(self) -> None:
        self.note()
        if not self.is_welcome():
            return
        repo = f"{self.hub.address}/{REPO}"
        if self.path == "/api/repos/create":
            self.hub.created.append(json.loads(self.body()))
            self.reply_json({"url": repo})
        elif self.path == "/api/validate-yaml":
            self.hub.pages.append(json.loads(self.body())["content"])
            self.reply_json({})
        elif self.path == f"/api/models/{REPO}/preupload/main":
            self.reply_json({"files": [upload_mode(f) for f in json.loads(self.body())["files"]]})
        elif self.path == f"/{REPO}.git/info/lfs/objects/batch":
            objects = json.loads(self.body())["objects"]
            self.reply_json({"transfer": "basic", "objects": [*map(self.place, objects)]})
        elif self.path == f"/api/models/{REPO}/commit/main":
            commit = self.hub.commit(self.hub.read_commit(self.body()))
            self.reply_json({"commitUrl": f"{repo}/commit/{commit}", "commitOid": commit})
        else:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})

    def place(self, stored: dict[str, object]) -> dict[str, object]:
        """Say where a large file is to be sent."""
        return {**stored, "actions": {"upload": {"href": f"{self.hub.address}/{stored['oid']}"}}}

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def note(self) -> None:
        seen = Seen(
            method=self.command,
            path=self.path,
            range=self.headers.get("Range", ""),
            token=self.headers.get("Authorization", ""),
        )
        self.hub.seen.append(seen)

    def is_welcome(self) -> bool:
        """Tell whether the token is right, and answer as the hub does if it is not."""
        given = self.headers.get("Authorization", "")
        if not self.hub.token or given == f"Bearer {self.hub.token}":
            return True
        self.reply(401, b"", {"X-Error-Message": "Invalid username or password."})
        return False

    def resolve(self, repo: str, revision: str, file: str) -> None:
        if not self.is_welcome():
            return
        commit = self.hub.refs.get(revision, revision)
        if repo != REPO:
            self.reply(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif commit not in self.hub.commits:
            self.reply(404, b"", {"X-Error-Code": "RevisionNotFound"})
        elif file not in self.hub.commits[commit]:
            headers = {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}
            self.reply(404, b"", headers)
        else:
            content = self.hub.commits[commit][file]
            headers = {
                "X-Repo-Commit": commit,
                "X-Linked-Etag": f'"{hashlib.sha256(content).hexdigest()}"',
                "X-Linked-Size": str(len(content)),
            }
            self.send_content(self.hub.replaced.get(file, content), headers)

    def send_content(self, content: bytes, headers: dict[str, str]) -> None:
        begin = 0
        if asked := self.headers.get("Range"):
            begin = int(asked.removeprefix("bytes=").partition("-")[0])
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        if self.command == "HEAD" and self.hub.head_refusals:
            self.hub.head_refusals -= 1
            self.refuse()
        elif self.command == "GET" and self.hub.stalls:
            self.hub.stalls -= 1
            self.reply(206 if begin else 200, content[begin:], headers, send=len(content) // 2)
            self.hub.stalled.set()
            self.hub.released.wait()
            self.close_connection = True
        elif self.command == "GET" and self.hub.cuts:
            self.hub.cuts -= 1
            self.reply(206 if begin else 200, content[begin:], headers, send=len(content) // 2)
            self.close_connection = True
        elif self.command == "GET" and self.hub.refusals:
            self.hub.refusals -= 1
            self.refuse()
        else:
            self.reply(206 if begin else 200, content[begin:], headers)

    def refuse(self) -> None:
        wait = {"Retry-After": self.hub.retry_after} if self.hub.retry_after else {}
        self.reply(self.hub.status, b"", wait)

    def pour(self) -> None:
        """Send a body until the other side hangs up."""
        self.close_connection = True
        with suppress(ConnectionError):
            while True:
                self.wfile.write(bytes(1 << 16))
                self.hub.sent += 1 << 16

    def reply(
        self, status: int, content: bytes, headers: dict[str, str], *, send: int | None = None
    ) -> None:
        self.send_response(status)
        told = {"Content-Length": str(len(content)), **headers, **self.hub.lies}
        if status in self.hub.endless:
            del told["Content-Length"]
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        if status in self.hub.endless:
            self.pour()
        elif self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(content[:send])

    def reply_json(self, answer: object, status: int = 200) -> None:
        self.reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Iterator[Hub]:
    """A hub that the client of this process, and of those that it starts, takes for the hub."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {}))
    server.daemon_threads = False
    address = f"http://127.0.0.1:{server.server_port}"
    server.RequestHandlerClass.hub = Hub(address=address)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    cache = tmp_path / "hf/hub"
    monkeypatch.setattr(web, "WAITS", (0, 0, 0))
    for name, value in {
        "HF_ENDPOINT": address,
        "HF_HOME": tmp_path / "hf",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_XET": "1",
        "SRCLI_CACHE_DIR": tmp_path / "srcli",
        "SRCLI_MIRROR": address,
    }.items():
        monkeypatch.setenv(name, str(value))
    for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "SRCLI_OFFLINE", "SRCLI_HUB_REPO"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "hf/token"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    registry = str(tmp_path / "hf/registry.json")  # newer clients look it up once a day
    monkeypatch.setattr(constants, "AGENT_HARNESSES_PATH", registry, raising=False)
    yield server.RequestHandlerClass.hub
    server.RequestHandlerClass.hub.released.set()
    close_session()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def weights() -> bytes:
    """The content of the default model's file."""
    return (shipped_folder() / find_card(DEFAULT_MODEL).file).read_bytes()


@pytest.fixture
def cache(tmp_path) -> Path:
    """The hub's cache, as the client finds it."""
    return tmp_path / "hf/hub"

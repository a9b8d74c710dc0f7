"""The page and the jobs behind it, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote

import anyio
from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse

from srcli import __version__
from srcli.errors import (
    DiskFull,
    ImageError,
    ResourceError,
    SrcliError,
    UnknownName,
    UnreadableImage,
    UnwritableFile,
    sentence,
)
from srcli.images.formats import FORMATS
from srcli.pipeline.choose import AUTO
from srcli.pipeline.sizes import SizeRequest, parse_scale
from srcli.serve.desk import Desk
from srcli.serve.guard import Door, Guard
from srcli.serve.job import Failure, Job
from srcli.serve.names import safe_name
from srcli.serve.replies import AboutReply, JobReply, JobsReply, about, finished, reply
from srcli.serve.stream import archive, job_events
from srcli.serve.upload import Uploads
from srcli.serve.wanted import Wanted, offers

PAGE = {
    "/": ("srcli.serve", "page/index.html", "text/html"),
    "/page.js": ("srcli.serve", "page/page.js", "text/javascript"),
    "/server.js": ("srcli.serve", "page/server.js", "text/javascript"),
    "/page.css": ("srcli.serve", "page/page.css", "text/css"),
    "/viewer": ("srcli.serve", "page/viewer.html", "text/html"),
    "/viewer.js": ("srcli.serve", "page/viewer.js", "text/javascript"),
    "/viewer.css": ("srcli.serve", "page/viewer.css", "text/css"),
    "/icon.svg": ("srcli.serve", "page/icon.svg", "image/svg+xml"),
    "/colors.css": ("srcli.report", "templates/colors.css", "text/css"),
    "/base.css": ("srcli.report", "templates/page.css", "text/css"),
    "/compare.css": ("srcli.compare", "templates/compare.css", "text/css"),
    "/compare.js": ("srcli.compare", "templates/compare.js", "text/javascript"),
}
"""Every file of the page, its type, and the path that it is asked for by: there are no others."""
STATUS: dict[type[SrcliError], HTTPStatus] = {
    UnreadableImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownName: HTTPStatus.NOT_FOUND,
    DiskFull: HTTPStatus.INSUFFICIENT_STORAGE,
    UnwritableFile: HTTPStatus.INSUFFICIENT_STORAGE,
    ResourceError: HTTPStatus.SERVICE_UNAVAILABLE,
    ImageError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""What classes of errors become; the first that fits counts, and others are bad requests."""
NAMES = {400: "BadRequest", 404: "NotFound", 408: "TooSlow", 413: "TooLarge", 503: "Busy"}
"""What refusals are called that no class of errors stands for."""
DEFAULT_SCALE = "2"
LOOKS = 2
"""Pictures that are looked at, or converted to be shown, at once."""
LIST = r"^([\w-]{16,64})?$"
"""What a list is called: nothing, or what its owner made up so that nobody guesses it."""
CONTENT = {"content": {"application/octet-stream": {"schema": {"format": "binary"}}}}
"""How OpenAPI is told that a request is the bytes of a picture."""
FAILURES: dict[int | str, dict[str, Any]] = {
    status: {"model": Failure, "description": text}
    for status, text in (
        (400, "The request makes no sense."),
        (401, "The token is missing or wrong."),
        (403, "The request comes from another site."),
        (404, "There is no such job or model."),
        (408, "The picture did not arrive in time."),
        (413, "The file is too large."),
        (421, "The server is not known by that name."),
        (422, "The file is no picture, damaged, or too large."),
        (503, "The queue is full."),
        (507, "The disk is full."),
    )
}


def wanted_of(  # noqa: PLR0913, PLR0917 - one parameter a setting, as FastAPI has it
    scale: str | None = None,
    width: int | None = None,
    height: int | None = None,
    long_side: int | None = None,
    short_side: int | None = None,
    megapixels: float | None = None,
    model: Annotated[str, Query(max_length=100)] = AUTO,
    format: Annotated[str, Query(max_length=5, pattern=r"^\w*$")] = "",  # noqa: A002 - the API's
    quality: Annotated[int | None, Query(ge=1, le=100)] = None,
) -> Wanted:
    """Read what is wanted from the query of a request; without a size, it is x2."""
    others = (width, height, long_side, short_side, megapixels)
    if scale is None and all(one is None for one in others):
        scale = DEFAULT_SCALE
    size = SizeRequest(
        scale=None if scale is None else parse_scale(scale[:50]),
        width=width,
        height=height,
        long_side=long_side,
        short_side=short_side,
        megapixels=megapixels,
    )
    size.check()
    return Wanted(size=size, model=model, format=format, quality=quality)


ListName = Annotated[str, Query(alias="list", pattern=LIST)]
Settings = Annotated[Wanted, Depends(wanted_of)]


def make_app(desk: Desk, door: Door) -> Guard:
    """Return the application that answers requests about the jobs of a desk."""
    app = FastAPI(
        title="srcli",
        version=__version__,
        description="Makes pictures larger. Send one to `POST /jobs`.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=FAILURES,
    )
    _tell_failures(app)
    _add_page(app)
    _add_about(app, desk)
    _add_intake(app, desk)
    _add_lists(app, desk)
    _add_jobs(app, desk)
    _add_files(app, desk)
    _add_events(app, desk)
    return Guard(app, Door(**{**asdict(door), "page": tuple(PAGE)}), desk.limits)


def _add_page(app: FastAPI) -> None:
    def add(path: str, content: bytes, kind: str) -> None:
        def answer() -> Response:
            return Response(content, media_type=kind)

        app.get(path, include_in_schema=False)(answer)

    for path, (package, name, kind) in PAGE.items():
        add(path, files(package).joinpath(name).read_bytes(), kind)


def _add_about(app: FastAPI, desk: Desk) -> None:
    @app.get("/about")
    def tell_about() -> AboutReply:
        """Tell limits, formats and models."""
        formats = tuple(one.suffixes[0][1:] for one in FORMATS if one.writable and one.readable)
        return about(desk.limits, __version__, formats, offers())


def _add_intake(app: FastAPI, desk: Desk) -> None:
    uploads = Uploads(desk.limits)
    looks = anyio.CapacityLimiter(LOOKS)

    @app.post("/jobs", status_code=HTTPStatus.CREATED, openapi_extra={"requestBody": CONTENT})
    async def hand_in(
        request: Request,
        wanted: Settings,
        name: Annotated[str, Query(max_length=1000)] = "",
        of: ListName = "",
        hold: bool = False,  # noqa: FBT001, FBT002 - a part of the query
    ) -> JobReply:
        """Take a picture, the bytes of the request, look at it, and start on it unless held."""
        desk.check_room()
        source, called = await uploads.receive(request), safe_name(name)

        def enter() -> Job:
            look = desk.maker.look(source.content(), name=called)
            if not hold:
                desk.check(look, wanted)
            job = desk.take_in(source, look, name=called, of=of)
            if not hold:
                desk.start(job, wanted)
            return job

        try:
            return reply(await anyio.to_thread.run_sync(enter, limiter=looks))
        except BaseException:
            source.drop()
            raise


def _add_lists(app: FastAPI, desk: Desk) -> None:
    @app.get("/jobs")
    def tell_jobs(of: ListName = "") -> JobsReply:
        """Tell the jobs of a list."""
        return JobsReply(jobs=tuple(reply(job) for job in desk.of_list(of)))

    @app.post("/start")
    def start_all(wanted: Settings, of: ListName = "") -> JobsReply:
        """Start on all pictures of a list that are held or failed."""
        return JobsReply(jobs=tuple(reply(job) for job in desk.start_all(of, wanted)))

    @app.delete("/jobs", status_code=HTTPStatus.NO_CONTENT)
    def remove_all(of: ListName = "") -> None:
        """Forget all jobs of a list."""
        for job in desk.of_list(of):
            desk.remove(job)


def _add_jobs(app: FastAPI, desk: Desk) -> None:
    @app.get("/jobs/{job_id}")
    def tell_job(job_id: str) -> JobReply:
        """Tell how far a job is."""
        return reply(desk.find(job_id))

    @app.post("/jobs/{job_id}/start")
    def start(job_id: str, wanted: Settings) -> JobReply:
        """Start on a picture that was held, or make it anew in another way."""
        job = desk.find(job_id)
        desk.start(job, wanted)
        return reply(job)

    @app.delete("/jobs/{job_id}", status_code=HTTPStatus.NO_CONTENT)
    def remove(job_id: str) -> None:
        """Forget a job, its picture and its result, and stop the work on it."""
        desk.remove(desk.find(job_id))


def _add_files(app: FastAPI, desk: Desk) -> None:
    looks = anyio.CapacityLimiter(LOOKS)

    @app.get("/jobs/{job_id}/result", response_class=Response)
    def send_result(job_id: str) -> Response:
        """Send the file of a result."""
        name, made = _finished(desk.find(job_id))
        kind = f"image/{made.format.name.lower()}"
        return _file(made.file.pieces(), kind, size=made.file.size, name=name)

    @app.get("/jobs/{job_id}/before", response_class=Response)
    async def show_source(job_id: str) -> Response:
        """Send the picture that was handed in, in a format that browsers show."""
        job = desk.find(job_id)
        return await show(job.source.content, job.name)

    @app.get("/jobs/{job_id}/after", response_class=Response)
    async def show_result(job_id: str) -> Response:
        """Send a result in a format that browsers show."""
        name, made = _finished(desk.find(job_id))
        return await show(made.file.content, name)

    async def show(read: Callable[[], bytes], name: str) -> Response:
        def convert() -> tuple[bytes, str]:
            content, known = desk.maker.shown(read(), name=name)
            return content, known.name.lower()

        content, kind = await anyio.to_thread.run_sync(convert, limiter=looks)
        return Response(content, media_type=f"image/{kind}")

    @app.get("/results", response_class=Response)
    def send_results(of: ListName = "") -> Response:
        """Send all results of a list, as a ZIP file."""
        return _file(archive(desk.of_list(of)), "application/zip", name="srcli.zip")


def _add_events(app: FastAPI, desk: Desk) -> None:
    open_streams = set[object]()

    def stream(jobs: Callable[[], list[Job]], is_over: Callable[[], bool]) -> StreamingResponse:
        if len(open_streams) >= desk.limits.streams:
            detail = "Too many streams of events are open."
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "5"})

        async def text() -> Any:  # noqa: ANN401 - an iterator that notes that it is open
            mark = object()
            open_streams.add(mark)
            try:
                async for events in job_events(jobs, is_over):
                    yield events
            finally:
                open_streams.discard(mark)

        return StreamingResponse(text(), media_type="text/event-stream")

    @app.get("/events", response_class=Response)
    def tell_changes(of: ListName = "") -> StreamingResponse:
        """Tell every change of the jobs of a list, as server-sent events, without end."""
        return stream(lambda: desk.of_list(of), lambda: desk.is_closed)

    @app.get("/jobs/{job_id}/events", response_class=Response)
    def tell_job_changes(job_id: str) -> StreamingResponse:
        """Tell every change of a job, as server-sent events, until it is done or failed."""
        job = desk.find(job_id)

        def is_over() -> bool:
            return desk.is_closed or job.unwanted or job.state in {"done", "failed"}

        return stream(lambda: [] if job.unwanted else [job], is_over)


def _finished(job: Job) -> Any:  # noqa: ANN401 - the name and the result
    ready = finished(job)
    if ready is None:
        msg = f"{job.name} has no result."
        raise UnknownName(msg, hint="Wait until its state is done.")
    return ready


def _file(
    pieces: Iterator[bytes], kind: str, *, name: str, size: int | None = None
) -> StreamingResponse:
    """Return the answer that a browser saves as a file."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    if size is not None:
        headers["Content-Length"] = str(size)
    return StreamingResponse(pieces, media_type=kind, headers=headers)


def _tell_failures(app: FastAPI) -> None:
    """Answer every failure with one sentence and a hint."""

    async def tell(_: Request, error: Exception) -> Response:
        if isinstance(error, SrcliError):
            status = next((STATUS[one] for one in STATUS if isinstance(error, one)), 400)
            return _failed(int(status), Failure.of(error))
        if isinstance(error, RequestValidationError):
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"][1:])
            message = f"The value of {where} cannot be used. {sentence(str(first['msg']))}"
            return _failed(400, Failure(error="UsageError", message=message))
        if isinstance(error, HTTPException):
            name = NAMES.get(error.status_code, "Refused")
            failure = Failure(error=name, message=sentence(str(error.detail)))
            return _failed(error.status_code, failure, dict(error.headers or {}))
        raise error

    for kind in (SrcliError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, tell)


def _failed(status: int, failure: Failure, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(asdict(failure), status_code=status, headers=headers)

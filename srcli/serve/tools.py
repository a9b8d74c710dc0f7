"""The tools of ``srcli mcp``: for agents that speak the Model Context Protocol."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from srcli import __version__
from srcli.errors import SrcliError, UnwritableImage
from srcli.files.atomic import refuse_existing, write_file
from srcli.images.encode import writable_format
from srcli.pipeline.choose import AUTO
from srcli.pipeline.sizes import SizeRequest
from srcli.serve.desk import Desk
from srcli.serve.folders import Folders
from srcli.serve.job import Failure, Job, Made
from srcli.serve.limits import Limits
from srcli.serve.maker import Maker
from srcli.serve.names import result_name
from srcli.serve.replies import Description, ModelReply, describe, model_reply
from srcli.serve.spool import Spool
from srcli.serve.wanted import Wanted, offers
from srcli.serve.workers import working

INTERVAL = 0.2
"""Seconds from one look at a job to the next."""
INSTRUCTIONS = (
    "Makes pictures larger with trained networks. Describe a picture to see what is wrong with "
    "it; the model auto chooses by that. Paths that are not absolute count from the first folder "
    "that is allowed."
)
READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)

Name = Annotated[str, Field(description="Path of a picture in a folder that is allowed.")]
Scale = Annotated[float | None, Field(description="Factor, such as 2.7. Default: 2.")]
LongSide = Annotated[
    int | None, Field(description="Longer side of the result in pixels, instead of a scale.")
]
Model = Annotated[str, Field(description="Id of a model that list_models names.")]
Output = Annotated[
    str,
    Field(
        description="Path of the result, in a folder that is allowed. Its suffix says the format. "
        "Default: beside the picture."
    ),
]


@dataclass(frozen=True, kw_only=True)
class Enlarged:
    """A result.

    Attributes:
        path: its file.
        width: in pixels.
        height: in pixels.
        seconds: that it took.
        how: which model made it, and why.
        notes: sentences about what it does not keep of its source, and about damage.

    """

    path: str
    width: int
    height: int
    seconds: float
    how: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Models:
    """The models that may be chosen."""

    models: tuple[ModelReply, ...]


def serve_tools(allowed: Sequence[Path], device: str = "auto") -> None:
    """Serve the tools on the standard streams, until the client closes them.

    Args:
        allowed: folders that pictures are read from and results written to.
        device: auto, cpu, cuda, cuda:1 or mps.

    Raises:
        UsageError: a folder or the device does not exist.

    """
    folders, limits = Folders(allowed), Limits()
    desk = Desk(limits, Maker(limits, device))
    with working(desk):
        anyio.run(make_server(desk, folders).run_stdio_async)


def make_server(desk: Desk, folders: Folders) -> MCPServer:
    """Return the server of the tools; what is enlarged are jobs of a desk."""
    server: MCPServer = MCPServer(
        "srcli", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING"
    )

    def read(path: str) -> bytes:
        return folders.read(path, most=desk.limits.file_bytes)

    @server.tool(annotations=READS, structured_output=True)
    async def list_models() -> Models:
        """List the models on this machine, and what each is good for."""
        return Models(models=tuple(model_reply(one) for one in offers()))

    @server.tool(annotations=READS, structured_output=True)
    async def describe_picture(path: Name) -> Description:
        """Measure noise, compression, blur and sharpening of a picture, and advise a model."""
        with _told():
            return await anyio.to_thread.run_sync(
                lambda: describe(desk.maker.look(read(path), name=path))
            )

    @server.tool(annotations=WRITES, structured_output=True)
    async def enlarge_picture(  # noqa: PLR0913, PLR0917 - one parameter a setting
        path: Name,
        context: Context,
        scale: Scale = None,
        long_side: LongSide = None,
        model: Model = AUTO,
        output: Output = "",
    ) -> Enlarged:
        """Make a picture larger, and write the result to a new file; no file is replaced."""
        factor = 2.0 if scale is None and long_side is None else scale
        size = SizeRequest(scale=None if factor is None else (factor, factor), long_side=long_side)

        def enter() -> Job:
            size.check()
            target = folders.inside(output) if output else None
            wanted = Wanted(size=size, model=model, format=_format(target))
            if target:
                refuse_existing(target)
            content = read(path)
            look = desk.maker.look(content, name=path)
            job = desk.take_in(Spool(content), look, name=path)
            desk.start(job, wanted)
            return job

        def leave(made: Made) -> Path:
            beside = folders.inside(path)
            name = result_name(beside.name, size.label(), made.format.suffixes[0])
            target = folders.inside(output) if output else folders.inside(str(beside.parent / name))
            content = made.file.content()
            write_file(target, content, overwrite=False, failure=UnwritableImage)
            return target

        with _told():
            job = await anyio.to_thread.run_sync(enter)
            try:
                made = await _wait(job, context)
                target = await anyio.to_thread.run_sync(leave, made)
            finally:
                desk.remove(job)
        height, width = made.size
        return Enlarged(
            path=str(target),
            width=width,
            height=height,
            seconds=round(made.seconds, 2),
            how=made.how,
            notes=made.notes,
        )

    return server


async def _wait(job: Job, context: Context) -> Made:
    """Wait for a result, and report progress.

    Raises:
        ToolError: there is none.

    """
    told = -1.0
    while job.state in {"waiting", "running"}:
        if job.progress > told:
            told = job.progress
            await context.report_progress(told, 1.0)
        await anyio.sleep(INTERVAL)
    if job.made is None:
        raise ToolError(job.failure.text if job.failure else "The server was stopped.")
    return job.made


def _format(target: Path | None) -> str:
    """Return the format that the name of a result asks for; empty if none is named."""
    return writable_format(target).suffixes[0][1:] if target else ""


@contextmanager
def _told() -> Iterator[None]:
    """Tell the agent what failed."""
    try:
        yield
    except SrcliError as error:
        raise ToolError(Failure.of(error).text) from error

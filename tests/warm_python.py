"""A Python that has PyTorch imported, for tests that need a process of its own.

``python tests/warm_python.py ADDRESS`` serves at a Unix socket. It imports what takes two seconds,
and forks for each of its clients. The program :data:`CLIENT` stands for the process: it passes on
streams, folder, environment and signals, and ends as the process does, which ends with it. Nobody
can pass SIGKILL on, so that the process would outlive it for a moment: send :data:`KILL` instead.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KILL = signal.SIGUSR1
"""Kills the process, and then what stands for it."""
LONGEST = 1 << 18
"""Bytes of the arguments and the environment of a process."""
CLIENT = """#!{python} -ISs
import json, os, signal, socket, sys

with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
    server.connect({address!r})
    passed_on = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in passed_on:
        signal.signal(number, lambda number, _: server.send(bytes([number])))
    signal.signal({kill}, lambda *_: server.send(bytes([signal.SIGKILL])))
    asked = dict(words=sys.argv[1:], folder=os.getcwd(), variables=dict(os.environ))
    socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
    code = int(server.recv(9))
if code < 0:
    if -code in passed_on:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@contextmanager
def warm_python(folder: Path) -> Iterator[Path]:
    """Yield a program that takes the arguments of ``python``: ``-m``, ``-c`` or a file."""
    program, address = folder / "python", str(folder / "server")
    program.write_text(
        CLIENT.format(python=sys.executable, address=address, kill=int(KILL)), encoding="utf-8"
    )
    program.chmod(0o755)
    command = [sys.executable, __file__, address]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, **pipes) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield program
        server.communicate()


def wait_for_clients(address: str) -> Callable[[], None]:
    """Fork for each client until stdin ends; return in the forked process, with what it is to do.

    Raises:
        SystemExit: stdin has ended.

    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who attend
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(16)
        print("ready", flush=True)  # noqa: T201 - to the tests
        while listener in select.select([listener, sys.stdin], [], [])[0]:
            client, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                return attend(client)
            client.close()
    sys.exit()


def attend(client: socket.socket) -> Callable[[], None]:
    """Fork once more, and return in the new process; until it ends, hear the client."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, _, _ = socket.recv_fds(client, LONGEST, 3)
    process = os.fork()
    if process == 0:
        client.close()
        return lambda: become(streams, **json.loads(message))
    for stream in (*streams, *range(3)):
        os.close(stream)
    watch = os.pidfd_open(process)
    while watch not in select.select([watch, client], [], [])[0]:
        said = client.recv(1)
        os.kill(process, said[0] if said else signal.SIGKILL)
        if not said:
            break
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    client.send(str(code).encode())
    os._exit(0)


def become(streams: list[int], words: list[str], folder: str, variables: dict[str, str]) -> None:
    """Run what ``python`` would run with these arguments, in this process."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    kind, *rest = words
    if kind == "-m":
        sys.argv, sys.path[0] = rest, folder
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - ours
    else:
        sys.argv, sys.path[0] = words, str(Path(kind).parent)
        runpy.run_path(kind, run_name="__main__")


def load() -> None:
    """Import what most commands need and no environment changes."""
    import rich.console  # noqa: F401 - for its import alone
    import typer

    import srcli.usecases.upscale  # noqa: F401 - the same
    from srcli.weights.formats.checkpoint import load_model
    from srcli.weights.providers.store import locate

    del typer
    load_model(locate("asdn-fast"))


if __name__ == "__main__":
    load()
    wait_for_clients(sys.argv[1])()

import contextlib
import importlib
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[3]

FILES = {
    "cli/traced_view.py": """
class View:
    def tell(self, text):
        self.text = text
""",
    "usecases/traced_upscale.py": """
from traced_engine import run
from traced_late import clean
from traced_loading import load

def upscale(view, opened, renamed):
    load()
    opened()
    run(view.tell, lambda number: number, view.__class__)
    renamed()
    clean()
""",
    "engine/traced_loading.py": """
def load():
    pass
""",
    "engine/traced_late.py": """
def clean():
    pass
""",
    "engine/traced_engine.py": """
import contextlib
import heapq
import threading

def run(tell, ask, make):
    tell("begun")
    with told_at_the_end(tell):
        ask(1)
    heapq.nsmallest(1, [1], key=ask)
    make()
    thread = threading.Thread(target=run_in_thread)
    thread.start()
    thread.join()

@contextlib.contextmanager
def told_at_the_end(tell):
    yield
    tell("ended")

def run_in_thread():
    from traced_lazy import deep
    deep()
""",
    "engine/traced_lazy.py": """
from traced_imported import at_import

at_import()

def deep():
    pass
""",
    "engine/traced_imported.py": """
def at_import():
    pass
""",
}
LAYER = {"cli": 0, "usecases": 1, "engine": 2}


@pytest.fixture
def traced_run(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("traced_run")


@pytest.fixture
def trace(traced_run, tmp_path, monkeypatch):
    """A trace of FILES, in which ``traced_lazy`` is first imported while it runs."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        monkeypatch.syspath_prepend(str((tmp_path / name).parent))
    found = traced_run.Trace(LAYER, tmp_path, Path("source.png"), Path("result.png"))

    def opened():
        found.audit("open", ("source.png", "r", 0))

    def renamed():
        found.audit("os.rename", ("other", b"/folder/record", -1, -1))
        found.audit("os.rename", ("temporary", "/folder/result.png", -1, -1))

    with contextlib.ExitStack() as stack:
        for name in FILES:
            stack.callback(sys.modules.pop, Path(name).stem, None)
        upscale = importlib.import_module("traced_upscale").upscale
        view = importlib.import_module("traced_view").View()
        stack.callback(sys.setprofile, sys.getprofile())
        stack.callback(threading.setprofile, threading.getprofile())
        threading.setprofile(found.profile)
        sys.setprofile(found.profile)
        upscale(view, opened, renamed)
    return found


def test_files_are_those_of_every_thread_until_the_rename_but_for_imports(trace):
    assert trace.ended
    assert [*trace.files] == [
        "usecases/traced_upscale.py",
        "engine/traced_loading.py",
        "engine/traced_engine.py",
        "cli/traced_view.py",
        "engine/traced_lazy.py",
    ]


def test_files_that_only_prepare_the_run_are_not_those_of_the_picture(trace):
    assert set(trace.files) - trace.files_of_picture == {"engine/traced_loading.py"}


def test_a_stay_is_a_pair_of_files(trace):
    assert trace.stays == {
        ("usecases/traced_upscale.py", "engine/traced_loading.py"),
        ("usecases/traced_upscale.py", "engine/traced_engine.py"),
        ("engine/traced_engine.py", "cli/traced_view.py"),
        ("engine/traced_engine.py", "usecases/traced_upscale.py"),
        ("engine/traced_engine.py", "engine/traced_lazy.py"),
    }


def test_listeners_workers_and_hooks_of_libraries_are_told_apart(trace):
    ways = {
        (way.called.name, way.by_library): (calls.count, calls.told_only)
        for way, calls in trace.upward.items()
    }
    assert ways == {
        ("View.tell", False): (2, True),
        ("upscale.<lambda>", False): (1, False),
        ("upscale.<lambda>", True): (1, False),
    }


def test_the_table_has_a_group_for_each(traced_run, trace):
    upscale, engine = "usecases/traced_upscale.py", "engine/traced_engine.py"
    assert traced_run.table(trace, files=False).splitlines() == [
        "    5  files entered: cli 1, usecases 1, engine 3",
        "    4  of them after the picture is opened",
        "    5  stays",
        "    1  calls up",
        f"       {engine} -> {upscale}: upscale.<lambda>, 1 times",
        "    1  listeners and sinks",
        f"       {engine} -> cli/traced_view.py: View.tell, 2 times",
        "    1  by a library",
        f"       {engine} -> {upscale}: upscale.<lambda>, 1 times",
    ]


def test_layers_are_numbered_from_the_highest(traced_run):
    layer = traced_run.layers(ROOT / "pyproject.toml")
    assert layer["cli"] < layer["usecases"] < layer["errors"]
    assert layer["engine"] == layer["weights"]


def test_the_command_is_traced_to_the_rename(tmp_path):
    picture = tmp_path / "source.png"
    Image.new("RGB", (16, 12), "red").save(picture)
    ran = subprocess.run(
        (sys.executable, str(ROOT / "benchmarks/traced_run.py"), str(picture), "--files"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "  files entered: cli " in ran.stdout
    assert "  usecases/upscale.py\n" in ran.stdout
    assert "  listeners and sinks\n" in ran.stdout

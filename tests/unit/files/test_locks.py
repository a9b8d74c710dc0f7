import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from srcli.files.locks import RunLock, folder_lock, remove_strays


def test_a_run_is_alive_until_it_ends(tmp_path):
    with RunLock(tmp_path) as mine, RunLock(tmp_path) as other:
        assert mine.is_alive(mine.token)
        assert mine.is_alive(other.token)
        other.release()
        assert not mine.is_alive(other.token)
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_run_left_is_swept_and_what_a_living_one_holds_is_not(tmp_path):
    (tmp_path / ".srcli-0123456789abcdef.run").touch()
    with RunLock(tmp_path) as mine, RunLock(tmp_path) as other:
        mine.sweep()
        assert len(list(tmp_path.iterdir())) == 2
        assert mine.is_alive(other.token)


def test_what_another_user_keeps_to_himself_is_held(tmp_path):
    other = tmp_path / ".srcli-0123456789abcdef.run"
    other.touch()
    other.chmod(0)
    tmp_path.chmod(0o777)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from srcli.files.locks import RunLock\n"
        "folder = os.open(sys.argv[1], os.O_RDONLY)\n"
        "os.geteuid() or os.setuid(65534)  # nothing is closed to root\n"
        "os.fchdir(folder)\n"
        "with RunLock(Path()) as mine:\n"
        "    mine.sweep()\n"
        "    print(mine.is_alive('0123456789abcdef'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert other.exists()


def test_only_our_unfinished_files_are_strays(tmp_path):
    kept = {".srcli-manifest.sqlite", "photo.part", ".part", "photo.png"}
    for name in (*kept, ".srcli-0123456789abcdef.part"):
        (tmp_path / name).touch()
    assert remove_strays([tmp_path, tmp_path / "missing"]) == 1
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_nothing_is_removed_while_someone_writes(tmp_path):
    stray = tmp_path / ".srcli-0123456789abcdef.part"
    stray.touch()
    with folder_lock(tmp_path, exclusive=False):
        thread = threading.Thread(target=remove_strays, args=([tmp_path],))
        thread.start()
        thread.join(0.1)
        assert thread.is_alive()
        assert stray.exists()
    thread.join(5)
    assert not stray.exists()


@pytest.mark.parametrize(
    "token", ["x/../../precious", "../precious", "", "0123456789ABCDEF", "0" * 17, "0" * 15 + "\n"]
)
def test_what_is_no_name_of_a_run_is_not_alive_and_removes_nothing(tmp_path, token):
    folder = tmp_path / "out"
    (folder / ".srcli-x").mkdir(parents=True)
    (tmp_path / "precious.run").touch()
    with RunLock(folder) as mine:
        assert not mine.is_alive(token)
    assert (tmp_path / "precious.run").exists()


@pytest.mark.parametrize("end", [".run", ".part"])
@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path.parent.parent / "precious")]
)
def test_what_only_has_the_name_of_our_files_is_left_alone(tmp_path, end, make):
    (tmp_path / "precious").touch()
    folder = tmp_path / "out"
    folder.mkdir()
    other = folder / f".srcli-0123456789abcdef{end}"
    make(other)
    remove_strays([folder])
    with RunLock(folder) as mine:
        mine.sweep()
        assert not mine.is_alive("0123456789abcdef")
    assert os.path.lexists(other)
    assert (tmp_path / "precious").exists()


def test_a_pipe_in_the_place_of_a_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "out")
    with folder_lock(tmp_path / "out", exclusive=True) as held:
        assert not held

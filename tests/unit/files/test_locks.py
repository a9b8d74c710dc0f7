import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from srcli.files import locks
from srcli.files.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from srcli.files.locks import RunLock, any_run_alive, folder_lock, remove_strays


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


def test_whoever_stands_still_while_he_writes_holds_up_nobody_who_has_no_patience(tmp_path):
    stray = tmp_path / f"{TEMPORARY_PREFIX}{'0' * 16}{TEMPORARY_SUFFIX}"
    stray.touch()
    with folder_lock(tmp_path, exclusive=False):
        assert remove_strays([tmp_path], patience=0.1) == 0
        with folder_lock(tmp_path, exclusive=False, patience=0) as shared:
            assert shared
        with folder_lock(tmp_path, exclusive=True, patience=0) as alone:
            assert not alone
    assert stray.exists()
    assert remove_strays([tmp_path], patience=0.1) == 1


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


@pytest.fixture
def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Take the branches for Windows, which refuses to remove or rename files that are open."""
    opened: set[Path] = set()
    unlink, rename = Path.unlink, Path.rename

    def refuse(path: Path) -> None:
        if path in opened:
            raise PermissionError(errno.EACCES, "another process uses the file")

    def checked_unlink(path: Path, *, missing_ok: bool = False) -> None:
        refuse(path)
        unlink(path, missing_ok=missing_ok)

    def checked_rename(path: Path, target: Path) -> Path:
        refuse(path)
        return rename(path, target)

    monkeypatch.setattr(locks.sys, "platform", "win32")
    monkeypatch.setattr(Path, "unlink", checked_unlink)
    monkeypatch.setattr(Path, "rename", checked_rename)
    return opened


def test_on_windows_a_run_lives_while_its_file_is_open(
    tmp_path: Path, as_on_windows: set[Path]
) -> None:
    run = RunLock(tmp_path)
    (file,) = tmp_path.iterdir()
    other = RunLock(tmp_path)
    as_on_windows.add(file)
    assert other.is_alive(run.token)
    assert any_run_alive(tmp_path)
    other.sweep()
    assert file.exists()
    as_on_windows.clear()
    assert any_run_alive(tmp_path) is False
    assert file.exists()  # who only asks changes nothing
    other.sweep()
    assert not file.exists()
    assert not other.is_alive(run.token)
    other.release()
    run.release()
    assert list(tmp_path.iterdir()) == []


def test_on_windows_folders_are_not_locked_and_nothing_is_removed_without_a_lock(
    tmp_path: Path, as_on_windows: set[Path]
) -> None:
    assert not as_on_windows
    stray = tmp_path / f"{TEMPORARY_PREFIX}{'0' * 16}{TEMPORARY_SUFFIX}"
    stray.write_bytes(b"")
    with folder_lock(tmp_path, exclusive=True) as held:
        assert held is False
    assert remove_strays([tmp_path]) == 0
    assert stray.exists()

import subprocess
import sys
import threading

from srcli.batch.locks import RunLock, folder_lock, remove_strays


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
        "from srcli.batch.locks import RunLock\n"
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

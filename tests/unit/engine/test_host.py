import os
import resource
import subprocess
import sys

import pytest

from srcli.engine import host
from srcli.engine.host import check_start, host_memory, loading
from srcli.errors import OutOfMemory

GB = 10**9


@pytest.fixture
def root(tmp_path):
    """A system of 8 GB that has no control groups."""
    write(tmp_path / "proc/meminfo", "MemTotal: 9 kB\nMemAvailable: 8000000 kB\n")
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def group(root, folder, *, limit, used, cached=0):
    """Write the accounts of a group of version 2."""
    folder = root / "sys/fs/cgroup" / folder
    write(folder / "memory.max", f"{limit}\n")
    write(folder / "memory.current", f"{used}\n")
    write(folder / "memory.stat", f"anon 1\ninactive_file {cached}\nactive_file 5\n")


def test_without_groups_it_is_what_the_machine_has_free(root):
    assert host_memory(root) == 8_000_000 * 1024


def test_a_group_that_allows_all_leaves_what_the_machine_has(root):
    write(root / "proc/self/cgroup", "0::/\n")
    group(root, "", limit="max", used=GB)
    assert host_memory(root) == 8_000_000 * 1024


def test_files_that_were_read_do_not_count_as_taken(root):
    write(root / "proc/self/cgroup", "0::/\n")
    group(root, "", limit=4 * GB, used=39 * GB // 10, cached=3 * GB)
    assert host_memory(root) == 31 * GB // 10


def test_the_tightest_of_the_groups_above_counts(root):
    write(root / "proc/self/cgroup", "0::/a/b\n")
    group(root, "a/b", limit=4 * GB, used=0)
    group(root, "a", limit=3 * GB, used=GB)
    group(root, "", limit="max", used=5 * GB)
    assert host_memory(root) == 2 * GB


def test_a_container_sees_its_own_group_at_the_mount(root):
    write(root / "proc/self/cgroup", "0::/out/of/sight\n")
    group(root, "", limit=4 * GB, used=GB)
    assert host_memory(root) == 3 * GB


def test_a_group_beyond_its_limit_leaves_nothing(root):
    write(root / "proc/self/cgroup", "0::/\n")
    group(root, "", limit=GB, used=2 * GB)
    assert host_memory(root) == 0


def test_groups_of_version_one_are_read(root):
    write(root / "proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n")
    folder = root / "sys/fs/cgroup/memory/x"
    write(folder / "memory.limit_in_bytes", str(4 * GB))
    write(folder / "memory.usage_in_bytes", str(3 * GB))
    write(folder / "memory.stat", f"inactive_file 7\ntotal_inactive_file {GB}\n")
    assert host_memory(root) == 2 * GB


def test_a_system_without_proc_is_asked_how_much_it_has(tmp_path, monkeypatch):
    amounts = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", amounts.__getitem__)
    assert host_memory(tmp_path) == 4_096_000


def test_a_system_that_tells_nothing_has_no_limit(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sysconf")
    assert host_memory(tmp_path) == sys.maxsize


@pytest.fixture
def limits(monkeypatch):
    """Set the limits of this process as far as the program sees them."""
    known = {}
    unlimited = resource.RLIM_INFINITY
    monkeypatch.setattr(
        resource, "getrlimit", lambda number: (known.get(number, unlimited), unlimited)
    )
    return known


@pytest.mark.parametrize(
    ("limit", "left"), [(resource.RLIMIT_AS, 3 * GB - 1_024_000), (resource.RLIMIT_DATA, 2 * GB)]
)
def test_what_a_limit_of_the_shell_leaves_counts(root, limits, limit, left):
    write(root / "proc/self/status", "Name:\tsrcli\nVmSize:\t   1000 kB\nVmData:\t 976562 kB\n")
    assert host_memory(root) == 8_000_000 * 1024
    limits[limit] = 3 * GB
    assert host_memory(root) == pytest.approx(left, abs=1024)


def test_a_limit_that_is_exceeded_leaves_nothing(root, limits):
    write(root / "proc/self/status", "VmSize:\t4000000 kB\n")
    limits[resource.RLIMIT_AS] = GB
    assert host_memory(root) == 0


def test_too_low_a_limit_is_told_before_anything_is_loaded(limits):
    check_start()
    limits[resource.RLIMIT_AS] = 600 * 1024 * 1000
    with pytest.raises(OutOfMemory, match=r"614 MB of memory \(ulimit -v\)") as caught:
        check_start()
    assert caught.value.hint == "Raise the limit with ulimit -v."


def test_a_library_that_does_not_fit_is_told_of_only_where_there_is_a_limit(limits):
    with pytest.raises(ImportError), loading():
        raise ImportError
    limits[resource.RLIMIT_DATA] = 2 * GB
    with pytest.raises(OutOfMemory, match="within the 2000 MB"), loading():
        raise ImportError


@pytest.mark.parametrize("kilobytes", [150_000, 600_000])
def test_a_command_within_too_low_a_limit_ends_in_one_sentence(tmp_path, kilobytes):
    limit = f"ulimit -v {kilobytes}; exec {sys.executable} -m srcli upscale missing.png"
    done = subprocess.run(
        ["/bin/sh", "-c", limit], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 5
    assert done.stderr.startswith("error: This shell allows a process ")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize(("most", "left"), [(3 * GB, 3 * GB - 1_024_000), (GB // 2000, 0)])
def test_what_the_user_allows_counts(root, most, left, monkeypatch):
    monkeypatch.setattr(host, "_budget", [])
    write(root / "proc/self/status", "Name:\tsrcli\nVmRSS:\t   1000 kB\n")
    host.limit_memory(10**18)
    host.limit_memory(most)
    assert host_memory(root) == left

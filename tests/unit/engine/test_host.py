import os
import sys

import pytest

from srcli.engine.host import host_memory

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

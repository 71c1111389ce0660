"""The mount table: the parser on any bytes, the watch on the kernel's own table."""

from __future__ import annotations

import os
import select
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel import mountinfo
from gapwatch_agent.kernel.mountinfo import Mount, MountWatch
from support.isolation import in_namespaces

LINE = (
    rb"36 35 98:0 /mnt1 /run/media/li\040ming/My\134Stick\012x rw,noatime master:1 shared:7 "
    rb"- vfat /dev/sdz1 rw,errors=ro"
)


def written(mount: Mount, optional: tuple[str, ...] = ()) -> bytes:
    def escaped(text: str) -> bytes:
        raw = os.fsencode(text)
        return b"".join(b"\\%03o" % byte if byte in b" \t\n\\#" else bytes([byte]) for byte in raw)

    head = f"{mount.mount_id} {mount.parent_id} {mount.major}:{mount.minor}".encode()
    before = [head, escaped(mount.root), escaped(mount.mount_point), escaped(mount.options)]
    after = [b"-", escaped(mount.filesystem_type), escaped(mount.source), escaped(mount.super_options)]
    return b" ".join([*before, *(tag.encode() for tag in optional), *after])


numbers = st.integers(0, 2**31)
texts = st.binary(min_size=1, max_size=40).filter(lambda raw: b"\0" not in raw and raw != b"-").map(os.fsdecode)
mounts = st.builds(Mount, numbers, numbers, numbers, numbers, texts, texts, texts, texts, texts, texts)


def test_a_line_of_the_manual():
    (mount,) = mountinfo.parse(LINE + b"\n").values()
    assert mount == Mount(
        36, 35, 98, 0, "/mnt1", "/run/media/li ming/My\\Stick\nx", "rw,noatime", "vfat", "/dev/sdz1", "rw,errors=ro"
    )


@given(st.lists(mounts, max_size=5), st.lists(st.sampled_from(["shared:3", "master:2", "unbindable"]), max_size=3))
def test_what_the_kernel_writes_is_read_back(table, optional):
    data = b"\n".join(written(mount, tuple(optional)) for mount in table)
    assert mountinfo.parse(data) == {mount.identity: mount for mount in table}


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_of_some_kind(data):
    mountinfo.parse(data)


@given(st.integers(0, len(LINE)))
def test_a_torn_line_is_left_out_or_read_but_never_breaks_its_neighbours(cut):
    table = mountinfo.parse(LINE[:cut] + b"\n" + written(mountinfo.parse(LINE)[next(iter(mountinfo.parse(LINE)))]))
    assert len(table) in (1, 2)
    assert any(mount.mount_id == 36 for mount in table.values())


@given(st.lists(mounts, max_size=6, unique_by=lambda m: m.identity), st.lists(mounts, max_size=6))
def test_a_difference_leads_from_one_table_to_the_other(before, now):
    old, new = ({mount.identity: mount for mount in table} for table in (before, now))
    changes = mountinfo.compare(old, new)
    rebuilt = dict(old)
    for mount in changes.unmounted:
        del rebuilt[mount.identity]
    rebuilt |= {mount.identity: mount for mount in (*changes.mounted, *changes.remounted)}
    assert {key: mount.options for key, mount in rebuilt.items()} == {key: mount.options for key, mount in new.items()}


@given(mounts)
def test_only_options_make_a_remount(mount):
    changed = replace(mount, options=mount.options + ",ro")
    moved = replace(mount, mount_point=mount.mount_point + "x")
    tables = [{found.identity: found} for found in (mount, changed, moved)]
    assert mountinfo.compare(tables[0], tables[1]).remounted == (changed,)
    assert mountinfo.compare(tables[0], tables[0]) == mountinfo.MountChanges()
    assert mountinfo.compare(tables[0], tables[2]).mounted == (moved,)


def changed(watch: MountWatch, wait_ms: int = 5000) -> bool:
    poll = select.poll()
    poll.register(watch.fileno(), select.POLLIN)
    return bool(poll.poll(wait_ms))


@in_namespaces
def test_the_kernel_wakes_us_for_every_change_and_only_then():
    def mount(*words):
        subprocess.run(["mount", *words], check=True)

    with tempfile.TemporaryDirectory() as folder, MountWatch() as watch:
        point = Path(folder, "with space\\and\ttab")
        point.mkdir()
        other = Path(folder, "other")
        other.mkdir()
        table = watch.read()
        assert not changed(watch, 50)
        mount("-t", "tmpfs", "-o", "size=1m", "none", str(point))
        assert changed(watch)
        table, before = watch.read(), table
        assert [m.mount_point for m in mountinfo.compare(before, table).mounted] == [str(point)]
        assert not changed(watch, 50)
        mount("-o", "remount,ro", str(point))
        assert changed(watch)
        table, before = watch.read(), table
        (remounted,) = mountinfo.compare(before, table).remounted
        assert remounted.options.startswith("ro")
        mount("--bind", str(point), str(other))
        assert changed(watch)
        table, before = watch.read(), table
        (bound,) = mountinfo.compare(before, table).mounted
        assert (bound.mount_point, bound.minor) == (str(other), remounted.minor)
        subprocess.run(["umount", str(other)], check=True)
        subprocess.run(["umount", str(point)], check=True)
        assert changed(watch)
        table, before = watch.read(), table
        assert {m.mount_point for m in mountinfo.compare(before, table).unmounted} == {str(point), str(other)}


def test_a_copy_of_a_table_can_be_read_too(tmp_path):
    copy = tmp_path / "mountinfo"
    copy.write_bytes(LINE)
    with MountWatch(copy) as watch:
        assert len(watch.read()) == 1
        assert not changed(watch, 10)

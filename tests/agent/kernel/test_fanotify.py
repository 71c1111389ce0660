"""The event parser against anything, and the system calls against this kernel."""

from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel import fanotify
from gapwatch_agent.kernel.fanotify import FanEvent, Handle, MalformedEventError
from support.filesystems import mounted

METADATA = struct.Struct("=IBBHQii")


def plain(mask: int, pid: int, fd: int, information: bytes = b"", version: int = 3) -> bytes:
    return METADATA.pack(24 + len(information), version, 0, 24, mask, fd, pid) + information


def file_id(kind: int, handle: Handle, name: bytes) -> bytes:
    body = handle.fsid + struct.pack("=Ii", len(handle.opaque), handle.type) + handle.opaque + name + b"\0"
    body += b"\0" * (-len(body) % 4)
    return struct.pack("=BBH", kind, 0, 4 + len(body)) + body


handles = st.builds(Handle, st.binary(min_size=8, max_size=8), st.integers(0, 255), st.binary(max_size=128))
names = st.binary(min_size=1, max_size=255).filter(lambda name: b"\0" not in name)
whole = st.builds(  # a plain event: no file id
    FanEvent, st.integers(0, 2**64 - 1), st.integers(0, 2**31 - 1), st.integers(-1, 2**31 - 1), st.none(), st.just(b"")
)
named = st.builds(FanEvent, st.integers(0, 2**64 - 1), st.integers(0, 2**31 - 1), st.just(-1), handles, names)


def packed(event: FanEvent) -> bytes:
    information = file_id(2, event.directory, event.name) if event.directory is not None else b""
    return plain(event.mask, event.pid, event.fd, information)


@given(st.lists(whole | named, max_size=8))
def test_what_the_kernel_would_write_is_read_back(events: list[FanEvent]) -> None:
    assert fanotify.parse(b"".join(map(packed, events))) == events


@given(st.binary(max_size=400))
def test_any_bytes_give_events_or_the_one_documented_error(data: bytes) -> None:
    found: tuple[int, ...] = ()
    try:
        found = tuple(event.fd for event in fanotify.parse(data) if event.fd >= 0)
    except MalformedEventError as error:
        found = error.fds
    assert len(found) <= len(data) // 24
    assert all(fd >= 0 for fd in found)


@given(st.lists(whole, max_size=4), st.data())
def test_damage_gives_up_every_descriptor_seen_so_far(events: list[FanEvent], data: st.DataObject) -> None:
    buffer = bytearray(b"".join(map(packed, events)) + plain(8, 1, 77, b"\x02\x00\xff\xff"))
    with pytest.raises(MalformedEventError) as caught:
        fanotify.parse(bytes(buffer))
    assert list(caught.value.fds) == [event.fd for event in events if event.fd >= 0] + [77]
    cut = data.draw(st.integers(1, 23))
    with pytest.raises(MalformedEventError, match="cut short"):
        fanotify.parse(bytes(buffer[: 24 * len(events)] + buffer[-28 : -28 + cut]))


@pytest.mark.parametrize(
    ("buffer", "complaint"),
    [
        (plain(8, 1, 5, version=2), "version 2"),
        (METADATA.pack(24, 3, 0, 8, 8, 5, 1), "head of 8"),
        (METADATA.pack(4096, 3, 0, 24, 8, 5, 1), "4096 bytes"),
        (plain(8, 1, 5, b"\x02"), "cut short"),
        (plain(8, 1, 5, struct.pack("=BBH", 2, 0, 8) + b"1234"), "file id is cut short"),
        (plain(8, 1, 5, struct.pack("=BBH", 2, 0, 20) + bytes(8) + struct.pack("=Ii", 999, 1)), "999 bytes"),
    ],
)
def test_each_way_of_being_damaged_is_named(buffer: bytes, complaint: str) -> None:
    with pytest.raises(MalformedEventError, match=complaint):
        fanotify.parse(buffer)


def test_records_of_other_kinds_are_skipped_and_overflow_is_known() -> None:
    handle = Handle(b"12345678", 1, b"opaque")
    pidfd = struct.pack("=BBHi", 4, 0, 8, 9)
    (event,) = fanotify.parse(plain(fanotify.Q_OVERFLOW, 0, -1, pidfd + file_id(2, handle, b"n")))
    assert (event.overflow, event.directory, event.name) == (True, handle, b"n")


def test_a_malformed_read_leaks_no_descriptor() -> None:
    reader, writer = os.pipe()
    spare = os.dup(reader)
    os.write(writer, plain(8, 1, spare) + b"rubbish")
    with pytest.raises(MalformedEventError):
        fanotify.read(reader)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(spare)
    fanotify.close_all([reader, writer, -1, spare])


@pytest.mark.kernel
def test_close_after_write_and_rename_on_a_real_filesystem(tmp_path) -> None:
    with mounted("tmpfs", tmp_path) as point:
        directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
        content = fanotify.init(fanotify.CLASS_NOTIF | fanotify.CLOEXEC | fanotify.NONBLOCK)
        names = fanotify.init(
            fanotify.CLASS_NOTIF | fanotify.CLOEXEC | fanotify.NONBLOCK | fanotify.REPORT_DFID_NAME, 0
        )
        fanotify.mark_filesystem(content, directory, fanotify.CLOSE_WRITE)
        fanotify.mark_filesystem(names, directory, fanotify.MOVED_TO)
        assert fanotify.read(content) == []
        (point / "a").write_bytes(b"x")
        (point / "a").rename(point / "b\nc")
        (closed,) = fanotify.read(content)
        assert closed.mask & fanotify.CLOSE_WRITE
        assert closed.pid == os.getpid()
        assert os.fstat(closed.fd).st_size == 1
        (moved,) = fanotify.read(names)
        assert (moved.fd, moved.name) == (-1, b"b\nc")
        assert moved.directory is not None
        folder = fanotify.open_by_handle(directory, moved.directory)
        assert os.path.samestat(os.fstat(folder), os.fstat(directory))
        assert fanotify.filesystem_type(directory) == 0x01021994
        fanotify.close_all([closed.fd, folder, directory, content, names])


@pytest.mark.kernel
def test_a_fifo_on_the_medium_holds_nobody(tmp_path) -> None:
    with mounted("tmpfs", tmp_path) as point:
        os.mkfifo(point / "pipe")
        group = fanotify.init(fanotify.CLASS_NOTIF | fanotify.CLOEXEC | fanotify.NONBLOCK)
        directory = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
        fanotify.mark_filesystem(group, directory, fanotify.CLOSE_WRITE)
        reader = os.open(point / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        os.close(os.open(point / "pipe", os.O_WRONLY | os.O_NONBLOCK))
        os.close(reader)
        fanotify.close_all(event.fd for event in fanotify.read(group))  # returns: it did not wait for a writer
        fanotify.close_all([directory, group])


def test_errors_carry_the_kernels_reason() -> None:
    with pytest.raises(OSError, match="fanotify_mark: Invalid argument"):
        fanotify.mark_filesystem(-1, -1, 0)
    with pytest.raises(OSError, match="open_by_handle_at"):
        fanotify.open_by_handle(-1, Handle(bytes(8), 1, b""))
    with pytest.raises(OSError, match="fstatfs"):
        fanotify.filesystem_type(-1)
    with pytest.raises(OSError, match="fanotify_init"):
        fanotify.init(0xFFFFFFFF)


def test_an_answer_names_the_descriptor_and_the_verdict() -> None:
    assert fanotify.response(7) == struct.pack("=iI", 7, 1)

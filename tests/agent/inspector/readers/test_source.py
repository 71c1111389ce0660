"""Sources of bytes."""

import os

import pytest

from gapwatch_agent.inspector.readers.source import BytesSource, DescriptorSource, StopReading


def test_a_descriptor_is_read_without_moving_its_offset(tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    fd = os.open(tmp_path / "a", os.O_RDONLY)
    source = DescriptorSource(fd, 10)
    assert source.read(3, 4) == b"3456"
    assert source.read(8, 100) == b"89"
    assert source.read(50, 1) == b""
    assert os.read(fd, 2) == b"01"
    os.close(fd)


def test_a_failing_descriptor_is_unreadable():
    read_fd, write_fd = os.pipe()
    with pytest.raises(StopReading, match="unreadable"):
        DescriptorSource(read_fd, 10).read(0, 1)
    os.close(read_fd)
    os.close(write_fd)


def test_memory_reads_like_a_file():
    assert BytesSource(b"abc").read(1, 10) == b"bc"
    assert BytesSource(b"abc").size == 3

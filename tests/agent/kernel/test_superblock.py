"""Superblocks, as the machine's own mkfs writes them and as nobody does."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel.superblock import START_BYTES, Superblock, identify, read_start

UUID = "01234567-89ab-cdef-0123-456789abcdef"


def blkid(image):
    shown = subprocess.run(["blkid", "-p", "-o", "export", image], capture_output=True, text=True, check=True).stdout
    fields = dict(line.split("=", 1) for line in shown.splitlines())
    return Superblock(fields.get("TYPE", ""), fields.get("UUID", ""), fields.get("LABEL", "").replace("\\ ", " "))


@pytest.mark.parametrize(
    ("command", "size"),
    [
        (["mkfs.vfat", "-i", "1234abcd", "-n", "MY STICK"], 4),
        (["mkfs.vfat", "-F", "32", "-i", "00abcd01"], 64),
        (["mkfs.exfat", "-n", "stick"], 16),
        (["mkfs.ext4", "-q", "-U", UUID, "-L", "stick"], 8),
        (["mkfs.ext3", "-q", "-U", UUID], 8),
        (["mkfs.ext2", "-q", "-U", UUID], 8),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else str(value),
)
def test_what_blkid_says_we_say(tmp_path, command, size):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; the formats are also tried with bytes of our own")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(size << 20)
    subprocess.run([*command, str(image)], check=True, capture_output=True)
    found, expected = identify(read_start(str(image))), blkid(str(image))
    assert (found.type, found.uid) == (expected.type, expected.uid)
    if found.label:
        assert found.label == expected.label


def start(at: int, *pieces: tuple[int, bytes]) -> bytes:
    data = bytearray(START_BYTES)
    for offset, piece in pieces:
        data[at + offset : at + offset + len(piece)] = piece
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (start(0, (0, b"\xeb"), (510, b"\x55\xaa"), (82, b"FAT32"), (67, b"\xcd\xab\x34\x12"), (71, b"STICK      ")),
         Superblock("vfat", "1234-ABCD", "STICK")),
        (start(0, (0, b"\xeb"), (510, b"\x55\xaa"), (54, b"FAT16"), (39, b"\1\0\0\0"), (43, b"NO NAME    ")),
         Superblock("vfat", "0000-0001")),
        (start(0, (3, b"EXFAT   "), (100, b"\xcd\xab\x34\x12")), Superblock("exfat", "1234-ABCD")),
        (start(0, (3, b"NTFS    "), (72, bytes(range(8)))), Superblock("ntfs", "0706050403020100")),
        (start(0, (0, b"XFSB"), (32, bytes(range(16))), (108, b"x")),
         Superblock("xfs", "00010203-0405-0607-0809-0a0b0c0d0e0f", "x")),
        (start(1024, (56, b"\x53\xef"), (96, b"\x40\0\0\0"), (104, bytes(range(16))), (120, "密级".encode())),
         Superblock("ext4", "00010203-0405-0607-0809-0a0b0c0d0e0f", "密级")),
        (start(0x10000, (64, b"_BHRfS_M"), (32, bytes(range(16)))),
         Superblock("btrfs", "00010203-0405-0607-0809-0a0b0c0d0e0f")),
        (start(0x8000, (1, b"CD001"), (40, b"DISC  "), (813, b"2026112206001200"), (830, b"0" * 16)),
         Superblock("iso9660", "2026-11-22-06-00-12-00", "DISC")),
        (start(0), Superblock()),
        (b"", Superblock()),
    ],
)  # fmt: skip
def test_formats_by_their_bytes(data, expected):
    assert identify(data) == expected


@given(st.binary(max_size=2000), st.sampled_from([0, 1024, 0x8000, 0x10000]))
def test_any_bytes_are_something_or_nothing(data, at):
    found = identify(bytes(at) + data)
    assert isinstance(found, Superblock)


def test_what_cannot_be_read_is_nothing(tmp_path):
    assert identify(read_start(str(tmp_path / "gone"))) == Superblock()
    assert identify(read_start(str(tmp_path))) == Superblock()

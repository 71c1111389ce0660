"""Workbooks whose structure is protected: enciphered with a password that the program knows and never asks for.

Protecting a workbook is no secrecy: every spreadsheet program opens it (MS-XLS 2.4.117, MS-OFFCRYPTO 2.3.5 and 2.3.6).
Any other password makes an encrypted file.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final, Protocol

from gapwatch_agent.inspector.readers.little_endian import u16, u32
from gapwatch_agent.inspector.readers.source import StopReading

_PASSWORD: Final = "VelvetSweatshop".encode("utf-16-le")
_BLOCK_BYTES: Final = 1024
_BLOCKS_MAX: Final = 4096
"""Deciphering is slow; this many blocks take a few seconds."""
_BOUND_SHEET: Final = 0x0085
_PLAIN_OF_BOUND_SHEET: Final = 4
_PLAIN_KINDS: Final = frozenset({0x0809, 0x002F})
_HEAD_BYTES: Final = 4


class _Key(Protocol):
    def __call__(self, block: int) -> bytes: ...


class Cipher:
    """Deciphers records by their place in the stream."""

    def __init__(self, key: _Key) -> None:
        self._key = key
        self._block = -1
        self._stream = b""
        self._blocks_left = _BLOCKS_MAX

    def record(self, place: int, kind: int, parts: list[bytes]) -> list[bytes]:
        """A record and what continues it; heads and some kinds are never enciphered."""
        if kind in _PLAIN_KINDS:
            return parts
        found = []
        for part in parts:
            plain = _PLAIN_OF_BOUND_SHEET if kind == _BOUND_SHEET else 0
            found.append(part[:plain] + self._decipher(place + _HEAD_BYTES + plain, part[plain:]))
            place += _HEAD_BYTES + len(part)
        return found

    def _decipher(self, place: int, data: bytes) -> bytes:
        found = []
        at = 0
        while at < len(data):
            block, offset = divmod(place + at, _BLOCK_BYTES)
            stream = self._stream_of(block)[offset:]
            piece = data[at : at + len(stream)]
            found.append(_combined(piece, stream))
            at += len(piece)
        return b"".join(found)

    def _stream_of(self, block: int) -> bytes:
        if block != self._block:
            self._blocks_left -= 1
            if self._blocks_left < 0:
                raise StopReading("too_large")
            self._stream = _rc4(self._key(block), _BLOCK_BYTES)
            self._block = block
        return self._stream


def cipher(file_pass: bytes) -> Cipher | None:
    """The cipher of a workbook by the record that says how it is enciphered; None where the password is another."""
    if u16(file_pass, 0) != 1:
        return None
    return _of_40_bits(file_pass) if u16(file_pass, 2) == 1 else _of_any_length(file_pass)


def _of_40_bits(file_pass: bytes) -> Cipher | None:
    salt, proof = file_pass[6:22], file_pass[22:54]
    short = hashlib.md5(_PASSWORD, usedforsecurity=False).digest()[:5]
    base = hashlib.md5((short + salt) * 16, usedforsecurity=False).digest()[:5]

    def key(block: int) -> bytes:
        return hashlib.md5(base + struct.pack("<I", block), usedforsecurity=False).digest()

    plain = _combined(proof, _rc4(key(0), len(proof)))
    is_right = len(proof) == 32 and hashlib.md5(plain[:16], usedforsecurity=False).digest() == plain[16:]
    return Cipher(key) if is_right else None


def _of_any_length(file_pass: bytes) -> Cipher | None:
    header_bytes = u32(file_pass, 10)
    bits = u32(file_pass, 14 + 16) or 40
    at = 14 + header_bytes + 4
    salt, proof = file_pass[at : at + 16], file_pass[at + 16 : at + 32] + file_pass[at + 36 : at + 56]
    base = hashlib.sha1(salt + _PASSWORD, usedforsecurity=False).digest()

    def key(block: int) -> bytes:
        whole = hashlib.sha1(base + struct.pack("<I", block), usedforsecurity=False).digest()
        return whole[:5] + bytes(11) if bits == 40 else whole[: min(bits // 8, 16)]

    if bits < 8 or len(proof) != 36:
        return None
    plain = _combined(proof, _rc4(key(0), len(proof)))
    return Cipher(key) if hashlib.sha1(plain[:16], usedforsecurity=False).digest() == plain[16:] else None


def _rc4(key: bytes, count: int) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    found = bytearray(count)
    i = j = 0
    for number in range(count):
        i = (i + 1) & 0xFF
        one = state[i]
        j = (j + one) & 0xFF
        other = state[j]
        state[i], state[j] = other, one
        found[number] = state[(one + other) & 0xFF]
    return bytes(found)


def _combined(data: bytes, stream: bytes) -> bytes:
    size = len(data)
    mixed = int.from_bytes(data, "little") ^ int.from_bytes(stream[:size], "little")
    return mixed.to_bytes(size, "little")

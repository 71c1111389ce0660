"""Workbooks enciphered with the password that is none."""

import hashlib
import struct

import pytest

from gapwatch_agent.inspector import warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import xls_protection
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.compound_documents import compound
from support.workbook_binaries import book, label, record

KNOWN = "VelvetSweatshop"
_SALT, _PROOF = bytes(range(16)), b"sixteen bytes !!"


def _rc4(key, data):
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    found, i, j = [], 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        found.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(found)


def _short_key(password):
    short = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    base = hashlib.md5((short + _SALT) * 16).digest()[:5]
    return lambda block: hashlib.md5(base + struct.pack("<I", block)).digest()


def _long_key(password, bits=128):
    base = hashlib.sha1(_SALT + password.encode("utf-16-le")).digest()

    def key(block):
        whole = hashlib.sha1(base + struct.pack("<I", block)).digest()
        return whole[:5] + bytes(11) if bits == 40 else whole[: bits // 8]

    return key


def _short_pass(key):
    proof = _rc4(key(0), _PROOF + hashlib.md5(_PROOF).digest())
    return struct.pack("<HHH", 1, 1, 1) + _SALT + proof


def _long_pass(key, bits=128):
    proof = _rc4(key(0), _PROOF + hashlib.sha1(_PROOF).digest())
    header = struct.pack("<8I", 4, 0, 0x6801, 0x8004, bits, 1, 0, 0) + "Provider\0".encode("utf-16-le")
    head = struct.pack("<HHHII", 1, 4, 2, 4, len(header)) + header
    return head + struct.pack("<I", 16) + _SALT + proof[:16] + struct.pack("<I", 20) + proof[16:]


def _enciphered(file_pass, key):
    """A workbook whose record bodies are enciphered by their place."""
    stream = bytearray(
        book([("表", label(0, 0, "机密★5年") + label(1, 0, "台账" * 900))], more=record(0x002F, file_pass))
    )
    at, enciphering = 0, False
    while at < len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if enciphering and kind != 0x0809:
            plain = 4 if kind == 0x0085 else 0
            for place in range(at + 4 + plain, at + 4 + size):
                block, offset = divmod(place, 1024)
                stream[place] ^= _pad(key, block)[offset]
        enciphering = enciphering or kind == 0x002F
        at += 4 + size
    return compound({"Workbook": bytes(stream)})


_PADS = {}


def _pad(key, block):
    known = _PADS.get((key, block))
    if known is None:
        known = _PADS[key, block] = _rc4(key(block), bytes(1024))
    return known


@pytest.mark.parametrize("kind", ["short", "long", "long of 40 bits"])
def test_the_password_that_every_program_knows(kind):
    bits = 40 if "40" in kind else 128
    key = _short_key(KNOWN) if kind == "short" else _long_key(KNOWN, bits)
    file_pass = _short_pass(key) if kind == "short" else _long_pass(key, bits)
    found = examine(BytesSource(_enciphered(file_pass, key)), "x.xls", Limits())
    assert (found.inspected, found.mark.period) == ("full", "P5Y")


@pytest.mark.parametrize("make", [(_short_key, _short_pass), (_long_key, _long_pass)])
def test_any_other_password_is_encrypted(make):
    key = make[0]("another")
    found = examine(BytesSource(_enciphered(make[1](key), key)), "x.xls", Limits())
    assert (found.reason, found.mark.axis) == ("encrypted", "")


@pytest.mark.parametrize(
    "file_pass", [b"", b"\x00\x00xx", b"\x01\x00", struct.pack("<HHHII", 1, 4, 2, 0, 1 << 31), bytes(60)]
)
def test_passes_that_are_none(file_pass):
    assert xls_protection.cipher(file_pass) is None


def test_what_would_take_too_long_is_not_deciphered():
    cipher = xls_protection.cipher(_short_pass(_short_key(KNOWN)))
    cipher._blocks_left = 3
    with pytest.raises(StopReading) as stopped:
        [cipher.record(block * 1024, 1, [b"x"]) for block in range(9)]
    assert stopped.value.reason == "too_large"


def test_the_sample():
    assert [
        examine(BytesSource(content), "x", Limits()).inspected for kind, content in warm.samples() if kind == "xls"
    ] == ["full", "full"]

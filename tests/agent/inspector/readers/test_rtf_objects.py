"""OLE 1 objects in hexadecimal."""

import struct

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import rtf_objects
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading


def _header(class_name, size, form=2):
    name = class_name + b"\0"
    return struct.pack("<III", 0x0501, form, len(name)) + name + struct.pack("<III", 0, 0, size)


def _embedded(raw, limits=None):
    digits = raw.hex().encode()
    spread = b" ".join(digits[n : n + 7] for n in range(0, len(digits), 7))
    return rtf_objects.embedded(BytesSource(b"xx" + spread + b"}"), 2, 2 + len(spread), 1, limits or Limits())


def test_the_object_s_own_data():
    found = _embedded(_header(b"Excel.Sheet.8", 100_000) + bytes(100_000) + b"rest")
    assert found.name == "Excel.Sheet.8"
    assert b"".join(found.content()) == bytes(100_000)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x01",
        _header(b"x", 5, form=1),
        _header(b"x", 0),
        struct.pack("<III", 1, 2, 1 << 31),
        _header(b"Package", 9),
    ],
)
def test_nothing_to_be_had(raw):
    assert _embedded(raw) is None


def test_data_that_ends_early_is_damaged():
    with pytest.raises(StopReading) as stop:
        list(_embedded(_header(b"x", 1000) + bytes(10)).content())
    assert stop.value.reason == "damaged"


def test_a_size_beyond_all_bounds_is_refused():
    with pytest.raises(StopReading) as stop:
        list(_embedded(_header(b"x", 1 << 31) + bytes(10)).content())
    assert stop.value.reason == "too_large"

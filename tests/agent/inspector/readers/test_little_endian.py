"""Numbers out of bytes that may be too few."""

from gapwatch_agent.inspector.readers.little_endian import u16, u32


def test_numbers_stand_low_byte_first():
    data = bytes(range(1, 12))
    assert u16(data, 0) == 0x0201
    assert u32(data, 1) == 0x05040302


def test_what_is_missing_is_zero():
    assert u16(b"", 5) == u32(b"", 0) == 0
    assert u32(b"\x01\x02", 0) == 0x0201

"""Signed messages give their content; other kinds are told apart; anything else is broken."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import cms

SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
ENVELOPED_DATA = bytes.fromhex("06092A864886F70D010703")
DATA = bytes.fromhex("06092A864886F70D010701")


def _der(tag, *values):
    body = b"".join(values)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def _ber(tag, *values):
    return bytes([tag]) + b"\x80" + b"".join(values) + b"\0\0"


def _signed(wrap, octets):
    inner = wrap(0x30, b"\x02\x01\x01", _der(0x31, _der(0x30, b"\x06\x01\x2a")), wrap(0x30, DATA, wrap(0xA0, octets)))
    return wrap(0x30, SIGNED_DATA, wrap(0xA0, inner))


def test_content_in_one_piece_and_in_several():
    assert cms.signed_content(_signed(_der, _der(4, b"hello" * 100))) == (cms.SIGNED, b"hello" * 100)
    assert cms.signed_content(_signed(_ber, _ber(0x24, _der(4, b"hello "), _der(4, b"world")))) == (
        cms.SIGNED,
        b"hello world",
    )


def test_other_kinds_and_garbage():
    assert cms.signed_content(_der(0x30, ENVELOPED_DATA, _der(0xA0))) == (cms.OTHER, b"")
    assert cms.signed_content(b"garbage") == (cms.BROKEN, b"")
    assert cms.signed_content(b"") == (cms.BROKEN, b"")


@given(st.integers(0, 200), st.binary(max_size=9))
def test_any_damage_ends(at, patch):
    whole = _signed(_ber, _ber(0x24, _der(4, b"hello")))
    kind, content = cms.signed_content(whole[:at] + patch + whole[at + len(patch) :])
    assert kind in {cms.SIGNED, cms.OTHER, cms.BROKEN}
    assert len(content) <= len(whole) + 9

"""Names of media: one writing wherever a stick is seen, and serials that name nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.facts.medium_key import device_key, medium_key, normal_serial, serial_missing
from gapwatch_proto.events import Medium


@pytest.mark.parametrize(
    "serial",
    ["", "   ", "0123456789", "0123456789abcdef", "0000000000", "FFFFFFFF", "000000000001", "A1", "\x00\x01", "none"],
)
def test_serials_that_name_no_single_device(serial: str) -> None:
    assert serial_missing(serial)


@pytest.mark.parametrize("serial", ["4C530001230508109262", "60A44C3FAE22", "AA00000000000489", "0x1234ABCD"])
def test_serials_that_do(serial: str) -> None:
    assert not serial_missing(serial)


def test_one_stick_has_one_name_however_it_is_written() -> None:
    written = [
        Medium(serial_number="4C53 0001-2305", filesystem_id="1a2b-3c4d"),
        Medium(serial_number=" 4c530001-2305\n", filesystem_id="1A2B-3C4D "),
        Medium(serial_number="4C530001-2305\x00", filesystem_id="1A2B-3C4D", vendor_id="0781"),
    ]
    assert {medium_key(medium) for medium in written} == {"4C530001-2305/1A2B-3C4D"}


def test_without_a_serial_the_make_stands_in_and_says_so() -> None:
    medium = Medium(vendor_id="0951", product_id="1666", serial_number="0123456789", filesystem_id="AAAA-0001")
    assert device_key(medium) == "~0951:1666"
    assert medium_key(medium) == "~0951:1666/AAAA-0001"


def test_a_serial_cannot_pretend_to_be_another_stick_with_another_filesystem() -> None:
    forged = Medium(serial_number="4C530001/1A2B-3C4D", filesystem_id="")
    real = Medium(serial_number="4C530001", filesystem_id="1A2B-3C4D")
    assert medium_key(forged) != medium_key(real)


def test_nor_stand_for_sticks_without_a_serial() -> None:
    forged = Medium(serial_number="~0951:1666")
    assert device_key(forged) != device_key(Medium(vendor_id="0951", product_id="1666"))


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_names_are_printable_and_short_whatever_the_device_says(serial: str, filesystem: str) -> None:
    key = medium_key(Medium(serial_number=serial, filesystem_id=filesystem, vendor_id=serial))
    assert key.isprintable()
    assert len(key) < 800
    assert normal_serial(normal_serial(serial)) == normal_serial(serial)

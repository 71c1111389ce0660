"""Finding a medium in the register by what the device says."""

from __future__ import annotations

from itertools import permutations

import pytest

from gapwatch_collector.facts.registers import RegisterView
from gapwatch_collector.model import Host, RegisteredMedium
from gapwatch_proto.events import Medium

WHOLE = RegisteredMedium(b"1" * 16, "红-1", "AA11BB22CC33")
ONE_FILESYSTEM = RegisteredMedium(b"2" * 16, "红-2", "4C5300012305", "1A2B-3C4D")
NO_SERIAL = RegisteredMedium(b"3" * 16, "红-3", "", "77AA-10B2")
OF_A_VENDOR = RegisteredMedium(b"4" * 16, "红-4", "5555AAAA6666", vendor_id="0781", product_id="5567")
SHARED_SERIAL = RegisteredMedium(b"5" * 16, "红-5", "0123456789", "BBBB-0001")
NAMELESS = RegisteredMedium(b"6" * 16, "红-6", "", "")
VIEW = RegisterView(media=[WHOLE, ONE_FILESYSTEM, NO_SERIAL, OF_A_VENDOR, SHARED_SERIAL, NAMELESS])


@pytest.mark.parametrize(
    ("seen", "entry"),
    [
        (Medium(serial_number="aa11bb22cc33", filesystem_id="0000-0001"), WHOLE),
        (Medium(serial_number="AA11BB22CC33"), WHOLE),
        (Medium(serial_number="4C5300012305", filesystem_id="1a2b-3c4d"), ONE_FILESYSTEM),
        (Medium(serial_number="4C5300012305"), ONE_FILESYSTEM),
        (Medium(serial_number="4C5300012305", filesystem_id="FFFF-FFFF"), None),
        (Medium(filesystem_id="77AA-10B2"), NO_SERIAL),
        (Medium(serial_number="0123456789", filesystem_id="77AA-10B2"), NO_SERIAL),
        (Medium(serial_number="0123456789"), None),
        (Medium(serial_number="0123456789", filesystem_id="BBBB-0001"), SHARED_SERIAL),
        (Medium(serial_number="5555AAAA6666", vendor_id="0781", product_id="5567"), OF_A_VENDOR),
        (Medium(serial_number="5555AAAA6666", vendor_id="0951", product_id="5567"), None),
        (Medium(), None),
        (Medium(serial_number="UNHEARD-OF-1"), None),
    ],
)
def test_look_up(seen: Medium, entry: RegisteredMedium | None) -> None:
    assert VIEW.medium(seen) == entry


def test_a_reformatted_stick_is_told_from_a_stranger() -> None:
    assert VIEW.serial_registered(Medium(serial_number="4C5300012305", filesystem_id="FFFF-FFFF"))
    assert not VIEW.serial_registered(Medium(serial_number="UNHEARD-OF-1"))
    assert not VIEW.serial_registered(Medium(serial_number="0123456789"))


def test_a_change_replaces_the_row_and_its_name() -> None:
    view = RegisterView(media=[ONE_FILESYSTEM])
    before = view.version
    view.put_medium(RegisteredMedium(ONE_FILESYSTEM.medium_id, "红-2", "4C5300012305", "9999-0000"))
    assert view.version > before
    assert view.medium(Medium(serial_number="4C5300012305", filesystem_id="1A2B-3C4D")) is None
    assert view.medium(Medium(serial_number="4C5300012305", filesystem_id="9999-0000")) is not None
    assert len(view.media) == 1


def test_hosts_are_found_by_id() -> None:
    host = Host(b"h" * 16, "涉机-017")
    view = RegisterView([host])
    assert view.host(host.host_id) is host
    assert view.host(b"x" * 16) is None
    assert list(view.hosts) == [host.host_id]


def test_of_two_entries_for_one_stick_the_one_in_use_counts_in_whatever_order_they_came() -> None:
    old = RegisteredMedium(b"1" * 16, "红-1", "AA11BB22CC33", status="destroyed")
    new = RegisteredMedium(b"2" * 16, "红-2", "AA11BB22CC33")
    newer = RegisteredMedium(b"3" * 16, "红-3", "AA11BB22CC33")
    seen = Medium(serial_number="AA11BB22CC33")
    for order in permutations((old, new, newer)):
        view = RegisterView(media=order)
        assert view.medium(seen) == new
        view.put_medium(new)  # as after any change of the row
        assert view.medium(seen) == new

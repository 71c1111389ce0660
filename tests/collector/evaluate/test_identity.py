"""Names of alerts and cases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.evaluate import identity
from gapwatch_collector.model import NewEntry, Origin
from gapwatch_proto.record import GENESIS_HASH, RecordHeader, payload_hash


def record(seq: int = 1, host: bytes = b"h" * 16, boot: bytes = b"b" * 16) -> NewEntry:
    header = RecordHeader(b"s" * 16, seq, 300, boot, 1, 1, 2, GENESIS_HASH, payload_hash(b"")).pack()
    return NewEntry(Origin.RECORD, 300, 2, 1, 0, b"", host, b"s" * 16, seq, header)


def test_a_name_is_known_for_ever() -> None:
    """Alerts already stored would get twins if this changed."""
    key = identity.correlation_key(["host.id", "missing"], {"host.id": "68"})
    assert key == '["68",null]'
    assert identity.alert_id("rule", key, [b"one"]).hex() == "f80d6c4b81eedcbd6b4781e9051a6ef4"
    assert identity.standing_name("rule", key) == "d21c9ee615ad0f8d29dbf00bbe276a71"


@given(st.lists(st.binary(max_size=4), max_size=3), st.lists(st.binary(max_size=4), max_size=3))
def test_different_members_have_different_names(one: list[bytes], other: list[bytes]) -> None:
    same = identity.alert_id("r", "k", one) == identity.alert_id("r", "k", other)
    assert same is (one == other)


def test_parts_cannot_run_into_each_other() -> None:
    assert identity.alert_id("ab", "c", []) != identity.alert_id("a", "bc", [])


def test_acts_are_told_apart_by_host_and_boot() -> None:
    cases = {
        identity.act_case(record(), "act"),
        identity.act_case(record(seq=2), "act"),
        identity.act_case(record(host=b"x" * 16), "act"),
        identity.act_case(record(boot=b"x" * 16), "act"),
        identity.act_case(record(), "other"),
    }
    assert len(cases) == 4


def test_members_and_insertions_go_by_the_record() -> None:
    assert identity.member(record(1)) != identity.member(record(2))
    assert identity.insertion_case(record(1)) == identity.insertion_case(record(1))

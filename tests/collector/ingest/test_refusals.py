"""The account of refusals: all counted and logged, few entered."""

from __future__ import annotations

import logging

import pytest

from gapwatch_collector.ingest.refusals import ACT_INTERVAL_NS, RefusalAccount, Refused
from support.clock import FakeClock


@pytest.fixture
def entered() -> list[dict[str, object]]:
    return []


def test_every_refusal_is_one_line_and_counted(
    entered: list[dict[str, object]], caplog: pytest.LogCaptureFixture
) -> None:
    account = RefusalAccount(FakeClock().now_ns, entered.append)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            account.refuse(Refused("malformed", "host", "a sentence"))
    assert account.counts == {"malformed": 3}
    assert [(line.reason, line.sender, line.detail) for line in caplog.records] == [
        ("malformed", "host", "a sentence")
    ] * 3


def test_what_repeats_is_entered_seldom_with_its_count(entered: list[dict[str, object]]) -> None:
    clock = FakeClock()
    account = RefusalAccount(clock.now_ns, entered.append)
    for _ in range(5):
        account.refuse(Refused("forked", "host", "d"))
    clock.advance(ACT_INTERVAL_NS / 1e9)
    account.refuse(Refused("forked", "host", "d"))
    assert [one["count"] for one in entered] == [1, 5]


def test_many_strangers_together_do_not_fill_the_log(entered: list[dict[str, object]]) -> None:
    clock = FakeClock()
    account = RefusalAccount(clock.now_ns, entered.append)
    for number in range(5_000):
        account.refuse(Refused("unknown_host", f"stranger {number}", "d"))
    assert len(entered) == 64
    assert len(account._tallies) <= 1_024
    clock.advance(ACT_INTERVAL_NS / 1e9)
    account.refuse(Refused("unknown_host", "one more", "d"))
    assert len(entered) == 65

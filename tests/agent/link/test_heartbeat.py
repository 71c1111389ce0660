"""Heartbeats."""

from __future__ import annotations

from gapwatch_agent.link.heartbeat import Moment, heartbeat, oldest_age_s
from gapwatch_agent.spool.port import Depth
from gapwatch_proto.events import SensorHealth
from support.spools import BOOT

NOW = Moment(BOOT, 100 * 10**9, 2000 * 10**9)


def test_the_age_of_the_oldest_is_by_boottime_in_this_boot_and_by_the_wall_before() -> None:
    assert oldest_age_s(Depth(), NOW) == 0
    assert oldest_age_s(Depth(1, 1, 1, BOOT, 40 * 10**9, 0), NOW) == 60
    assert oldest_age_s(Depth(1, 1, 1, b"o" * 16, 40 * 10**9, 1500 * 10**9), NOW) == 500


def test_an_age_is_never_negative() -> None:
    assert oldest_age_s(Depth(1, 1, 1, BOOT, 10**18, 0), NOW) == 0
    assert oldest_age_s(Depth(1, 1, 1, b"o" * 16, 0, 10**18), NOW) == 0


def test_a_heartbeat_says_what_waits_and_which_policy_holds() -> None:
    sensors = (SensorHealth("files", "fanotify", "running"),)
    beat = heartbeat("0.1", (7, 60), 30 * 10**9, Depth(5, 4096, 3, BOOT, 90 * 10**9, 0), NOW, sensors)
    assert (beat.agent_version, beat.policy_version, beat.interval_s, beat.uptime_s) == ("0.1", 7, 60, 70)
    assert (beat.spool_records, beat.spool_bytes, beat.oldest_unacked_s, beat.sensors) == (5, 4096, 10, sensors)

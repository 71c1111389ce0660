"""What a heartbeat says: figures counted from storage, sensors as last reported, the policy in force."""

from __future__ import annotations

from dataclasses import dataclass

from gapwatch_agent.spool.port import Depth
from gapwatch_proto.events import Heartbeat, SensorHealth


@dataclass(frozen=True, slots=True)
class Moment:
    """This host's clocks and boot."""

    boot_id: bytes
    boottime_ns: int
    wall_ns: int


def oldest_age_s(depth: Depth, now: Moment) -> int:
    """How long the oldest record has waited; by the wall clock when it is of an earlier boot, never negative."""
    if not depth.oldest_boot_id:
        return 0
    if depth.oldest_boot_id == now.boot_id:
        return max(0, now.boottime_ns - depth.oldest_boottime_ns) // 1_000_000_000
    return max(0, now.wall_ns - depth.oldest_wall_ns) // 1_000_000_000


def heartbeat(
    agent_version: str,
    policy: tuple[int, int],
    started_boottime_ns: int,
    depth: Depth,
    now: Moment,
    sensors: tuple[SensorHealth, ...],
) -> Heartbeat:
    """``policy`` is (version, heartbeat interval in seconds)."""
    return Heartbeat(
        agent_version=agent_version,
        policy_version=policy[0],
        uptime_s=(now.boottime_ns - started_boottime_ns) // 1_000_000_000,
        spool_records=depth.records,
        spool_bytes=depth.bytes_used,
        oldest_unacked_s=oldest_age_s(depth, now),
        interval_s=policy[1],
        sensors=sensors,
    )

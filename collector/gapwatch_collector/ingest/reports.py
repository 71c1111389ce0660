"""What each host last said of itself, for the machines page. In memory: a host is heard again within a heartbeat."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from gapwatch_collector.ingest.verify import Item, RecordItem
from gapwatch_proto.codec import decode
from gapwatch_proto.errors import MalformedPayloadError
from gapwatch_proto.events import Heartbeat
from gapwatch_proto.kinds import Kind

_HEARTBEAT: Final = int(Kind.HEARTBEAT)
_SENSORS_MAX: Final = 32
_TEXT_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Report:
    """When a host was heard (collector's clock) and what its last heartbeat said."""

    host_id: bytes
    last_heard_ns: int
    agent_version: str = ""
    policy_version: int = 0
    degraded_sensors: tuple[str, ...] = ()


class HostReports:
    """The latest report of every host heard since this process started; bounded by the register. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reports: dict[bytes, Report] = {}

    def greeted(self, host_id: bytes, agent_version: str, policy_version: int, now_ns: int) -> None:
        """The host said hello."""
        with self._lock:
            known = self._reports.get(host_id) or Report(host_id, now_ns)
            self._reports[host_id] = replace(
                known, last_heard_ns=now_ns, agent_version=agent_version, policy_version=policy_version
            )

    def heard(self, host_id: bytes, items: Iterable[Item], now_ns: int) -> None:
        """The host sent these records; the last heartbeat among them counts."""
        heartbeat = None
        for item in items:
            if isinstance(item, RecordItem) and item.kind == _HEARTBEAT and item.sent.payload:
                heartbeat = item.sent.payload
        with self._lock:
            known = replace(self._reports.get(host_id) or Report(host_id, now_ns), last_heard_ns=now_ns)
            self._reports[host_id] = known if heartbeat is None else _told(known, heartbeat)

    def latest(self) -> list[Report]:
        """All of them."""
        with self._lock:
            return list(self._reports.values())


def _told(known: Report, payload: bytes) -> Report:
    try:
        said = decode(Kind.HEARTBEAT, payload)
    except MalformedPayloadError:
        return known
    if not isinstance(said, Heartbeat):
        return known
    degraded = tuple(sensor.name[:_TEXT_MAX] for sensor in said.sensors if sensor.state != "running")
    return replace(
        known,
        agent_version=said.agent_version[:_TEXT_MAX],
        policy_version=said.policy_version,
        degraded_sensors=degraded[:_SENSORS_MAX],
    )

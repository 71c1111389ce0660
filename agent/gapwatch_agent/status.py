"""``gapwatch-agent status``: link's snapshot, judged: is it fresh, connected, and does what waits grow old."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Final

from gapwatch_agent import compose
from gapwatch_agent.config import Config

_STALE_S: Final = 30


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What link last wrote, its age in seconds (-1: there is none), and what that means."""

    values: dict[str, Any]
    age_s: float
    healthy: bool
    verdict: str


def read(config: Config, now_ns: int | None = None) -> Snapshot:
    """The last snapshot; ``healthy`` when it is fresh, connected, and the sensors deliver."""
    from gapwatch_agent.link.status import read_status

    values = read_status(compose.status_file(config))
    if values is None:
        return Snapshot({}, -1, False, "the agent's link process has not written a status: it is not running here")
    age_s = ((now_ns or time.time_ns()) - int(values.get("written_ns", 0))) / 1e9
    if age_s > _STALE_S:
        return Snapshot(values, age_s, False, f"the last status is {age_s:.0f} s old: link does not move")
    if values.get("state") != "connected":
        return Snapshot(values, age_s, False, f"not connected: {values.get('last_error') or values.get('state')}")
    if not values.get("watch_connected"):
        return Snapshot(values, age_s, False, "connected, but the sensors' process does not deliver")
    return Snapshot(values, age_s, True, "running and connected")


def as_json(snapshot: Snapshot) -> str:
    return json.dumps({**snapshot.values, "age_s": snapshot.age_s, "healthy": snapshot.healthy}, ensure_ascii=True)


def as_table(snapshot: Snapshot) -> str:
    rows = [("verdict", snapshot.verdict), *((name, str(value)) for name, value in snapshot.values.items())]
    return "\n".join(f"{name:24} {value.encode('unicode_escape').decode()}" for name, value in rows)

"""The snapshot behind ``gapwatch-agent status``: one JSON file, replaced whole, readable by everyone on the host."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from gapwatch_agent.transport.state_file import replace_file

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Status:
    """How the link is doing. Times are host wall clock, nanoseconds since 1970 UTC; 0 means never or unknown.

    ``state``: starting, not_enrolled, awaiting_confirmation, connecting, connected.
    """

    state: str = "starting"
    host_id: str = ""
    spool_id: str = ""
    connected_since_ns: int = 0
    last_seq: int = 0
    acked_seq: int = 0
    spool_records: int = 0
    spool_bytes: int = 0
    policy_version: int = 0
    certificate_expires_ns: int = 0
    watch_connected: bool = False
    last_error: str = ""
    written_ns: int = 0


class StatusFile:
    """Writes the snapshot when asked; a full or read-only runtime directory is only worth a line in the log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.now = Status()

    def write(self, wall_ns: int) -> None:
        self.now.written_ns = wall_ns
        text = json.dumps(asdict(self.now), indent=1, ensure_ascii=True) + "\n"
        try:
            replace_file(self._path, text.encode(), mode=0o644, durable=False)
        except OSError as error:
            _log.warning("the status cannot be written: %s", error)


def read_status(path: Path) -> dict[str, Any] | None:
    """The last snapshot; None when there is none or it cannot be read."""
    try:
        snapshot = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", snapshot) if isinstance(snapshot, dict) else None

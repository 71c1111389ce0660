"""What stands on each host now: the last record about every radio, link, default route and medium it told of.

A host is often entered into the register, or classified, after its agent listed what is there. When a register changes
these records are judged again under it (C7), so the order of the two does not decide whether anybody is told. They keep
their own names, so an alert raised this way is the one that the other order would have raised (C8).

Not judged again, on purpose: what happened and passed (a file written, a medium taken out). And no alert is taken back
when a register changes the other way: it was true under the register of its time, and an officer closes it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

from gapwatch_collector.evaluate.state import Memory
from gapwatch_collector.facts.medium_key import normal_filesystem_id, normal_serial
from gapwatch_collector.model import LogEntry, NewEntry, Origin, RegisteredMedium

HOST_FACTS_MAX: Final = 64
"""What one host may have us remember; the oldest is given up first."""
FACTS_MAX: Final = 100_000
PAYLOAD_BYTES_MAX: Final = 4_096

_PREFIX: Final = "lasting/"
_CATEGORIES: Final = frozenset({"radio", "link", "default_route", "medium"})
_SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "radio": ("technology", "name"),
    "link": (),
    "default_route": ("gateway", "family", "table", "metric"),
}
_MEDIUM_PHASES: Final = ("attached", "mounted")


class LastingFacts:
    """A bounded table within the evaluator's memory."""

    def __init__(self, memory: Memory, *, facts_max: int = FACTS_MAX) -> None:
        self._memory, self._max = memory, facts_max
        self._hosts: dict[str, dict[str, None]] = {}
        for name, _row in sorted(memory.under(_PREFIX), key=lambda pair: (pair[1]["at"], pair[0])):
            host, _, subject = name.partition("/")
            self._hosts.setdefault(host, {})[subject] = None
        self._count = sum(map(len, self._hosts.values()))

    def saw(self, entry: LogEntry, category: str, facts: Mapping[str, Any]) -> None:
        """A host's record: it begins, replaces or ends something that lasts."""
        if category not in _CATEGORIES:
            return
        host = entry.entry.host_id.hex()
        if category == "medium":
            phase = facts["medium.activity"]
            if phase in _MEDIUM_PHASES:
                self._keep(host, _subject("medium", phase, facts["medium.key"]), entry, _medium_row(facts))
            else:
                self._end_medium(host, phase, facts)
            return
        # An interface keeps its index when it is renamed.
        interface = facts.get("interface.index") or facts.get("interface.name")
        subject = _subject(category, interface, *(facts.get(name) for name in _SUBJECTS[category]))
        if facts.get("state") == "absent":
            self._drop(host, subject)
        else:
            self._keep(host, subject, entry, {})

    def forget(self, host_id: bytes) -> None:
        """The host's agent starts: it lists anew what is there, and what has gone meanwhile nobody saw go."""
        for subject in list(self._hosts.get(host_id.hex(), ())):
            self._drop(host_id.hex(), subject)

    def of_host(self, host_id: bytes) -> list[LogEntry]:
        """What stands on a host, in the order of the log."""
        host = host_id.hex()
        return _in_order(_entry(host, self._row(host, subject)) for subject in self._hosts.get(host, ()))

    def of_media(self, rows: Iterable[RegisteredMedium]) -> list[LogEntry]:
        """Media of all hosts that these rows of the register may be about, in the order of the log."""
        serials = {normal_serial(row.serial_number) for row in rows} - {""}
        filesystems = {normal_filesystem_id(row.filesystem_id) for row in rows} - {""}
        return _in_order(
            _entry(host, row)
            for host, subjects in self._hosts.items()
            for row in (self._row(host, subject) for subject in subjects)
            if row.get("serial") in serials or row.get("filesystem") in filesystems
        )

    # --- keeping ------------------------------------------------------------------------------------------------------

    def _end_medium(self, host: str, phase: str, facts: Mapping[str, Any]) -> None:
        device, filesystem = facts["medium.device_key"], facts.get("medium.filesystem_id", "")
        for subject in list(self._hosts.get(host, ())):
            row = self._row(host, subject)
            if row.get("device") != device or (filesystem and row["filesystem"] != normal_filesystem_id(filesystem)):
                continue
            if phase == "removed" or row["phase"] == "mounted":
                self._drop(host, subject)

    def _keep(self, host: str, subject: str, entry: LogEntry, about: Mapping[str, object]) -> None:
        self._drop(host, subject)
        if len(entry.entry.payload) > PAYLOAD_BYTES_MAX or self._count >= self._max:
            self._given_up()
            return
        kept = self._hosts.setdefault(host, {})
        if len(kept) >= HOST_FACTS_MAX:
            self._drop(host, next(iter(kept)))
            self._given_up()
        self._hosts.setdefault(host, {})[subject] = None
        self._memory.put(f"{_PREFIX}{host}/{subject}", {**_kept(entry), **about})
        self._count += 1

    def _drop(self, host: str, subject: str) -> None:
        kept = self._hosts.get(host, {})
        if subject not in kept:
            return
        del kept[subject]
        if not kept:
            del self._hosts[host]
        self._memory.drop(f"{_PREFIX}{host}/{subject}")
        self._count -= 1

    def _given_up(self) -> None:
        given_up = self._memory.get("given_up") or {}
        self._memory.put("given_up", given_up | {_PREFIX: given_up.get(_PREFIX, 0) + 1})

    def _row(self, host: str, subject: str) -> dict[str, Any]:
        row: dict[str, Any] = self._memory.get(f"{_PREFIX}{host}/{subject}")
        return row


def _subject(*parts: object) -> str:
    """A short name whatever a host calls its things."""
    return sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()[:32]


def _medium_row(facts: Mapping[str, Any]) -> dict[str, object]:
    return {
        "phase": facts["medium.activity"],
        "device": facts["medium.device_key"],
        "serial": normal_serial(facts.get("medium.serial_number", "")),
        "filesystem": normal_filesystem_id(facts.get("medium.filesystem_id", "")),
    }


def _kept(entry: LogEntry) -> dict[str, object]:
    new = entry.entry
    return {
        "at": entry.log_index,
        "recorded_ns": entry.recorded_ns,
        "kind": int(new.kind),
        "severity": new.severity,
        "event_ns": new.event_ns,
        "uncertainty_ns": new.uncertainty_ns,
        "spool": new.spool_id.hex(),
        "seq": new.seq,
        "header": base64.b64encode(new.header).decode(),
        "payload": base64.b64encode(new.payload).decode(),
    }


def _entry(host: str, row: Mapping[str, Any]) -> LogEntry:
    new = NewEntry(
        Origin.RECORD,
        row["kind"],
        row["severity"],
        row["event_ns"],
        row["uncertainty_ns"],
        base64.b64decode(row["payload"]),
        bytes.fromhex(host),
        bytes.fromhex(row["spool"]),
        row["seq"],
        base64.b64decode(row["header"]),
    )
    return LogEntry(row["at"], row["recorded_ns"], new)


def _in_order(entries: Iterator[LogEntry]) -> list[LogEntry]:
    return sorted(entries, key=lambda entry: entry.log_index)

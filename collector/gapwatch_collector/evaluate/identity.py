"""What alerts and cases are called: hashes of what they are about, so every replay gives the same names (C8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from gapwatch_collector.facts.compute import boot_id
from gapwatch_collector.model import NewEntry

_ID_BYTES: Final = 16


def member(entry: NewEntry) -> bytes:
    """A record's own name (host, spool, number): the same however and whenever it arrived."""
    return b"record" + entry.host_id + entry.spool_id + entry.seq.to_bytes(8, "big")


def correlation_key(names: Iterable[str], facts: Mapping[str, Any]) -> str:
    """The values of these facts as one text; what is not known is null."""
    return json.dumps([facts.get(name) for name in names], ensure_ascii=True, separators=(",", ":"))


def alert_id(rule_id: str, key: str, members: Iterable[bytes]) -> bytes:
    """Hash of rule, correlation key and members."""
    return _hash("alert", rule_id.encode(), key.encode(), *members)


def standing_name(rule_id: str, key: str) -> str:
    """Under which a lasting condition is remembered."""
    return _hash("standing", rule_id.encode(), key.encode()).hex()


def act_case(entry: NewEntry, act: str) -> bytes:
    """The case of one act (one ``cp``): acts are told apart within a host's boot."""
    return _hash("act", entry.host_id, boot_id(entry.header) or entry.spool_id, act.encode("utf-8", "surrogatepass"))


def insertion_case(entry: NewEntry) -> bytes:
    """The case of one insertion of a medium, named after the record that told of it first."""
    return _hash("insertion", member(entry))


def _hash(tag: str, *parts: bytes) -> bytes:
    digest = sha256(f"gapwatch {tag} v1".encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()[:_ID_BYTES]

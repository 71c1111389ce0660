"""One line of ``gapwatch-agent scan --jsonl`` (docs/scan-format.md). Pure."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from gapwatch_agent.inspector.examine import MEMBER_SEPARATOR
from gapwatch_agent.inspector.scan import Scanned
from gapwatch_agent.inspector.verdict import Verdict


def records(scanned: Scanned) -> Iterator[dict[str, Any]]:
    """The file's record, then one for each file inside it; what is in one of those stands after it."""
    path = shown(scanned.path)
    yield record(path, scanned.found)
    for member in _outer_first(scanned.members):
        yield record(f"{path}{MEMBER_SEPARATOR}{member.member}", member)


def _outer_first(members: Iterable[Verdict]) -> list[Verdict]:
    """An archive in an archive is judged after what is in it, and said before."""
    ordered: list[Verdict] = []
    for member in members:
        first = len(ordered)
        inside = member.member + MEMBER_SEPARATOR
        while first and ordered[first - 1].member.startswith(inside):
            first -= 1
        ordered.insert(first, member)
    return ordered


def record(path: str, found: Verdict) -> dict[str, Any]:
    """Plain values in the order of the format; null where there is nothing to say."""
    inspection = found.inspection
    mark = inspection.mark
    return {
        "path": path,
        "type": inspection.type or None,
        "size": found.size,
        "sha256": found.sha256 or None,
        "inspected": inspection.inspected,
        "reason": inspection.reason or None,
        "axis": mark.axis or None,
        "level": mark.level or None,
        "level_text": mark.level_text or None,
        "period": mark.period or None,
        "period_text": mark.period_text or None,
        "confidence": mark.confidence,
        "evidence": [asdict(entry) for entry in mark.evidence],
        "labels": [asdict(label) for label in inspection.labels],
        "hints": [asdict(hint) for hint in inspection.hint_list],
        "fingerprint": base64.b64encode(inspection.fingerprint).decode("ascii") or None,
    }


def shown(path: str) -> str:
    r"""A path as text: bytes that are not UTF-8 stand as ``\xNN``, so that every line is good JSON."""
    return os.fsencode(path).decode("utf-8", errors="backslashreplace")

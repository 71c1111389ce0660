"""What the inspector answers (message VERDICT), and how it crosses a process border: JSON that the reader checks whole.

The child that parsed a stranger's file is not trusted: ``decode`` accepts closed lists and bounded lengths only.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector.fragments import PARTS, ZONES
from gapwatch_agent.inspector.marks import AXIS_ORDER, EVIDENCE_CHARACTERS_MAX, EVIDENCE_MAX, HINTS_MAX, LEVEL_ORDER
from gapwatch_agent.inspector.readers.detect import TYPES
from gapwatch_agent.inspector.readers.source import REASONS
from gapwatch_proto.events import Inspection, Mark, MarkEvidence

VERDICT_BYTES_MAX: Final = 32 * 1024
_SHA256: Final = re.compile(r"(?:[0-9a-f]{64})?")
_WORD: Final = re.compile(r"[a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What could be said of one file. ``sha256`` is empty when the content could not be read to its end."""

    inspection: Inspection = field(default_factory=Inspection)
    sha256: str = ""
    size: int = 0


def uninspected(reason: str, size: int = 0) -> Verdict:
    """Nothing could be said, and why."""
    return Verdict(Inspection(inspected="none", reason=reason), size=size)


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """The message's fields as plain values."""
    inspection = verdict.inspection
    return {
        "inspected": inspection.inspected,
        "reason": inspection.reason,
        "type": inspection.type,
        "sha256": verdict.sha256,
        "size": verdict.size,
        "hints": inspection.hints,
        "mark": asdict(inspection.mark),
    }


def encode(verdict: Verdict) -> bytes:
    """The message's body."""
    return json.dumps(as_dict(verdict), ensure_ascii=True, separators=(",", ":")).encode("ascii")


def decode(body: bytes) -> Verdict:
    """The verdict of a message. Raises PeerError for anything that is not exactly one."""
    if len(body) > VERDICT_BYTES_MAX:
        raise PeerError(f"a verdict of {len(body)} bytes is too large")
    try:
        fields = json.loads(body)
        return _verdict(fields)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise PeerError(f"not a verdict: {type(error).__name__}") from error


def _verdict(fields: dict[str, Any]) -> Verdict:
    if set(fields) != {"inspected", "reason", "type", "sha256", "size", "hints", "mark"}:
        raise ValueError("wrong fields")
    reason = _one_of(fields["reason"], REASONS | {""})
    inspected = _one_of(fields["inspected"], {"full", "partial", "none"})
    if (inspected == "full") is bool(reason):
        raise ValueError("a reason belongs to what was not fully inspected")
    inspection = Inspection(
        inspected=inspected,
        reason=reason,
        type=_one_of(fields["type"], TYPES | {""}),
        mark=_mark(fields["mark"]),
        hints=_integer(fields["hints"], HINTS_MAX),
    )
    sha256 = _text(fields["sha256"], 64)
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a hash")
    return Verdict(inspection, sha256, _integer(fields["size"], 1 << 62))


def _mark(fields: dict[str, Any]) -> Mark:
    evidence = fields["evidence"]
    if not isinstance(evidence, list) or len(evidence) > EVIDENCE_MAX:
        raise ValueError("too much evidence")
    axis = _one_of(fields["axis"], {*AXIS_ORDER, ""})
    level = _one_of(fields["level"], {*LEVEL_ORDER, ""})
    if bool(axis) is not bool(level):
        raise ValueError("an axis and a level belong together")
    confidence = fields["confidence"]
    if not isinstance(confidence, float | int) or not 0 <= confidence <= 1:
        raise ValueError("not a confidence")
    return Mark(
        axis=axis,
        level=level,
        level_text=_text(fields["level_text"]),
        period=_text(fields["period"]),
        period_text=_text(fields["period_text"]),
        confidence=float(confidence),
        evidence=tuple(_evidence(item) for item in evidence),
    )


def _evidence(fields: dict[str, Any]) -> MarkEvidence:
    form = _text(fields["grammar"], 40)
    if not _WORD.fullmatch(form):
        raise ValueError("not the name of a form")
    return MarkEvidence(
        part=_one_of(fields["part"], PARTS),
        page=_integer(fields["page"], 1_000_000),
        zone=_one_of(fields["zone"], ZONES),
        text=_text(fields["text"]),
        grammar=form,
    )


def _one_of(value: object, allowed: frozenset[str] | set[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError("not in the list")
    return value


def _text(value: object, characters_max: int = EVIDENCE_CHARACTERS_MAX) -> str:
    if not isinstance(value, str) or len(value) > characters_max:
        raise ValueError("not a short text")
    return value


def _integer(value: object, maximum: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
        raise ValueError("not a count")
    return value

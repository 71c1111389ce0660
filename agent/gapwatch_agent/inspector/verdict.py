"""What the inspector answers (message VERDICT), and how it crosses a process border: JSON that the reader checks whole.

The child that parsed a stranger's file is not trusted: ``decode`` accepts closed lists and bounded lengths only.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from gapwatch_agent.errors import PeerError
from gapwatch_agent.inspector.fragments import PARTS, ZONES
from gapwatch_agent.inspector.hints import HINT_CHARACTERS_MAX, HINT_KINDS, HINT_LIST_MAX
from gapwatch_agent.inspector.machine_labels import CARRIERS, LABEL_CHARACTERS_MAX, LABELS_MAX
from gapwatch_agent.inspector.marks import AXIS_ORDER, EVIDENCE_CHARACTERS_MAX, EVIDENCE_MAX, HINTS_MAX, LEVEL_ORDER
from gapwatch_agent.inspector.readers.detect import TYPES
from gapwatch_agent.inspector.readers.source import REASONS
from gapwatch_proto.events import Hint, Inspection, Label, Mark, MarkEvidence

VERDICT_BYTES_MAX: Final = 96 * 1024
MEMBER_CHARACTERS_MAX: Final = 8 * 1024
FINGERPRINT_BYTES_MAX: Final = 17 * 1024
_FIELDS: Final = frozenset(
    {"inspected", "reason", "type", "sha256", "size", "hints", "mark"}
    | {"labels", "hint_list", "fingerprint", "member", "first_word"}
)
_SHA256: Final = re.compile(r"(?:[0-9a-f]{64})?")
_WORD: Final = re.compile(r"[a-z0-9_]{0,40}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What could be said of one file. ``sha256`` is empty when the content could not be read to its end.

    ``member`` is the path inside the file that was given (``inner/name.docx``), empty for that file itself.
    ``first_word`` marks what was said before everything was read; it stands if the rest never comes.
    """

    inspection: Inspection = field(default_factory=Inspection)
    sha256: str = ""
    size: int = 0
    member: str = ""
    first_word: bool = False


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
        "labels": [asdict(label) for label in inspection.labels],
        "hint_list": [asdict(hint) for hint in inspection.hint_list],
        "fingerprint": base64.b64encode(inspection.fingerprint).decode("ascii"),
        "member": verdict.member,
        "first_word": verdict.first_word,
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
    if set(fields) != _FIELDS:
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
        labels=tuple(_label(item) for item in _list(fields["labels"], LABELS_MAX)),
        hint_list=tuple(_hint(item) for item in _list(fields["hint_list"], HINT_LIST_MAX)),
        fingerprint=_bytes(fields["fingerprint"]),
    )
    sha256 = _text(fields["sha256"], 64)
    if not _SHA256.fullmatch(sha256):
        raise ValueError("not a hash")
    if not isinstance(fields["first_word"], bool):
        raise TypeError("not a truth value")
    size, member = _integer(fields["size"], 1 << 62), _text(fields["member"], MEMBER_CHARACTERS_MAX)
    return Verdict(inspection, sha256, size, member, fields["first_word"])


def _mark(fields: dict[str, Any]) -> Mark:
    evidence = _list(fields["evidence"], EVIDENCE_MAX)
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


def _label(fields: dict[str, Any]) -> Label:
    return Label(
        carrier=_one_of(fields["carrier"], CARRIERS),
        key=_text(fields["key"], LABEL_CHARACTERS_MAX),
        value=_text(fields["value"], LABEL_CHARACTERS_MAX),
    )


def _hint(fields: dict[str, Any]) -> Hint:
    return Hint(
        kind=_one_of(fields["kind"], HINT_KINDS),
        part=_one_of(fields["part"], PARTS),
        page=_integer(fields["page"], 1_000_000),
        zone=_one_of(fields["zone"], ZONES),
        text=_text(fields["text"], HINT_CHARACTERS_MAX),
    )


def _list(value: object, items_max: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > items_max:
        raise ValueError("not a short list")
    return value


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value, FINGERPRINT_BYTES_MAX * 4 // 3 + 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not bytes") from error


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

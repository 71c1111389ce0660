"""The whole judgement over one source: type by content, the reader for it, the decision, and why not where not.

Runs in the caged child; pure but for the source it reads. Whatever a reader raises becomes a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from gapwatch_agent.inspector import marks
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.marks import Findings
from gapwatch_agent.inspector.readers import detect, docx, text
from gapwatch_agent.inspector.readers.source import Reader, Reading, Source, StopReading
from gapwatch_proto.events import Inspection

READERS: Final[Mapping[str, Reader]] = MappingProxyType({"text": text.read, "docx": docx.read})
"""Type to reader. A type without one is ``unsupported``; its name is still looked at."""
_HASH_CHUNK: Final = 1 << 20


def examine(source: Source, name: str, limits: Limits) -> Inspection:
    """Judge one file. Never raises: a failure of ours is ``crashed``, of the file ``damaged`` and the like."""
    kind = "binary"
    try:
        kind = detect.detect(source, limits)
        return _judge(source, name, kind, limits)
    except MemoryError:
        return _by_name(name, kind, "too_large")
    except RecursionError:
        return _by_name(name, kind, "too_deep")
    except Exception:  # noqa: BLE001 - the last line before the cage's edge; the verdict says so
        return _by_name(name, kind, "crashed")


def sha256_of(source: Source) -> str:
    """The hash of the whole content, in bounded memory; empty when the medium fails half-way."""
    digest = hashlib.sha256()
    offset = 0
    try:
        while piece := source.read(offset, _HASH_CHUNK):
            digest.update(piece)
            offset += len(piece)
    except StopReading:
        return ""
    return digest.hexdigest()


def _judge(source: Source, name: str, kind: str, limits: Limits) -> Inspection:
    problems: list[str] = []
    if source.size > limits.file_bytes_max:
        problems.append("too_large")
    findings = marks.find_marks((), name)
    if kind == "empty":
        return _inspection(kind, findings, problems, read_something=True)
    if kind == "encrypted_office":
        return _inspection(kind, findings, ["encrypted"], read_something=False)
    reader = READERS.get(kind)
    if reader is None:
        return _inspection(kind, findings, ["unsupported"], read_something=False)
    progress = _Progress(problems)
    try:
        for reading in reader(source, limits, problems.append):
            findings = marks.merge(findings, marks.find_marks(progress.follow(reading), name))
    except StopReading as stop:
        problems.append(stop.reason)
    # A text without a single candidate byte was read to its end too.
    return _inspection(kind, findings, problems, read_something=progress.count > 0 or not problems)


class _Progress:
    """Counts fragments and turns a reader's stop into the end of its reading: what was read is still judged."""

    def __init__(self, problems: list[str]) -> None:
        self._problems = problems
        self.count = 0

    def follow(self, reading: Reading) -> Iterator[Fragment]:
        try:
            for fragment in reading:
                self.count += 1
                yield fragment
        except StopReading as stop:
            self._problems.append(stop.reason)


def _inspection(kind: str, findings: Findings, problems: list[str], *, read_something: bool) -> Inspection:
    reason = problems[0] if problems else ""
    inspected = "full" if not reason else "partial" if read_something else "none"
    return Inspection(inspected, reason, kind, findings.mark, findings.hints)


def _by_name(name: str, kind: str, reason: str) -> Inspection:
    """What is left when reading failed: the name."""
    findings = marks.find_marks((), name)
    return Inspection("none", reason, kind, findings.mark, findings.hints)

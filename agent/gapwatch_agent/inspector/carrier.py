"""What a file owes to the files inside it: the highest mark of them, and why not all could be inspected. Pure.

A document's attachments are part of it: their marks are its marks. An archive's members are files of their own; only
the file sensor, which sees one file leave, sums the whole archive up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import marks
from gapwatch_agent.inspector.marks import Findings
from gapwatch_proto.events import Inspection, Mark

_NOT_A_FAULT: Final = frozenset({"unsupported"})
"""A picture or a program in a document is no reason to doubt the document."""


class Load:
    """The files inside one file, summed up as they are examined; bounded whatever their number."""

    def __init__(self) -> None:
        self._findings = Findings(Mark())
        self._reason = ""
        self._unsupported = False
        self._members = 0
        self._none = 0

    def add(self, inspection: Inspection) -> None:
        """One more file was examined."""
        self._members += 1
        self._none += inspection.inspected == "none"
        if inspection.reason in _NOT_A_FAULT:
            self._unsupported = True
        elif inspection.reason and not self._reason:
            self._reason = inspection.reason
        if inspection.mark.axis:
            evidence = tuple(
                replace(entry, part=where.ATTACHMENT, zone=where.ATTACHMENT) for entry in inspection.mark.evidence
            )
            self._findings = marks.merge(self._findings, Findings(replace(inspection.mark, evidence=evidence)))

    def on_document(self, own: Inspection) -> Inspection:
        """The document's verdict with its attachments in it."""
        return _doubt(_marked(own, self._findings), self._reason, nothing=False)

    def on_archive(self, own: Inspection, *, sum_up: bool) -> Inspection:
        """The archive's verdict: always as doubtful as its members, and marked by them when it is to sum them up."""
        reason = self._reason or ("unsupported" if self._unsupported else "")
        summed = _marked(own, self._findings) if sum_up else own
        return _doubt(summed, reason, nothing=0 < self._members == self._none)


def _marked(own: Inspection, findings: Findings) -> Inspection:
    if not findings.mark.axis:
        return own
    return replace(own, mark=marks.merge(Findings(own.mark), findings).mark)


def _doubt(own: Inspection, reason: str, *, nothing: bool) -> Inspection:
    if not reason or own.reason:
        return own
    return replace(own, inspected="none" if nothing else "partial", reason=reason)

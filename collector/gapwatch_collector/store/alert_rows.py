"""Alerts to rows and back, and the text that the console's search looks through."""

from __future__ import annotations

import json
from typing import Final

from gapwatch_collector.model import Alert, AlertState
from gapwatch_collector.store.database import AnyRow
from gapwatch_collector.store.entries import canonical_json

SEARCH_TEXT_MAX: Final = 2_000
_VALUE_MAX: Final = 300


def alert_row(alert: Alert, number: int) -> dict[str, object]:
    """The short row, without facts and members."""
    return {
        "number": number,
        "alert_id": alert.alert_id,
        "case_id": alert.case_id,
        "rule_id": alert.rule_id,
        "catalogue_id": alert.catalogue_id,
        "severity": alert.severity,
        "event_ns": alert.event_ns,
        "uncertainty_ns": alert.uncertainty_ns,
        "raised_ns": alert.raised_ns,
        "host_id": alert.host_id,
        "state": alert.state.value,
        "late": alert.late,
        "explanation": alert.explanation,
        "search_text": search_text(alert),
    }


def detail_row(alert: Alert, number: int) -> dict[str, object]:
    """The long row."""
    return {
        "number": number,
        "facts": canonical_json(alert.facts).decode(),
        "members": canonical_json(list(alert.members)).decode(),
    }


def read_alert(row: AnyRow) -> Alert:
    """An alert from both its rows joined."""
    return Alert(
        alert_id=row.alert_id,
        case_id=row.case_id,
        rule_id=row.rule_id,
        catalogue_id=row.catalogue_id,
        severity=row.severity,
        event_ns=row.event_ns,
        uncertainty_ns=row.uncertainty_ns,
        raised_ns=row.raised_ns,
        host_id=row.host_id,
        facts=json.loads(row.facts),
        members=tuple(json.loads(row.members)),
        state=AlertState(row.state),
        late=row.late,
        number=row.number,
        explanation=row.explanation,
    )


def search_text(alert: Alert) -> str:
    """Rule and the facts' words, one a line, without case, bounded; lone surrogates and NUL would stop an engine."""
    words: dict[str, None] = {alert.catalogue_id: None, alert.rule_id: None}
    for value in alert.facts.values():
        for part in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(part, str) and part:
                words[part[:_VALUE_MAX]] = None
    return fold("\n".join(words))[:SEARCH_TEXT_MAX]


def fold(text: str) -> str:
    """How texts are compared."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "").casefold()

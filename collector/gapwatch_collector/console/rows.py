"""An alert as one row of the list: the sentence, what it is about, and who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gapwatch_collector.console.texts import RuleTexts
from gapwatch_collector.console.words import Language
from gapwatch_collector.model import Alert

SHAPES: Final[Mapping[int, str]] = {5: "▲", 4: "◆", 3: "■", 2: "●", 1: "○"}
"""Severity has colour and shape and word."""

_SERIAL_SHOWN: Final = 4


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What the list prints of an alert. Text may hold anything the host or device said: print it visibly."""

    alert_id: str
    number: int
    severity: int
    title: str
    sentence: str
    machine: str
    subject: str
    subject_full: str
    person: str
    state: str
    late: bool
    event_ns: int
    uncertainty_ns: int
    catalogue_id: str


def alert_row(alert: Alert, rules: RuleTexts, language: Language) -> AlertRow:
    """The row of one alert in the reader's language."""
    facts = alert.facts
    text = rules.text(alert.rule_id, language)
    title = text.title if text else alert.catalogue_id or alert.rule_id
    return AlertRow(
        alert_id=alert.alert_id.hex(),
        number=alert.number,
        severity=alert.severity if alert.severity in SHAPES else 1,
        title=title,
        sentence=rules.sentence(alert.rule_id, language, facts) or title,
        machine=machine_name(alert),
        subject=_subject(facts),
        subject_full=_subject_full(facts),
        person=person_name(facts),
        state=alert.state.value,
        late=alert.late,
        event_ns=alert.event_ns,
        uncertainty_ns=alert.uncertainty_ns,
        catalogue_id=alert.catalogue_id,
    )


def machine_name(alert: Alert) -> str:
    """The machine's name in the register, else the start of its id."""
    return fact(alert.facts, "host.name") or alert.host_id.hex()[:12]


def person_name(facts: Mapping[str, object]) -> str:
    """Who had logged in; the number where the name was not known, nothing where nobody was."""
    name = fact(facts, "actor.user.name")
    uid = facts.get("actor.user.uid")
    if name or not isinstance(uid, int) or uid < 0:
        return name
    return f"uid {uid}"


def fact(facts: Mapping[str, object], *names: str) -> str:
    """The first of these facts that says something, as text."""
    for name in names:
        value = facts.get(name)
        if value is not None and str(value):
            return str(value)
    return ""


def _subject(facts: Mapping[str, object]) -> str:
    medium = fact(facts, "medium.product_name", "medium.vendor_name", "medium.label")
    serial = fact(facts, "medium.serial_number")
    if medium or serial:
        tail = f"…{serial[-_SERIAL_SHOWN:]}" if len(serial) > _SERIAL_SHOWN else serial
        return " ".join(filter(None, (medium, tail)))
    name = fact(facts, "interface.name", "name")
    device = fact(facts, "interface.device.product_name", "device.product_name", "interface.driver", "device.driver")
    return " ".join(filter(None, (name, device)))


def _subject_full(facts: Mapping[str, object]) -> str:
    parts = (
        fact(facts, "medium.vendor_name"),
        fact(facts, "medium.product_name"),
        fact(facts, "medium.serial_number"),
        fact(facts, "medium.filesystem_type"),
        fact(facts, "medium.filesystem_id"),
    )
    return " · ".join(filter(None, parts)) or _subject(facts)

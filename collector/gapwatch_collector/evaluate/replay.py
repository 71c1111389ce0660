"""A stretch of the log evaluated anew, without touching anything stored: the same code as the live path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gapwatch_collector.evaluate.core import Core, EvaluationSettings
from gapwatch_collector.model import Alert, LogEntry
from gapwatch_collector.rules import RuleSet


def replay(entries: Iterable[LogEntry], ruleset: RuleSet, settings: EvaluationSettings | None = None) -> list[Alert]:
    """The alerts these entries lead to, in order, in the state they end in, numbered from 1."""
    core = Core(ruleset, settings)
    alerts: dict[bytes, Alert] = {}
    for entry in entries:
        core.step(entry)
        outcome = core.take_outcome()
        for alert in outcome.alerts:
            alerts.setdefault(alert.alert_id, replace(alert, number=len(alerts) + 1))
        for alert_id, state, explanation in outcome.resolutions:
            if alert_id in alerts:
                alerts[alert_id] = replace(alerts[alert_id], state=state, explanation=explanation)
    return list(alerts.values())

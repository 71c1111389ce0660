"""What the console asks of rooms it must not know: rule texts from the rules, reports from ingest."""

from __future__ import annotations

from collections.abc import Mapping

from gapwatch_collector.console.deps import HostReport
from gapwatch_collector.console.texts import ClauseText, RuleText
from gapwatch_collector.ingest.reports import HostReports
from gapwatch_collector.rules import RuleSet, render_sentence


class ShippedRuleTexts:
    """Fills the console's RuleTexts from a loaded rule set."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules

    def text(self, rule_id: str, language: str) -> RuleText | None:
        """What the rule is called, what to do, and the clauses it rests on."""
        rule = self._rules.rule(rule_id)
        if rule is None:
            return None
        clauses = tuple(
            ClauseText(
                clause.source.in_language(language),
                clause.article.in_language(language),
                clause.text.in_language(language),
            )
            for clause in self._rules.clauses_of(rule)
        )
        return RuleText(rule.title.in_language(language), rule.handling.in_language(language), clauses, rule.fact_names)

    def sentence(self, rule_id: str, language: str, facts: Mapping[str, object]) -> str:
        """The alert in a sentence."""
        rule = self._rules.rule(rule_id)
        return "" if rule is None else render_sentence(rule, facts, language)


class HeardHosts:
    """Fills the console's HostReports from what ingest heard in this process."""

    def __init__(self, reports: HostReports) -> None:
        self._reports = reports

    def reports(self) -> Mapping[bytes, HostReport]:
        """By host id."""
        return {
            one.host_id: HostReport(
                one.host_id, one.last_heard_ns, one.agent_version, one.policy_version, one.degraded_sensors
            )
            for one in self._reports.latest()
        }

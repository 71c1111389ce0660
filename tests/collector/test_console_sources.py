"""What the console is told about rules and hosts."""

from __future__ import annotations

from gapwatch_collector.console_sources import HeardHosts, ShippedRuleTexts
from gapwatch_collector.ingest.reports import HostReports
from gapwatch_collector.rules import load, shipped_folder


def test_every_shipped_rule_has_words_and_clauses_in_both_languages() -> None:
    rules = load(shipped_folder())
    texts = ShippedRuleTexts(rules)
    assert rules.rules
    for rule in rules.rules:
        for language in ("zh", "en"):
            text = texts.text(rule.rule_id, language)
            assert text.title
            assert text.clauses
            assert all(clause.source and clause.text for clause in text.clauses)
            assert texts.sentence(rule.rule_id, language, {})


def test_a_rule_that_is_no_longer_shipped_has_none() -> None:
    texts = ShippedRuleTexts(load(shipped_folder()))
    assert texts.text("gone", "zh") is None
    assert texts.sentence("gone", "zh", {}) == ""


def test_hosts_that_were_heard_are_reported() -> None:
    reports = HostReports()
    reports.greeted(b"h" * 16, "1.0", 3, 99)
    report = HeardHosts(reports).reports()[b"h" * 16]
    assert (report.last_heard_ns, report.agent_version, report.policy_version) == (99, "1.0", 3)

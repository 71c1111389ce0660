"""The shipped rules: all load, all are proved by cases, all speak both languages and cite clauses."""

from __future__ import annotations

import pytest

from gapwatch_collector.facts.catalogue import categories, markdown_table
from gapwatch_collector.rules import CaseResult, Rule, load, run_cases, shipped_folder

RULES = load(shipped_folder())
CASES = run_cases(shipped_folder())
FIRST_RULES = {"MED-01", "MED-06", "FIL-17", "DEV-01", "DEV-02", "NET-03", "NET-07", "SYS-05", "SYS-07"}


def test_every_rule_loads() -> None:
    assert RULES.problems == ()
    assert {rule.catalogue_id for rule in RULES.rules} == FIRST_RULES


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.name}")
def test_case(case: CaseResult) -> None:
    assert case.passed, f"{case.file}:{case.line}: {case.difference}"


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_says_all_that_officers_read(rule: Rule) -> None:
    for text in (rule.title, rule.sentence, rule.handling):
        assert text.zh
        assert text.en
    assert all((rule.clauses, rule.correlation_key, rule.name, rule.description))
    assert rule.severities.unclassified == rule.severities.classified - 1
    assert rule.logsource.product == "gapwatch"
    assert rule.place.file.endswith(f"/{rule.catalogue_id}.yml")


def test_clauses_name_their_source_in_both_languages() -> None:
    for clause in RULES.clauses.values():
        for text in (clause.source, clause.article, clause.text):
            assert text.zh
        assert text.en
    cited = {clause for rule in RULES.rules for clause in rule.clauses}
    assert cited <= RULES.clauses.keys()
    assert {f"S2-6-7-{number}" for number in range(1, 8)} | {f"S2-6-{number}" for number in range(10, 14)} <= set(
        RULES.clauses
    )


def test_the_readme_lists_every_fact_and_category() -> None:
    readme = (shipped_folder() / "README.md").read_text(encoding="utf-8")
    assert markdown_table() in readme, "print gapwatch_collector.facts.catalogue.markdown_table() into rules/README.md"
    assert all(f"`{category}`" in readme for category in categories())

"""The runner of cases: what it accepts, what it finds wrong, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_collector.rules import run_cases
from gapwatch_collector.rules.model import CaseResult

RULE = """title: Radio
id: 1dfe3403-5572-523d-bf4d-0ab0e5c20552
name: radio
logsource: {product: gapwatch, category: radio}
detection: {a: {technology: wifi}, condition: a}
gapwatch: {catalogue: DEV-99, sentence_zh: '{name}', severity: {classified: 4, unclassified: 2}}
"""
CASES = """hosts:
  red: {ceilings: {state: secret}}
cases:
  - name: fires
    fires: true
    severity: 4
    host: red
    event: {kind: RADIO_STATE, technology: wifi, name: phy0}
    sentence_zh: phy0
  - name: does not
    fires: false
    host: red
    event: {kind: RADIO_STATE, technology: nfc}
"""


def run(folder: Path, cases: str | None = CASES, rule: str = RULE) -> list[CaseResult]:
    (folder / "DEV-99.yml").write_text(rule, encoding="utf-8")
    if cases is not None:
        (folder / "DEV-99.cases.yml").write_text(cases, encoding="utf-8")
    return run_cases(folder)


def test_good_cases_pass(tmp_path: Path) -> None:
    results = run(tmp_path)
    assert [(result.name, result.passed, result.rule) for result in results] == [
        ("fires", True, "DEV-99"),
        ("does not", True, "DEV-99"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "difference"),
    [
        ("technology: nfc", "technology: wifi", 10, "radio fired"),
        ("technology: wifi, name", "technology: uwb, name", 4, "nothing fired"),
        ("severity: 4", "severity: 5", 4, "severity 4, not 5"),
        ("sentence_zh: phy0", "sentence_zh: phy1", 4, "the sentence reads: phy0"),
        (
            "host: red\n    event: {kind: RADIO_STATE, technology: nfc}",
            "host: black\n    event: {}",
            12,
            "no host 'black'",
        ),
        ("{ceilings: {state: secret}}", "{ceiling: {state: secret}}", 7, "ceiling"),
        ("{ceilings: {state: secret}}", "{state: asleep}", 7, "asleep"),
        ("kind: RADIO_STATE, technology: nfc", "kind: RADIO, technology: nfc", 13, "needs a kind"),
        ("technology: nfc", "tecnology: nfc", 13, "no field 'tecnology'"),
        ("technology: nfc", "technology: 5", 13, "must be str"),
        ("fires: false", "fires: [radar]", 11, "names of rules: radio"),
        ("    fires: false", "    fired: false", 11, "no key 'fired'"),
        ("event: {kind: RADIO_STATE, technology: nfc}", "silence: {}", 13, "duration_s"),
        ("  - name: does not\n", "  - text\n  - name: does not\n", 10, "a case is a mapping"),
    ],
)
def test_a_failed_case_says_where_and_what(tmp_path: Path, old: str, new: str, line: int, difference: str) -> None:
    assert old in CASES
    failed = [result for result in run(tmp_path, CASES.replace(old, new, 1)) if not result.passed]
    assert any(result.line == line and difference in result.difference for result in failed), failed


def test_a_rule_needs_both_sorts_of_case(tmp_path: Path) -> None:
    results = run(tmp_path, CASES[: CASES.index("  - name: does not")])
    assert [result.difference for result in results if not result.passed] == [
        "the rule has no case of this sort: one that must not"
    ]


def test_a_rule_without_cases_fails(tmp_path: Path) -> None:
    (result,) = run(tmp_path, None)
    assert not result.passed
    assert "no DEV-99.cases.yml" in result.difference


def test_cases_of_a_rule_that_does_not_load_fail(tmp_path: Path) -> None:
    (result,) = run(tmp_path, CASES, "title: [")
    assert "could be loaded" in result.difference


@pytest.mark.parametrize("cases", ["cases: 5", "- 1", "cases: [", ""])
def test_a_cases_file_that_is_none(tmp_path: Path, cases: str) -> None:
    (result,) = run(tmp_path, cases)
    assert not result.passed

"""Folders of rules."""

from __future__ import annotations

from pathlib import Path

from gapwatch_collector.rules import check, load, shipped_folder
from gapwatch_collector.rules.load import RuleSet

RULE = """title: {title}
id: {id}
logsource: {{product: gapwatch, category: radio}}
detection: {{a: {{technology: {technology}}}, condition: a}}
"""
FIRST, SECOND = "1dfe3403-5572-523d-bf4d-0ab0e5c20552", "c8681ebe-8cf0-55c1-95a0-00a8b3991f62"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_one_broken_rule_stops_nobody(tmp_path: Path) -> None:
    write(tmp_path / "a" / "good.yml", RULE.format(title="good", id=FIRST, technology="wifi"))
    write(tmp_path / "a" / "bad.yml", RULE.format(title="bad", id=SECOND, technology="wifi").replace("a: {", "a: {{"))
    write(tmp_path / "b" / "worse.yaml", "title: [")
    (tmp_path / "b" / "binary.yml").write_bytes(b"\x00\xff")
    ruleset = load(tmp_path)
    assert [rule.title.en for rule in ruleset.rules] == ["good"]
    assert sorted({Path(problem.file).name for problem in ruleset.problems}) == ["bad.yml", "binary.yml", "worse.yaml"]
    assert check(tmp_path) == list(ruleset.problems)


def test_rules_are_found_by_id_and_by_facts(tmp_path: Path) -> None:
    write(tmp_path / "one.yml", RULE.format(title="one", id=FIRST, technology="wifi"))
    write(tmp_path / "two.yml", RULE.format(title="two", id=SECOND, technology="nfc"))
    ruleset = load(tmp_path)
    found = ruleset.rule(FIRST)
    assert found is not None
    assert ruleset.rule("unknown") is None
    assert ruleset.matching("radio", {"technology": "WiFi"}) == [found]
    assert ruleset.matching("link", {"technology": "wifi"}) == []
    assert ruleset.watches("radio")
    assert not ruleset.watches("link")


def test_a_second_rule_of_the_same_id_is_refused(tmp_path: Path) -> None:
    rule = RULE.format(title="one", id=FIRST, technology="wifi")
    write(tmp_path / "one.yml", rule)
    write(tmp_path / "two.yml", f"{rule}---\n{rule}")
    ruleset = load(tmp_path)
    assert len(ruleset.rules) == 1
    assert [(Path(problem.file).name, problem.line) for problem in ruleset.problems] == [("two.yml", 1), ("two.yml", 6)]
    assert all("is taken by" in problem.complaint for problem in ruleset.problems)


def test_a_folder_that_is_not_there() -> None:
    problems = check(Path("/nowhere/at/all"))
    assert [problem.complaint for problem in problems] == ["there is no such folder of rules"]


def test_cited_clauses_come_with_the_rule() -> None:
    ruleset = load(shipped_folder())
    for rule in ruleset.rules:
        assert [clause.clause_id for clause in ruleset.clauses_of(rule)] == list(rule.clauses)
    assert ruleset.clause("S2-6-11") is not None
    assert ruleset.clause("none") is None
    assert RuleSet(()).problems == ()

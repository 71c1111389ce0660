"""Rules that cannot be used: every complaint has its line, and pySigma's oddities never escape."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_collector.rules.model import Problem, Rule
from gapwatch_collector.rules.parse import parse_rule
from gapwatch_collector.rules.yaml_lines import Document, read_documents

GOOD = """title: A rule
id: 1dfe3403-5572-523d-bf4d-0ab0e5c20552
name: a_rule
level: high
logsource:
  product: gapwatch
  category: file
detection:
  selection:
    file.name|endswith: .docx
    file.size|gt: 10
  condition: selection
gapwatch:
  catalogue: FIL-99
  correlation_key:
    - host.id
  standing:
    until: selection
"""


def parse(text: str) -> tuple[Rule | None, list[Problem]]:
    (document,) = read_documents(text.encode())
    return parse_rule(document, "rule.yml", {"S2-6-10"})


def test_a_good_rule() -> None:
    rule, problems = parse(GOOD)
    assert problems == []
    assert rule is not None
    assert rule.rule_id == "1dfe3403-5572-523d-bf4d-0ab0e5c20552"
    assert rule.fact_names == ("file.name", "file.size")
    assert (rule.severities.classified, rule.severities.unclassified) == (4, 3)
    assert rule.title.en == "A rule"
    assert rule.standing is not None
    assert str(Problem("f", 3, "c")) == "f:3: c"


def test_a_rule_of_the_community_needs_nothing_of_ours() -> None:
    rule, problems = parse(
        "title: t\nlogsource: {category: process_creation, product: windows}\n"
        "detection: {a: {Image|endswith: '\\cmd.exe'}, condition: a}\n"
    )
    assert problems == []
    assert rule is not None
    assert rule.matches({"Image": r"C:\Windows\CMD.EXE"})
    assert (rule.rule_id, rule.severities.classified) == ("t", 3)


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("title: A rule\n", "", 1, "title"),
        ("1dfe3403-5572-523d-bf4d-0ab0e5c20552", "MED-01", 2, "UUID"),
        ("id: 1dfe3403-5572-523d-bf4d-0ab0e5c20552\n", "", 1, "needs an id"),
        ("level: high", "level: terrible", 4, "level"),
        ("  category: file", "  category: files", 7, "no category 'files'"),
        ("logsource:\n  product: gapwatch\n  category: file\n", "", 1, "logsource is missing"),
        ("  category: file", "  category: [file]", 5, "category"),
        ("file.name|endswith", "file.name|endswitch", 10, "endswitch"),
        ("file.name|endswith", "file.nam|endswith", 10, "no fact 'file.nam'"),
        ("file.name|endswith: .docx", "file.name|fieldref: source.nam", 10, "no fact 'source.nam'"),
        ("file.size|gt: 10", "file.size|gt: ten", 11, "SigmaGreaterThanModifier"),
        ("file.size|gt: 10", "file.size|hour: 10", 11, "time modifiers"),
        ("file.name|endswith: .docx", "file.name|re: '(?=x)y'", 10, "perl operator"),
        ("file.name|endswith: .docx", "file.name|re: '(x'", 10, "egular expression"),
        ("file.name|endswith: .docx", "file.name|cidr: 10.0.0.0/99", 10, "CIDR"),
        ("file.name|endswith: .docx", "file.name|expand: '%list%'", 10, "placeholders"),
        ("file.name|endswith: .docx", "file.name: {a: b}", 10, ""),
        ("file.name|endswith: .docx", "5: x", 10, "is not text"),
        ("condition: selection", "condition: selektion", 12, "selektion"),
        ("condition: selection", "condition: selection and", 12, ""),
        ("condition: selection", "condition: selection | count() > 5", 12, "pipe"),
        ("condition: selection", "condition: 1 of nothing_*", 12, "nothing_"),
        ("condition: selection", "condition: 5", 12, "not text"),
        ("  condition: selection\n", "", 8, "condition is missing"),
        ("condition: selection", f"condition: {'(' * 40}selection{')' * 40}", 12, "parentheses"),
        ("condition: selection", f"condition: {'selection or ' * 400}selection", 12, "too long"),
        ("  selection:\n    file.name|endswith: .docx\n    file.size|gt: 10\n", "  selection: {}\n", 9, "empty"),
        ("level: high", "correlation: {type: event_count}", 4, "correlation rules are not supported"),
        ("level: high", "action: global", 4, "action"),
        ("catalogue: FIL-99", "catalogue: fil99", 14, "catalogue"),
        ("catalogue: FIL-99", "catalog: FIL-99", 14, "no key 'catalog'"),
        ("catalogue: FIL-99", "clauses: [S2-6-10, S9]", 14, "no clause 'S9'"),
        ("catalogue: FIL-99", "severity: {classified: 6, unclassified: 1}", 14, "1 to 5"),
        ("catalogue: FIL-99", "sentence_zh: '{file.pathh}'", 14, "file.pathh"),
        ("catalogue: FIL-99", "sentence_zh: '{file.path'", 14, "brace"),
        ("    - host.id", "    - host.idd", 16, "host.idd"),
        ("until: selection", "until: selektion", 17, "selektion"),
        ("until: selection", "ends: selection", 17, "until"),
        ("  correlation_key:\n    - host.id\n", "", 15, "correlation_key"),
        ("gapwatch:\n", "gapwatch: []\nx:\n", 13, "must be a mapping"),
    ],
)
def test_complaints_name_the_line(old: str, new: str, line: int, complaint: str) -> None:
    assert old in GOOD
    rule, problems = parse(GOOD.replace(old, new, 1))
    assert rule is None
    said = [str(problem) for problem in problems if problem.line == line]
    assert any(complaint in text for text in said), problems


def test_everything_wrong_is_said_at_once() -> None:
    text = GOOD.replace("file.name|endswith", "file.nam|endswith").replace("file.size|gt", "file.siz|gt")
    _rule, problems = parse(text.replace("catalogue: FIL-99", "catalogue: 9"))
    assert [problem.line for problem in problems] == [10, 11, 14]


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("title", "id", "logsource", "detection", "gapwatch", "tags", "date", "level", "related", "name"),
            json_values,
        ),
    ),
    json_values,
)
def test_any_document_is_a_rule_or_a_list_of_problems(body: dict[str, Any], other: Any) -> None:
    for value in (body, {**body, "detection": {"a": other, "condition": "a"}, "logsource": {"category": "x"}}, other):
        rule, problems = parse_rule(Document(value, {}), "f.yml", ())
        assert (rule is None) == bool(problems)


def test_nothing_that_fetches_is_imported() -> None:
    fetching = ("sigma.data", "sigma.plugins", "sigma.validators", "sigma.pipelines", "requests", "urllib3")
    assert [name for name in sys.modules if name.startswith(fetching)] == []

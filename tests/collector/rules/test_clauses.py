"""The clause file."""

from __future__ import annotations

import pytest

from gapwatch_collector.rules.clauses import read_clauses

GOOD = """S2-6-10:
  source_zh: 规定
  source_en: Provisions
  article_zh: 第十条
  article_en: Article 10
  text_zh: 密级标识不能与正文分离
  text_en: The mark must not be separable from the text
  confidence: read
"""


def test_a_clause() -> None:
    clauses, problems = read_clauses(GOOD.encode(), "clauses.yaml")
    assert problems == []
    assert clauses["S2-6-10"].article.en == "Article 10"


@pytest.mark.parametrize(
    ("old", "new", "line", "complaint"),
    [
        ("confidence: read", "confidence: rumour", 8, "confidence must be"),
        ("  text_en: The mark must not be separable from the text\n", "", 1, "text_en is missing"),
        ("  article_en", "  artikel_en", 5, "no key 'artikel_en'"),
        ("S2-6-10:\n", "S2-6-10: text\nx:\n", 1, "must be a mapping"),
        ("S2-6-10:\n", "- S2-6-10\n- x:\n", 1, ""),
        ("S2-6-10:\n", "a: [\n", 3, "not YAML"),
    ],
)
def test_faults(old: str, new: str, line: int, complaint: str) -> None:
    _clauses, problems = read_clauses(GOOD.replace(old, new, 1).encode(), "clauses.yaml")
    assert any(complaint in problem.complaint for problem in problems)
    assert not complaint or line in [problem.line for problem in problems]

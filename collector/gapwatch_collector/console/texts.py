"""What a rule says to people, in the reader's language. The rule set fills this port; the console only prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ClauseText:
    """One clause a rule rests on: the document, the article in it, and its words."""

    source: str
    article: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule for people. ``fact_names`` are the facts its condition tests, shown first under "why it fired"."""

    title: str
    handling: str = ""
    clauses: tuple[ClauseText, ...] = ()
    fact_names: tuple[str, ...] = ()


class RuleTexts(Protocol):
    """Rule texts by rule id and language (``zh`` or ``en``)."""

    def text(self, rule_id: str, language: str) -> RuleText | None:
        """None when the rule is no longer shipped; its alerts stay readable by their facts."""
        ...

    def sentence(self, rule_id: str, language: str, facts: Mapping[str, object]) -> str:
        """The alert in one sentence with its facts filled in; '' when the rule is no longer shipped."""
        ...

"""What a loaded rule is. Frozen values; the only behaviour is the compiled predicate each carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Predicate = Callable[[Mapping[str, Any]], bool]
"""Facts in, verdict out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a rule file; line 1 is the first, 0 unknown."""

    file: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a rule (or a part of the folder) could not be used, and where."""

    file: str
    line: int
    complaint: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.complaint}"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in both languages."""

    zh: str = ""
    en: str = ""

    def in_language(self, lang: str) -> str:
        """The words for ``zh`` or ``en``, the other language where one is missing."""
        return (self.zh or self.en) if lang.startswith("zh") else (self.en or self.zh)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of a law or regulation that rules cite. ``text`` is quoted as printed (zh); en is our translation."""

    clause_id: str
    source: Text
    article: Text
    text: Text
    confidence: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule whose matches describe a lasting condition: one alert a correlation key until ``until`` is matched.

    ``until`` is asked before the rule itself, so an event that is both an end and a match begins anew.
    """

    until: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Severities:
    """Severity (1-5) on a classified host and on any other."""

    classified: int
    unclassified: int

    def on(self, *, classified: bool) -> int:
        return self.classified if classified else self.unclassified


Anchor = tuple[str, str]
"""(field, value in normal form): a rule can match only facts that hold at least one of its anchors."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """Sigma's logsource; empty parts match anything."""

    category: str = ""
    product: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One Sigma rule, ready to run.

    ``fact_names`` are the facts its condition tests; ``anchors`` is None when nothing narrows it down.
    """

    rule_id: str
    catalogue_id: str
    name: str
    title: Text
    sentence: Text
    handling: Text
    severities: Severities
    clauses: tuple[str, ...]
    correlation_key: tuple[str, ...]
    standing: Standing | None
    logsource: LogSource
    place: Place
    description: str
    fact_names: tuple[str, ...]
    matches: Predicate = field(repr=False)
    anchors: frozenset[Anchor] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case of a rule's proof: what it is called, whether it came out as written, and if not, what differed."""

    file: str
    line: int
    rule: str
    name: str
    passed: bool
    difference: str = ""


def problems_of(file: str, complaints: Sequence[tuple[int, str]]) -> list[Problem]:
    """Problems of one file from (line, complaint)."""
    return [Problem(file, line, complaint) for line, complaint in complaints]

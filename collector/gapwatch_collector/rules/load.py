"""A folder of rules to a rule set. One broken rule stops nobody but itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gapwatch_collector.rules.clauses import FILE as CLAUSE_FILE
from gapwatch_collector.rules.clauses import read_clauses
from gapwatch_collector.rules.index import RuleIndex
from gapwatch_collector.rules.model import Clause, Problem, Rule
from gapwatch_collector.rules.parse import parse_rule
from gapwatch_collector.rules.yaml_lines import YamlFaultError, read_bounded, read_documents

CASES_SUFFIX: Final = ".cases.yml"
_FILES_MAX: Final = 20_000


class RuleSet:
    """The rules in force, the clauses they cite, and what could not be loaded. Does not change once made."""

    def __init__(
        self, rules: Iterable[Rule], clauses: Mapping[str, Clause] | None = None, problems: Iterable[Problem] = ()
    ) -> None:
        self.rules = tuple(rules)
        self.clauses: Mapping[str, Clause] = dict(clauses or {})
        self.problems = tuple(problems)
        self._index = RuleIndex(self.rules)
        self._by_id = {rule.rule_id: rule for rule in self.rules}

    def rule(self, rule_id: str) -> Rule | None:
        """A rule by its id; None when it is no longer in force."""
        return self._by_id.get(rule_id)

    def clause(self, clause_id: str) -> Clause | None:
        return self.clauses.get(clause_id)

    def clauses_of(self, rule: Rule) -> list[Clause]:
        """The clauses a rule cites, in its order."""
        return [self.clauses[clause_id] for clause_id in rule.clauses if clause_id in self.clauses]

    def watches(self, category: str) -> bool:
        """Whether any rule could match an event of this category."""
        return self._index.watches(category)

    def matching(self, category: str, facts: Mapping[str, Any]) -> list[Rule]:
        """The rules these facts match, in the order of the files."""
        return self._index.matching(category, facts)

    def ended(self, category: str, facts: Mapping[str, Any]) -> list[Rule]:
        """The standing rules whose condition these facts end."""
        return self._index.ended(category, facts)


def load(folder: Path) -> RuleSet:
    """Every rule of the folder that can be used, and every complaint about the others."""
    if not folder.is_dir():
        return RuleSet((), {}, (Problem(str(folder), 0, "there is no such folder of rules"),))
    clauses, problems = _clauses(folder)
    rules: list[Rule] = []
    files = _rule_files(folder)
    if len(files) > _FILES_MAX:
        problems.append(Problem(str(folder), 0, f"more than {_FILES_MAX} rule files; the rest is left out"))
    for path in files[:_FILES_MAX]:
        found, complaints = _read_file(path, clauses)
        rules += found
        problems += complaints
    kept, twice = _without_twins(rules)
    return RuleSet(tuple(kept), clauses, tuple(problems + twice))


def check(folder: Path) -> list[Problem]:
    """Everything that is wrong with a folder of rules; empty when all of it loads."""
    return list(load(folder).problems)


def shipped_folder() -> Path:
    """The rules that come with the program: inside an installed wheel, else ``rules/`` of the source tree."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "shipped_rules"
    return installed if installed.is_dir() else package.parents[1] / "rules"


def _rule_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for pattern in ("*.yml", "*.yaml")
        for path in folder.rglob(pattern)
        if path.is_file() and path.name != CLAUSE_FILE and not path.name.endswith(CASES_SUFFIX)
    )


def _clauses(folder: Path) -> tuple[dict[str, Clause], list[Problem]]:
    path = folder / CLAUSE_FILE
    if not path.is_file():
        return {}, []
    try:
        return read_clauses(read_bounded(path), str(path))
    except OSError as error:
        return {}, [Problem(str(path), 0, f"cannot be read: {error.strerror}")]


def _read_file(path: Path, clauses: Mapping[str, Clause]) -> tuple[list[Rule], list[Problem]]:
    try:
        documents = read_documents(read_bounded(path))
    except OSError as error:
        return [], [Problem(str(path), 0, f"cannot be read: {error.strerror}")]
    except YamlFaultError as error:
        return [], [Problem(str(path), error.line, error.complaint)]
    rules: list[Rule] = []
    problems: list[Problem] = []
    for document in documents:
        rule, complaints = parse_rule(document, str(path), clauses)
        problems += complaints
        if rule is not None:
            rules.append(rule)
    return rules, problems


def _without_twins(rules: Sequence[Rule]) -> tuple[list[Rule], list[Problem]]:
    """Two rules of one id would share their alerts: the second is refused."""
    first: dict[str, Rule] = {}
    problems: list[Problem] = []
    for rule in rules:
        known = first.setdefault(rule.rule_id, rule)
        if known is not rule:
            place = f"{known.place.file}:{known.place.line}"
            problems.append(Problem(rule.place.file, rule.place.line, f"id {rule.rule_id} is taken by {place}"))
    return list(first.values()), problems

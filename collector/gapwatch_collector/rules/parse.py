"""One YAML document to one rule, or to everything that is wrong with it, each complaint with its line.

pySigma parses; its errors name no line, so each part is parsed on its own first to find out which one it dislikes.
Nothing of pySigma that fetches or loads plug-ins (validators, MITRE data, plug-in directory) is imported anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sigma import exceptions as sigma_errors
from sigma.conditions import SigmaCondition
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import SigmaFieldReference

from gapwatch_collector.facts.catalogue import catalogue, categories, known_facts
from gapwatch_collector.facts.taxonomy import PRODUCT
from gapwatch_collector.rules.compile import compile_conditions
from gapwatch_collector.rules.details import BLOCK, Details, Known, read_details, severities_of_level
from gapwatch_collector.rules.model import LogSource, Place, Problem, Rule, Standing, Text
from gapwatch_collector.rules.predicates import UnsupportedError, field_predicate, keyword_predicate
from gapwatch_collector.rules.regex import POLICY
from gapwatch_collector.rules.yaml_lines import Document

_CONDITION: Final = "condition"
_CONDITION_CHARS_MAX: Final = 4000
_PARENTHESES_MAX: Final = 32
_REFUSED: Final = {
    "correlation": "correlation rules are not supported yet",
    "filter": "Sigma filters are not supported",
    "action": "rule collections with 'action' are not supported: write each rule out",
}
# Which part of a rule a complaint of pySigma's about the whole is about.
_PARTS: Final[tuple[tuple[type[sigma_errors.SigmaError], tuple[str, ...]], ...]] = (
    (sigma_errors.SigmaTitleError, ("title",)),
    (sigma_errors.SigmaIdentifierError, ("id",)),
    (sigma_errors.SigmaLevelError, ("level",)),
    (sigma_errors.SigmaStatusError, ("status",)),
    (sigma_errors.SigmaLogsourceError, ("logsource",)),
    (sigma_errors.SigmaConditionError, ("detection", _CONDITION)),
    (sigma_errors.SigmaDetectionError, ("detection",)),
    (sigma_errors.SigmaDateError, ("date",)),
    (sigma_errors.SigmaModifiedError, ("modified",)),
    (sigma_errors.SigmaTagError, ("tags",)),
    (sigma_errors.SigmaNameError, ("name",)),
    (sigma_errors.SigmaRelatedError, ("related",)),
    (sigma_errors.SigmaReferencesError, ("references",)),
    (sigma_errors.SigmaAuthorError, ("author",)),
    (sigma_errors.SigmaDescriptionError, ("description",)),
    (sigma_errors.SigmaFalsePositivesError, ("falsepositives",)),
    (sigma_errors.SigmaFieldsError, ("fields",)),
)


class _Refusals:
    """Collects complaints against one document."""

    def __init__(self, file: str, document: Document) -> None:
        self._file, self._document = file, document
        self.problems: list[Problem] = []

    def add(self, path: tuple[Hashable, ...], complaint: str) -> None:
        problem = Problem(self._file, self._document.line(*path), complaint)
        if problem not in self.problems:
            self.problems.append(problem)

    def attempt(self, path: tuple[Hashable, ...], act: Callable[[], Any]) -> Any:
        """Do it, or complain at that place and return None."""
        try:
            return act()
        except sigma_errors.SigmaError as error:
            self.add(_part_of(error, path), _said(error))
        except UnsupportedError as error:
            self.add(path, str(error))
        except RecursionError:
            self.add(path, "nested too deeply")
        except Exception as error:  # noqa: BLE001  pySigma answers odd input with whatever built-in error comes first
            self.add(path, f"cannot be read as Sigma ({type(error).__name__}: {error})")
        return None


@dataclass(frozen=True, slots=True)
class _Item:
    """One ``field|modifiers: values`` (or keyword list) of a detection and where it stands."""

    path: tuple[Hashable, ...]
    key: str | None
    value: Any


def parse_rule(document: Document, file: str, clauses: Collection[str]) -> tuple[Rule | None, list[Problem]]:
    """The rule, or None and why. Never raises."""
    refusals = _Refusals(file, document)
    value = document.value
    if not isinstance(value, dict):
        return None, [Problem(file, document.line(), "a rule is a mapping with title, logsource and detection")]
    for key, complaint in _REFUSED.items():
        if key in value:
            return None, [Problem(file, document.line(key), complaint)]
    _require_sound(value, refusals)
    if refusals.problems:
        return None, refusals.problems
    _try_items(value["detection"], refusals)
    sigma = refusals.attempt((), lambda: SigmaRule.from_dict(value, collect_errors=True, policy=POLICY))
    if sigma is None:
        return None, refusals.problems
    if not refusals.problems:  # what was found piece by piece has a line; the same found in the whole has none
        for error in sigma.errors:
            refusals.add(_part_of(error, ()), _said(error))
    if refusals.problems:
        return None, refusals.problems
    return _build(sigma, document, refusals, clauses, file), refusals.problems


def _require_sound(value: dict[Any, Any], refusals: _Refusals) -> None:
    """The shapes pySigma takes for granted."""
    for key in ("logsource", "detection"):
        if not isinstance(value.get(key), dict):
            refusals.add((key,), f"{key} is missing or not a mapping")
    if not isinstance(value.get("detection"), dict):
        return
    written = value["detection"].get(_CONDITION)
    conditions = written if isinstance(written, list) else [written]
    for condition in conditions:
        if not isinstance(condition, str):
            refusals.add(("detection", _CONDITION), "condition is missing or not text")
        elif len(condition) > _CONDITION_CHARS_MAX or condition.count("(") > _PARENTHESES_MAX:
            refusals.add(("detection", _CONDITION), "the condition is too long or has too many parentheses")
    if not all(isinstance(key, str) for key in (*value, *value["detection"])):
        refusals.add((), "every key must be text")


def _try_items(detections: dict[str, Any], refusals: _Refusals) -> None:
    for name, definition in detections.items():
        if name == _CONDITION:
            continue
        before = len(refusals.problems)
        for item in _items(definition, ("detection", name)):
            refusals.attempt(item.path, partial(_try_item, item))
        if len(refusals.problems) == before:
            refusals.attempt(("detection", name), partial(SigmaDetection.from_definition, definition, policy=POLICY))


def _items(definition: Any, path: tuple[Hashable, ...]) -> Iterator[_Item]:
    if isinstance(definition, dict):
        for key, value in definition.items():
            yield _Item((*path, key), key, value)
    elif isinstance(definition, list) and any(isinstance(entry, (dict, list)) for entry in definition):
        for position, entry in enumerate(definition):
            yield from _items(entry, (*path, position))
    else:
        yield _Item(path, None, definition)


def _try_item(item: _Item) -> None:
    if item.key is not None and not isinstance(item.key, str):
        raise UnsupportedError(f"the field name {item.key!r} is not text")
    parsed = SigmaDetectionItem.from_mapping(item.key, item.value, policy=POLICY)
    for value in parsed.value:
        if parsed.field is None:
            keyword_predicate(value)
        else:
            field_predicate(parsed.field, value)


def _build(
    sigma: SigmaRule, document: Document, refusals: _Refusals, clauses: Collection[str], file: str
) -> Rule | None:
    logsource = LogSource(sigma.logsource.category or "", sigma.logsource.product or "", sigma.logsource.service or "")
    ours = logsource.product == PRODUCT
    facts = _allowed_facts(logsource, refusals) if ours else None
    if facts is not None:
        _check_fields(sigma, document, facts, refusals)
    if ours and sigma.id is None:
        refusals.add(("id",), "a rule of product gapwatch needs an id (a UUID): alerts are named after it")
    known = Known(facts, clauses)
    details = read_details(
        document.value.get(BLOCK), known, lambda path, complaint: refusals.add((BLOCK, *path), complaint)
    )
    compiled = refusals.attempt(("detection", _CONDITION), lambda: compile_conditions(sigma.detection.parsed_condition))
    standing = _standing(sigma, details, refusals)
    if refusals.problems or compiled is None:
        return None
    title = Text(details.title.zh, details.title.en or sigma.title)
    return Rule(
        rule_id=str(sigma.id or sigma.name or sigma.title),
        catalogue_id=details.catalogue_id,
        name=sigma.name or "",
        title=title,
        sentence=details.sentence,
        handling=details.handling,
        severities=details.severities or severities_of_level(str(sigma.level) if sigma.level else ""),
        clauses=details.clauses,
        correlation_key=details.correlation_key,
        standing=standing,
        logsource=logsource,
        place=Place(file, document.line("title")),
        description=sigma.description or "",
        fact_names=tuple(dict.fromkeys(_fields(sigma, document))),
        matches=compiled.matches,
        anchors=compiled.anchors,
    )


def _standing(sigma: SigmaRule, details: Details, refusals: _Refusals) -> Standing | None:
    if not details.standing:
        return None
    if not details.until:
        return Standing()
    condition = SigmaCondition(details.until, sigma.detection)
    until = refusals.attempt((BLOCK, "standing"), lambda: compile_conditions([condition]))
    return Standing(until.matches) if until is not None else None


def _allowed_facts(logsource: LogSource, refusals: _Refusals) -> Collection[str] | None:
    if not logsource.category:
        return catalogue().keys()
    if logsource.category not in categories():
        there = ", ".join(categories())
        refusals.add(("logsource", "category"), f"no category {logsource.category!r}; product gapwatch has {there}")
        return None
    return known_facts(logsource.category)


def _check_fields(sigma: SigmaRule, document: Document, facts: Collection[str], refusals: _Refusals) -> None:
    for item, field in _fields_where(sigma, document):
        if field not in facts:
            refusals.add(item.path, f"events of this category have no fact {field!r} (see rules/README.md)")


def _fields(sigma: SigmaRule, document: Document) -> Iterator[str]:
    yield from (field for _item, field in _fields_where(sigma, document))


def _fields_where(sigma: SigmaRule, document: Document) -> Iterator[tuple[_Item, str]]:
    """Every field a detection names, referenced ones too, and the item that names it."""
    for name in sigma.detection.detections:
        for item in _items(document.value["detection"][name], ("detection", name)):
            parsed = SigmaDetectionItem.from_mapping(item.key, item.value, policy=POLICY)
            if parsed.field is not None:
                yield item, parsed.field
            for value in parsed.value:
                if isinstance(value, SigmaFieldReference):
                    yield item, value.field


def _part_of(error: sigma_errors.SigmaError, path: tuple[Hashable, ...]) -> tuple[Hashable, ...]:
    if path:
        return path
    return next((part for kind, part in _PARTS if isinstance(error, kind)), path)


def _said(error: sigma_errors.SigmaError) -> str:
    """PySigma's sentence without the location it appends (it knows the file only by chance)."""
    return str(error.args[0]) if error.args else type(error).__name__

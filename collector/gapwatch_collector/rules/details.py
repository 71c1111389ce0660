"""The ``gapwatch:`` block of a rule: catalogue id, words, severities, clauses, correlation. Checked key by key.

Sigma allows custom attributes beside its own; ours stand under one key so that they meet nobody else's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gapwatch_collector.rules.model import Severities, Text
from gapwatch_collector.rules.sentence import TemplateError, slots

BLOCK: Final = "gapwatch"
_CATALOGUE: Final = re.compile(r"[A-Z][A-Z0-9]{1,7}-[0-9]{2,4}")
_TEXT_CHARS_MAX: Final = 4000
_CONDITION_CHARS_MAX: Final = 500
_BY_LEVEL: Final[Mapping[str, int]] = {"informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_DEFAULT_SEVERITY: Final = 3

Complain = Callable[[tuple[str | int, ...], str], None]
"""Called with the path inside the block and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Details:
    """The block, read. ``until`` is a condition over the rule's detections, empty when nothing ends what stands."""

    catalogue_id: str = ""
    title: Text = field(default_factory=Text)
    sentence: Text = field(default_factory=Text)
    handling: Text = field(default_factory=Text)
    severities: Severities | None = None
    clauses: tuple[str, ...] = ()
    correlation_key: tuple[str, ...] = ()
    standing: bool = False
    until: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a block may refer to."""

    facts: Collection[str] | None
    clauses: Collection[str]


def severities_of_level(level: str) -> Severities:
    """Severities of a rule that names none: Sigma's level, one lower on hosts that are not classified."""
    severity = _BY_LEVEL.get(level, _DEFAULT_SEVERITY)
    return Severities(severity, max(1, severity - 1))


def read_details(block: Any, known: Known, complain: Complain) -> Details:
    """Read the block, complaining about everything wrong with it at once."""
    if block is None:
        return Details()
    if not isinstance(block, dict):
        complain((), "the gapwatch block must be a mapping")
        return Details()
    for key in block:
        if key not in _READERS:
            complain((key,), f"gapwatch: no key {key!r}; there are {', '.join(_READERS)}")
    read = {key: reader(block.get(key), known, complain) for key, reader in _READERS.items()}
    if read["standing"] is not None and not read["correlation_key"]:
        complain(("standing",), "gapwatch: a standing rule needs a correlation_key")
    standing = read["standing"]
    return Details(
        catalogue_id=read["catalogue"],
        title=Text(read["title_zh"], read["title_en"]),
        sentence=Text(read["sentence_zh"], read["sentence_en"]),
        handling=Text(read["handling_zh"], read["handling_en"]),
        severities=read["severity"],
        clauses=read["clauses"],
        correlation_key=read["correlation_key"],
        standing=standing is not None,
        until=(standing or {}).get("until", ""),
    )


def _text(key: str) -> Callable[[Any, Known, Complain], str]:
    def read(value: Any, _known: Known, complain: Complain) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > _TEXT_CHARS_MAX:
            complain((key,), f"gapwatch: {key} must be text of at most {_TEXT_CHARS_MAX} characters")
            return ""
        return value.strip()

    return read


def _template(key: str) -> Callable[[Any, Known, Complain], str]:
    text = _text(key)

    def read(value: Any, known: Known, complain: Complain) -> str:
        template = text(value, known, complain)
        try:
            unknown = {slot.fact for slot in slots(template)} - set(known.facts) if known.facts is not None else set()
        except TemplateError as error:
            complain((key,), f"gapwatch: {key}: {error}")
            return ""
        for fact in sorted(unknown):
            complain((key,), f"gapwatch: {key} names the fact {fact!r}, which events of this category do not have")
        return template

    return read


def _catalogue(value: Any, _known: Known, complain: Complain) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not _CATALOGUE.fullmatch(value):
        complain(("catalogue",), "gapwatch: catalogue must look like MED-01")
        return ""
    return value


def _severity(value: Any, _known: Known, complain: Complain) -> Severities | None:
    if value is None:
        return None
    read = {}
    if not isinstance(value, dict) or set(value) != {"classified", "unclassified"}:
        complain(("severity",), "gapwatch: severity must give classified and unclassified, each 1 to 5")
        return None
    for key, number in value.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 5:
            complain(("severity", key), f"gapwatch: severity {key} must be a number from 1 to 5, not {number!r}")
        else:
            read[key] = number
    return Severities(**read) if len(read) == 2 else None


def _names(key: str, allowed: Callable[[Known], Collection[str] | None], what: str) -> Callable[..., tuple[str, ...]]:
    def read(value: Any, known: Known, complain: Complain) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            complain((key,), f"gapwatch: {key} must be a list of {what}s")
            return ()
        names = allowed(known)
        for position, name in enumerate(value):
            if names is not None and name not in names:
                complain((key, position), f"gapwatch: {key}: there is no {what} {name!r} here")
        return tuple(value)

    return read


def _standing(value: Any, _known: Known, complain: Complain) -> dict[str, str] | None:
    if value is None or value is False:
        return None
    if value is True:
        return {}
    until = value.get("until") if isinstance(value, dict) and set(value) == {"until"} else None
    if not isinstance(until, str) or not 0 < len(until) <= _CONDITION_CHARS_MAX:
        complain(("standing",), "gapwatch: standing must be true, or until: a condition over this rule's detections")
        return None
    return {"until": until}


_READERS: Final[Mapping[str, Callable[[Any, Known, Complain], Any]]] = {
    "catalogue": _catalogue,
    "title_zh": _text("title_zh"),
    "title_en": _text("title_en"),
    "sentence_zh": _template("sentence_zh"),
    "sentence_en": _template("sentence_en"),
    "handling_zh": _text("handling_zh"),
    "handling_en": _text("handling_en"),
    "severity": _severity,
    "clauses": _names("clauses", lambda known: known.clauses, "clause"),
    "correlation_key": _names("correlation_key", lambda known: known.facts, "fact"),
    "standing": _standing,
}

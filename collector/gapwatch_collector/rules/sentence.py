"""The sentence an officer reads: a template of the rule with facts filled in.

``{fact}`` or ``{fact:format}`` is a fact (formats stand in ``words``); ``[…]`` is left out as a whole when a fact in it
is not known; ``[[``, ``]]``, ``{{``, ``}}`` are the characters themselves. A fact that is not known outside brackets
reads （未知） or (unknown). Whatever a fact holds is shown with control characters escaped. In Chinese a blank is put
where Latin letters or digits of a fact meet Chinese characters of the template, so that any name reads well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import lru_cache
from typing import Any, Final

from gapwatch_collector.rules.model import Rule
from gapwatch_collector.rules.words import FORMATS

_TOKEN: Final = re.compile(r"\[\[|\]\]|\{\{|\}\}|\[|\]|\{([^{}]*)\}|[{}]|[^\[\]{}]+")
_CHINESE: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN: Final = re.compile("[0-9A-Za-z]")
_UNKNOWN: Final = {"zh": "（未知）", "en": "(unknown)"}


class TemplateError(ValueError):
    """A template that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a fact."""

    fact: str
    format: str


Part = str | Slot
Group = tuple[bool, tuple[Part, ...]]
"""(optional, parts)."""


@lru_cache(maxsize=4096)
def parse_template(template: str) -> tuple[Group, ...]:
    """Read a template. Raises TemplateError."""
    groups: list[tuple[bool, list[Part]]] = [(False, [])]
    for token in _TOKEN.finditer(template):
        text = token.group()
        if text == "[":
            if groups[-1][0]:
                raise TemplateError("a bracket inside brackets; write [[ for the character")
            groups.append((True, []))
        elif text == "]":
            if not groups[-1][0]:
                raise TemplateError("a closing bracket without its opening one; write ]] for the character")
            groups.append((False, []))
        elif text in {"{", "}"}:
            raise TemplateError("a brace without its partner; write {{ or }} for the character")
        elif token.group(1) is not None:
            groups[-1][1].append(_slot(token.group(1)))
        else:
            groups[-1][1].append(text[0] if text in {"[[", "]]", "{{", "}}"} else text)
    if groups[-1][0]:
        raise TemplateError("an opening bracket without its closing one")
    return tuple((optional, tuple(parts)) for optional, parts in groups if parts)


def slots(template: str) -> Iterator[Slot]:
    """The places for facts in a template. Raises TemplateError."""
    for _optional, parts in parse_template(template):
        yield from (part for part in parts if isinstance(part, Slot))


def render_sentence(rule: Rule, facts: Mapping[str, Any], lang: str, *, zone: tzinfo | None = None) -> str:
    """The rule's sentence about these facts in ``zh`` or ``en``; its title where it has no sentence.

    Times are shown in ``zone``, by default that of this machine.
    """
    template = rule.sentence.in_language(lang)
    if not template:
        return rule.title.in_language(lang)
    pieces = [
        part if isinstance(part, str) else _filled(part, facts, lang, zone)
        for optional, parts in parse_template(template)
        if not optional or all(part.fact in facts for part in parts if isinstance(part, Slot))
        for part in parts
    ]
    return _spaced(pieces) if lang.startswith("zh") else "".join(pieces)


def _spaced(pieces: Sequence[str]) -> str:
    sentence = ""
    for piece in filter(None, pieces):
        ends = sentence[-1:] + piece[0]
        blank = " " if _CHINESE.search(ends) and _LATIN.search(ends) else ""
        sentence += blank + piece
    return sentence


def _filled(slot: Slot, facts: Mapping[str, Any], lang: str, zone: tzinfo | None) -> str:
    value = facts.get(slot.fact)
    if value is None:
        return _UNKNOWN["zh" if lang.startswith("zh") else "en"]
    return FORMATS[slot.format](value, lang, zone)


def _slot(inside: str) -> Slot:
    fact, _, form = inside.partition(":")
    if not fact.strip():
        raise TemplateError("an empty placeholder {}")
    if form not in FORMATS:
        raise TemplateError(f"{{{inside}}}: no format {form!r}; there are {', '.join(filter(None, FORMATS))}")
    return Slot(fact.strip(), form)

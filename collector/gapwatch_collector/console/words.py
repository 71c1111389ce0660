"""The console's words: one TOML catalogue a language, flattened to dotted keys, and the choice between them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal

from gapwatch_collector.console.times import Translate

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
DEFAULT_LANGUAGE: Final[Language] = "zh"
LANGUAGE_COOKIE: Final = "gapwatch-language"
_FOLDER: Final = Path(__file__).parent / "locale"
_ACCEPT_LANGUAGE_MAX: Final = 200


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of one language by dotted key."""
    with (_FOLDER / f"{language}.toml").open("rb") as file:
        return dict(_flatten("", tomllib.load(file)))


def _flatten(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flatten(f"{prefix}{key}.", value) if isinstance(value, dict) else [(prefix + key, str(value))]
    return found


def translate(language: Language, key: str, **values: object) -> str:
    """The text for ``key`` with ``values`` filled in. A key that is missing is a bug and raises KeyError."""
    text = catalogue(language)[key]
    return text.format(**values) if values else text


def translator(language: Language) -> Translate:
    """``translate`` for one language, as templates call it."""
    return partial(translate, language)


def word(language: Language, table: str, value: str) -> str:
    """The word for a value of a closed vocabulary (``level``, ``axis`` …); the value itself when it is not in it."""
    return catalogue(language).get(f"{table}.{value}", value)


def choose(cookie: str | None, accept_language: str | None) -> Language:
    """The visitor's own choice, else the first of the browser's languages that we speak, else Chinese."""
    for language in LANGUAGES:
        if cookie == language:
            return language
    ranked: list[tuple[float, Language]] = []
    for part in (accept_language or "")[:_ACCEPT_LANGUAGE_MAX].split(","):
        tag, _, weight = part.strip().partition(";q=")
        spoken = tag.lower().split("-")[0]
        ranked += [(_weight(weight), language) for language in LANGUAGES if language == spoken]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else DEFAULT_LANGUAGE


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0

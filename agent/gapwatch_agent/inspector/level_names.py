"""The names units give their labels (domain §3.5): ``Highly Confidential/Finance``, ``机密-内部``. Pure."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import foreign, grammar, labels, unit_marks
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.normalise import Normal, join_cjk, normalise

_NAMES_MAX: Final = 200
_ENGLISH: Final = (
    ("top_secret", re.compile(r"(?:top|most) secret")),
    ("secret", re.compile(r"(?:highly|strictly|very) (?:confidential|sensitive|restricted)|secret")),
    ("confidential", re.compile(r"(?:(?:company|business|commercial|client|customer)[ -])?confidential")),
    (
        "restricted",
        re.compile(r"(?:highly )?restricted(?: use)?|(?:official|unclassified)?[ :-]*sensitive|protected(?: [abc])?"),
    ),
    ("internal", re.compile(r"(?:for )?(?:company )?(?:internal|official)(?: use)?(?: only)?|proprietary")),
    ("unclassified", re.compile(r"(?:un|non-?)classified")),
)
_CHINESE: Final = {
    "高度机密": "secret", "高度保密": "secret", "严格保密": "secret", "非常机密": "secret",
    "内部": "internal", "内部公开": "internal", "内部使用": "internal", "仅限内部": "internal",
    "受限": "restricted", "限制": "restricted", "受控": "internal",
}  # fmt: skip
_DIVIDER: Final = re.compile(r"\s*[\\/|:：>(（]\s*|\s+[-–—]+\s+|(?<=[\u4e00-\u9fff])\s*[-–—_]+\s*|\s*[)）]\s*")


def match(name: str, axis: str) -> Match | None:
    """What a label's name means; words without a system of their own are levels of ``axis``."""
    name = name.strip()[:_NAMES_MAX]
    whole = _one(name, axis)
    if whole is not None or not name:
        return whole
    for piece in _DIVIDER.split(name):
        found = _one(piece, axis)
        if found is not None:
            return found
    return None


def _one(name: str, axis: str) -> Match | None:
    normal = join_cjk(normalise(name))
    if not normal.text:
        return None
    chinese = _CHINESE.get(normal.text.removesuffix("级"))
    if chinese is not None:
        return _plain("enterprise", chinese, normal)
    found = labels.match(normal) or grammar.match(normal) or unit_marks.match(normal)
    if found is None:
        banner = foreign.match(normalise(name.upper()))
        if banner is not None and (banner.strength is Strength.STRONG or axis == "foreign"):
            found = banner
    return found or _english(normal, axis)


def _english(normal: Normal, axis: str) -> Match | None:
    lower = " ".join(normal.text.lower().split())
    level = next((level for level, pattern in _ENGLISH if pattern.fullmatch(lower)), "")
    if not level or (level == "unclassified" and axis != "foreign"):
        return None
    return _plain(axis, level, normal)


def _plain(axis: str, level: str, normal: Normal) -> Match:
    text = normal.raw(0, len(normal.text))
    return Match(axis, level, "label", Strength.LABELLED, text, text=text)

"""One value of a Sigma rule to one predicate over facts. What the engine cannot run is refused here, by name."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final

from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)

from gapwatch_collector.rules.model import Anchor, Predicate
from gapwatch_collector.rules.regex import POLICY
from gapwatch_collector.rules.values import Piece, address, glob, normal, number, plain

ValueTest = Callable[[Any], bool]
"""One fact's value (never a list, never None) in, verdict out."""

_OPERATORS: Final[Mapping[CompareOperators, Callable[[float, float], bool]]] = {
    CompareOperators.LT: lambda left, right: left < right,
    CompareOperators.LTE: lambda left, right: left <= right,
    CompareOperators.GT: lambda left, right: left > right,
    CompareOperators.GTE: lambda left, right: left >= right,
    CompareOperators.NEQ: lambda left, right: left != right,
}
_REGEX: Final = POLICY.regex_engine
_MISSING: Final = object()


class UnsupportedError(Exception):
    """A part of Sigma that this engine does not run; the text says which."""


def field_predicate(field: str, value: SigmaType) -> Predicate:
    """A predicate for ``field: value``. Raises UnsupportedError."""
    if isinstance(value, SigmaExists):
        wanted = value.exists
        return lambda facts: (facts.get(field, _MISSING) is not _MISSING) is wanted
    if isinstance(value, SigmaNull):
        return lambda facts: facts.get(field) is None
    if isinstance(value, SigmaFieldReference):
        return _reference(field, value)
    if isinstance(value, SigmaExpansion):
        parts = [field_predicate(field, part) for part in value.values]
        return lambda facts: any(part(facts) for part in parts)
    return _on_field(field, value_test(value))


def keyword_predicate(value: SigmaType) -> Predicate:
    """A predicate for a value without a field: it is looked for inside every fact. Raises UnsupportedError."""
    if isinstance(value, SigmaExpansion):
        parts = [keyword_predicate(part) for part in value.values]
        return lambda facts: any(part(facts) for part in parts)
    test = _keyword_test(value)
    return lambda facts: any(_any(held, test) for held in facts.values())


def field_anchors(field: str, value: SigmaType) -> frozenset[Anchor] | None:
    """The values of which ``field`` must hold one for ``field: value`` to match; None when they cannot be named."""
    if isinstance(value, SigmaExpansion):
        each = [field_anchors(field, part) for part in value.values]
        named = [anchors for anchors in each if anchors is not None]
        return frozenset().union(*named) if len(named) == len(each) else None
    if isinstance(value, SigmaTimestampPart):
        return None
    if isinstance(value, SigmaString) and not value.contains_special() and not value.contains_placeholder():
        return frozenset({(field, normal(_text(value)))})
    if isinstance(value, (SigmaNumber, SigmaBool)):
        return frozenset({(field, normal(value.number if isinstance(value, SigmaNumber) else value.boolean))})
    return None


def value_test(value: SigmaType) -> ValueTest:
    """A test of one fact's value. Raises UnsupportedError."""
    if isinstance(value, SigmaTimestampPart):
        raise UnsupportedError("the time modifiers (minute, hour, day, week, month, year) are not supported")
    if isinstance(value, SigmaString):
        return _string_test(value)
    if isinstance(value, SigmaNumber):
        wanted = normal(value.number)
        return lambda held: not isinstance(held, bool) and normal(held) == wanted
    if isinstance(value, SigmaBool):
        truth = normal(value.boolean)
        return lambda held: normal(held) == truth
    if isinstance(value, SigmaRegularExpression):
        return _expression(value)
    if isinstance(value, SigmaCIDRExpression):
        return _network(value.network)
    if isinstance(value, SigmaCompareExpression):
        return _comparison(value)
    raise UnsupportedError(f"values of kind {type(value).__name__} are not supported")


def _on_field(field: str, test: ValueTest) -> Predicate:
    def predicate(facts: Mapping[str, Any]) -> bool:
        held = facts.get(field)
        if held is None:
            return False
        return any(entry is not None and test(entry) for entry in held) if isinstance(held, list) else test(held)

    return predicate


def _any(held: Any, test: ValueTest) -> bool:
    if held is None:
        return False
    return any(entry is not None and test(entry) for entry in held) if isinstance(held, list) else test(held)


# --- text ------------------------------------------------------------------------------------------------------------


def _string_test(value: SigmaString) -> ValueTest:
    if value.contains_placeholder():
        raise UnsupportedError("placeholders (the expand modifier) are not supported")
    cased = isinstance(value, SigmaCasedString)
    if not value.contains_special():
        text = _text(value)
        wanted = text if cased else text.lower()
        return (lambda held: plain(held) == wanted) if cased else (lambda held: normal(held) == wanted)
    test = glob(_pieces(value, cased=cased))
    return (lambda held: test(plain(held))) if cased else (lambda held: test(normal(held)))


def _keyword_test(value: SigmaType) -> ValueTest:
    if isinstance(value, SigmaString) and not value.contains_placeholder():
        cased = isinstance(value, SigmaCasedString)
        test = glob([(), *_pieces(value, cased=cased), ()])
        return (lambda held: test(plain(held))) if cased else (lambda held: test(normal(held)))
    if isinstance(value, SigmaNumber) and not isinstance(value, SigmaTimestampPart):
        needle = normal(value.number)
        return lambda held: needle in normal(held)
    return value_test(value)


def _text(value: SigmaString) -> str:
    return "".join(part for part in value.s if isinstance(part, str))


def _pieces(value: SigmaString, *, cased: bool) -> list[Piece]:
    pieces: list[list[str | None]] = [[]]
    for part in value.s:
        if part is SpecialChars.WILDCARD_MULTI:
            pieces.append([])
        elif part is SpecialChars.WILDCARD_SINGLE:
            pieces[-1].append(None)
        elif isinstance(part, Placeholder):  # pragma: no cover - refused before
            raise UnsupportedError("placeholders are not supported")
        elif isinstance(part, str):
            pieces[-1].extend(part if cased else part.lower())
    return [tuple(piece) for piece in pieces]


def _expression(value: SigmaRegularExpression) -> ValueTest:
    if value.contains_placeholder():
        raise UnsupportedError("placeholders (the expand modifier) are not supported")
    flags = sum(SigmaRegularExpression.sigma_to_python_flags[flag] for flag in value.flags)
    try:
        search = _REGEX.compile(str(value.regexp), flags).search
    except _REGEX.error as error:
        raise UnsupportedError(f"the regular expression cannot be used: {_said(error)}") from error
    # RE2 takes UTF-8 only; a lone surrogate (a file name that is no text) must not stop the rule.
    return lambda held: bool(search(plain(held).encode("utf-8", "replace").decode()))


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


# --- numbers, addresses, other facts ---------------------------------------------------------------------------------


def _comparison(value: SigmaCompareExpression) -> ValueTest:
    operator, limit = _OPERATORS[value.op], value.number.number

    def test(held: Any) -> bool:
        read = number(held)
        return read is not None and operator(read, limit)

    return test


def _network(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> ValueTest:
    def test(held: Any) -> bool:
        read = address(plain(held))
        return read is not None and read.version == network.version and read in network

    return test


def _reference(field: str, value: SigmaFieldReference) -> Predicate:
    compare = _reference_test(starts=value.starts_with, ends=value.ends_with)
    other = value.field

    def predicate(facts: Mapping[str, Any]) -> bool:
        held, wanted = facts.get(field), facts.get(other)
        lefts = held if isinstance(held, list) else [held]
        rights = wanted if isinstance(wanted, list) else [wanted]
        return any(
            compare(normal(left), normal(right))
            for left in lefts
            for right in rights
            if left is not None and right is not None
        )

    return predicate


def _reference_test(*, starts: bool, ends: bool) -> Callable[[str, str], bool]:
    if starts and ends:
        return lambda left, right: right in left
    if starts:
        return lambda left, right: left.startswith(right)
    if ends:
        return lambda left, right: left.endswith(right)
    return lambda left, right: left == right

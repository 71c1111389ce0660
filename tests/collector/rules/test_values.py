"""Normal forms, globs, numbers, addresses."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.rules.values import Piece, address, glob, normal, number, plain
from support.sigma_reference import like


@pytest.mark.parametrize(
    ("value", "form"),
    [("ABC", "abc"), (True, "true"), (False, "false"), (4688, "4688"), (10.0, "10"), (1.5, "1.5"), ("机密", "机密")],
)
def test_normal_form(value: Any, form: str) -> None:
    assert normal(value) == form


def test_plain_keeps_case() -> None:
    assert plain("AbC") == "AbC"
    assert plain(True) == "true"


@pytest.mark.parametrize(
    ("value", "read"),
    [(5, 5), ("5", 5.0), ("-1e3", -1000.0), (True, None), ("x", None), (None, None), ("nan", None), (math.inf, None)],
)
def test_numbers(value: Any, read: float | None) -> None:
    assert number(value) == read


def test_a_huge_number_of_digits_is_no_number() -> None:
    assert number("9" * 100_000) is None


def test_addresses() -> None:
    assert str(address(" fe80::1%eth0 ")) == "fe80::1"
    assert address("no address") is None


def pieces_of(pattern: str) -> list[Piece]:
    return [tuple(None if char == "?" else char for char in part) for part in pattern.split("*")]


@given(st.text(alphabet="ab?*", max_size=8), st.text(alphabet="ab", max_size=10))
def test_globs_agree_with_trying_every_split(pattern: str, text: str) -> None:
    assert glob(pieces_of(pattern))(text) is like(text, pattern)


def test_a_glob_built_to_be_slow_is_not() -> None:
    assert not glob(pieces_of("*a" * 200 + "*b"))("a" * 5_000)
    assert not glob(pieces_of("*a?" * 50 + "*b"))("a" * 5_000)

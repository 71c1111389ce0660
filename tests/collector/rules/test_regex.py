"""Regular expressions: flags, refusals, silence on stderr, linear time."""

from __future__ import annotations

import re

import pytest

from gapwatch_collector.rules.regex import POLICY

ENGINE = POLICY.regex_engine


def test_flags() -> None:
    assert ENGINE.compile("^b.c$", re.IGNORECASE | re.MULTILINE | re.DOTALL).search("a\nB\nC")
    assert not ENGINE.compile("^b").search("a\nB")


@pytest.mark.parametrize("pattern", ["(?=x)", r"(x)\1", "(x", "x{1000}{1000}"])
def test_what_is_refused_is_refused_quietly(pattern: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ENGINE.error):
        ENGINE.compile(pattern)
    assert capfd.readouterr().err == ""


def test_a_catastrophic_pattern_is_not() -> None:
    assert not ENGINE.compile("^(a+)+$").search("a" * 50_000 + "b")


def test_nothing_external_is_allowed() -> None:
    assert not POLICY.allow_external_sources
    assert not POLICY.allow_template_vars

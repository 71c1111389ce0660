"""Sentences from templates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.rules import Rule, load, render_sentence, shipped_folder
from gapwatch_collector.rules.model import Text
from gapwatch_collector.rules.sentence import TemplateError, parse_template, slots

RULES = load(shipped_folder()).rules


def said(template: str, facts: dict[str, Any], lang: str = "zh") -> str:
    rule = replace(RULES[0], sentence=Text(template, template))
    return render_sentence(rule, facts, lang, zone=UTC)


@pytest.mark.parametrize(
    ("template", "facts", "sentence"),
    [
        ("终端 {host.name}。", {"host.name": "涉机-017"}, "终端 涉机-017。"),
        ("终端 {host.name}。", {}, "终端 （未知）。"),
        ("a[ {x}] b", {}, "a b"),
        ("a[ {x}] b", {"x": 1}, "a 1 b"),
        ("a[ {x}/{y}]", {"x": 1}, "a"),
        ("[[{x}]] {{y}}", {"x": 1}, "[1] {y}"),
        ("{x:level}", {"x": "secret"}, "机密"),
        ("{x}", {"x": "{y}[z]", "y": "no"}, "{y}[z]"),
        ("{t:time}", {"t": 0}, "1970-01-01 00:00:00"),
        ("终端 {x}[（{y}）]于{t:time}发现", {"x": "涉机-017", "t": 0}, "终端 涉机-017 于 1970-01-01 00:00:00 发现"),
        ("终端 {x}[（{y}）]于", {"x": "涉机-017", "y": "机密"}, "终端 涉机-017（机密）于"),
        ("终端 {x}于", {"x": "财务室"}, "终端 财务室于"),
        ("由{x}写入{y}。", {"x": "cp", "y": "红盘1号"}, "由 cp 写入红盘1号。"),
    ],
)
def test_filling_in(template: str, facts: dict[str, Any], sentence: str) -> None:
    assert said(template, facts) == sentence


def test_english_is_left_as_it_is_written() -> None:
    assert said("on{x}at", {"x": "密"}, "en") == "on密at"


def test_unknown_in_english() -> None:
    assert said("{x}", {}, "en") == "(unknown)"


@pytest.mark.parametrize("template", ["{", "}", "{x", "[x", "x]", "[a[b]]", "{}", "{x:nonsense}", "{{x}"])
def test_templates_that_cannot_be_read(template: str) -> None:
    with pytest.raises(TemplateError):
        parse_template(template)


def test_slots() -> None:
    assert [(slot.fact, slot.format) for slot in slots("{a}[{b:level}]")] == [("a", ""), ("b", "level")]


def test_a_rule_without_a_sentence_says_its_title() -> None:
    rule = replace(RULES[0], sentence=Text())
    assert render_sentence(rule, {}, "en") == rule.title.en


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(st.dictionaries(st.sampled_from(["host.name", "file.name", "mark.text", "medium.serial_number"]), st.text()))
def test_whatever_a_host_says_the_sentence_is_one_printable_line(rule: Rule, facts: dict[str, Any]) -> None:
    for lang in ("zh", "en"):
        assert render_sentence(rule, facts, lang).replace("\u3000", "").isprintable()

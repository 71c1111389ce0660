"""Tables for people: aligned under Chinese text, never a control character."""

from __future__ import annotations

import json

import pytest

from gapwatch_collector.commands.output import moment, printable, show, show_one


def test_columns_align_under_chinese_text(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"name": "涉机", "unit": "a"}, {"name": "long-name", "unit": "档案室"}], as_json=False)
    assert capsys.readouterr().out.splitlines() == ["name       unit", "涉机       a", "long-name  档案室"]


def test_control_characters_are_shown_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"name": "evil\x1b[31m\n\u202e"}], as_json=False)
    assert capsys.readouterr().out.splitlines() == ["name", r"evil\x1b[31m\n\u202e"]
    assert printable("机密★") == "机密★"


def test_machines_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([], as_json=True)
    show_one({"a": 1}, as_json=True, sentence="x")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [[], {"a": 1}]


def test_an_empty_list_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show([], as_json=False, empty="make one first")
    assert capsys.readouterr().out == "make one first\n"


def test_moments() -> None:
    assert moment(0) == "-"
    assert moment(1_790_000_000 * 10**9).startswith("2026-09-")


def test_a_sentence_names_a_machine_and_sends_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({}, as_json=False, sentence="evil\x1b]0;owned\x07: confirmed\nsecond line")
    assert capsys.readouterr().out == "evil\\x1b]0;owned\\x07: confirmed\nsecond line\n"

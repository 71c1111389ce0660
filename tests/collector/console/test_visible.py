"""Nothing from outside may hide, reorder or overprint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console.visible import visible_markup, visible_text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("总体方案.docx", "总体方案.docx"),
        ("a\nb\tc\x00\x1b[2J", "a[LF]b[TAB]c[NUL][ESC][2J"),
        ("\x7f", "[DEL]"),
        ("\x85", "[U+0085]"),
        ("exe.\u202exslx", "exe.[U+202E]xslx"),
        ("a\u200bb\u2066c\ufeff", "a[U+200B]b[U+2066]c[U+FEFF]"),
        ("\u2028\u2029", "[U+2028][U+2029]"),
        ("caf\udce9", "caf[\\xe9]"),
        ("\ud800", "[U+D800]"),
        ("a\u00a0b\u3000c", "a[U+00A0]b\u3000c"),
        ("\u3164\u2800", "[U+3164][U+2800]"),
        ("\U000e0041", "[U+E0041]"),
        ("e\u0301", "e\u0301"),
        ("z" + "\u0300" * 40, "z" + "\u0300" * 3 + "[+37]"),
    ],
)
def test_the_invisible_is_spelt_out(value, shown) -> None:
    assert visible_text(value) == shown


def test_markup_is_escaped_isolated_and_marks_what_it_replaced() -> None:
    shown = str(visible_markup("<script>alert(1)</script>\u202e\"'&"))
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown
    assert '<span class="ctl" title="U+202E RIGHT-TO-LEFT OVERRIDE">[U+202E]</span>' in shown
    assert shown.startswith("<bdi>")


def test_a_real_bracket_is_not_marked() -> None:
    assert str(visible_markup("[LF]")) == "<bdi>[LF]</bdi>"
    assert 'class="ctl"' in str(visible_markup("\n"))


any_text = st.text(st.characters(), max_size=60)


@given(any_text)
def test_whatever_comes_out_is_printable_and_encodes(value) -> None:
    shown = visible_text(value)
    assert shown.replace("\u3000", "").isprintable()
    shown.encode()
    str(visible_markup(value)).encode()


@given(any_text)
def test_showing_twice_changes_nothing(value) -> None:
    shown = visible_text(value)
    assert visible_text(shown) == shown

"""Facts in words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.rules.words import FORMATS, TEXT_CHARS_MAX, printable


@pytest.mark.parametrize(
    ("form", "value", "zh", "en"),
    [
        ("level", "secret", "机密", "机密 secret"),
        ("registered", False, "未登记", "unregistered"),
        ("registered", True, "已登记", "registered"),
        ("family", "ipv6", "IPv6", "IPv6"),
        ("stop_reason", "shutdown", "系统关机", "system shutdown"),
        ("stop_reason", "whim", "whim", "whim"),
        ("level", "cosmic\n", "cosmic\\x0a", "cosmic\\x0a"),
        ("radio_state", "associated", "已连接", "associated"),
        ("activity", "attached", "插入", "attached"),
        ("technology", "bluetooth", "蓝牙", "Bluetooth"),
        ("link_state", "carrier", "已连通", "connected"),
        ("time", 1_790_000_000_000_000_000, "2026-09-21 14:13:20", "2026-09-21 14:13:20"),
        ("time", 10**30, str(10**30), str(10**30)),
        ("time", "soon", "soon", "soon"),
        ("duration", 600, "10 分钟", "10 min"),
        ("duration", 1, "1 秒", "1 s"),
        ("duration", 86_400 * 3, "3 天", "3 d"),
        ("size", 500, "500 B", "500 B"),
        ("size", 20_480, "20.0 KiB", "20.0 KiB"),
        ("size", 5 << 40, "5120.0 GiB", "5120.0 GiB"),
        ("", True, "是", "yes"),
        ("", ["a", "b"], "a、b", "a, b"),
        ("", 5, "5", "5"),
    ],
)
def test_formats(form: str, value: Any, zh: str, en: str) -> None:
    assert FORMATS[form](value, "zh", UTC) == zh
    assert FORMATS[form](value, "en", UTC) == en


@given(st.text(max_size=400))
def test_nothing_unprintable_is_left(text: str) -> None:
    shown = printable(text)
    assert shown.replace("\u3000", "").isprintable()
    assert len(shown) <= TEXT_CHARS_MAX * 10 + 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("exe\u202excod.docx", "exe\\u202excod.docx"),
        ("机\u3000密", "机\u3000密"),
        ("a\u2028b\u00a0c", "a\\u2028b\\xa0c"),
        ("\ud800", "\\ud800"),
        ("x" * 500, "x" * TEXT_CHARS_MAX + "…"),
        ("<script>", "<script>"),
    ],
)
def test_what_could_mislead_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown

"""YAML with lines; hostile files are refused quickly."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.rules.yaml_lines import BYTES_MAX, YamlFaultError, read_bounded, read_documents

RULE = b"""title: one
detection:
  selection:
    field|contains:
      - first
      - second
  condition: selection
---
title: two
"""


def test_every_key_and_entry_has_its_line() -> None:
    first, second = read_documents(RULE)
    assert first.line("title") == 1
    assert first.line("detection", "selection", "field|contains") == 4
    assert first.line("detection", "selection", "field|contains", 1) == 6
    assert second.line("title") == 9
    assert second.value == {"title": "two"}


def test_what_has_no_line_takes_the_nearest_above_it() -> None:
    first, _second = read_documents(RULE)
    assert first.line("detection", "missing", "deeper") == 2
    assert first.line("nothing at all") == 1


@pytest.mark.parametrize(
    ("data", "line", "complaint"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", 3, "not YAML"),
        (b"a: 1\nb: 2\na: 3\n", 3, "second time"),
        (b"a: &x [1]\nb: *x\n", 2, "aliases"),
        (b"a: &x\n  - *x\n", 2, "aliases"),
        (b"a: 1\n? [1, 2]\n: 3\n", 2, "plain text"),
        (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
        (b"a: 1\ndate: 2026-02-31\n", 2, "not a value"),
        (b"a: 1\nb: !!python/object:os.system x\n", 2, "not YAML"),
        (b"[" * 100_000, 1, "nested deeper"),
        (b"{a: " * 100_000, 1, "nested deeper"),
        (b"- x\n" * 60_000, 0, "more than"),
        (b"x" * (BYTES_MAX + 1), 0, "more than"),
    ],
)
def test_faults_carry_their_line(data: bytes, line: int, complaint: str) -> None:
    with pytest.raises(YamlFaultError, match=complaint) as caught:
        read_documents(data)
    if line:
        assert caught.value.line == line


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(YamlFaultError):
        assert isinstance(read_documents(data), list)


def test_files_are_read_no_further_than_they_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert len(read_bounded(path)) == BYTES_MAX + 1

"""The ``gapwatch`` block."""

from __future__ import annotations

from typing import Any

import pytest

from gapwatch_collector.rules.details import Details, Known, read_details, severities_of_level
from gapwatch_collector.rules.model import Severities

KNOWN = Known({"host.id", "file.path"}, {"S2-6-10"})


def read(block: Any) -> tuple[Details, list[tuple[tuple[str | int, ...], str]]]:
    complaints: list[tuple[tuple[str | int, ...], str]] = []
    details = read_details(block, KNOWN, lambda path, text: complaints.append((path, text)))
    return details, complaints


def test_a_whole_block() -> None:
    details, complaints = read(
        {
            "catalogue": "FIL-17",
            "title_zh": "标题",
            "title_en": "title",
            "sentence_zh": "{file.path}",
            "severity": {"classified": 4, "unclassified": 3},
            "clauses": ["S2-6-10"],
            "correlation_key": ["host.id"],
            "standing": True,
        }
    )
    assert complaints == []
    assert details.severities == Severities(4, 3)
    assert details.standing
    assert details.until == ""
    assert details.title.in_language("zh") == "标题"


def test_no_block_at_all() -> None:
    assert read(None) == (Details(), [])


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"catalogue": 5}, ("catalogue",)),
        ({"title_zh": ["x"]}, ("title_zh",)),
        ({"title_zh": "x" * 5000}, ("title_zh",)),
        ({"sentence_en": "{nothing}"}, ("sentence_en",)),
        ({"severity": 4}, ("severity",)),
        ({"severity": {"classified": True, "unclassified": 3}}, ("severity", "classified")),
        ({"severity": {"classified": 4}}, ("severity",)),
        ({"clauses": "S2-6-10"}, ("clauses",)),
        ({"clauses": ["S2-6-10", "S2-6-99"]}, ("clauses", 1)),
        ({"correlation_key": ["host.id", "x"]}, ("correlation_key", 1)),
        ({"standing": {"until": 5}, "correlation_key": ["host.id"]}, ("standing",)),
        ({"standing": True}, ("standing",)),
        ({"until": "x"}, ("until",)),
        ("text", ()),
    ],
)
def test_complaints_name_the_key(block: Any, path: tuple[str | int, ...]) -> None:
    _details, complaints = read(block)
    assert [where for where, _text in complaints] == [path]


@pytest.mark.parametrize(
    ("level", "severities"),
    [("critical", Severities(5, 4)), ("informational", Severities(1, 1)), ("", Severities(3, 2))],
)
def test_sigmas_level_stands_in(level: str, severities: Severities) -> None:
    assert severities_of_level(level) == severities

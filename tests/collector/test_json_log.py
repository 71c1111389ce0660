"""Log lines: one JSON object each, fields kept, nothing unescaped."""

from __future__ import annotations

import json
import logging

from gapwatch_collector.json_log import JsonLines


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "room", "levelname": "WARNING", "msg": message, "created": 0.0})
    vars(made).update(extra)
    return made


def test_extra_fields_stand_in_the_line() -> None:
    line = json.loads(JsonLines().format(record("refused: %s", args=("forked",), sender="host", count=3)))
    assert line == {
        "time": "1970-01-01T00:00:00.000+00:00",
        "level": "warning",
        "logger": "room",
        "message": "refused: forked",
        "sender": "host",
        "count": 3,
    }


def test_nothing_unescaped_gets_out() -> None:
    text = JsonLines().format(record("bad\nname \x1b[31m 机密", detail=b"\xff", sender="\u202e"))
    assert text.isascii()
    assert text.isprintable()


def test_an_exception_stays_within_its_line() -> None:
    try:
        int("x")
    except ValueError as error:
        made = record("failed", exc_info=(ValueError, error, error.__traceback__))
    text = JsonLines().format(made)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["exception"]

"""How a moment is written: relative in lists, exact with offset and uncertainty on hover and in the record (C15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

Translate = Callable[..., str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS: Final = 1_000_000_000
AGE_STEPS: Final = ((86_400, "age.days"), (3_600, "age.hours"), (60, "age.minutes"), (1, "age.seconds"))
"""Seconds in a unit and its catalogue key, largest first; the page's script ages rows by the same table."""


def exact(moment_ns: int, zone: tzinfo | None, *, milliseconds: bool = False) -> str:
    """``2026-11-22 14:02:11 +08:00``; ``zone`` None means the machine's own."""
    moment = _EPOCH + timedelta(microseconds=moment_ns // 1000)
    local = moment.astimezone(zone)
    offset = local.strftime("%z")
    fraction = f".{local.microsecond // 1000:03d}" if milliseconds else ""
    return f"{local:%Y-%m-%d %H:%M:%S}{fraction} {offset[:3]}:{offset[3:5]}"


def machine_readable(moment_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds, for ``<time datetime>`` and the API."""
    moment = _EPOCH + timedelta(microseconds=moment_ns // 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def uncertainty(spread_ns: int) -> str:
    """``± 40 ms``; '' when nothing is known to be uncertain."""
    if spread_ns <= 0:
        return ""
    for unit_ns, name in ((86_400 * _SECOND_NS, "d"), (3_600 * _SECOND_NS, "h"), (60 * _SECOND_NS, "min")):
        if spread_ns >= 2 * unit_ns:
            return f"± {spread_ns / unit_ns:.0f} {name}"
    if spread_ns >= _SECOND_NS:
        return f"± {spread_ns / _SECOND_NS:.1f} s"
    return f"± {max(1, spread_ns // 1_000_000)} ms"


def relative(moment_ns: int, now_ns: int, translate: Translate) -> str:
    """``3 min ago`` in the reader's language; a moment ahead of our clock reads as just now."""
    seconds = (now_ns - moment_ns) // _SECOND_NS
    for unit_s, key in AGE_STEPS:
        if seconds >= unit_s:
            return translate(key, n=seconds // unit_s)
    return translate("age.now")

"""What ``guard`` and ``watch`` say to each other: message types and JSON bodies, bytes in and values out.

Paths are text as ``os.fsdecode`` makes it; JSON escapes lone surrogates, so any bytes survive.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from gapwatch_agent.channel import MESSAGE_BYTES_MAX
from gapwatch_agent.errors import PeerError
from gapwatch_agent.kernel.procfs import Who

WATCH: Final = 1
"""watch → guard: mark the filesystem of the directory whose descriptor comes along. {"key"}"""
RELEASE: Final = 2
"""watch → guard: take the mark of this key away. {"key"}"""
EXEMPT: Final = 3
"""watch → guard: processes that are answered without being captured, until this connection ends. {"pids"}"""
STATUS_WANTED: Final = 4
OPENED: Final = 10
"""guard → watch: captures, one a line (JSON as written here holds no line end)."""
STATUS: Final = 11
MARKED: Final = 12

KEY_CHARS_MAX: Final = 64
EXEMPT_MAX: Final = 64
_TEXT_CHARS_MAX: Final = 1024

_quote = json.encoder.encode_basestring_ascii
_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class Opened(NamedTuple):
    """A file on a marked filesystem was opened: which, when, by whom, and what else the process had open.

    ``who`` is None when the process could not be read. ``sources`` are paths of files in descriptor order.
    """

    pid: int
    dev: int
    ino: int
    path: str
    boottime_ns: int
    wall_ns: int
    who: Who | None
    sources: tuple[str, ...]


class Marked(NamedTuple):
    """Whether a filesystem is marked; ``error`` says why not."""

    key: str
    ok: bool
    error: str = ""


class Status(NamedTuple):
    """Counters since guard started: permission events answered, captured, captures dropped; marks and exempt now."""

    answered: int = 0
    captured: int = 0
    dropped: int = 0
    marks: int = 0
    exempt: int = 0


def encode(body: Mapping[str, Any]) -> bytes:
    """A JSON body."""
    return _encode(body).encode("ascii")


def encode_who(who: Who | None) -> bytes:
    """The part of an OPENED body that is the same for every file a process opens, so that it is made once."""
    body = {} if who is None else {field: getattr(who, field) for field in _WHO_FIELDS if field != "pid"}
    return b"," + encode(body)[1:-1] if body else b""


def encode_opened(opened: Opened, who: bytes) -> bytes:
    """An OPENED body around the ready-made ``who``; too large, it goes without sources and then without who."""
    head = (
        f'{{"pid":{opened.pid},"dev":{opened.dev},"ino":{opened.ino},"boottime_ns":{opened.boottime_ns},'
        f'"wall_ns":{opened.wall_ns},"path":{_quote(opened.path)},"sources":'
    ).encode("ascii")
    body = head + f"[{','.join(map(_quote, opened.sources))}]".encode("ascii") + who + b"}"
    if len(body) > MESSAGE_BYTES_MAX:
        body = head + b"[]" + (who if len(head) + len(who) + 3 <= MESSAGE_BYTES_MAX else b"") + b"}"
    return body


def decode(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises PeerError."""
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise PeerError("a message body is not JSON") from error
    if not isinstance(value, dict):
        raise PeerError("a message body is not a JSON object")
    return value


def decode_key(body: bytes) -> str:
    """The key of WATCH and RELEASE. Raises PeerError."""
    key = decode(body).get("key")
    if not isinstance(key, str) or not 0 < len(key) <= KEY_CHARS_MAX:
        raise PeerError(f"a key must be a text of 1 to {KEY_CHARS_MAX} characters")
    return key


def decode_pids(body: bytes) -> tuple[int, ...]:
    """The process ids of EXEMPT. Raises PeerError."""
    pids = decode(body).get("pids")
    if not isinstance(pids, list) or len(pids) > EXEMPT_MAX or not all(type(pid) is int and pid > 0 for pid in pids):
        raise PeerError(f"pids must be a list of at most {EXEMPT_MAX} process ids")
    return tuple(pids)


def decode_marked(body: bytes) -> Marked:
    """Raises PeerError."""
    value = decode(body)
    return Marked(_text(value, "key"), bool(value.get("ok")), _text(value, "error")[:_TEXT_CHARS_MAX])


def decode_status(body: bytes) -> Status:
    """Raises PeerError."""
    value = decode(body)
    return Status(*(_whole(value, field, 0) for field in Status._fields))


def decode_opened(body: bytes) -> Opened:
    """Raises PeerError."""
    value = decode(body)
    pid = _whole(value, "pid")
    sources = value.get("sources")
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        raise PeerError("sources must be a list of paths")
    return Opened(
        pid=pid,
        dev=_whole(value, "dev"),
        ino=_whole(value, "ino"),
        path=_text(value, "path"),
        boottime_ns=_whole(value, "boottime_ns"),
        wall_ns=_whole(value, "wall_ns"),
        who=_decode_who(pid, value) if "start_ticks" in value else None,
        sources=tuple(cast("Sequence[str]", sources)),
    )


def decode_captures(body: bytes) -> list[Opened]:
    """The captures of an OPENED message. Raises PeerError."""
    return [decode_opened(line) for line in body.split(b"\n")]


_WHO_FIELDS: Final = Who._fields
_WHO_TEXTS: Final = frozenset({"name", "exe", "cmd_line", "parent_name", "cgroup"})


def _decode_who(pid: int, value: Mapping[str, Any]) -> Who:
    fields = {
        field: _text(value, field) if field in _WHO_TEXTS else _whole(value, field, -1)
        for field in _WHO_FIELDS
        if field != "pid"
    }
    return Who(pid=pid, **fields)  # type: ignore[arg-type]  # the comprehension gives each field its own type


def _whole(value: Mapping[str, Any], field: str, absent: int | None = None) -> int:
    number = value.get(field, absent)
    if type(number) is not int:
        raise PeerError(f"{field} is not a whole number")
    return number


def _text(value: Mapping[str, Any], field: str) -> str:
    text = value.get(field, "")
    if not isinstance(text, str):
        raise PeerError(f"{field} is not a text")
    return text

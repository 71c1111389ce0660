"""Facts in an officer's words, Chinese and English: levels, states, times, sizes; nothing unprintable is left in."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

TEXT_CHARS_MAX: Final = 200

_Words = Mapping[str, tuple[str, str]]

_LEVELS: Final[_Words] = {
    "top_secret": ("绝密", "绝密 top secret"),
    "secret": ("机密", "机密 secret"),
    "confidential": ("秘密", "秘密 confidential"),
    "restricted": ("受限", "受限 restricted"),
    "internal": ("内部", "内部 internal"),
    "unclassified": ("非密", "非密 unclassified"),
}
_RADIO_STATES: Final[_Words] = {
    "absent": ("已移除", "removed"),
    "present": ("存在", "present"),
    "blocked": ("存在（已禁用）", "present (blocked)"),
    "up": ("已启用", "up"),
    "associated": ("已连接", "associated"),
}
_LINK_STATES: Final[_Words] = {
    "absent": ("已移除", "removed"),
    "present": ("出现", "present"),
    "up": ("已启用", "up"),
    "carrier": ("已连通", "connected"),
}
_TECHNOLOGIES: Final[_Words] = {
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "bluetooth": ("蓝牙", "Bluetooth"),
    "wwan": ("蜂窝网络", "cellular"),
    "nfc": ("NFC", "NFC"),
    "uwb": ("UWB", "UWB"),
}
_ACTIVITIES: Final[_Words] = {
    "attached": ("插入", "attached"),
    "mounted": ("挂载", "mounted"),
    "unmounted": ("卸载", "unmounted"),
    "removed": ("拔出", "removed"),
    "closed_write": ("写入", "written"),
    "moved_in": ("移入", "moved in"),
    "listed": ("发现", "found"),
}

_REGISTERED: Final[_Words] = {"True": ("已登记", "registered"), "False": ("未登记", "unregistered")}
_FAMILIES: Final[_Words] = {"ipv4": ("IPv4", "IPv4"), "ipv6": ("IPv6", "IPv6")}
_STOP_REASONS: Final[_Words] = {
    "signal": ("收到停止命令", "told to stop"),
    "shutdown": ("系统关机", "system shutdown"),
    "upgrade": ("升级", "upgrade"),
    "unknown": ("原因未说明", "no reason given"),
}

Format = Callable[[Any, str, tzinfo | None], str]


def printable(text: str) -> str:
    """The text with control, format and surrogate characters written as escapes, cut to a length a page can hold.

    Among them are line breaks, terminal escapes and the marks that turn the direction of writing round.
    """
    cut = text[:TEXT_CHARS_MAX]
    shown = "".join(_escaped(char) for char in cut)
    return shown if len(cut) == len(text) else f"{shown}…"


def _escaped(char: str) -> str:
    if char == " " or unicodedata.category(char)[0] not in "CZ":
        return char
    if char == "\u3000":  # the ideographic space stands inside marks and names
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _worded(words: _Words) -> Format:
    def show(value: Any, lang: str, _zone: tzinfo | None) -> str:
        pair = words.get(str(value))
        return printable(str(value)) if pair is None else pair[0 if lang.startswith("zh") else 1]

    return show


def _plainly(value: Any, lang: str, _zone: tzinfo | None) -> str:
    if isinstance(value, bool):
        return ("是" if value else "否") if lang.startswith("zh") else ("yes" if value else "no")
    if isinstance(value, list):
        return printable(("、" if lang.startswith("zh") else ", ").join(str(entry) for entry in value))
    return printable(str(value))


def _time(value: Any, _lang: str, zone: tzinfo | None) -> str:
    if not isinstance(value, int):
        return printable(str(value))
    try:
        return datetime.fromtimestamp(value / 1e9, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return str(value)


def _duration(value: Any, lang: str, _zone: tzinfo | None) -> str:
    if not isinstance(value, int):
        return printable(str(value))
    units = ((86400, "天", "d"), (3600, "小时", "h"), (60, "分钟", "min"), (1, "秒", "s"))
    size, zh, en = next((unit for unit in units if value >= 2 * unit[0]), units[-1])
    return f"{value // size} {zh if lang.startswith('zh') else en}"


def _size(value: Any, _lang: str, _zone: tzinfo | None) -> str:
    if not isinstance(value, int):
        return printable(str(value))
    amount = float(value)
    for unit in ("B", "KiB", "MiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} GiB"


FORMATS: Final[Mapping[str, Format]] = {
    "": _plainly,
    "level": _worded(_LEVELS),
    "radio_state": _worded(_RADIO_STATES),
    "link_state": _worded(_LINK_STATES),
    "technology": _worded(_TECHNOLOGIES),
    "activity": _worded(_ACTIVITIES),
    "registered": _worded(_REGISTERED),
    "family": _worded(_FAMILIES),
    "stop_reason": _worded(_STOP_REASONS),
    "time": _time,
    "duration": _duration,
    "size": _size,
}
"""What may stand after the colon of a placeholder: ``{event.time_ns:time}``."""

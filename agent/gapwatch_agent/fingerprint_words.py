"""The words of ``gapwatch-agent fingerprint`` in both languages, and its rows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from gapwatch_agent.scan_command import printable

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "file": "file", "part": "part", "samples": "samples", "shared": "shared", "mark": "mark", "known": "document",
        "found": "of file", "covered": "of doc.", "text": "text",
        "same": "The two share content: {percent} of the smaller text stands in the other ({shared} common samples).",
        "different": "The two do not share content: {percent} of the smaller text stands in the other.",
        "identical": "The two files are the same, byte for byte.",
        "short": "cannot be compared: too little text (about 500 letters are needed)",
        "uninspected": "not inspected: {reason}",
        "partial": "read only in part: {reason}",
        "found_in": "Content known from {count} document(s); the best match shares {percent} of the smaller text.",
        "unknown": "No known document shares content with this file ({documents} known).",
        "indexed": "{documents} documents known, {texts} different texts: {read} files read, {unchanged} unchanged,"
        " {removed} gone, {incomplete} not fully inspected.",
        "progress": "{done}/{total} files",
    },
    "zh": {
        "file": "文件", "part": "重合", "samples": "样本", "shared": "共有", "mark": "密级标志", "known": "已知文档",
        "found": "占本文件", "covered": "占该文档", "text": "文本",
        "same": "两个文件内容相同或部分相同：较短文本的 {percent} 出现在另一文件中（共有样本 {shared} 个）。",
        "different": "两个文件内容不同：较短文本只有 {percent} 出现在另一文件中。",
        "identical": "两个文件逐字节相同。",
        "short": "无法比对：文字太少（约需 500 字）",
        "uninspected": "未检查：{reason}",
        "partial": "只读取了部分内容：{reason}",
        "found_in": "其内容见于 {count} 份已知文档；最相近者与之重合 {percent}（按较短文本计）。",
        "unknown": "没有已知文档与此文件内容重合（已知 {documents} 份）。",
        "indexed": "已知文档 {documents} 份，不同文本 {texts} 篇：本次读取 {read} 个文件，未改动 {unchanged} 个，"
        "已消失 {removed} 个，未能完整检查 {incomplete} 个。",
        "progress": "{done}/{total} 个文件",
    },
}  # fmt: skip


def row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Cells in columns of these widths on the screen; what could move a terminal's cursor is shown as its code."""
    return "".join(_padded(printable(cell), width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def percent(part: float) -> str:
    """A part of one, for people."""
    return f"{100 * part:.0f} %"


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(2 if width else 0, width - taken)

"""``gapwatch-agent scan``: files and trees inspected without a collector; a table for people, JSON lines for machines.

Exit code: 1 something is marked, else 2 something could not be fully inspected, else 0; 3 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from gapwatch_agent import compose, config
from gapwatch_agent.doctor import language
from gapwatch_agent.errors import AgentError, UnavailableError
from gapwatch_agent.fingerprint_key import zone_key
from gapwatch_agent.inspector import ocr, scan_record, tree
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import Terms
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.scan import Scanned, scan
from gapwatch_agent.inspector.verdict_cache import VerdictCache, terms_of

CLEAN, MARKED, INCOMPLETE, USAGE = 0, 1, 2, 3

_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "mark": "mark", "axis": "axis", "sure": "sure", "where": "where", "path": "path",
        "page": "p. {}", "none": "not inspected: {}", "partial": "in part: {}",
        "summary": "{files} files, {bytes}: {marked} marked, {incomplete} not fully inspected",
        "remembered": " ({} unchanged, not read again)",
        "progress": "{done}/{total} files  {bytes}  {marked} marked  {incomplete} not fully inspected",
    },
    "zh": {
        "mark": "密级标志", "axis": "体系", "sure": "置信", "where": "位置", "path": "路径",
        "page": "第{}页", "none": "未检查：{}", "partial": "部分检查：{}",
        "summary": "共 {files} 个文件，{bytes}：{marked} 个有密级标志，{incomplete} 个未能完整检查",
        "remembered": "（{} 个未改动，未重读）",
        "progress": "{done}/{total} 个文件  {bytes}  {marked} 个有标志  {incomplete} 个未完整检查",
    },
}  # fmt: skip
_WORDS_ZH: Final[Mapping[str, str]] = {
    "state": "国家秘密", "enterprise": "企业", "commercial": "商业秘密", "work": "工作秘密", "exam": "考试",
    "foreign": "国外", "encrypted": "已加密", "damaged": "已损坏", "too_large": "过大", "too_deep": "嵌套过深",
    "too_many": "数量过多", "timed_out": "超时", "crashed": "解析崩溃", "unsupported": "格式不支持",
    "unreadable": "无法读取", "vanished": "已消失", "document": "正文", "header": "页眉", "footer": "页脚",
    "text_box": "文本框", "watermark": "水印", "table": "表格", "property": "属性", "name": "文件名", "note": "批注",
    "annotation": "注释", "attachment": "附件", "first_page_top": "首页顶部", "first_page": "首页",
    "page_top": "页顶", "page_bottom": "页底", "cover_table": "封面表格", "body": "正文",
}  # fmt: skip
_BAR_WIDTH: Final = 24
_REDRAW_S: Final = 0.1


def run(options: argparse.Namespace) -> int:
    """Scan and say. Raises AgentError for a key or cache that cannot be used."""
    missing = [path for path in options.paths if not os.path.lexists(path)]
    if missing:
        for path in missing:
            print(f"gapwatch-agent scan: {scan_record.shown(path)}: no such file or folder", file=sys.stderr)
        return USAGE
    settings = config.load_unconnected(options.config)
    limits = compose.inspector_limits(settings, ocr=not options.no_ocr and ocr.available())
    key = b"" if options.no_fingerprint else _key(options.key_file, settings)
    terms = compose.inspector_terms(settings, key, sum_up=False)
    tally = Tally()
    words = _TEXTS[options.lang or language(os.environ)]
    mounts = tree.Mounts()
    with ExitStack() as stack:
        cache = None if options.no_cache else _cache(stack, options.cache, limits, terms)
        nursery = Nursery(limits, terms)
        stack.callback(nursery.close)
        if options.whole_process:
            nursery.settle()
        progress = _Progress(options.paths, mounts, words, sys.stderr)
        stack.callback(progress.clear)
        found = scan(nursery, tree.files(options.paths, mounts), jobs=options.jobs, cache=cache, mounts=mounts)
        stack.callback(found.close)
        try:
            _write(_counted(found, tally, progress), options, words, progress)
        except BrokenPipeError:
            # Whoever read had enough; what stands in the buffer has nowhere to go.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if not options.jsonl:
        print(tally.sentence(words))
    return tally.exit_code


@dataclass(slots=True)
class Tally:
    """What a scan came to."""

    files: int = 0
    bytes: int = 0
    marked: int = 0
    incomplete: int = 0
    remembered: int = 0

    def add(self, scanned: Scanned) -> None:
        """Count a file and every file in it."""
        self.bytes += scanned.found.size
        self.remembered += scanned.remembered
        for found in (scanned.found, *scanned.members):
            self.files += 1
            self.marked += bool(found.inspection.mark.axis)
            self.incomplete += found.inspection.inspected != "full"

    @property
    def exit_code(self) -> int:
        return MARKED if self.marked else INCOMPLETE if self.incomplete else CLEAN

    def sentence(self, words: Mapping[str, str]) -> str:
        """One line for people."""
        text = words["summary"].format(
            files=f"{self.files:,}", bytes=size_text(self.bytes), marked=self.marked, incomplete=self.incomplete
        )
        return text + (words["remembered"].format(self.remembered) if self.remembered else "")


def _key(named: Path | None, settings: config.Config) -> bytes:
    """The key of fingerprints; none (and a word on stderr) where no key was given and none can be kept."""
    try:
        return zone_key(named, settings)
    except UnavailableError as error:
        print(f"gapwatch-agent scan: no fingerprints are computed: {error}", file=sys.stderr)
        return b""


def _cache(stack: ExitStack, path: Path | None, limits: Limits, terms: Terms) -> VerdictCache | None:
    """The cache; None (and a word on stderr, if it was asked for by name) where it cannot be kept."""
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        where = path or Path(base) / "gapwatch" / "verdicts.db"
        return stack.enter_context(VerdictCache(where, terms_of(limits, terms), ours=path is None))
    except (OSError, RuntimeError) as error:
        if path is not None:
            raise AgentError(f"cannot keep verdicts in {path}: {error}") from error
        return None


def _counted(found: Iterator[Scanned], tally: Tally, progress: _Progress) -> Iterator[Scanned]:
    for scanned in found:
        tally.add(scanned)
        progress.show(tally)
        yield scanned


def _write(
    found: Iterator[Scanned], options: argparse.Namespace, words: Mapping[str, str], progress: _Progress
) -> None:
    lang = "zh" if words is _TEXTS["zh"] else "en"
    if options.jsonl:
        for scanned in found:
            for record in scan_record.records(scanned):
                print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))
            sys.stdout.flush()
        return
    headed = False
    for scanned in found:
        for record in scan_record.records(scanned):
            if options.all or record["axis"] or record["inspected"] != "full":
                progress.clear()
                if not headed:
                    print(_row([words[name] for name in ("mark", "axis", "sure", "where", "path")]))
                    headed = True
                print(_row(_cells(record, words, lang)))


def _cells(record: Mapping[str, Any], words: Mapping[str, str], lang: str) -> list[str]:
    mark, axis, sure, where = "-", "", "", ""
    if record["axis"]:
        first = record["evidence"][0] if record["evidence"] else {}
        mark = first.get("text") or record["level_text"]
        axis = _said(record["axis"], lang)
        sure = f"{record['confidence']:.2f}"
        page = f" {words['page'].format(first['page'])}" if first.get("page") else ""
        where = _said(first.get("zone", ""), lang) + page
    if record["inspected"] != "full":
        reason = words[record["inspected"]].format(_said(record["reason"], lang))
        where = f"{where}; {reason}" if where else reason
    return [mark, axis, sure, where, record["path"]]


def _said(word: str, lang: str) -> str:
    return _WORDS_ZH.get(word, word) if lang == "zh" else word.replace("_", " ")


_WIDTHS: Final = (18, 11, 6, 26, 0)


def _row(cells: Sequence[str]) -> str:
    """Cells in columns; what could move a terminal's cursor is shown as its code."""
    return "".join(_padded(printable(cell), width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def printable(text: str) -> str:
    r"""Text that a terminal only shows: control and formatting characters as ``\xNN``."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _padded(text: str, width: int) -> str:
    taken = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(2 if width else 0, width - taken)


def size_text(size: int) -> str:
    """Bytes as people say them."""
    value, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{int(value)} B" if unit == "B" else f"{value:.1f} {unit}"


class _Progress:
    """A bar on a terminal, nothing elsewhere. Files are counted first: listing costs little beside reading."""

    def __init__(self, paths: Sequence[str], mounts: tree.Mounts, words: Mapping[str, str], stream: TextIO) -> None:
        self._stream = stream
        self._words = words
        self._on = stream.isatty()
        self._total = sum(1 for _ in tree.files(paths, mounts)) if self._on else 0
        self._done = 0
        self._drawn_s = 0.0
        self._drawn = False

    def show(self, tally: Tally) -> None:
        """One more file is done."""
        self._done += 1
        now = time.monotonic()
        if not self._on or now - self._drawn_s < _REDRAW_S:
            return
        self._drawn_s = now
        full = _BAR_WIDTH * min(self._done, self._total) // max(self._total, 1)
        text = self._words["progress"].format(
            done=f"{self._done:,}", total=f"{self._total:,}", bytes=size_text(tally.bytes),
            marked=tally.marked, incomplete=tally.incomplete,
        )  # fmt: skip
        self._stream.write(f"\r[{'█' * full}{'░' * (_BAR_WIDTH - full)}] {text}\x1b[K")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Leave the line as it was."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False

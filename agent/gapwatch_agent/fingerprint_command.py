"""``gapwatch-agent fingerprint``: whether files share content, shown without a collector.

Text is read by the inspector's caged children, never here. ``compare`` works under a key made for the one run, the
others under the zone's. Exit code: 0 yes (index: done), 1 no, 2 something could not be inspected, 3 wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gapwatch_agent import compose, config
from gapwatch_agent.doctor import language
from gapwatch_agent.fingerprint_key import KEY_BYTES, zone_key
from gapwatch_agent.fingerprint_words import TEXTS, percent, row
from gapwatch_agent.inspector import fingerprint, fingerprint_index, tree
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import MEMBER_SEPARATOR
from gapwatch_agent.inspector.fingerprint import Comparison
from gapwatch_agent.inspector.fingerprint_files import Text, Update, texts
from gapwatch_agent.inspector.fingerprint_index import Match
from gapwatch_agent.inspector.scan import scan
from gapwatch_agent.inspector.scan_record import shown
from gapwatch_agent.inspector.tree import Listed
from gapwatch_agent.scan_command import printable

YES, NO, INCOMPLETE, USAGE = 0, 1, 2, 3

_REDRAW_S: Final = 0.1


def run(options: argparse.Namespace) -> int:
    """Do one of the actions. Raises AgentError for a key or an index that cannot be used."""
    action = {"compare": _compare, "index": _index, "lookup": _lookup}[options.action]
    named = {"compare": ("first", "second"), "index": ("folder",), "lookup": ("file",)}[options.action]
    paths = [getattr(options, name) for name in named]
    missing = [path for path in paths if not os.path.lexists(path)]
    folders = [path for path in paths if options.action != "index" and os.path.isdir(path)]  # noqa: PTH112 - any bytes
    for path in missing:
        print(f"gapwatch-agent fingerprint: {shown(path)}: no such file or folder", file=sys.stderr)
    for path in folders:
        print(f"gapwatch-agent fingerprint: {shown(path)}: is a folder, name a file", file=sys.stderr)
    if missing or folders:
        return USAGE
    return action(options, TEXTS[options.lang or language(os.environ)])


def _scanned(options: argparse.Namespace, key: bytes, paths: Sequence[str]) -> list[list[Text]]:
    nursery = _nursery(options, key)
    try:
        return [texts(one) for one in scan(nursery, [Listed(path) for path in paths], jobs=2)]
    finally:
        nursery.close()


def _nursery(options: argparse.Namespace, key: bytes) -> Nursery:
    settings = _settings(options)
    return Nursery(compose.inspector_limits(settings), compose.inspector_terms(settings, key, sum_up=False))


def _settings(options: argparse.Namespace) -> config.Config:
    return config.load_unconnected(options.config)


# --- compare


@dataclass(frozen=True, slots=True)
class _Pair:
    """A text of each file, and what they have in common."""

    texts: tuple[Text, Text]
    common: Comparison

    @property
    def samples(self) -> tuple[int, int]:
        """Of each text, at the rate of the comparison."""
        return self.common.of_first, self.common.of_second

    @property
    def parts(self) -> tuple[float, float]:
        """Of each text, what stands in the other."""
        return self.common.first_in_second, self.common.second_in_first


def _compare(options: argparse.Namespace, words: Mapping[str, str]) -> int:
    paths = [options.first, options.second]
    files = _scanned(options, secrets.token_bytes(KEY_BYTES), paths)
    hashes = [file[0].verdict.sha256 for file in files]
    identical = bool(hashes[0]) and hashes[0] == hashes[1]
    best = _best(*files)
    if identical or (best is not None and best.common.same_content):
        code = YES
    else:
        code = NO if all(text.is_full for file in files for text in file) else INCOMPLETE
    if options.json:
        # Nothing can be said of a text too short, nor of what was not read.
        same = True if code == YES else False if code == NO and best is not None else None
        _print_json({"same_content": same, "identical": identical, **_comparison_values(paths, files, best)})
        return code
    print(row((words["samples"], words["part"], words["file"]), _COMPARE_WIDTHS))
    for number, (path, file) in enumerate(zip(paths, files, strict=True)):
        numbers = (str(best.samples[number]), percent(best.parts[number])) if best else ("-", "-")
        member = best.texts[number].member if best else ""
        print(row((*numbers, _path(path, member) + _trouble(file, words)), _COMPARE_WIDTHS))
    if identical:
        print(words["identical"])
    elif best is not None:
        sentence = words["same" if best.common.same_content else "different"]
        print(sentence.format(percent=percent(max(best.parts)), shared=best.common.shared))
    return code


def _best(first: Sequence[Text], second: Sequence[Text]) -> _Pair | None:
    """The two texts of the files that have most in common; None when a file has no text long enough."""
    pairs = (
        _Pair((one, other), fingerprint.compare(one.print, other.print))
        for one in first
        if one.print is not None
        for other in second
        if other.print is not None
    )
    return max(pairs, key=lambda pair: (pair.common.same_content, pair.common.shared), default=None)


def _comparison_values(paths: Sequence[str], files: Sequence[Sequence[Text]], best: _Pair | None) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if best is not None:
        values = {
            "shared": best.common.shared,
            "first_in_second": round(best.common.first_in_second, 4),
            "second_in_first": round(best.common.second_in_first, 4),
            "resemblance": round(best.common.resemblance, 4),
        }
    for number, name in enumerate(("first", "second")):
        values[name] = {
            **_file_values(paths[number], files[number]),
            "member": (best.texts[number].member or None) if best else None,
            "samples": best.samples[number] if best else 0,
        }
    return values


# --- index


def _index(options: argparse.Namespace, words: Mapping[str, str]) -> int:
    folder = os.path.abspath(options.folder)  # noqa: PTH100 - any bytes may be a name
    mounts = tree.Mounts()
    key = zone_key(options.key_file, _settings(options))
    place = _database(options, create=True)
    with fingerprint_index.create_or_open(place, fingerprint.key_id(key)) as index:
        update = Update(index, os.path.abspath(place))  # noqa: PTH100 - links are not followed when listing either
        nursery = _nursery(options, key)
        progress = _Progress(folder, mounts, words)
        found = scan(nursery, update.changed(tree.files([folder], mounts)), jobs=options.jobs, mounts=mounts)
        try:
            for scanned in found:
                update.store(scanned)
                progress.show(update.read + update.unchanged)
        finally:
            found.close()
            nursery.close()
            progress.clear()
            index.commit()
        update.forget(folder)
        index.commit()
        documents, different = index.counts()
    counts = {
        "documents": documents,
        "texts": different,
        "read": update.read,
        "unchanged": update.unchanged,
        "removed": update.removed,
    }
    if options.json:
        incomplete = [shown(path) for path in update.incomplete]
        _print_json({"db": shown(str(place)), **counts, "incomplete": incomplete})
    else:
        print(words["indexed"].format(**counts, incomplete=len(update.incomplete)))
    return INCOMPLETE if update.incomplete else YES


def _database(options: argparse.Namespace, *, create: bool) -> Path:
    """Where the index is; its folder is made when it is to be created."""
    if options.db is not None:
        return Path(options.db)
    base = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    place = Path(base) / "gapwatch" / "fingerprints.db"
    if create:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


class _Progress:
    """A counter on a terminal, nothing elsewhere."""

    def __init__(self, folder: str, mounts: tree.Mounts, words: Mapping[str, str]) -> None:
        self._words = words
        self._on = sys.stderr.isatty()
        self._total = sum(1 for _ in tree.files([folder], mounts)) if self._on else 0
        self._drawn_s = 0.0

    def show(self, done: int) -> None:
        """So many files are done."""
        now = time.monotonic()
        if self._on and now - self._drawn_s >= _REDRAW_S:
            self._drawn_s = now
            text = self._words["progress"].format(done=f"{done:,}", total=f"{self._total:,}")
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the line as it was."""
        if self._drawn_s:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


# --- lookup


def _lookup(options: argparse.Namespace, words: Mapping[str, str]) -> int:
    key = zone_key(options.key_file, _settings(options))
    with fingerprint_index.open_existing(_database(options, create=False), fingerprint.key_id(key)) as index:
        (file,) = _scanned(options, key, [options.file])
        found = [(text, match) for text in file if text.print is not None for match in index.lookup(text.print)]
        documents, _ = index.counts()
    found.sort(key=lambda pair: (-pair[1].score, -pair[1].found - pair[1].covered))
    code = YES if found else NO if all(text.is_full for text in file) else INCOMPLETE
    if options.json:
        matches = [_match_values(text, match) for text, match in found]
        _print_json(_file_values(options.file, file) | {"matches": matches, "documents": documents})
        return code
    if found:
        heads = ("part", "found", "covered", "shared", "mark", "known")
        print(row([words[head] for head in heads], _LOOKUP_WIDTHS))
        for text, match in found:
            _print_match(text, match)
        count = len({(one.path, one.member) for _, match in found for one in match.documents})
        print(words["found_in"].format(count=count, percent=percent(found[0][1].score)))
    elif code == NO and any(text.print is not None for text in file):
        print(words["unknown"].format(documents=documents))
    if trouble := _trouble(file, words):
        print(f"{_path(options.file, '')}{trouble}")
    return code


def _print_match(text: Text, match: Match) -> None:
    for one in match.documents:
        numbers = [percent(match.score), percent(match.found), percent(match.covered), str(match.shared)]
        inside = f"  <- {printable(text.member)}" if text.member else ""
        print(row([*numbers, one.level_text or one.level or "-", _path(one.path, one.member) + inside], _LOOKUP_WIDTHS))


def _match_values(text: Text, match: Match) -> dict[str, Any]:
    return {
        "member": text.member or None,
        "score": round(match.score, 4),
        "shared": match.shared,
        "found": round(match.found, 4),
        "covered": round(match.covered, 4),
        "documents": [
            {
                "path": shown(one.path) + (f"{MEMBER_SEPARATOR}{one.member}" if one.member else ""),
                "size": one.size,
                "sha256": one.sha256 or None,
                "axis": one.axis or None,
                "level": one.level or None,
                "level_text": one.level_text or None,
            }
            for one in match.documents
        ],
    }


# --- what all of them say

_COMPARE_WIDTHS: Final = (9, 8, 0)
_LOOKUP_WIDTHS: Final = (8, 10, 10, 8, 14, 0)


def _file_values(path: str, texts: Sequence[Text]) -> dict[str, Any]:
    inspection = texts[0].verdict.inspection
    trouble = next((text.verdict.inspection for text in texts if not text.is_full), inspection)
    return {
        "path": shown(path),
        "inspected": inspection.inspected,
        "reason": trouble.reason or None,
        "too_short": all(text.print is None for text in texts),
    }


def _trouble(texts: Sequence[Text], words: Mapping[str, str]) -> str:
    """What keeps a file from being judged, in brackets after its name."""
    troubled = next((text.verdict.inspection for text in texts if not text.is_full), None)
    if troubled is not None:
        text = words["uninspected" if troubled.inspected == "none" else "partial"]
        return f"  ({text.format(reason=troubled.reason)})"
    return "" if any(text.print is not None for text in texts) else f"  ({words['short']})"


def _path(path: str, member: str) -> str:
    return shown(path) + (f"{MEMBER_SEPARATOR}{member}" if member else "")


def _print_json(values: Mapping[str, Any]) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=1))

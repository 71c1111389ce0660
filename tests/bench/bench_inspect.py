"""Files and bytes a second of the caged inspector, per format, beside native Tika (extractous) and python-docx.

The same generated files in one run: small ones of the corpus and one long document of each format. Tika and python-docx
run in this process and only extract text; ours, as ``gapwatch-agent scan`` does it, forks a child in a cage for every
file, one for each core at a time, and extracts, judges, hashes and fingerprints. ``*_alone_times_tika``: one at a
time.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import docx
from extractous import Extractor

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from corpus import bodies, sheets, texts, word  # noqa: E402 - a folder of tests, not an installed package
from corpus.case import Case  # noqa: E402
from corpus.forms import STATE  # noqa: E402

_SMALL = 8
_ROUNDS = 3
_LONG_PARAGRAPHS = 1500
_CONVERSIONS = (
    ("docx", "odt"), ("docx", "doc"), ("docx", "rtf"), ("docx", "pdf"), ("docx", "html"),
    ("xlsx", "ods"), ("xlsx", "xls"), ("pptx", "odp"), ("pptx", "ppt"),
)  # fmt: skip


def _long(path: Path, rng: random.Random) -> None:
    document = docx.Document()
    document.add_paragraph("机密★5年")
    for text in bodies.paragraphs(rng, _LONG_PARAGRAPHS):
        document.add_paragraph(text)
    document.save(str(path))


def _files(folder: Path) -> dict[str, list[Path]]:
    rng = random.Random(1)
    written: dict[str, list[Case]] = {"docx": [], "xlsx": [], "pptx": []}
    for number, form in enumerate(STATE[:_SMALL]):
        for kind, write in (("docx", word.write), ("xlsx", sheets.write_workbook), ("pptx", sheets.write_slides)):
            path = folder / f"{number}.{kind}"
            place = {"docx": "header", "xlsx": "first_cell", "pptx": "first_box"}[kind]
            write(path, place, form, rng)
            written[kind].append(Case(path, kind, place, form))
    _long(folder / "long.docx", rng)
    written["docx"].append(Case(folder / "long.docx", "docx", "", STATE[0]))
    files = {kind: [case.path for case in cases] for kind, cases in written.items()}
    for source, kind in _CONVERSIONS:
        files[kind] = [case.path for case in texts.converted(written[source], kind, kind, folder / kind)]
    files["text"] = []
    for number, form in enumerate(STATE[:_SMALL]):
        path = folder / f"{number}.txt"
        path.write_bytes(texts.text(form, rng, "gb18030") or b"")
        files["text"].append(path)
    return files


def _seconds(work: Callable[[str], object], paths: list[Path]) -> float:
    began = time.perf_counter()
    for path in paths:
        work(str(path))
    return time.perf_counter() - began


_PROGRAM = """
import json, sys, time
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import Terms
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.scan import scan
from gapwatch_agent.inspector.tree import Listed
nursery = Nursery(Limits(), Terms(key=bytes(32), sum_up=False))
nursery.settle()
for line in sys.stdin:
    asked = json.loads(line)
    began = time.perf_counter()
    for _ in scan(nursery, [Listed(path) for path in asked["paths"]], jobs=asked["jobs"]):
        pass
    print(time.perf_counter() - began, flush=True)
"""


class _Scanner:
    """Our own process, as in life: what Tika loads into this one must not make our forks dearer."""

    def __init__(self) -> None:
        command = [sys.executable, "-c", _PROGRAM]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, paths: list[Path], jobs: int) -> float:
        """How long the files take."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"paths": [str(path) for path in paths], "jobs": jobs}) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def _tika(path: str) -> object:
    return Extractor().set_extract_string_max_length(50_000_000).extract_file_to_string(path)


def run() -> dict[str, float]:
    """Medians per format: files a second, and how many times Tika's."""
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as temporary:
        files = _files(Path(temporary))
        scanner = _Scanner()
        ratios = []
        for kind, paths in sorted(files.items()):
            _tika(str(paths[0]))
            ours, alone, tika, word_only = [], [], [], []
            for _ in range(_ROUNDS):
                ours.append(scanner.seconds(paths, os.cpu_count() or 1))
                alone.append(scanner.seconds(paths, 1))
                tika.append(_seconds(_tika, paths))
                if kind == "docx":
                    word_only.append(_seconds(lambda path: [p.text for p in docx.Document(path).paragraphs], paths))
            seconds = statistics.median(ours)
            total = sum(path.stat().st_size for path in paths)
            figures[f"{kind}_files_per_s"] = len(paths) / seconds
            figures[f"{kind}_mb_per_s"] = total / seconds / 1e6
            figures[f"{kind}_times_tika"] = statistics.median(tika) / seconds
            figures[f"{kind}_alone_times_tika"] = statistics.median(tika) / statistics.median(alone)
            ratios.append(figures[f"{kind}_times_tika"])
            if word_only:
                figures["docx_times_python_docx"] = statistics.median(word_only) / seconds
        scanner.close()
        figures["median_times_tika"] = statistics.median(ratios)
        figures["least_times_tika"] = min(ratios)
    return figures

"""``make accuracy``: precision and recall of ``gapwatch-agent scan`` on the generated corpus, per format and axis.

    measure.py [--keep DIR] [--seed N] [--thin N] [--no-convert] [--negatives DIR …] [--record]

``--negatives`` adds folders that hold no mark (a machine's own documentation); ``--record`` rewrites
docs/accuracy.md and the page of
the benchmarks, which ends with it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPORT = ROOT / "docs" / "accuracy.md"
sys.path.insert(0, str(HERE.parent))

from corpus.case import Case  # noqa: E402 - the corpus is a folder of tests, not an installed package
from corpus.generate import Generator  # noqa: E402

Record = Mapping[str, object]


@dataclass
class Score:
    """``wrong``: marked, but with another axis, level or period than was written."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    false: int = 0
    clean: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        wanted = self.right + self.missed + self.wrong
        return self.right / wanted if wanted else 1.0

    @property
    def precision(self) -> float:
        said = self.right + self.wrong + self.false
        return self.right / said if said else 1.0


def scanned(folder: Path, paths: Iterable[Path] = ()) -> dict[str, Record]:
    """Every record of a scan by its path. Raises CalledProcessError when the scan itself fails."""
    command = [sys.executable, "-m", "gapwatch_agent", "scan", "--jsonl", "--no-cache", "--no-fingerprint", str(folder)]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, check=False)
    if done.returncode not in {0, 1, 2}:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    records = (json.loads(line) for line in done.stdout.splitlines())
    return {record["path"]: record for record in records}


def found_in(case: Case, records: Mapping[str, Record]) -> Record:
    """The record a case is about: the file's, or its member's."""
    path = str(case.path)
    if case.inner:
        return records.get(f"{path}!{case.inner}", {})
    own = records.get(path, {})
    members = [record for name, record in records.items() if name.startswith(f"{path}!")] if case.kind == "gz" else []
    return next((record for record in members if record["axis"]), own)


def judge(cases: Iterable[Case], records: Mapping[str, Record]) -> tuple[dict[str, Score], dict[str, Score]]:
    """Scores per format and per axis."""
    by_kind: dict[str, Score] = defaultdict(Score)
    by_axis: dict[str, Score] = defaultdict(Score)
    for case in cases:
        record = found_in(case, records)
        axis, level, period = (record.get(name) for name in ("axis", "level", "period"))
        said = f"{axis} {level} {period}, {record.get('inspected')} {record.get('reason') or ''}".strip()
        scores = (by_kind[case.kind], by_axis[case.form.axis if case.form else str(axis)])
        if case.form is None:
            outcome = "clean" if axis is None else "false"
        elif axis is None:
            outcome = "missed"
        else:
            wanted = (case.form.axis, case.form.level, case.form.period)
            outcome = "right" if (axis, level, period) == wanted else "wrong"
        for score in scores:
            setattr(score, outcome, getattr(score, outcome) + 1)
        if outcome not in {"right", "clean"}:
            wrote = f"{case.form.text} in {case.place}" if case.form else "nothing"
            by_kind[case.kind].complaints.append(f"{outcome}: {case.path.name}: {wrote}; found {said}")
    return by_kind, by_axis


def _table(title: str, scores: Mapping[str, Score]) -> list[str]:
    heads = (title, "marked", "right", "missed", "wrong", "unmarked", "false alarms", "recall", "precision")
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for name in sorted(scores):
        score = scores[name]
        marked, unmarked = score.right + score.missed + score.wrong, score.clean + score.false
        counts = (marked, score.right, score.missed, score.wrong, unmarked, score.false)
        rates = (f"{score.recall:.4f}", f"{score.precision:.4f}")
        lines.append(f"| {' | '.join(map(str, (name, *counts, *rates)))} |")
    return lines


def total(scores: Iterable[Score]) -> Score:
    """All of them as one."""
    summed: Counter[str] = Counter()
    for score in scores:
        summed.update({name: getattr(score, name) for name in ("right", "missed", "wrong", "false", "clean")})
    return Score(**summed)


def report(by_kind: Mapping[str, Score], by_axis: Mapping[str, Score], negatives: str) -> str:
    """The page, every miss listed."""
    whole = total(by_kind.values())
    today = dt.datetime.now(dt.UTC).date()
    lines = [
        "# Accuracy of the inspector",
        "",
        "`make accuracy RECORD=1` generates the corpus (python-docx, xlsxwriter, python-pptx, LibreOffice, the",
        "standard library), scans it with `gapwatch-agent scan` and rewrites this page. Right means axis, level and",
        "period as written. The corpus is synthetic and made by the inspector's own authors: it shows what is handled,",
        "not what the world holds.",
        "",
        f"Last recorded {today}: recall {whole.recall:.4f}, precision {whole.precision:.4f}. Aim: 0.99 and 0.995.",
        "",
        *_table("format", by_kind),
        "",
        *_table("axis", {axis: score for axis, score in by_axis.items() if axis != "None"}),
        "",
        negatives,
        "",
        "## Every miss",
        "",
        *(f"- {kind}: {line}" for kind in sorted(by_kind) for line in by_kind[kind].complaints),
    ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Generate, scan, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="leave the corpus in this (new) folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--thin", type=int, default=1, help="every n-th case only")
    parser.add_argument("--no-convert", action="store_true", help="without what LibreOffice writes")
    parser.add_argument("--negatives", type=Path, nargs="*", default=[], help="folders that hold no mark")
    parser.add_argument("--record", action="store_true", help="rewrite docs/accuracy.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        cases = Generator(folder, options.seed, options.thin).cases(convert=not options.no_convert)
        print(f"{len(cases)} cases in {folder}", file=sys.stderr)
        by_kind, by_axis = judge(cases, scanned(folder))
    negatives = ""
    for place in options.negatives:
        records = scanned(place)
        marked = [record for record in records.values() if record["axis"]]
        negatives += f"{place}: {len(records)} files without marks, {len(marked)} false alarms.\n"
        negatives += "".join(f"- {record['path']}: {record['axis']} {record['evidence']}\n" for record in marked)
    page = report(by_kind, by_axis, negatives)
    print(page)
    if options.record:
        REPORT.write_text(page, encoding="utf-8")
        subprocess.run([sys.executable, str(ROOT / "tests" / "bench" / "run.py"), "--page"], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The benchmarks' runner (`make bench`): runs each, shows figures beside budgets, appends to the committed history.

A benchmark is a module ``bench_<subject>.py`` with ``run() -> dict[str, float]``: medians of several interleaved
samples, with the reference measured in the same run. Machines are noisy, so every budget is judged by a ratio where it
has a reference.

    run.py [--only SUBJECT …] [--record]     --record appends to docs/benchmarks.jsonl, rewrites docs/benchmarks.md
    run.py --page                            rewrites docs/benchmarks.md from the history; measures nothing

The page ends with the inspector's accuracy (docs/accuracy.md, which `make accuracy RECORD=1` writes).
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HISTORY = ROOT / "docs" / "benchmarks.jsonl"
REPORT = ROOT / "docs" / "benchmarks.md"
ACCURACY = ROOT / "docs" / "accuracy.md"


@dataclass(frozen=True)
class Budget:
    """A line of architecture's budgets: which figures it needs, how they are judged, what is compared with."""

    what: str
    budget: str
    reference: str
    needs: tuple[str, ...]
    figure: Callable[[Mapping[str, float]], str]
    holds: Callable[[Mapping[str, float]], bool]


BUDGETS = (
    Budget(
        "copy of a marked file closed → alert row",
        "p95 ≤ 1 s",
        "no peer publishes one",
        ("latency.p95_ms",),
        lambda f: f"p50 {f['latency.p50_ms']:.0f} ms, p95 {f['latency.p95_ms']:.0f} ms",
        lambda f: f["latency.p95_ms"] <= 1000,
    ),
    Budget(
        "slowdown of copying 10,000 small files to a watched medium, observe",
        "≤ 10 %",
        "unwatched copy, same run",
        ("files.copy_ratio",),
        lambda f: f"{(f['files.copy_ratio'] - 1) * 100:+.1f} %",
        lambda f: f["files.copy_ratio"] <= 1.10,
    ),
    Budget(
        "all agent processes at rest",
        "≤ 96 MB PSS, ≤ 0.5 % of a core",
        "osquery's own limit 200 MB, 10 %",
        ("footprint.pss_total_mb",),
        lambda f: f"{f['footprint.pss_total_mb']:.0f} MB, {f['footprint.cpu_percent']:.2f} %",
        lambda f: f["footprint.pss_total_mb"] <= 96 and f["footprint.cpu_percent"] <= 0.5,
    ),
    Budget(
        "inspector: files a second, caged, judged, hashed and fingerprinted",
        "≥ 10 times native Tika",
        "extractous (text only, no cage), same files, same run",
        ("inspect.median_times_tika",),
        lambda f: f"{f['inspect.median_times_tika']:.1f} times (least {f['inspect.least_times_tika']:.1f})",
        lambda f: f["inspect.median_times_tika"] >= 10,
    ),
    Budget(
        "spool appends, 32 a transaction, durable",
        "far above 1,000/s",
        "raw append + fdatasync of the same bytes",
        ("spool.spool_appends_per_s",),
        lambda f: f"{f['spool.spool_appends_per_s']:,.0f}/s = {f['spool.ratio']:.2f} of raw",
        lambda f: f["spool.spool_appends_per_s"] >= 5000,
    ),
    Budget(
        "store: commit of verified batches with indexes and tree",
        "≥ 60 % of bulk insert",
        "sqlite3 executemany, same rows, same run",
        ("store.ratio",),
        lambda f: f"{f['store.events_per_s']:,.0f}/s = {f['store.ratio']:.2f} of raw",
        lambda f: f["store.ratio"] >= 0.60,
    ),
    Budget(
        "durable ingest over mutual TLS, verified",
        "≥ 60 % of bulk insert",
        "sqlite3 executemany, same rows, same run",
        ("ingest.ratio",),
        lambda f: f"{f['ingest.events_per_s']:,.0f}/s = {f['ingest.ratio']:.2f} of raw",
        lambda f: f["ingest.ratio"] >= 0.60,
    ),
    Budget(
        "evaluator with the shipped rules",
        "≥ 50,000 events/s a core",
        "decoding the payloads alone, same run",
        ("evaluate.events_per_s",),
        lambda f: f"{f['evaluate.events_per_s']:,.0f}/s",
        lambda f: f["evaluate.events_per_s"] >= 50_000,
    ),
)


def subjects() -> list[str]:
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def measure(subject: str) -> dict[str, float]:
    module = importlib.import_module(f"bench_{subject}")
    return {f"{subject}.{name}": round(float(value), 4) for name, value in module.run().items()}


def table(figures: Mapping[str, float]) -> list[str]:
    rows = ["| what | budget | measured | compared with | holds |", "| --- | --- | --- | --- | --- |"]
    for budget in BUDGETS:
        known = all(need in figures for need in budget.needs)
        measured = budget.figure(figures) if known else "not measured yet"
        verdict = ("yes" if budget.holds(figures) else "**no**") if known else "–"
        rows.append(f"| {budget.what} | {budget.budget} | {measured} | {budget.reference} | {verdict} |")
    return rows


def write_report(figures: Mapping[str, float], machine: str, day: str) -> None:
    lines = [
        "# Benchmarks",
        "",
        "`make bench` measures; `make bench RECORD=1` also appends to `benchmarks.jsonl`, the history, and rewrites",
        "this page. Figures are medians of several samples; references are measured interleaved in the same run. The",
        "machines are noisy: trust the ratios.",
        "",
        f"Last recorded {day} on {machine}.",
        "",
        *table(figures),
        "",
        "## All figures",
        "",
        "| figure | value |",
        "| --- | --- |",
        *[f"| {name} | {value:,.4g} |" for name, value in sorted(figures.items())],
        "",
    ]
    accuracy = ACCURACY.read_text(encoding="utf-8") if ACCURACY.exists() else ""
    demoted = re.sub(r"^#", "##", accuracy, flags=re.MULTILINE)
    REPORT.write_text("\n".join([*lines, demoted]).rstrip() + "\n", encoding="utf-8")


def rewrite_page() -> None:
    """Every figure as it was last recorded."""
    merged: dict[str, float] = {}
    machine = day = ""
    for line in HISTORY.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        merged.update(entry["figures"])
        machine, day = entry["machine"], entry["day"]
    write_report(merged, machine, day)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("--only", nargs="+", choices=subjects(), metavar="SUBJECT", help=", ".join(subjects()))
    parser.add_argument("--record", action="store_true", help="append to the history and rewrite docs/benchmarks.md")
    parser.add_argument("--page", action="store_true", help="rewrite docs/benchmarks.md, measure nothing")
    arguments = parser.parse_args()
    if arguments.page:
        rewrite_page()
        return 0
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    figures: dict[str, float] = {}
    for subject in arguments.only or subjects():
        print(f"measuring {subject} …", flush=True)
        figures.update(measure(subject))
        for name, value in figures.items():
            if name.startswith(f"{subject}."):
                print(f"  {name:40} {value:,.4g}", flush=True)
    print("\n".join(table(figures)))
    if arguments.record:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        machine = f"{os.cpu_count()} cores, {platform.machine()}, kernel {platform.release().split('-')[0]}"
        entry = {"day": day, "machine": machine, "python": platform.python_version(), "figures": figures}
        with HISTORY.open("a", encoding="utf-8") as history:
            history.write(json.dumps(entry, sort_keys=True) + "\n")
        rewrite_page()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

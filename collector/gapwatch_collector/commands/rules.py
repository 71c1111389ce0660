"""``rules``: reading, checking and proving the rules an officer may change."""

from __future__ import annotations

import argparse
from pathlib import Path

from gapwatch_collector.commands.grammar import Subparsers, command, group
from gapwatch_collector.commands.output import DONE, NO, printable, show
from gapwatch_collector.config import load_config
from gapwatch_collector.errors import RefusedError


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    rules = group(commands, "rules", "the detection rules (Sigma YAML)")
    for parser in (
        command(rules, "check", _check, "load every rule and name every mistake with file and line; 1 if there is any"),
        command(rules, "test", _test, "run every rule's cases: what must fire and what must not; 1 if any fails"),
        command(rules, "list", _list, "the rules in force, what they are called and which clauses they cite"),
    ):
        parser.add_argument(
            "folder", type=Path, nargs="?", metavar="FOLDER", help="default: evaluate.rules_dir, else the shipped rules"
        )


def _folder(options: argparse.Namespace) -> Path:
    from gapwatch_collector.rules import shipped_folder  # noqa: PLC0415 - half a second that no other command should wait

    if options.folder is not None:
        folder: Path = options.folder
    elif options.config.exists():
        folder = load_config(options.config).evaluate.rules_dir or shipped_folder()
    else:
        folder = shipped_folder()
    if not folder.is_dir():
        raise RefusedError(f"{folder} is not a folder of rules")
    return folder


def _check(options: argparse.Namespace) -> int:
    from gapwatch_collector.rules import check  # noqa: PLC0415 - half a second that no other command should wait

    folder = _folder(options)
    problems = check(folder)
    rows = [{"file": one.file, "line": one.line, "complaint": one.complaint} for one in problems]
    if options.json or not problems:
        show(rows, as_json=options.json, empty=f"{folder}: every rule loads")
    else:
        for one in problems:
            print(printable(one))
    return NO if problems else DONE


def _test(options: argparse.Namespace) -> int:
    from gapwatch_collector.rules import run_cases  # noqa: PLC0415 - half a second that no other command should wait

    results = run_cases(_folder(options))
    if options.json:
        rows = [
            {
                "file": one.file,
                "line": one.line,
                "rule": one.rule,
                "case": one.name,
                "passed": one.passed,
                "difference": one.difference,
            }
            for one in results
        ]
        show(rows, as_json=True)
    else:
        for one in results:
            if not one.passed:
                print(printable(f"{one.file}:{one.line}: {one.rule} {one.name}: {one.difference}"))
        failed = sum(not one.passed for one in results)
        print(f"{len(results)} cases, {failed} failed")
    return NO if not results or any(not one.passed for one in results) else DONE


def _list(options: argparse.Namespace) -> int:
    from gapwatch_collector.rules import load  # noqa: PLC0415 - half a second that no other command should wait

    ruleset = load(_folder(options))
    rows = [
        {
            "rule": rule.catalogue_id,
            "title": rule.title.zh,
            "title en": rule.title.en,
            "classified": rule.severities.classified,
            "other": rule.severities.unclassified,
            "clauses": " ".join(rule.clauses),
        }
        for rule in ruleset.rules
    ]
    show(rows, as_json=options.json, empty="no rule could be loaded; `gapwatch-collector rules check` says why")
    return DONE

"""``check-config``, ``migrate`` and ``verify``: is everything as it should be."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gapwatch_collector.authority.keys import load_collector_keys
from gapwatch_collector.commands.grammar import Subparsers, command
from gapwatch_collector.commands.opened import opened
from gapwatch_collector.commands.output import DONE, NO, USAGE, printable, show_one
from gapwatch_collector.config import Config, check_files, load_config
from gapwatch_collector.errors import ConfigError
from gapwatch_collector.verify import VerificationReport, verify_store
from gapwatch_proto.identity import raw


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    command(commands, "check-config", _check_config, "read the configuration and name every mistake at once")
    command(commands, "migrate", _migrate, "bring the database's schema up to date (serve does this by itself)")
    command(
        commands,
        "verify",
        _verify,
        "re-check every host's chain, the log's tree and its signed head; 1 if anything broke",
    )


def _check_config(options: argparse.Namespace) -> int:
    try:
        config = _checked(options.config)
    except ConfigError as error:
        if not options.json:
            raise
        print(json.dumps({"file": error.source, "faults": list(error.faults)}, ensure_ascii=False))
        return USAGE
    sentence = f"{options.config}: good; ingest on {config.ingest.listen}, enrolment on {config.enrolment.listen}"
    show_one({"file": str(options.config), "faults": []}, as_json=options.json, sentence=sentence)
    return DONE


def _checked(path: Path) -> Config:
    config = load_config(path)
    faults = check_files(config)
    if config.collector.keys_dir.is_dir():
        faults += _key_faults(config.collector.keys_dir)
    if faults:
        raise ConfigError(str(path), faults)
    return config


def _key_faults(keys_dir: Path) -> list[str]:
    try:
        load_collector_keys(keys_dir)
    except ConfigError as error:
        return [f"collector.keys_dir: {fault}" for fault in error.faults]
    return []


def _migrate(options: argparse.Namespace) -> int:
    with opened(options) as at:
        row = {"database": str(at.config.store_path)}
    show_one(row, as_json=options.json, sentence=f"{row['database']}: up to date")
    return DONE


def _verify(options: argparse.Namespace) -> int:
    with opened(options) as at:
        chain_keys = {host.host_id: host.chain_key for host in at.store.registers.hosts()}
        report = verify_store(at.store, raw(at.keys.log_key.public_key()), chain_keys)
    row = {
        "entries": report.entries,
        "spools": report.spools,
        "batch_signatures": report.batch_signatures,
        "witnesses": report.witnesses,
        "tree_size": report.head.tree_size if report.head else 0,
        "faults": [{"log_index": fault.log_index, "what": fault.what} for fault in report.faults],
        "faults_total": report.faults_total,
    }
    show_one(row, as_json=options.json, sentence=_sentence(report))
    return DONE if report.holds else NO


def _sentence(report: VerificationReport) -> str:
    size = report.head.tree_size if report.head else 0
    counted = (
        f"{report.entries} entries of {report.spools} spools, {report.batch_signatures} hosts' signatures, "
        f"{report.witnesses} witnessed heads, tree of {size}"
    )
    lines = [counted]
    lines += [printable(f"entry {fault.log_index}: {fault.what}") for fault in report.faults]
    lines.append("everything is as it was written" if report.holds else f"{report.faults_total} things do not hold")
    return "\n".join(lines)

"""``serve``: the collector itself, in the foreground, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import signal
from typing import TYPE_CHECKING

from gapwatch_collector.commands.grammar import Subparsers, command
from gapwatch_collector.commands.output import DONE
from gapwatch_collector.config import ROLES, check_files, load_config
from gapwatch_collector.errors import ConfigError
from gapwatch_collector.json_log import log_to_stderr

if TYPE_CHECKING:
    from gapwatch_collector.compose import Settings, Started

_LOG = logging.getLogger(__name__)


def add(commands: Subparsers) -> None:
    """The part of the parser."""
    parser = command(
        commands,
        "serve",
        _serve,
        "run the collector in the foreground; with --json a line on stdout says when everything listens",
        example="gapwatch-collector serve --role ingest --role evaluate",
    )
    parser.add_argument(
        "--role", action="append", choices=ROLES, default=[], help="only this role; may be repeated (default: all)"
    )


def _serve(options: argparse.Namespace) -> int:
    from gapwatch_collector import compose  # noqa: PLC0415 - half a second that no other command should wait

    config = load_config(options.config)
    faults = check_files(config)
    if faults:
        raise ConfigError(config.source, faults)
    log_to_stderr(config.collector.log_level)
    _allow_many_connections()
    asyncio.run(_run(options, compose.Settings(config, frozenset(options.role or ROLES))))
    return DONE


def _allow_many_connections() -> None:
    """Every agent is a descriptor: as many as this process may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _run(options: argparse.Namespace, settings: Settings) -> None:
    from gapwatch_collector import compose  # noqa: PLC0415 - half a second that no other command should wait

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def started(what: Started) -> None:
        row = what.as_row()
        text = json.dumps({"started": True, **row}) if options.json else _sentence(row)
        print(text, flush=True)

    await compose.serve(settings, started, stop)
    _LOG.info("stopped")


def _sentence(row: dict[str, object]) -> str:
    lines = ["the collector is running; Ctrl-C stops it"]
    lines += [f"  {name:<10} {value}" for name, value in row.items() if value]
    return "\n".join(lines)

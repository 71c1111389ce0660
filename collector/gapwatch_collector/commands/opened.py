"""What most commands work with: the configuration, the collector's keys and its store, opened and closed again."""

from __future__ import annotations

import argparse
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import getuid

from gapwatch_collector.authority.keys import CollectorKeys, load_collector_keys
from gapwatch_collector.clock import Clock, SystemClock
from gapwatch_collector.config import Config, load_config
from gapwatch_collector.errors import RefusedError
from gapwatch_collector.facts.levels import AXES, RANKS
from gapwatch_collector.model import Host
from gapwatch_collector.store import Store, open_store


@dataclass(frozen=True, slots=True)
class Opened:
    """A collector's belongings, while a command runs. The running collector may have them open too."""

    config: Config
    keys: CollectorKeys
    store: Store
    clock: Clock


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Opened]:
    """Open what ``--config`` names. Raises ConfigError with what is missing and how to make it."""
    config, clock = load_config(options.config), SystemClock()
    keys = load_collector_keys(config.collector.keys_dir)
    config.store_path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    busy_timeout_s = float(config.store.busy_timeout_s)
    store = open_store(config.store_path, sign=keys.log_key.sign, clock=clock, busy_timeout_s=busy_timeout_s)
    try:
        yield Opened(config, keys, store, clock)
    finally:
        store.close()


def acting(options: argparse.Namespace) -> str:
    """Who acts, for the log: ``--by``, else the account of this machine that runs the command."""
    if options.by:
        return str(options.by)
    try:
        name = pwd.getpwuid(getuid()).pw_name
    except KeyError:
        name = str(getuid())
    return f"{name}@localhost"


def find_host(store: Store, wanted: str) -> Host:
    """A host by its name or the beginning of its id. Raises RefusedError when none or several answer to it."""
    hosts = store.registers.hosts()
    found = [host for host in hosts if host.host_id.hex() == wanted.lower()]
    found = found or [host for host in hosts if host.name == wanted]
    if not found and len(wanted) >= 4:
        found = [host for host in hosts if host.host_id.hex().startswith(wanted.lower())]
    if not found:
        raise RefusedError(f"no host {wanted!r}; `gapwatch-collector hosts list` shows them")
    if len(found) > 1:
        ids = ", ".join(host.host_id.hex() for host in found)
        raise RefusedError(f"{len(found)} hosts answer to {wanted!r}; name one by its id: {ids}")
    return found[0]


def parse_ceilings(given: list[str]) -> dict[str, str]:
    """``axis=level`` pairs (C16); an empty level takes the ceiling away. Raises RefusedError."""
    ceilings = {}
    for pair in given:
        axis, separator, level = pair.partition("=")
        if not separator or axis not in AXES or (level and level not in RANKS):
            raise RefusedError(
                f"--ceiling {pair!r}: write axis=level, axis one of {', '.join(AXES)}, level one of {', '.join(RANKS)}"
            )
        ceilings[axis] = level
    return ceilings

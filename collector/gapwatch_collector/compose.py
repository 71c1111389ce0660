"""The composition root: the only place that names the rooms' concrete classes together.

Start order is store, ingest, evaluator, console, so that nothing is shown that is not kept; stop order is the reverse.
One part that fails ends the collector with its reason: a service manager restarts it, half a collector helps nobody.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from gapwatch_collector import memory_pace
from gapwatch_collector.authority.keys import CollectorKeys, load_collector_keys
from gapwatch_collector.clock import Clock, SystemClock
from gapwatch_collector.config import Address, Config
from gapwatch_collector.console.app import create_app
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.server import Listen, console_server
from gapwatch_collector.console_sources import HeardHosts, ShippedRuleTexts
from gapwatch_collector.errors import CollectorError, ConfigError, StoreBusyError
from gapwatch_collector.evaluate import EvaluationSettings, Evaluator
from gapwatch_collector.ingest.room import IngestRoom, IngestRules
from gapwatch_collector.model import NewEntry, Origin
from gapwatch_collector.rules import RuleSet, load, shipped_folder
from gapwatch_collector.sd_notify import Notifier
from gapwatch_collector.store import Store, open_store

_LOG = logging.getLogger(__name__)

_TICK_SEVERITY = 1
_WATCHDOG_S = 5.0
_BACKLOG = 256


@dataclass(frozen=True, slots=True)
class Settings:
    """What to run."""

    config: Config
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Started:
    """Where everything listens, once it does; empty for roles that do not run here."""

    roles: tuple[str, ...]
    ingest: str = ""
    enrolment: str = ""
    console: str = ""
    development: bool = False

    def as_row(self) -> dict[str, object]:
        """For the line on stdout."""
        return {
            "roles": list(self.roles),
            "ingest": self.ingest,
            "enrolment": self.enrolment,
            "console": self.console,
            "development": self.development,
        }


async def serve(settings: Settings, started: Callable[[Started], None], stop: asyncio.Event) -> None:
    """Run until ``stop`` is set. Raises ConfigError for what the administrator must mend."""
    clock, notifier = SystemClock(), Notifier()
    config = settings.config
    keys = load_collector_keys(config.collector.keys_dir)
    store = _store(config, keys, clock)
    async with AsyncExitStack() as exits:
        exits.callback(store.close)
        exits.callback(notifier.close)
        collector = _Collector(settings, keys, store, clock, exits)
        listening = await collector.start()
        memory_pace.settle()
        started(listening)
        notifier.ready()
        collector.watch(_feed(notifier))
        await collector.until(stop)
        notifier.stopping()


def _store(config: Config, keys: CollectorKeys, clock: Clock) -> Store:
    path = config.store_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise ConfigError(config.source, [f"collector.data_dir: {path.parent}: {error.strerror}"]) from error
    return open_store(path, sign=keys.log_key.sign, clock=clock, busy_timeout_s=float(config.store.busy_timeout_s))


class _Collector:
    """The parts that run, and the tasks that drive them."""

    def __init__(
        self, settings: Settings, keys: CollectorKeys, store: Store, clock: Clock, exits: AsyncExitStack
    ) -> None:
        self._settings, self._config = settings, settings.config
        self._keys, self._store, self._clock, self._exits = keys, store, clock, exits
        self._tasks: list[asyncio.Task[None]] = []
        self._heard: HeardHosts | None = None
        self._rules = RuleSet(())
        self._evaluator: Evaluator | None = None

    async def start(self) -> Started:
        """Start the roles wanted; what has started is stopped by the exit stack, also when a later one cannot."""
        roles = self._settings.roles
        if self._keys.development:
            _LOG.warning("these are development keys: they protect nothing")
        ingest, enrolment = await self._ingest() if "ingest" in roles else ("", "")
        if roles & {"evaluate", "console"}:
            self._rules = await asyncio.to_thread(_load_rules, self._config)
        if "evaluate" in roles:
            self._evaluate()
        console = await self._console() if "console" in roles else ""
        return Started(tuple(sorted(roles)), ingest, enrolment, console, self._keys.development)

    def watch(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this until the end; its failure is the collector's."""
        task = asyncio.create_task(work, name=getattr(work, "__name__", "a part"))
        self._tasks.append(task)

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._exits.push_async_callback(end)

    async def until(self, stop: asyncio.Event) -> None:
        """Return when told to stop; raise what ended a part."""
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({told, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    task.result()
                    raise CollectorError(f"{task.get_name()} ended by itself; the collector stops with it")
        finally:
            told.cancel()

    # --- the roles ----------------------------------------------------------------------------------------------------

    async def _ingest(self) -> tuple[str, str]:
        rules = IngestRules(self._config.ingest, self._config.enrolment)
        room = IngestRoom(self._store, self._keys, rules, self._clock, self._wake_evaluator)
        self._heard = HeardHosts(room.reports)
        self._exits.push_async_callback(room.stop)
        await room.start()
        self.watch(room.run())
        stream = Address(self._config.ingest.listen.host, room.stream_port)
        return str(stream), str(Address(self._config.enrolment.listen.host, room.enrolment_port))

    def _wake_evaluator(self) -> None:
        if self._evaluator is not None:
            self._evaluator.wake.set()

    def _evaluate(self) -> None:
        section = self._config.evaluate
        settings = EvaluationSettings(
            silence_after_s=section.silence_after_s,
            late_after_s=section.late_after_s,
            tick_interval_s=self._config.collector.tick_interval_s,
            batch_entries_max=section.batch_entries_max,
        )
        stop = asyncio.Event()
        self._evaluator = Evaluator(self._store.log, self._store.evaluation, self._rules, settings, self._clock)
        evaluating = asyncio.create_task(self._evaluator.run(stop), name="evaluator")
        self._tasks.append(evaluating)

        async def end() -> None:
            stop.set()
            await asyncio.gather(evaluating, return_exceptions=True)

        self._exits.push_async_callback(end)
        self.watch(_tick(self._store, self._clock, self._config.collector.tick_interval_s))

    async def _console(self) -> str:
        section = self._config.console
        tls = section.tls_certificate is not None and section.tls_key is not None
        deps = ConsoleDeps(
            alerts=self._store.alerts,
            accounts=self._store.accounts,
            registers=self._store.registers,
            audit=self._store.audit,
            rules=ShippedRuleTexts(self._rules),
            clock=self._clock,
            zone_label=self._config.collector.zone,
            level_label=section.classification,
            unit_name=section.unit,
            secure_cookies=tls,
            host_reports=self._heard,
        )
        listening = _bind(section.listen)
        host, port = listening.getsockname()[:2]
        listen = Listen(host, port, str(section.tls_certificate or ""), str(section.tls_key or ""))
        server = console_server(create_app(deps), listen)
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="console")
        self._tasks.append(serving)

        async def end() -> None:
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)

        self._exits.push_async_callback(end)
        return f"{'https' if tls else 'http'}://{Address(section.listen.host, port)}/"


def _load_rules(config: Config) -> RuleSet:
    """The rules in force. A broken rule stops nobody but itself; each complaint is logged."""
    rules = load(config.evaluate.rules_dir or shipped_folder())
    for problem in rules.problems:
        _LOG.error("a rule cannot be used: %s", problem)
    return rules


def _bind(address: Address) -> socket.socket:
    """The console's socket. Raises ConfigError; uvicorn itself would end the process."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address.host, address.port))
        listening.listen(_BACKLOG)  # whoever comes before uvicorn is up waits a moment instead of being turned away
    except OSError as error:
        listening.close()
        complaint = f"console.listen: {address} cannot be listened on ({error.strerror}); write another"
        raise ConfigError("configuration", [complaint]) from error
    return listening


async def _tick(store: Store, clock: Clock, interval_s: int) -> None:
    """Time itself stands in the log, so that silence and deadlines can be replayed (C7)."""
    while True:
        tick = NewEntry(Origin.TICK, 0, _TICK_SEVERITY, clock.now_ns(), 0, b"{}")
        try:
            await asyncio.to_thread(store.journal.append, [tick])
        except StoreBusyError as error:
            _LOG.warning("a tick could not be written: %s", error)
        await clock.sleep(interval_s)


async def _feed(notifier: Notifier) -> None:
    """The service manager's watchdog: fed from the loop that everything runs in, so a stuck loop is noticed."""
    while True:
        notifier.alive()
        await asyncio.sleep(_WATCHDOG_S)

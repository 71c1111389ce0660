"""The link process put together: listener, heartbeat, uplink, and the tick that feeds the watchdog."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock, SystemClock, read_boot_id
from gapwatch_agent.errors import AgentError, RefusedError, UnavailableError
from gapwatch_agent.link.heartbeat import Moment, heartbeat
from gapwatch_agent.link.listener import Listener
from gapwatch_agent.link.membership import Member, Places
from gapwatch_agent.link.policy import PolicyStore
from gapwatch_agent.link.status import StatusFile
from gapwatch_agent.spool.port import NewRecord, SpoolLimits
from gapwatch_agent.spool.recovery import open_spool, renew_spool
from gapwatch_agent.spool.store import SqliteSpool
from gapwatch_agent.spool.thread import SpoolThread
from gapwatch_agent.transport.channel import Settings, Uplink
from gapwatch_agent.transport.enrolment import this_machine
from gapwatch_agent.transport.identity import LOG_KEY_FILE, Membership, load_log_key
from gapwatch_agent.transport.sender import BACKOFF_FIRST_S, BACKOFF_MAX_S, Backoff
from gapwatch_agent.transport.witness import TreeWatcher
from gapwatch_proto import codec
from gapwatch_proto.events import Payload, SensorHealth, SensorState
from gapwatch_proto.kinds import SEVERITY, Kind

_log = logging.getLogger(__name__)

_TICK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What the link process is told. ``state`` holds spool, identity, policy; it is made when missing.

    ``token_file`` is read only while the host is not enrolled and removed when it is. Where an administrator put the
    collector's ``log.pub`` into ``state/identity``, tree heads must be signed by it.
    """

    state: Path
    socket: Path
    status_file: Path
    collector_address: str
    enrolment_address: str
    root_certificate: Path
    token_file: Path
    zone: str
    hostname: str
    agent_version: str
    limits: SpoolLimits = field(default_factory=SpoolLimits)
    allowed_uids: frozenset[int] = field(default_factory=lambda: frozenset({0, os.geteuid()}))


async def run(
    settings: LinkSettings,
    *,
    ready: Callable[[], None] = lambda: None,
    alive: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
    boot_id: bytes | None = None,
) -> None:
    """Keep and send until cancelled.

    ``ready`` is called once the socket listens, ``alive`` every few seconds while the spool answers. Raises
    UnavailableError when another process holds the spool or it cannot be opened, SpoolDamagedError when it is found
    damaged while running: started again, the process recovers what can be.
    """
    clock = clock or SystemClock()
    boot_id = boot_id or read_boot_id()
    directory = settings.state / "spool"
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        opened = await asyncio.to_thread(open_spool, directory, settings.limits, clock, boot_id)
    except OSError as error:
        raise UnavailableError(f"the spool in {directory} cannot be opened: {error}") from error
    spool: SpoolThread[SqliteSpool] = SpoolThread(opened, lambda old, why, what: renew_spool(old, directory, why, what))
    link = Link(settings, spool, clock, boot_id)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(link.listener.serve(ready))
            tasks.create_task(link.beat())
            tasks.create_task(link.tick(alive))
            tasks.create_task(link.uplink.run())
            tasks.create_task(spool.until_damaged())
    except BaseExceptionGroup as group:
        ours, _ = group.split(AgentError)
        if ours is None:
            raise
        # One sentence for whoever reads the log; the others only followed from it.
        raise next(error for error in _leaves(ours)) from group
    finally:
        await spool.close()


def _leaves(group: BaseExceptionGroup[AgentError]) -> Iterator[AgentError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


class Link:
    """The running parts, and what the stream asks of the process (``channel.Host``)."""

    def __init__(self, settings: LinkSettings, spool: SpoolThread[SqliteSpool], clock: Clock, boot_id: bytes) -> None:
        self._settings, self._spool, self._clock, self._boot_id = settings, spool, clock, boot_id
        self._started_ns = clock.boottime_ns()
        self._status = StatusFile(settings.status_file)
        self._policies = PolicyStore(settings.state / "policy", settings.zone)
        self._policy_fault = ""
        self._new_interval = asyncio.Event()
        identity = settings.state / "identity"
        places = Places(identity, settings.root_certificate, settings.token_file, settings.enrolment_address)
        backoff = Backoff(BACKOFF_FIRST_S, BACKOFF_MAX_S, random.Random())  # noqa: S311 (spreads load, no secret)
        self._member = Member(places, this_machine(settings.hostname), clock, self._status, backoff)
        self.listener = Listener(settings.socket, settings.allowed_uids, spool, clock, self._trouble)
        watcher = TreeWatcher(settings.state / "tree_head", load_log_key(identity / LOG_KEY_FILE))
        stream = Settings(settings.collector_address, settings.agent_version, boot_id)
        self.uplink = Uplink(stream, spool, self, watcher, clock)

    # --- what the stream asks and tells --------------------------------------------------------------------------

    async def membership(self) -> Membership:
        member = await self._member.membership()
        interval_s = self._policies.in_force.heartbeat_interval_s
        try:
            self._policies.load(self._member.identity().root)
        except RefusedError as error:
            await self._policy_refused(f"the policy kept on this host no longer holds: {error}")
        if self._policies.in_force.heartbeat_interval_s != interval_s:
            self._new_interval.set()  # the first beat after a start spoke of the default
        return member

    def policy_version(self) -> int:
        return self._policies.in_force.version

    async def policy_arrived(self, signed_policy: bytes) -> None:
        try:
            self._policies.offer(signed_policy, self._member.identity().root)
        except (RefusedError, OSError) as error:
            await self._policy_refused(str(error))
            return
        self._policy_fault = ""
        self._new_interval.set()
        health = SensorHealth("policy", "signed", "running")
        await self._append(Kind.SENSOR_STATE, SensorState(health, f"policy {self.policy_version()} in force"))

    async def _policy_refused(self, reason: str) -> None:
        if reason == self._policy_fault:
            return  # the same policy comes with every connection
        self._policy_fault = reason
        _log.error("a policy was kept out; version %d stays in force: %s", self.policy_version(), reason)
        health = SensorHealth("policy", "signed", "degraded", reason)
        await self._append(Kind.SENSOR_STATE, SensorState(health, reason))

    def connected(self) -> None:
        _log.info("connected to the collector")
        now = self._status.now
        now.state, now.connected_since_ns, now.last_error = "connected", self._clock.wall_ns(), ""
        self._write_status()

    def acknowledged(self, seq: int, collector_ns: int) -> None:
        self._status.now.acked_seq = seq
        self._member.collector_time(collector_ns)

    def disconnected(self, why: AgentError) -> None:
        self._member.failed()
        now = self._status.now
        if now.last_error != str(why):
            level = logging.ERROR if isinstance(why, RefusedError) else logging.WARNING
            _log.log(level, "not connected: %s", why)
        now.state, now.connected_since_ns, now.last_error = "connecting", 0, str(why)
        self._write_status()

    # --- what goes on by itself ----------------------------------------------------------------------------------

    async def beat(self) -> None:
        """Append a heartbeat now and then at the policy's interval."""
        while True:
            interval_s = self._policies.in_force.heartbeat_interval_s
            try:
                depth = await self._spool.depth()
                now = Moment(self._boot_id, self._clock.boottime_ns(), self._clock.wall_ns())
                policy = (self.policy_version(), interval_s)
                beat = heartbeat(
                    self._settings.agent_version, policy, self._started_ns, depth, now, self.listener.sensors()
                )
                await self._append(Kind.HEARTBEAT, beat)
            except UnavailableError as error:
                self._trouble(str(error))
            await self._sleep_interval(interval_s)

    async def _sleep_interval(self, seconds: int) -> None:
        """Wait, but begin anew when a policy changed the interval."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        changed = asyncio.ensure_future(self._new_interval.wait())
        try:
            await asyncio.wait({sleeping, changed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            changed.cancel()
            self._new_interval.clear()

    async def tick(self, alive: Callable[[], None]) -> None:
        """Look after the spool; the watchdog is fed only when the spool answered (C11)."""
        while True:
            try:
                await self._spool.maintain()
                depth = await self._spool.depth()
            except UnavailableError as error:
                self._trouble(str(error))
            else:
                self._status.now.spool_records, self._status.now.spool_bytes = depth.records, depth.bytes_used
                self._write_status()
                alive()
            await self._clock.sleep(_TICK_S)

    def _trouble(self, text: str) -> None:
        if text and text != self._status.now.last_error:
            _log.error("events cannot be kept: %s", text)
        if text:
            self._status.now.last_error = text

    def _write_status(self) -> None:
        now = self._status.now
        now.spool_id, now.last_seq = self._spool.spool_id.hex(), self._spool.next_seq - 1
        now.acked_seq, now.policy_version = self._spool.acked_seq, self.policy_version()
        now.watch_connected = self.listener.watched()
        self._status.write(self._clock.wall_ns())

    async def _append(self, kind: Kind, payload: Payload) -> None:
        record = NewRecord(
            kind,
            SEVERITY[kind],
            self._clock.boottime_ns(),
            self._clock.wall_ns(),
            self._boot_id,
            codec.encode(payload),
        )
        await self._spool.append([record])

"""The way to ``link``: events over its socket until it says they are durable, again after every break (C2, C3).

Messages (bodies are ours; ``channel`` frames them): HELLO says which watch instance speaks, HELLO_REPLY which of its
numbers are durable; EVENT carries one event, KEPT says up to where; SENSORS is the health account for the heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent import channel
from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import PeerError, UnavailableError
from gapwatch_agent.sensors.waiting import readable
from gapwatch_agent.watch.queue import BYTES_MAX, EVENTS_MAX, EventQueue, Item, Loss
from gapwatch_proto import codec
from gapwatch_proto.events import Event, Gap, SensorHealth
from gapwatch_proto.kinds import SEVERITY, Kind

EVENT: Final = 20
KEPT: Final = 21
HELLO: Final = 22
HELLO_REPLY: Final = 23
SENSORS: Final = 25

EVENT_HEAD: Final = struct.Struct(">QHBQq16s")
"""Number, kind, severity, boottime_ns, wall_ns, boot_id; the payload follows."""
NUMBER: Final = struct.Struct(">Q")
PAYLOAD_BYTES_MAX: Final = channel.MESSAGE_BYTES_MAX - EVENT_HEAD.size
UNKEPT_MAX: Final = 512
"""Events in flight; more wait in the queue, where they can still be given up by severity."""
BEAT_S: Final = 5.0
"""How often the sensors' health is sent, and how long the pipeline may be idle before it shows that it lives."""
STALLED_S: Final = 60.0
"""A link that keeps nothing for this long although events wait is dropped and dialled again."""
SEND_BUFFER_BYTES: Final = 1 << 20
LOSS_REPORT_S: Final = 10.0
"""While the queue stays full, what was given up is reported this often."""
RECONNECT_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """``socket`` is link's listening socket; the bounds are of the queue in memory."""

    socket: Path
    boot_id: bytes
    events_max: int = EVENTS_MAX
    bytes_max: int = BYTES_MAX


class Pipeline:
    """``emit`` takes events from any thread; ``run`` brings them to link until cancelled."""

    def __init__(
        self,
        settings: PipelineSettings,
        clock: Clock,
        instance: bytes | None = None,
        sensors: Callable[[], Sequence[SensorHealth]] = tuple,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._instance = instance or secrets.token_bytes(16)
        self._sensors = sensors
        self._queue = EventQueue(settings.events_max, settings.bytes_max)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._sensors_due = True
        self._progress = 0
        self._greeted = False
        self._kept = 0
        self._last_kept_ns = 0
        self._last_loss_ns = 0

    # --- for sensors and the process ----------------------------------------------------------------------------------

    def emit(self, event: Event) -> None:
        """Take an event. Never waits and never raises; what cannot be kept is counted and reported."""
        severity = SEVERITY[event.kind]
        try:
            payload = codec.encode(event.payload)
        except (ValueError, TypeError):  # a value that does not fit its field: our bug, and no reason to stop watching
            _log.exception("an event of kind %d cannot be encoded", event.kind)
            payload = None
        item = Item(int(event.kind), severity, event.boottime_ns, event.wall_ns, payload or b"")
        with self._lock:
            if payload is None or len(payload) > PAYLOAD_BYTES_MAX:
                self._queue.refuse(item)
            else:
                self._queue.add(item)
        self._wake_up()

    def watch_sensors(self, sensors: Callable[[], Sequence[SensorHealth]]) -> None:
        """Who is asked for the health account."""
        self._sensors = sensors

    def sensors_changed(self) -> None:
        """Send the health account now instead of at the next beat."""
        self._sensors_due = True
        self._wake_up()

    @property
    def progress(self) -> int:
        """Counts up while the pipeline works, idle or not; a number that stands still is a pipeline that hangs."""
        return self._progress

    @property
    def unsent(self) -> int:
        """Events not known to be durable yet."""
        with self._lock:
            return self._queue.waiting + self._queue.unkept

    async def drained(self) -> None:
        """Return when everything emitted so far is durable."""
        while self.unsent:
            self._idle.clear()
            await self._idle.wait()

    # --- the work -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, send, reconnect: until cancelled."""
        self._loop = asyncio.get_running_loop()
        failures = 0
        while True:
            self._progress += 1
            try:
                with _dial(self._settings.socket) as connection:
                    failures = 0
                    await self._converse(connection)
            except (OSError, PeerError, UnavailableError) as error:
                _log.log(logging.WARNING if failures == 0 else logging.DEBUG, "link cannot be used: %s", error)
            await self._clock.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
            failures += 1

    async def _converse(self, connection: socket.socket) -> None:
        """Until the connection ends. The beat runs from the first word on: a link that hangs must not make us look
        hung, or the watchdog ends the one process that still holds what was observed.
        """
        self._greeted = False
        self._last_kept_ns = self._clock.boottime_ns()
        await _first_to_end(self._beat(connection), self._speak(connection))

    async def _speak(self, connection: socket.socket) -> None:
        await _send(connection, channel.Message(HELLO, self._instance))
        reply = await _receive(connection)
        if reply.type != HELLO_REPLY:
            raise PeerError(f"link answered the greeting with message type {reply.type}")
        self._note_kept(reply.body)
        self._report_forgotten(NUMBER.unpack(reply.body)[0])
        with self._lock:
            again = self._queue.to_resend()
        for number, item in again:
            await _send(connection, self._event_message(number, item))
        self._sensors_due = self._greeted = True
        self._last_kept_ns = self._clock.boottime_ns()
        await _first_to_end(self._listen(connection), self._talk(connection))

    def _report_forgotten(self, known: int) -> None:
        """Link once said that more was durable than it knows now: its spool was cut or taken away (C3)."""
        missing = self._kept - known
        if missing <= 0:
            return
        self._kept = known
        now_ns = self._clock.boottime_ns()
        # A spool that knows nothing of us may have been emptied after the collector had it all: nobody can count then.
        detail = f"link had kept event {known + missing} of this process, now it knows of {known}"
        gap = Gap("link", "damaged", missing if known else -1, 0, now_ns, detail=detail)
        self.emit(Event(Kind.GAP, gap, now_ns, self._clock.wall_ns()))

    async def _listen(self, connection: socket.socket) -> None:
        while True:
            message = await _receive(connection)
            if message.type == KEPT:
                self._note_kept(message.body)

    async def _talk(self, connection: socket.socket) -> None:
        while True:
            self._wake.clear()
            self._progress += 1
            if self._sensors_due:
                self._sensors_due = False
                account = json.dumps([asdict(health) for health in self._sensors()])
                await _send(connection, channel.Message(SENSORS, account.encode("ascii")))
            while (numbered := self._next()) is not None:
                await _send(connection, self._event_message(*numbered))
            await self._wake.wait()

    async def _beat(self, _: socket.socket) -> None:
        """Keep the health account fresh, and give up on a link that takes events but keeps none."""
        while True:
            await self._clock.sleep(BEAT_S)
            self._progress += 1
            owing = self._queue.unkept or not self._greeted
            if owing and self._clock.boottime_ns() - self._last_kept_ns > STALLED_S * 1e9:
                raise UnavailableError(f"link kept nothing for {STALLED_S:.0f} s")
            self.sensors_changed()

    def _next(self) -> tuple[int, Item] | None:
        """What goes out next: a report of what was given up, else the oldest event waiting."""
        with self._lock:
            if self._queue.unkept >= UNKEPT_MAX:
                return None
            now_ns = self._clock.boottime_ns()
            if self._queue.has_room or now_ns - self._last_loss_ns > LOSS_REPORT_S * 1e9:
                loss = self._queue.take_loss()
                if loss is not None:
                    self._last_loss_ns = now_ns
                    return self._queue.number(self._loss_item(loss))
            return self._queue.next_to_send()

    def _loss_item(self, loss: Loss) -> Item:
        gap = Gap(
            source="watch.queue",
            reason="queue_full",
            count=loss.count,
            from_boottime_ns=loss.from_boottime_ns,
            to_boottime_ns=loss.to_boottime_ns,
            detail="events came faster than they could be kept; the least severe were given up",
        )
        stamps = (self._clock.boottime_ns(), self._clock.wall_ns())
        return Item(int(Kind.GAP), SEVERITY[Kind.GAP], *stamps, codec.encode(gap))

    def _event_message(self, number: int, item: Item) -> channel.Message:
        head = EVENT_HEAD.pack(number, item.kind, item.severity, item.boottime_ns, item.wall_ns, self._settings.boot_id)
        return channel.Message(EVENT, head + item.payload)

    def _note_kept(self, body: bytes) -> None:
        if len(body) != NUMBER.size:
            raise PeerError(f"link named a number in {len(body)} bytes, not {NUMBER.size}")
        number = NUMBER.unpack(body)[0]
        with self._lock:
            self._kept = max(self._kept, min(number, self._queue.last_number))
            if self._queue.kept(number):
                self._last_kept_ns = self._clock.boottime_ns()
            if not self._queue.unkept:  # nothing owed: a stall can only begin with the next event
                self._last_kept_ns = self._clock.boottime_ns()
        self._idle.set()
        self._wake.set()

    def _wake_up(self) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here:
            self._wake.set()
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody sends any more
                loop.call_soon_threadsafe(self._wake.set)


def _dial(path: Path) -> socket.socket:
    """A connection to link that never blocks: not even on connecting, when link hangs with a full backlog."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


async def _send(connection: socket.socket, message: channel.Message) -> None:
    while True:
        try:
            channel.send(connection, message)
        except BlockingIOError:
            await _writable(connection)
        else:
            return


async def _receive(connection: socket.socket) -> channel.Message:
    """The next message. Raises UnavailableError when link hung up."""
    while True:
        try:
            message = channel.receive(connection)
        except BlockingIOError:
            await readable(connection)
            continue
        if message is None:
            raise UnavailableError("link closed the connection")
        for fd in message.fds:  # link has no business sending any
            os.close(fd)
        return message


async def _first_to_end(*works: Coroutine[None, None, None]) -> None:
    """Run side by side until one ends or raises, then end the others."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _writable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    loop.add_writer(connection.fileno(), woken.set)
    try:
        await woken.wait()
    finally:
        loop.remove_writer(connection.fileno())

"""The stream: connects, greets, carries out what ``sender`` decides, and comes back when it breaks.

One task reads, one writes; both end with the connection. The only address ever dialled is the collector's (C10).
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

import grpc
import grpc.aio
from google.protobuf.message import DecodeError

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import AgentError, RefusedError, UnavailableError
from gapwatch_agent.spool.port import SpoolDamagedError
from gapwatch_agent.transport import messages
from gapwatch_agent.transport.identity import Membership
from gapwatch_agent.transport.ports import Host, WaitingSpool
from gapwatch_agent.transport.sender import Answer, Forget, Leave, Outcome, Pause, Renew, Sender
from gapwatch_agent.transport.stream_records import StreamRecords
from gapwatch_agent.transport.target import explain, open_channel
from gapwatch_agent.transport.waiting import before, first_to_end
from gapwatch_agent.transport.witness import TreeWatcher
from gapwatch_proto.v1 import stream_pb2 as pb
from gapwatch_proto.wire import BATCH_BYTES_MAX, PROTOCOL_VERSIONS, STREAM_METHOD

_log = logging.getLogger(__name__)

WELCOME_WAIT_S: Final = 30.0
ACK_WAIT_S: Final = 120.0
"""A collector that owes an ack for this long is given up and dialled again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The one address, and what the agent says of itself."""

    address: str
    agent_version: str
    boot_id: bytes


class Uplink:
    """Runs for as long as the process does, over any number of connections and, when it must be, spools."""

    def __init__(self, settings: Settings, spool: WaitingSpool, host: Host, watcher: TreeWatcher, clock: Clock) -> None:
        self._settings, self._spool, self._host = settings, spool, host
        self._clock = clock
        self._records = StreamRecords(spool, watcher, clock, settings.boot_id)
        self._sender = Sender(spool.next_seq, spool.acked_seq)
        self._fresh_spool = False

    async def run(self) -> None:
        """Stream for ever; ends by cancellation, or with SpoolDamagedError."""
        while True:
            try:
                await self._connect(await self._host.membership())
                why: AgentError = UnavailableError("the collector closed the stream")
            except SpoolDamagedError:
                raise
            except AgentError as error:
                why = error
            self._host.disconnected(why)
            await self._clock.sleep(self._sender.disconnected())

    async def _connect(self, member: Membership) -> None:
        keys, certificate = member.keys, member.certificate
        channel = open_channel(self._settings.address, member.root_pem, keys.tls_pem(), certificate.chain_pem)
        # Bytes both ways: what cannot be parsed must end as our error, not inside the library.
        call: grpc.aio.StreamStreamCall[bytes, bytes] = channel.stream_stream(STREAM_METHOD)()
        try:
            await _Stream(self, call, messages.Signer(certificate.identity.host_id, keys.chain)).run()
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError) as error:
            if not call.done():
                raise UnavailableError(f"the stream broke: {error}") from error
            # Whichever of reading and writing noticed first, the call knows why it ended.
            raise explain(await call.code(), await call.details() or "", self._settings.address) from error
        finally:
            call.cancel()
            await channel.close()

    # --- what streams share ------------------------------------------------------------------------------------------

    @property
    def sender(self) -> Sender:
        return self._sender

    @property
    def spool(self) -> WaitingSpool:
        return self._spool

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def host(self) -> Host:
        return self._host

    async def greeting(self, host_id: bytes) -> bytes:
        depth = await self._spool.depth()
        return messages.hello(
            messages.Greeting(
                self._settings.agent_version,
                self._spool.spool_id,
                host_id,
                self._settings.boot_id,
                self._clock.boottime_ns(),
                depth.records,
                depth.worst_severity,
                self._host.policy_version(),
            )
        )

    @property
    def records(self) -> StreamRecords:
        return self._records

    async def follow(self, outcome: Outcome) -> None:
        """Carry out what concerns the spool. Raises UnavailableError or RefusedError when the stream must end."""
        if isinstance(outcome, Forget):
            await self._spool.ack(outcome.seq)
            self._fresh_spool = False
        elif isinstance(outcome, Leave):
            raise RefusedError(outcome.detail)
        elif isinstance(outcome, Renew):
            if self._fresh_spool:  # a new spool did not help the last time either
                raise RefusedError(outcome.detail)
            _log.error("ALARM: %s; this spool ends and a new one begins", outcome.detail)
            await self._spool.begin_anew("damaged", outcome.detail)
            self._fresh_spool = True
            self._sender = Sender(self._spool.next_seq, self._spool.acked_seq)
            raise UnavailableError(outcome.detail)


class _Stream:
    """One connection, from hello to its end."""

    def __init__(self, uplink: Uplink, call: grpc.aio.StreamStreamCall[bytes, bytes], signer: messages.Signer) -> None:
        self._uplink, self._call, self._signer = uplink, call, signer
        self._pause: asyncio.Task[None] | None = None
        self._progress_ns = 0

    async def run(self) -> None:
        uplink = self._uplink
        greeting = await uplink.greeting(self._signer.host_id)
        greeted_ns = uplink.clock.boottime_ns()
        await self._call.write(greeting)
        welcome = await before(uplink.clock, WELCOME_WAIT_S, self._receive(), "the collector did not greet back")
        if welcome is None or welcome.WhichOneof("message") != "welcome":
            raise UnavailableError("the collector did not begin with a welcome")
        await self._welcomed(welcome.welcome, greeted_ns)
        await first_to_end(self._read(), self._write(), self._watch_for_silence())

    async def _welcomed(self, welcome: pb.Welcome, greeted_ns: int) -> None:
        uplink = self._uplink
        if welcome.protocol_version not in PROTOCOL_VERSIONS:
            raise RefusedError(f"the collector speaks protocol {welcome.protocol_version}; update the agent")
        uplink.sender.grown(uplink.spool.next_seq)
        await uplink.follow(uplink.sender.welcomed(welcome.next_seq, welcome.credits))
        uplink.records.connected()
        uplink.host.connected()
        uplink.host.acknowledged(uplink.sender.acked_seq, welcome.collector_ns)
        await uplink.records.tie(welcome.collector_ns, greeted_ns)
        await uplink.records.witness(welcome.tree_head)

    async def _receive(self) -> pb.CollectorMessage | None:
        """The next message; None when the collector ended the stream in order."""
        data = await self._call.read()
        if not isinstance(data, bytes):
            return None
        try:
            return pb.CollectorMessage.FromString(data)
        except DecodeError as error:
            raise UnavailableError(f"the collector sent something that is not our protocol: {error}") from error

    async def _read(self) -> None:
        while (message := await self._receive()) is not None:
            match message.WhichOneof("message"):
                case "ack":
                    await self._acked(message.ack)
                case "refusal":
                    await self._refused(message.refusal)
                case "policy":
                    await self._uplink.host.policy_arrived(message.policy.SerializeToString())
                case _:
                    _log.warning("the collector sent a message this agent does not know")
            self._uplink.spool.wake()

    async def _acked(self, ack: pb.Ack) -> None:
        uplink = self._uplink
        if ack.spool_id != uplink.spool.spool_id:
            return  # about a spool that has ended
        self._progress_ns = uplink.clock.boottime_ns()
        await uplink.follow(uplink.sender.acked(ack.seq, ack.credits))
        uplink.host.acknowledged(uplink.sender.acked_seq, ack.collector_ns)
        await uplink.records.tie(ack.collector_ns, ack.sent_boottime_ns)
        await uplink.records.witness(ack.tree_head)

    async def _refused(self, refusal: pb.Refusal) -> None:
        uplink = self._uplink
        if refusal.spool_id not in {b"", uplink.spool.spool_id}:
            return
        self._progress_ns = uplink.clock.boottime_ns()
        answer = messages.ANSWERS.get(refusal.reason, Answer.MALFORMED)
        outcome = uplink.sender.refused(answer, refusal.wanted_seq, refusal.detail)
        if isinstance(outcome, Pause):
            _log.info("the collector is busy: %s", refusal.detail)
            self._pause = self._pause or asyncio.create_task(self._resume_after(outcome.seconds))
        await uplink.follow(outcome)

    async def _resume_after(self, seconds: float) -> None:
        await self._uplink.clock.sleep(seconds)
        self._pause = None
        self._uplink.sender.resumed()
        self._uplink.spool.wake()

    async def _write(self) -> None:
        uplink = self._uplink
        while True:
            uplink.sender.grown(uplink.spool.next_seq)
            send = uplink.sender.next_send()
            if send is None:
                await uplink.spool.grown()
                continue
            items = await uplink.spool.read(send.from_seq, send.limit, BATCH_BYTES_MAX)
            if not items or uplink.sender.next_send() != send:
                continue  # an answer moved the window while the disk was read
            last = messages.last_seq(items)
            await uplink.spool.mark_sent(last)
            if uplink.sender.in_flight == 0:
                self._progress_ns = uplink.clock.boottime_ns()
            uplink.sender.sent(last)
            await self._call.write(
                messages.batch(items, uplink.spool.spool_id, self._signer, uplink.clock.boottime_ns())
            )

    async def _watch_for_silence(self) -> None:
        clock = self._uplink.clock
        while True:
            await clock.sleep(ACK_WAIT_S / 4)
            waiting = self._uplink.sender.in_flight > 0
            if waiting and clock.boottime_ns() - self._progress_ns > ACK_WAIT_S * 1e9:
                raise UnavailableError(f"the collector acknowledged nothing for {ACK_WAIT_S:.0f} s")

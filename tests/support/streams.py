"""A collector small enough to script: real gRPC and mutual TLS on loopback, records checked and kept in memory.

Also a clock that runs fast, and waiting by polling with a deadline.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import grpc
import grpc.aio
from cryptography import x509

from gapwatch_proto.identity import HostIdentity, read_host_certificate, verify
from gapwatch_proto.record import CollapsedSpan, RecordHeader, batch_message, payload_hash, record_hash
from gapwatch_proto.v1 import enrolment_pb2, stream_pb2
from gapwatch_proto.wire import COLLECTION_SERVICE, ENROLMENT_SERVICE, MESSAGE_BYTES_MAX
from support.certificates import Authority

COLLECTOR_NS = 1_800_000_000_000_000_000


class HurriedClock:
    """Time a hundred times as fast, so that backoffs and intervals pass while a test waits."""

    def __init__(self, factor: int = 100, wall_ns: int = 1_790_000_000_000_000_000) -> None:
        self._factor, self._wall_ns, self._began_ns = factor, wall_ns, time.monotonic_ns()

    def _passed_ns(self) -> int:
        return (time.monotonic_ns() - self._began_ns) * self._factor

    def boottime_ns(self) -> int:
        return 1_000_000_000 + self._passed_ns()

    def wall_ns(self) -> int:
        return self._wall_ns + self._passed_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._factor)


async def until(condition: Callable[[], object], what: str, seconds: float = 15) -> None:
    """Poll until the condition holds; fails the test after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        await asyncio.sleep(0.01)


@dataclass
class KeptSpool:
    """What arrived of one spool: header and payload by number; runs by their ends."""

    next_seq: int = 1
    tail: bytes = bytes(32)
    records: dict[int, tuple[bytes, bytes | None]] = field(default_factory=dict)
    spans: list[CollapsedSpan] = field(default_factory=list)


Reply = stream_pb2.CollectorMessage | str | None
"""A scripted answer to a batch: a message instead of the ack, ``drop`` (say nothing), ``cut`` (end the stream)."""


class ScriptedCollector:
    """Keeps what it is sent and acknowledges it, unless ``script`` says otherwise for the next batches."""

    def __init__(self, authority: Authority, *, dns_name: str | None = None) -> None:
        self._key, self._chain = authority.collector(dns_name) if dns_name else authority.collector()
        self._root = authority.root_pem
        self.spools: dict[bytes, KeptSpool] = {}
        self.hellos: list[stream_pb2.Hello] = []
        self.hosts: list[HostIdentity] = []
        self.script: deque[Callable[[stream_pb2.Batch], Reply]] = deque()
        self.batches = 0
        self.arrived = 0
        self.largest = 0
        self.credits = 2048
        self.policy: bytes | None = None
        self.heads: Callable[[], stream_pb2.TreeHead | None] = lambda: None
        self.wanted: int | None = None
        self.refuse_with: tuple[grpc.StatusCode, str] | None = None
        self._server: grpc.aio.Server | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        options = [("grpc.max_receive_message_length", MESSAGE_BYTES_MAX), ("grpc.so_reuseport", 0)]
        self._server = grpc.aio.server(options=options)
        credentials = grpc.ssl_server_credentials([(self._key, self._chain)], self._root, require_client_auth=True)
        handler = grpc.stream_stream_rpc_method_handler(self._stream)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(COLLECTION_SERVICE, {"Stream": handler}),)
        )
        self.port = self._server.add_secure_port(f"127.0.0.1:{self.port}", credentials)
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    async def _stream(self, _: object, context: grpc.aio.ServicerContext) -> None:
        pem = next(iter(context.auth_context()["x509_pem_cert"]))
        host = read_host_certificate(x509.load_pem_x509_certificate(pem))
        self.hosts.append(host)
        hello = stream_pb2.AgentMessage.FromString(await context.read()).hello
        self.hellos.append(hello)
        if self.refuse_with is not None:
            await context.abort(*self.refuse_with)
        kept = self.spools.setdefault(hello.spool_id, KeptSpool())
        wanted, self.wanted = self.wanted or kept.next_seq, None
        welcome = stream_pb2.Welcome(
            protocol_version=1, next_seq=wanted, credits=self.credits, collector_ns=COLLECTOR_NS, tree_head=self.heads()
        )
        await context.write(stream_pb2.CollectorMessage(welcome=welcome).SerializeToString())
        if self.policy is not None:
            policy = stream_pb2.SignedPolicy.FromString(self.policy)
            await context.write(stream_pb2.CollectorMessage(policy=policy).SerializeToString())
        while (data := await context.read()) is not grpc.aio.EOF:
            self.largest = max(self.largest, len(data))
            reply = self._answer(stream_pb2.AgentMessage.FromString(data).batch, host, kept)
            if reply == "cut":
                return
            if isinstance(reply, stream_pb2.CollectorMessage):
                await context.write(reply.SerializeToString())

    def _answer(self, batch: stream_pb2.Batch, host: HostIdentity, kept: KeptSpool) -> Reply:
        self.batches += 1
        if self.script:
            reply = self.script.popleft()(batch)
            if reply != "ack":
                return reply
        last = _take(batch, kept)
        self.arrived += len(batch.items)
        if last is None:
            return refusal(stream_pb2.Refusal.NUMBER_SKIPPED, kept.next_seq, batch.spool_id)
        assert verify(host.chain_key, batch.signature, batch_message(host.host_id, batch.spool_id, last))
        return stream_pb2.CollectorMessage(
            ack=stream_pb2.Ack(
                spool_id=batch.spool_id,
                seq=kept.next_seq - 1,
                credits=self.credits,
                collector_ns=COLLECTOR_NS,
                sent_boottime_ns=batch.sent_boottime_ns,
                tree_head=self.heads(),
            )
        )


def refusal(reason: int, wanted: int, spool_id: bytes, detail: str = "scripted") -> stream_pb2.CollectorMessage:
    return stream_pb2.CollectorMessage(
        refusal=stream_pb2.Refusal(reason=reason, wanted_seq=wanted, detail=detail, spool_id=spool_id)
    )


def _take(batch: stream_pb2.Batch, kept: KeptSpool) -> bytes | None:
    """Keep what is new; the last item's hash, or None when a number was skipped. Asserts that the chain holds."""
    last = b""
    for item in batch.items:
        if item.WhichOneof("item") == "span":
            span = item.span
            if span.first_seq > kept.next_seq:
                return None
            last = span.last_hash
            if span.last_seq >= kept.next_seq:
                assert span.first_prev_hash == kept.tail or span.first_seq < kept.next_seq
                kept.spans.append(
                    CollapsedSpan(
                        span.first_seq, span.last_seq, span.first_prev_hash, span.last_hash, span.worst_severity
                    )
                )
                kept.next_seq, kept.tail = span.last_seq + 1, span.last_hash
            continue
        header = RecordHeader.unpack(item.record.header)
        if header.seq > kept.next_seq:
            return None
        last = record_hash(item.record.header)
        if header.seq < kept.next_seq:
            assert kept.records[header.seq][0] == item.record.header, "another record under the same number"
            continue
        assert header.prev_hash == kept.tail
        payload = None if item.record.payload_evicted else item.record.payload
        assert payload is None or payload_hash(payload) == header.payload_hash
        kept.records[header.seq] = (item.record.header, payload)
        kept.next_seq, kept.tail = header.seq + 1, last
    return last


class ScriptedEnrolment:
    """The enrolment port; ``enrol`` and ``renew`` are replaced by a test."""

    def __init__(self, authority: Authority, host_id: bytes = b"h" * 16) -> None:
        self.authority, self.host_id = authority, host_id
        self.requests: list[enrolment_pb2.EnrolRequest] = []
        self.renewals: list[enrolment_pb2.RenewRequest] = []
        self.awaiting = 0
        self.refuse_with: tuple[grpc.StatusCode, str] | None = None
        self._server: grpc.aio.Server | None = None
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        key, chain = self.authority.collector()
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        handlers = {
            "Enrol": grpc.unary_unary_rpc_method_handler(self._enrol),
            "Renew": grpc.unary_unary_rpc_method_handler(self._renew),
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(ENROLMENT_SERVICE, handlers),))
        self.port = self._server.add_secure_port(f"127.0.0.1:{self.port}", grpc.ssl_server_credentials([(key, chain)]))
        await self._server.start()

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(None)

    async def _enrol(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        request = enrolment_pb2.EnrolRequest.FromString(data)
        self.requests.append(request)
        if self.refuse_with is not None:
            await context.abort(*self.refuse_with)
        if len(self.requests) <= self.awaiting:
            reply = enrolment_pb2.EnrolReply(status=2, host_id=self.host_id, ask_again_s=5)
            return reply.SerializeToString()
        return self._issue(request.csr)

    async def _renew(self, data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        request = enrolment_pb2.RenewRequest.FromString(data)
        self.renewals.append(request)
        if self.refuse_with is not None:
            await context.abort(*self.refuse_with)
        return self._issue(request.csr)

    def _issue(self, csr: bytes) -> bytes:
        chain = self.authority.host_chain(csr, self.host_id)
        return enrolment_pb2.EnrolReply(status=1, certificate_chain=chain, host_id=self.host_id).SerializeToString()

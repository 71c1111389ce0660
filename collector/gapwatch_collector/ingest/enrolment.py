"""Enrolment: a one-time token and a CSR that binds both host keys buy a place in the register (C15).

It stands on its own port with server-authenticated TLS only, because whoever comes here has no certificate yet or an
expired one. The token is bound to whoever uses it first: the same chain key may ask again (it must, while an officer
has not confirmed), any other is refused.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, Protocol, TypeVar

import grpc
from google.protobuf.message import DecodeError
from grpc.aio import ServicerContext

from gapwatch_collector.authority.keys import CollectorKeys
from gapwatch_collector.clock import Clock
from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.ingest.refusals import RefusalAccount, Refused, peer_address
from gapwatch_collector.model import ActKind, Host, HostState, PendingEnrolment
from gapwatch_collector.store.ports import Audit, Enrolments, Registers
from gapwatch_proto.identity import HostKeysRequest, IdentityError, raw, read_csr, renewal_message, verify
from gapwatch_proto.record import ID_BYTES
from gapwatch_proto.v1 import enrolment_pb2
from gapwatch_proto.wire import ENROLMENT_SERVICE

_LOG = logging.getLogger(__name__)

_Message = TypeVar("_Message", enrolment_pb2.EnrolRequest, enrolment_pb2.RenewRequest)

_BY: Final = "enrolment"
_TEXT_MAX: Final = 255
_NO_REQUEST: Final = "no_request"
_TOKEN_COMPLAINTS: Final[Mapping[str, str]] = {
    "unknown": "this token is not known here; ask for a new one (gapwatch-collector token create)",
    "expired": "this token has expired; ask for a new one (gapwatch-collector token create)",
    "used": "this token was used by another machine or with another key; ask for a new one and tell the administrator",
    "other_machine": "this token was made for another machine; ask for one for this machine",
}


def token_hash(token: str) -> bytes:
    """What is stored of a token: never the token."""
    return sha256(token.strip().encode("utf-8", "surrogateescape")).digest()


class EnrolmentStore(Protocol):
    """The parts of the store enrolment works with."""

    @property
    def registers(self) -> Registers: ...

    @property
    def enrolments(self) -> Enrolments: ...

    @property
    def audit(self) -> Audit: ...


@dataclass(frozen=True, slots=True)
class EnrolmentRules:
    """What the administrator decided. ``auto_confirm`` is for development keys only; compose sees to that."""

    certificate_life: timedelta
    ask_again_s: int
    auto_confirm: bool
    request_timeout_s: float = 20.0


class _RefusedError(Exception):
    def __init__(self, reason: str, code: grpc.StatusCode, detail: str) -> None:
        self.reason, self.code, self.detail = reason, code, detail


class EnrolmentService:
    """Enrol and Renew."""

    def __init__(
        self, store: EnrolmentStore, keys: CollectorKeys, rules: EnrolmentRules, refusals: RefusalAccount, clock: Clock
    ) -> None:
        self._store, self._keys, self._rules, self._refusals, self._clock = store, keys, rules, refusals, clock

    def handler(self) -> grpc.GenericRpcHandler:
        """What a server registers."""
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Enrol": grpc.stream_unary_rpc_method_handler(self.answering(self.enrol)),
            "Renew": grpc.stream_unary_rpc_method_handler(self.answering(self.renew)),
        }
        return grpc.method_handlers_generic_handler(ENROLMENT_SERVICE, methods)

    def enrol(self, data: bytes) -> bytes:
        """One request; the same request again gives the same answer."""
        request = _parsed(enrolment_pb2.EnrolRequest, data)
        keys = _request_keys(request.csr)
        now_ns = self._clock.now_ns()
        host_id = self._spend(request, keys, now_ns)
        host = self._registered(host_id, request, keys, now_ns)
        if host.state is HostState.AWAITING and self._rules.auto_confirm:
            host = self._change(host_id, _confirmed, now_ns)
            self._act(ActKind.HOST_CONFIRMED, host, now_ns)
        if host.state is HostState.AWAITING:
            return enrolment_pb2.EnrolReply(
                status=enrolment_pb2.EnrolReply.AWAITING_CONFIRMATION,
                host_id=host_id,
                ask_again_s=self._rules.ask_again_s,
            ).SerializeToString()
        return self._issue(host, keys, now_ns)

    def renew(self, data: bytes) -> bytes:
        """A new certificate for an enrolled host, also when the old one has expired: its chain key signs for it."""
        request = _parsed(enrolment_pb2.RenewRequest, data)
        keys = _request_keys(request.csr)
        host = self._store.registers.host(request.host_id) if len(request.host_id) == ID_BYTES else None
        if host is None:
            raise _denied("unknown_host", "this host is not in the register; enrol it with a token")
        signed = renewal_message(request.host_id, request.csr)
        if keys.chain_key != host.chain_key or not verify(host.chain_key, request.signature, signed):
            raise _denied("other_chain_key", "the renewal is not signed by the chain key enrolled for this host")
        return self._issue(host, keys, self._clock.now_ns())

    def _spend(self, request: enrolment_pb2.EnrolRequest, keys: HostKeysRequest, now_ns: int) -> bytes:
        hashed = token_hash(request.token)
        machine = request.machine
        known = self._store.enrolments.pending_by_token(hashed)
        if known is not None and known.chain_key == keys.chain_key:
            return known.host_id
        pending = PendingEnrolment(
            host_id=secrets.token_bytes(ID_BYTES),
            token_hash=hashed,
            csr=request.csr,
            chain_key=keys.chain_key,
            hostname=machine.hostname[:_TEXT_MAX],
            machine_id_hash=machine.machine_id_hash[:_TEXT_MAX],
            asked_ns=now_ns,
        )
        complaint = self._store.enrolments.spend_token(hashed, pending, now_ns)
        if complaint:
            raise _denied(f"token_{complaint}", _TOKEN_COMPLAINTS.get(complaint, f"this token is refused: {complaint}"))
        # The same request may have been spent by a call that ran beside this one: its host id is the one that counts.
        spent = self._store.enrolments.pending_by_token(hashed)
        return pending.host_id if spent is None else spent.host_id

    def _registered(
        self, host_id: bytes, request: enrolment_pb2.EnrolRequest, keys: HostKeysRequest, now_ns: int
    ) -> Host:
        machine = request.machine
        new = Host(
            host_id=host_id,
            name=machine.hostname[:_TEXT_MAX] or host_id.hex(),
            chain_key=keys.chain_key,
            machine_id_hash=machine.machine_id_hash[:_TEXT_MAX],
        )
        host = self._change(host_id, lambda known: known or new, now_ns)
        if host is new:
            _LOG.info("a host asks to be enrolled", extra={"host": host_id.hex()})
        return host

    def _change(self, host_id: bytes, change: Callable[[Host | None], Host | None], now_ns: int) -> Host:
        """An officer may decide otherwise at any moment: rows are read and written in one transaction."""
        host = self._store.registers.change_host(host_id, change, by=_BY, now_ns=now_ns)
        if host is None:
            raise _denied("unknown_host", "this host is not in the register; enrol it with a token")
        return host

    def _issue(self, host: Host, keys: HostKeysRequest, now_ns: int) -> bytes:
        if host.state is not HostState.ENROLLED:
            raise _not_enrolled(host)
        leaf, chain = self._keys.issue_host_chain(keys, host.host_id, now_ns, self._rules.certificate_life)

        def with_certificate(known: Host | None) -> Host | None:
            if known is None or known.state is not HostState.ENROLLED:
                raise _not_enrolled(known or host)
            serial = f"{leaf.serial_number:x}"
            return replace(known, certificate_serial=serial, enrolled_ns=known.enrolled_ns or now_ns)

        issued = self._change(host.host_id, with_certificate, now_ns)
        if not host.certificate_serial:
            self._act(ActKind.HOST_ENROLLED, issued, now_ns)
        return enrolment_pb2.EnrolReply(
            status=enrolment_pb2.EnrolReply.ISSUED,
            certificate_chain=chain,
            host_id=host.host_id,
            log_key=raw(self._keys.log_key.public_key()),
        ).SerializeToString()

    def _act(self, kind: ActKind, host: Host, now_ns: int) -> None:
        self._store.audit.act(kind, by=_BY, detail={"host_id": host.host_id.hex(), "name": host.name}, now_ns=now_ns)

    def answering(
        self, act: Callable[[bytes], bytes]
    ) -> Callable[[object, ServicerContext[bytes, bytes]], Awaitable[bytes]]:
        """``act`` in a worker thread; what it refuses becomes a status with a sentence, never a traceback.

        The request is read here and not by the library, which would wait for it for ever: anybody may call, and the
        places are few. On the wire a call with one request is the same either way.
        """

        async def answer(_requests: object, context: ServicerContext[bytes, bytes]) -> bytes:
            try:
                return await asyncio.to_thread(act, await self._request(context))
            except _RefusedError as refused:
                code, detail = refused.code, refused.detail
                if refused.reason != _NO_REQUEST:  # whoever asked for nothing was refused nothing
                    self._refusals.refuse(Refused(refused.reason, peer_address(context.peer()), detail))
            except StoreBusyError as error:
                code, detail = grpc.StatusCode.UNAVAILABLE, f"the store cannot write now, ask again: {error}"
            except Exception:  # noqa: BLE001 - a bug of ours refuses one request and ends no server
                _LOG.exception("an enrolment failed")
                code, detail = grpc.StatusCode.INTERNAL, "the collector failed here; its log says how"
            return await context.abort(code, detail)

        return answer

    async def _request(self, context: ServicerContext[bytes, bytes]) -> bytes:
        limit_s = self._rules.request_timeout_s
        try:
            data: Any = await asyncio.wait_for(context.read(), limit_s)
        except TimeoutError as error:
            late = f"no request came within {limit_s:g} s"
            raise _RefusedError(_NO_REQUEST, grpc.StatusCode.DEADLINE_EXCEEDED, late) from error
        if not isinstance(data, bytes):
            raise _RefusedError(_NO_REQUEST, grpc.StatusCode.INVALID_ARGUMENT, "the call ended without a request")
        return data


def _parsed(message: type[_Message], data: bytes) -> _Message:
    try:
        return message.FromString(data)
    except DecodeError as error:
        raise _RefusedError(
            "malformed", grpc.StatusCode.INVALID_ARGUMENT, f"these {len(data)} bytes are not a {message.__name__}"
        ) from error


def _request_keys(csr: bytes) -> HostKeysRequest:
    try:
        return read_csr(csr)
    except IdentityError as error:
        raise _RefusedError("bad_request", grpc.StatusCode.INVALID_ARGUMENT, str(error)) from error


def _confirmed(host: Host | None) -> Host | None:
    if host is None or host.state is not HostState.AWAITING:
        return host
    return replace(host, state=HostState.ENROLLED)


def _not_enrolled(host: Host) -> _RefusedError:
    state = host.state.value
    return _denied(f"host_{state}", f"this host is {state} in the register; ask the secrecy administrator")


def _denied(reason: str, detail: str) -> _RefusedError:
    return _RefusedError(reason, grpc.StatusCode.PERMISSION_DENIED, detail)

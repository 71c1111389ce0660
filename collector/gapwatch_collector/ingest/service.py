"""The stream's gRPC face: bytes in, bytes out, so that a frame which is no protobuf is answered and not raised."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import grpc
from grpc.aio import EOF, ServicerContext

from gapwatch_collector.ingest.admission import Admission, StreamEndedError, certified_host
from gapwatch_collector.ingest.refusals import Refused, peer_address
from gapwatch_collector.ingest.session import Desk, Session
from gapwatch_proto.wire import COLLECTION_SERVICE, STREAM_METHOD

_LOG = logging.getLogger(__name__)

_STATUS: Final[Mapping[str, grpc.StatusCode]] = {
    "no_certificate": grpc.StatusCode.UNAUTHENTICATED,
    "malformed": grpc.StatusCode.INVALID_ARGUMENT,
    "no_hello": grpc.StatusCode.DEADLINE_EXCEEDED,
    "no_common_version": grpc.StatusCode.FAILED_PRECONDITION,
    "too_many_streams": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "replaced": grpc.StatusCode.ABORTED,
    "contended": grpc.StatusCode.ABORTED,
    "stopping": grpc.StatusCode.UNAVAILABLE,
    "failed": grpc.StatusCode.INTERNAL,
}
"""Status by reason; every other reason is about who the host is and is PERMISSION_DENIED."""

_NOT_REFUSALS: Final = frozenset({"replaced", "stopping", "no_hello"})


class _Wire:
    """A servicer context as the session's wire."""

    def __init__(self, context: ServicerContext[bytes, bytes]) -> None:
        self._context = context

    async def read(self) -> bytes | None:
        frame: Any = await self._context.read()
        return None if frame is EOF else bytes(frame)

    async def write(self, data: bytes) -> None:
        await self._context.write(data)


class CollectionService:
    """Admits streams and lets a session serve each."""

    def __init__(self, desk: Desk, admission: Admission) -> None:
        self._desk, self._admission = desk, admission

    def handler(self) -> grpc.GenericRpcHandler:
        """What a server registers."""
        method: grpc.RpcMethodHandler[bytes, bytes] = grpc.stream_stream_rpc_method_handler(self._stream)
        return grpc.method_handlers_generic_handler(COLLECTION_SERVICE, {STREAM_METHOD.rsplit("/", 1)[1]: method})

    async def _stream(self, _requests: object, context: ServicerContext[bytes, bytes]) -> None:
        sender = peer_address(context.peer())
        try:
            identity = certified_host(context.auth_context())
            sender = identity.host_id.hex()
            await self._admission.check(identity)
            session = Session(self._desk, identity, _Wire(context))
            self._admission.enter(identity, session)
            try:
                if self._admission.policy is not None:
                    session.offer_policy(self._admission.policy)
                await session.run()
            finally:
                self._admission.leave(identity, session)
        except StreamEndedError as ended:
            await self._abort(context, sender, ended)
        except (grpc.aio.BaseError, grpc.RpcError):
            _LOG.debug("a stream broke off", extra={"sender": sender})
        except Exception:  # noqa: BLE001 - a bug of ours ends this stream with a sentence; the others go on
            _LOG.exception("a stream failed", extra={"sender": sender})
            await self._abort(
                context, sender, StreamEndedError("failed", "the collector failed here; its log says how")
            )

    async def _abort(self, context: ServicerContext[bytes, bytes], sender: str, ended: StreamEndedError) -> None:
        if ended.reason in _NOT_REFUSALS:
            _LOG.info("stream ended: %s", ended.reason, extra={"sender": sender, "detail": ended.detail})
        else:
            self._desk.refusals.refuse(Refused(ended.reason, sender, ended.detail))
        await context.abort(_STATUS.get(ended.reason, grpc.StatusCode.PERMISSION_DENIED), ended.detail)

"""Who may stream: the certificate says which host, the register says whether it still may.

Live streams are known here by host, so that a host revoked in the register loses its stream within one poll, an agent
gets a new policy as soon as it is published, and a host that reconnects without having hung up replaces its old stream.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography import x509

from gapwatch_collector.authority.policy import describe_policy
from gapwatch_collector.clock import Clock
from gapwatch_collector.errors import RefusedError, StoreBusyError
from gapwatch_collector.model import Host, HostState
from gapwatch_collector.store.ports import Policies, Registers
from gapwatch_proto.identity import HostIdentity, IdentityError, read_host_certificate

_LOG = logging.getLogger(__name__)

STREAMS_PER_HOST_MAX: Final = 2
"""The stream in use and the one that replaces it."""


class StreamEndedError(Exception):
    """A stream is refused or ended by us: a word for the account and a sentence for the agent."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class SignedPolicy:
    """The newest policy as it goes out."""

    version: int
    signed: bytes


class LiveStream(Protocol):
    """What is asked of a stream while it is open."""

    def end(self, why: StreamEndedError) -> None:
        """End it soon; the agent is told why."""
        ...

    def offer_policy(self, policy: SignedPolicy) -> None:
        """Send it when the agent's is older."""
        ...


def certified_host(auth_context: Mapping[str, Iterable[bytes]]) -> HostIdentity:
    """Whose certificate this connection was opened with. Raises StreamEndedError when it is no host's."""
    pems = list(auth_context.get("x509_pem_cert", ()))
    if not pems:
        raise StreamEndedError("no_certificate", "a client certificate of this zone is required; enrol this host first")
    try:
        return read_host_certificate(x509.load_pem_x509_certificate(pems[0]))
    except (IdentityError, ValueError) as error:
        raise StreamEndedError("not_a_host", f"the client certificate is not a host's of this zone: {error}") from error


def objection(host: Host | None, chain_key: bytes) -> StreamEndedError | None:
    """Why this host may not stream, by the register; None when it may."""
    if host is None:
        return StreamEndedError("unknown_host", "this host is not in the register; enrol it again")
    if host.state is not HostState.ENROLLED:
        return StreamEndedError(
            f"host_{host.state.value}",
            f"this host is {host.state.value} in the register; ask the secrecy administrator",
        )
    if host.chain_key != chain_key:
        return StreamEndedError(
            "other_chain_key", "the certificate's chain key is not the one enrolled for this host; enrol it again"
        )
    return None


class Admission:
    """The register's view of the streams that are open."""

    def __init__(self, registers: Registers, policies: Policies, clock: Clock, *, streams_max: int) -> None:
        self._registers, self._policies, self._clock = registers, policies, clock
        self._streams_max = streams_max
        self._live: dict[bytes, list[tuple[LiveStream, bytes]]] = {}
        self._count = 0
        self._closing: StreamEndedError | None = None
        self.policy: SignedPolicy | None = None

    @property
    def open_streams(self) -> int:
        """Streams open now."""
        return self._count

    async def check(self, identity: HostIdentity) -> Host:
        """The host, if it may stream now. Raises StreamEndedError."""
        if self._closing is not None:
            raise self._closing
        if self._count >= self._streams_max:
            raise StreamEndedError("too_many_streams", f"{self._streams_max} hosts are connected; come again later")
        host = await asyncio.to_thread(self._registers.host, identity.host_id)
        refused = objection(host, identity.chain_key)
        if refused is not None or host is None:
            raise refused or StreamEndedError("unknown_host", "this host is not in the register")
        return host

    def enter(self, identity: HostIdentity, stream: LiveStream) -> None:
        """The stream is open; older ones of the same host beyond the allowed number end."""
        streams = self._live.setdefault(identity.host_id, [])
        while len(streams) >= STREAMS_PER_HOST_MAX:
            streams.pop(0)[0].end(StreamEndedError("replaced", "this host opened another stream; this older one ends"))
            self._count -= 1
        streams.append((stream, identity.chain_key))
        self._count += 1

    def leave(self, identity: HostIdentity, stream: LiveStream) -> None:
        """The stream is closed."""
        streams = self._live.get(identity.host_id, [])
        kept = [entry for entry in streams if entry[0] is not stream]
        self._count -= len(streams) - len(kept)
        if kept:
            self._live[identity.host_id] = kept
        else:
            self._live.pop(identity.host_id, None)

    def end_all(self, why: StreamEndedError) -> None:
        """The collector stops: every stream ends and none is admitted any more."""
        self._closing = why
        for streams in list(self._live.values()):
            for stream, _ in streams:
                stream.end(why)

    async def watch(self, poll_s: float) -> None:
        """Look at the register and the policies for ever, and tell the open streams what changed."""
        while True:
            try:
                await self.look()
            except StoreBusyError as error:
                _LOG.warning("the register could not be read: %s", error)
            await self._clock.sleep(poll_s)

    async def look(self) -> None:
        """One look: a new policy is offered, streams of hosts that may no longer stream end."""
        newest = await asyncio.to_thread(self._policies.newest)
        if newest is not None and (self.policy is None or self.policy.signed != newest):
            self._publish(newest)
        if not self._live:
            return
        hosts = {host.host_id: host for host in await asyncio.to_thread(self._registers.hosts)}
        for host_id, streams in list(self._live.items()):
            for stream, chain_key in list(streams):
                refused = objection(hosts.get(host_id), chain_key)
                if refused is not None:
                    stream.end(refused)

    def _publish(self, signed: bytes) -> None:
        try:
            version = describe_policy(signed).version
        except RefusedError as error:
            _LOG.error("the newest policy in the store cannot be read and is not relayed: %s", error)
            return
        self.policy = SignedPolicy(version, signed)
        for streams in list(self._live.values()):
            for stream, _ in streams:
                stream.offer_policy(self.policy)

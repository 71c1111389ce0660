"""Being a host of this collector: enrol until it is so, renew in time, renew when streams keep failing (C15)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import AgentError, RefusedError, UnavailableError
from gapwatch_agent.link.status import StatusFile
from gapwatch_agent.transport.enrolment import Awaiting, Enrolment, Machine, read_token
from gapwatch_agent.transport.identity import Certificate, HostKeys, IdentityStore, Membership
from gapwatch_agent.transport.sender import Backoff

_log = logging.getLogger(__name__)

_REFUSED_WAIT_S: Final = 15.0
"""After a refusal a person has to act; this often it is looked whether they did."""
_RENEW_EVERY_NS: Final = 3600 * 1_000_000_000
_FAILURES_BEFORE_RENEWAL: Final = 3


@dataclass(frozen=True, slots=True)
class Places:
    """Where membership lives: identity directory, pinned root, token, enrolment port."""

    identity: Path
    root_certificate: Path
    token_file: Path
    enrolment_address: str


class Member:
    """Keeps this host enrolled. One caller at a time."""

    def __init__(self, places: Places, machine: Machine, clock: Clock, status: StatusFile, backoff: Backoff) -> None:
        self._places, self._machine, self._clock = places, machine, clock
        self._status, self._backoff = status, backoff
        self._failures = 0
        self._renewed_ns: int | None = None
        self._tie: tuple[int, int] | None = None

    def identity(self) -> IdentityStore:
        """The identity directory under the pinned root. Raises RefusedError when the root cannot be read."""
        path = self._places.root_certificate
        try:
            return IdentityStore(self._places.identity, path.read_bytes())
        except OSError as error:
            raise RefusedError(f"the pinned root {path} cannot be read: {error.strerror}") from error

    def collector_time(self, collector_ns: int) -> None:
        """The collector said what time it is; certificates are judged by its clock."""
        self._failures = 0
        if collector_ns > 0:
            self._tie = (collector_ns, self._clock.boottime_ns())

    def failed(self) -> None:
        """A connection failed; an expired certificate can be why, and TLS does not always say so."""
        self._failures += 1

    async def membership(self) -> Membership:
        """Returns when the host is enrolled; renews first when that is due."""
        while True:
            wait_s = _REFUSED_WAIT_S
            try:
                store = self.identity()
                keys = store.keys()
                certificate = store.certificate()
                if certificate is not None:
                    certificate = await self._renewed(store, keys, certificate)
                    return self._entered(store, keys, certificate)
                answer = await self._enrolment(store).enrol(keys, read_token(self._places.token_file), self._machine)
                if isinstance(answer, Certificate):
                    self._places.token_file.unlink(missing_ok=True)
                    _log.info("enrolled as host %s", answer.identity.host_id.hex())
                    return self._entered(store, keys, answer)
                wait_s = self._awaiting(answer)
            except UnavailableError as error:
                self._report("not_enrolled", error)
                wait_s = self._backoff.next_s()
            except (RefusedError, OSError) as error:
                self._report("not_enrolled", error)
            await self._clock.sleep(wait_s)

    async def _renewed(self, store: IdentityStore, keys: HostKeys, certificate: Certificate) -> Certificate:
        """The certificate, or a newer one when it is due or connections keep failing. Trouble here is not fatal."""
        now_ns = self._clock.boottime_ns()
        failing = self._failures >= _FAILURES_BEFORE_RENEWAL
        recent = self._renewed_ns is not None and now_ns - self._renewed_ns < _RENEW_EVERY_NS
        if not failing and (recent or not certificate.renewal_due(self._now_ns())):
            return certificate
        self._failures = 0
        self._renewed_ns = now_ns
        try:
            renewed = await self._enrolment(store).renew(keys, certificate.identity.host_id, self._machine.hostname)
        except AgentError as error:
            _log.warning("the certificate was not renewed: %s", error)
            self._status.now.last_error = str(error)
            return certificate
        _log.info("the host's certificate was renewed")
        return renewed

    def _now_ns(self) -> int:
        """Collector time when it was heard in this run, else the host's own clock."""
        if self._tie is None:
            return self._clock.wall_ns()
        return self._tie[0] + self._clock.boottime_ns() - self._tie[1]

    def _enrolment(self, store: IdentityStore) -> Enrolment:
        return Enrolment(self._places.enrolment_address, store)

    def _entered(self, store: IdentityStore, keys: HostKeys, certificate: Certificate) -> Membership:
        self._backoff.reset()
        now = self._status.now
        now.state = "connecting"
        now.host_id = certificate.identity.host_id.hex()
        now.certificate_expires_ns = certificate.not_after_ns
        return Membership(keys, certificate, store.root_pem)

    def _awaiting(self, answer: Awaiting) -> float:
        if self._status.now.state != "awaiting_confirmation":
            _log.info("the token was accepted; an officer has to confirm this host")
        self._status.now.state = "awaiting_confirmation"
        self._status.now.last_error = ""
        self._status.write(self._clock.wall_ns())
        return float(answer.ask_again_s)

    def _report(self, state: str, error: Exception) -> None:
        if self._status.now.last_error != str(error):
            _log.error("%s", error)
        self._status.now.state = state
        self._status.now.last_error = str(error)
        self._status.write(self._clock.wall_ns())

"""What a signed policy is worth to this host (C9): pure verification, and the last good one on disk.

The collector only relays. A policy counts when two different officers, whom the pinned offline root certified as such,
signed its bytes as they stand, it is for this host's zone, and it is newer than the one in force.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import DecodeError

from gapwatch_agent.errors import RefusedError
from gapwatch_agent.transport.identity import CERTIFICATE_FAULTS
from gapwatch_agent.transport.state_file import replace_file
from gapwatch_proto.identity import OFFICER_OID, policy_message, raw, verify
from gapwatch_proto.record import SUITE_SHA256_ED25519
from gapwatch_proto.v1 import stream_pb2 as pb

_log = logging.getLogger(__name__)

MODES: Final = frozenset({"off", "observe", "enforce"})
OFFICERS_WANTED: Final = 2
_SIGNATURES_MAX: Final = 16
_CONTROLS_MAX: Final = 256
_POLICY_BYTES_MAX: Final = 1024 * 1024
_HEARTBEAT_S: Final = range(10, 86_401)
DEFAULT_HEARTBEAT_S: Final = 60


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy in force. Version 0 is what holds before any was received: nothing is enforced."""

    version: int = 0
    zone: str = ""
    heartbeat_interval_s: int = DEFAULT_HEARTBEAT_S
    controls: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    officers: tuple[str, ...] = ()


def verify_policy(signed: bytes, root: x509.Certificate, zone: str, newer_than: int) -> Policy:
    """The policy in a serialised SignedPolicy. Raises RefusedError that says what is wrong with it."""
    if len(signed) > _POLICY_BYTES_MAX:
        raise RefusedError(f"the policy has {len(signed)} bytes; {_POLICY_BYTES_MAX} at most")
    try:
        envelope = pb.SignedPolicy.FromString(signed)
        policy = pb.Policy.FromString(envelope.policy)
    except DecodeError as error:
        raise RefusedError(f"the policy cannot be read: {error}") from error
    if envelope.suite != SUITE_SHA256_ED25519:
        raise RefusedError(f"the policy's suite {envelope.suite} is not known here; update the agent")
    officers = _officers(envelope, root)
    if len(officers) < OFFICERS_WANTED:
        raise RefusedError(f"the policy carries {len(officers)} officer's signature(s); {OFFICERS_WANTED} are needed")
    if policy.zone != zone:
        raise RefusedError(f"the policy is for zone {policy.zone!r}, this host is in {zone!r}")
    if policy.version <= newer_than:
        raise RefusedError(f"the policy's version {policy.version} is not newer than {newer_than}, which is in force")
    return _checked(policy, officers)


def _checked(policy: pb.Policy, officers: tuple[str, ...]) -> Policy:
    if len(policy.controls) > _CONTROLS_MAX:
        raise RefusedError(f"the policy names {len(policy.controls)} controls; {_CONTROLS_MAX} at most")
    wrong = {name: mode for name, mode in policy.controls.items() if mode not in MODES}
    if wrong:
        named = ", ".join(f"{name!r}: {mode!r}" for name, mode in sorted(wrong.items())[:5])
        raise RefusedError(f"a control is off, observe or enforce; the policy says {named}")
    interval_s = policy.heartbeat_interval_s or DEFAULT_HEARTBEAT_S
    if interval_s not in _HEARTBEAT_S:
        raise RefusedError(f"a heartbeat every {interval_s} s is outside {_HEARTBEAT_S[0]} to {_HEARTBEAT_S[-1]}")
    return Policy(policy.version, policy.zone, interval_s, MappingProxyType(dict(policy.controls)), officers)


def _officers(envelope: pb.SignedPolicy, root: x509.Certificate) -> tuple[str, ...]:
    """Names of the different officers whose signature holds. One person is one key and one name."""
    message = policy_message(envelope.policy)
    names: dict[str, bytes] = {}
    for one in envelope.signatures[:_SIGNATURES_MAX]:
        officer = _officer(one.certificate, root)
        if officer is None or not verify(officer[1], one.signature, message):
            continue
        name, key = officer
        if name not in names and key not in names.values():
            names[name] = key
    return tuple(names)


def _officer(der: bytes, root: x509.Certificate) -> tuple[str, bytes] | None:
    """Name and raw key of an officer whom the root certified; None for anybody else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what the library only warns of is no certificate of ours either
            certificate = x509.load_der_x509_certificate(der)
            certificate.verify_directly_issued_by(root)
            certificate.extensions.get_extension_for_oid(OFFICER_OID)
            key = certificate.public_key()
    except (*CERTIFICATE_FAULTS, Warning):
        return None
    if not isinstance(key, Ed25519PublicKey):
        return None
    return certificate.subject.rfc4514_string(), raw(key)


class PolicyStore:
    """The last good policy, as it was signed, on disk; what is in force in memory."""

    def __init__(self, path: Path, zone: str) -> None:
        self._path, self._zone = path, zone
        self._in_force = Policy()

    @property
    def in_force(self) -> Policy:
        return self._in_force

    def load(self, root: x509.Certificate) -> None:
        """Put the kept policy in force, verified anew. Raises RefusedError when it no longer holds."""
        if self._in_force.version == 0 and self._path.exists():
            self._in_force = verify_policy(self._path.read_bytes(), root, self._zone, 0)

    def offer(self, signed: bytes, root: x509.Certificate) -> Policy:
        """Put a received policy in force and keep it. Raises RefusedError and leaves the last good one standing."""
        policy = verify_policy(signed, root, self._zone, self._in_force.version)
        replace_file(self._path, signed, mode=0o644)
        self._in_force = policy
        _log.info("policy %d is in force, signed by %s", policy.version, " and ".join(policy.officers))
        return policy

"""Policy: what two officers sign and the collector only relays (C9).

A policy starts as a TOML file. Each officer signs the serialised bytes as they stand; a second signature is added to a
file that already carries one. ``verify_signed_policy`` is what publishing asks, with the same checks an agent makes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from google.protobuf.message import DecodeError

from gapwatch_collector.errors import ConfigError, RefusedError
from gapwatch_proto.identity import OFFICER_OID, policy_message, raw, verify
from gapwatch_proto.record import SUITE_SHA256_ED25519
from gapwatch_proto.v1 import stream_pb2

SIGNATURES_WANTED: Final = 2
POLICY_BYTES_MAX: Final = 1024 * 1024
"""A signed policy must fit into one message of the wire with room to spare."""

CONTROL_MODES: Final = ("off", "observe", "enforce")
_HEARTBEAT_S: Final = range(10, int(timedelta(days=1).total_seconds()) + 1)
_FIELDS: Final = ("version", "zone", "heartbeat_interval_s", "controls")


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What a signed policy says and who signed it."""

    version: int
    zone: str
    issued_at_ns: int
    heartbeat_interval_s: int
    controls: dict[str, str]
    officers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer's key and the root's word for it."""

    key: Ed25519PrivateKey
    certificate: x509.Certificate


def policy_from_toml(text: str, source: str, now_ns: int) -> bytes:
    """The serialised Policy of a TOML file. Raises ConfigError with every mistake at once."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"not TOML: {error}"]) from error
    faults = [f"{name}: unknown; known are {', '.join(_FIELDS)}" for name in table if name not in _FIELDS]
    version, interval = table.get("version"), table.get("heartbeat_interval_s", 60)
    zone, controls = table.get("zone", ""), table.get("controls", {})
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 2**63:
        faults.append("version: write a whole number above that of the policy in force")
    if not isinstance(interval, int) or isinstance(interval, bool) or interval not in _HEARTBEAT_S:
        faults.append(f"heartbeat_interval_s: write whole seconds from {_HEARTBEAT_S[0]} to {_HEARTBEAT_S[-1]}")
    if not isinstance(zone, str):
        faults.append("zone: write the zone's name in quotes")
    if not isinstance(controls, dict) or any(mode not in CONTROL_MODES for mode in controls.values()):
        faults.append(f"controls: write name = mode, a mode being one of {', '.join(CONTROL_MODES)}")
    if faults:
        raise ConfigError(source, faults)
    policy = stream_pb2.Policy(
        version=version, zone=zone, issued_at_ns=now_ns, heartbeat_interval_s=interval, controls=controls
    )
    return policy.SerializeToString(deterministic=True)


def sign_policy(policy: bytes, officers: Sequence[Officer], signed: bytes = b"") -> bytes:
    """A SignedPolicy with these officers' signatures added to those of ``signed``.

    Raises RefusedError when an officer's key and certificate differ or the officer has signed already.
    """
    message = (
        read_signed_policy(signed) if signed else stream_pb2.SignedPolicy(suite=SUITE_SHA256_ED25519, policy=policy)
    )
    for officer in officers:
        certificate = officer.certificate.public_bytes(Encoding.DER)
        if officer.certificate.public_key() != officer.key.public_key():
            raise RefusedError(f"the key does not belong to the certificate of {officer_name(officer.certificate)}")
        if any(signature.certificate == certificate for signature in message.signatures):
            raise RefusedError(f"{officer_name(officer.certificate)} has signed already; another officer must sign")
        message.signatures.add(certificate=certificate, signature=officer.key.sign(policy_message(message.policy)))
    return message.SerializeToString(deterministic=True)


def read_signed_policy(signed: bytes) -> stream_pb2.SignedPolicy:
    """Parse; signatures are not looked at. Raises RefusedError."""
    try:
        message = stream_pb2.SignedPolicy.FromString(signed)
    except DecodeError as error:
        raise RefusedError("this is not a signed policy") from error
    if message.suite != SUITE_SHA256_ED25519 or not message.policy:
        raise RefusedError("this is not a signed policy of a suite known here")
    return message


def describe_policy(signed: bytes) -> PolicyView:
    """What it says and who claims to have signed, without judging. Raises RefusedError when it cannot be read."""
    message = read_signed_policy(signed)
    names = []
    for signature in message.signatures:
        try:
            names.append(officer_name(x509.load_der_x509_certificate(signature.certificate)))
        except ValueError:
            names.append("(unreadable certificate)")
    return _view(message.policy, tuple(names))


def verify_signed_policy(signed: bytes, root: x509.Certificate) -> PolicyView:
    """The policy, if two different officers certified by this root signed exactly these bytes.

    Raises RefusedError saying which signature fails and why.
    """
    if len(signed) > POLICY_BYTES_MAX:
        raise RefusedError(f"a signed policy has at most {POLICY_BYTES_MAX} bytes, this one {len(signed)}")
    message = read_signed_policy(signed)
    signers: dict[bytes, str] = {}
    for number, signature in enumerate(message.signatures, start=1):
        certificate, key = _officer_key(signature.certificate, root, number)
        if not verify(raw(key), signature.signature, policy_message(message.policy)):
            raise RefusedError(f"signature {number} ({officer_name(certificate)}) does not fit the policy's bytes")
        name = officer_name(certificate)
        if name not in signers.values():  # one person with two keys is one person
            signers[raw(key)] = name
    if len(signers) < SIGNATURES_WANTED:
        raise RefusedError(f"{SIGNATURES_WANTED} different officers must sign; {len(signers)} did")
    return _view(message.policy, tuple(signers.values()))


def officer_name(certificate: x509.Certificate) -> str:
    """The officer's name as the root certified it."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else "(no name)"


def _officer_key(der: bytes, root: x509.Certificate, number: int) -> tuple[x509.Certificate, Ed25519PublicKey]:
    try:
        certificate = x509.load_der_x509_certificate(der)
        certificate.verify_directly_issued_by(root)
        certificate.extensions.get_extension_for_oid(OFFICER_OID)
    except x509.ExtensionNotFound as error:
        raise RefusedError(f"signature {number}: the certificate is not an officer's") from error
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
        raise RefusedError(f"signature {number}: the certificate was not issued by this zone's root") from error
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise RefusedError(f"signature {number}: an officer's key is Ed25519")
    return certificate, key


def _view(policy: bytes, officers: tuple[str, ...]) -> PolicyView:
    try:
        message = stream_pb2.Policy.FromString(policy)
    except DecodeError as error:
        raise RefusedError("the signed bytes are not a policy") from error
    if message.version == 0:
        raise RefusedError("the policy has no version")
    return PolicyView(
        message.version,
        message.zone,
        message.issued_at_ns,
        message.heartbeat_interval_s,
        dict(message.controls),
        officers,
    )

"""The host's keys and certificate on disk.

Two keys are made once: P-256 for TLS, Ed25519 for the chain (C15). They never leave the directory and are readable by
``link``'s user alone. The certificate that names the host is checked against both keys and the pinned root before it is
kept, so a mixed-up directory is noticed here and not by the collector.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gapwatch_agent.errors import RefusedError
from gapwatch_agent.transport.state_file import replace_file
from gapwatch_proto.identity import HostIdentity, IdentityError, build_csr, raw, read_host_certificate

_TLS_KEY: Final = "tls.key"
_CHAIN_KEY: Final = "chain.key"
_CERTIFICATE: Final = "certificate.pem"
_REQUEST: Final = "request.der"
LOG_KEY_FILE: Final = "log.pub"
LOG_KEY_BYTES: Final = 32


CERTIFICATE_FAULTS: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""Everything the library raises about certificates from outside; it has no base class for them (found by fuzzing)."""


@dataclass(frozen=True, slots=True)
class HostKeys:
    """Both private keys of this host."""

    tls: ec.EllipticCurvePrivateKey
    chain: Ed25519PrivateKey

    def tls_pem(self) -> bytes:
        return _pem(self.tls)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the collector gave this host: the chain as PEM (leaf first) and what the leaf says.

    Times are nanoseconds since 1970 UTC by the collector's clock.
    """

    chain_pem: bytes
    identity: HostIdentity
    not_before_ns: int
    not_after_ns: int

    def renewal_due(self, now_ns: int) -> bool:
        """Two thirds of its life are over (at ``now_ns``, by the best clock there is)."""
        return now_ns >= self.not_before_ns + (self.not_after_ns - self.not_before_ns) * 2 // 3


@dataclass(frozen=True, slots=True)
class Membership:
    """Everything a connection to the collector is made with."""

    keys: HostKeys
    certificate: Certificate
    root_pem: bytes


class IdentityStore:
    """The directory with the host's keys, certificate and pending request."""

    def __init__(self, directory: Path, root_pem: bytes) -> None:
        """Raises RefusedError when the pinned root is no certificate."""
        self._directory = directory
        self.root_pem = root_pem
        self.root = load_root(root_pem)

    def keys(self) -> HostKeys:
        """The keys, made at first use. Raises RefusedError for key files that cannot be used."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        tls = self._key(_TLS_KEY) or self._save_key(_TLS_KEY, ec.generate_private_key(ec.SECP256R1()))
        chain = self._key(_CHAIN_KEY) or self._save_key(_CHAIN_KEY, Ed25519PrivateKey.generate())
        if not isinstance(tls, ec.EllipticCurvePrivateKey) or not isinstance(chain, Ed25519PrivateKey):
            raise RefusedError(f"the host keys in {self._directory} are of the wrong type; remove them and enrol again")
        return HostKeys(tls, chain)

    def request(self, keys: HostKeys, hostname: str) -> bytes:
        """The CSR, the same bytes every time until it is spent: asking again must be the very same request."""
        path = self._directory / _REQUEST
        if path.exists():
            return path.read_bytes()
        csr = build_csr(keys.tls, keys.chain, hostname)
        replace_file(path, csr)
        return csr

    def certificate(self) -> Certificate | None:
        """The certificate kept; None when there is none.

        Raises RefusedError when it does not fit the keys beside it or the pinned root.
        """
        path = self._directory / _CERTIFICATE
        if not path.exists():
            return None
        try:
            chain = x509.load_pem_x509_certificates(path.read_bytes())
        except CERTIFICATE_FAULTS as error:
            raise RefusedError(f"{path} is damaged ({error}); remove it and enrol again") from error
        return self._checked(chain)

    def save_certificate(self, chain_der: Sequence[bytes], host_id: bytes) -> Certificate:
        """Keep a chain that was issued to us (leaf first). Raises RefusedError when it is not ours."""
        try:
            chain = [x509.load_der_x509_certificate(der) for der in chain_der]
        except CERTIFICATE_FAULTS as error:
            raise RefusedError(f"the collector sent a certificate that cannot be read: {error}") from error
        certificate = self._checked(chain)
        if host_id and certificate.identity.host_id != host_id:
            raise RefusedError("the collector sent a certificate for another host")
        replace_file(self._directory / _CERTIFICATE, certificate.chain_pem, mode=0o600)
        (self._directory / _REQUEST).unlink(missing_ok=True)
        return certificate

    def save_log_key(self, raw_key: bytes) -> None:
        """Keep the public key of the collector's log, the first time it is told; a later one never replaces it.

        A collector whose log key changed has another history: its tree heads no longer verify, and that is reported.
        """
        path = self._directory / LOG_KEY_FILE
        if len(raw_key) == LOG_KEY_BYTES and not path.exists():
            replace_file(path, raw_key.hex().encode() + b"\n", mode=0o644)

    def _checked(self, chain: Sequence[x509.Certificate]) -> Certificate:
        if not chain:
            raise RefusedError("the collector sent no certificate")
        keys = self.keys()
        try:
            identity = read_host_certificate(chain[0])
        except (IdentityError, *CERTIFICATE_FAULTS) as error:
            raise RefusedError(f"the host's certificate cannot be used: {error}") from error
        if identity.chain_key != raw(keys.chain.public_key()) or chain[0].public_key() != keys.tls.public_key():
            raise RefusedError("the host's certificate does not belong to the host's keys; enrol again")
        require_chain(chain, self.root)
        pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
        return Certificate(
            pem,
            identity,
            int(chain[0].not_valid_before_utc.timestamp()) * 1_000_000_000,
            int(chain[0].not_valid_after_utc.timestamp()) * 1_000_000_000,
        )

    def _key(self, name: str) -> object:
        path = self._directory / name
        if not path.exists():
            return None
        try:
            return serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise RefusedError(f"{path} is not a usable key ({error}); remove it and enrol again") from error

    def _save_key(self, name: str, key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> object:
        replace_file(self._directory / name, _pem(key))
        return key


def load_log_key(path: Path) -> bytes | None:
    """The collector's log key (32 raw bytes), as the collector's ``log.pub`` holds it (hexadecimal), or PEM or raw.

    None when there is no file.

    Raises RefusedError when the file holds anything else.
    """
    if not path.exists():
        return None
    data = path.read_bytes()
    if len(data) == 32:
        return data
    if re.fullmatch(rb"[0-9a-fA-F]{64}\s*", data):
        return bytes.fromhex(data.decode("ascii"))
    try:
        key = serialization.load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RefusedError(f"{path} holds no public key: {error}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise RefusedError(f"{path} holds a public key of another kind than Ed25519")
    return raw(key)


def load_root(pem: bytes) -> x509.Certificate:
    """The pinned root. Raises RefusedError when the bytes are not one certificate."""
    try:
        (root,) = x509.load_pem_x509_certificates(pem)
    except CERTIFICATE_FAULTS as error:
        raise RefusedError(f"the pinned root is not one PEM certificate: {error}") from error
    return root


def require_chain(chain: Sequence[x509.Certificate], root: x509.Certificate) -> None:
    """Every certificate is signed by the next, the last by the root. Times are left to whoever has a clock (C15).

    Raises RefusedError otherwise.
    """
    for child, parent in zip(chain, [*chain[1:], root], strict=True):
        try:
            child.verify_directly_issued_by(parent)
        except CERTIFICATE_FAULTS as error:
            subject = child.subject.rfc4514_string()
            raise RefusedError(f"the certificate of {subject!r} does not come from the pinned root") from error


def _pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

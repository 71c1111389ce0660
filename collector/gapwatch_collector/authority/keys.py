"""The keys of the online collector, loaded and checked against each other before anything listens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_collector.authority import certificates
from gapwatch_collector.authority.files import read_bounded, readable_by_others
from gapwatch_collector.errors import ConfigError, RefusedError
from gapwatch_proto.identity import HostKeysRequest


@dataclass(frozen=True, slots=True)
class CollectorKeys:
    """What the collector holds: never the root's key, never an officer's."""

    root: x509.Certificate
    ca: x509.Certificate
    ca_key: ec.EllipticCurvePrivateKey
    tls_chain_pem: bytes
    tls_key_pem: bytes
    log_key: Ed25519PrivateKey

    @property
    def root_pem(self) -> bytes:
        """What both servers trust and every host pins."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    @property
    def development(self) -> bool:
        """Whether this set was made for development and must not guard anything real."""
        return certificates.is_development(self.root)

    def issue_host_chain(
        self, request: HostKeysRequest, host_id: bytes, now_ns: int, life: timedelta
    ) -> tuple[x509.Certificate, list[bytes]]:
        """A host's leaf, and the DER chain to send (leaf first, then the online CA)."""
        now = datetime.fromtimestamp(now_ns // 1_000_000_000, tz=UTC)
        leaf = certificates.host_certificate(request, host_id, (self.ca, self.ca_key), now, life)
        return leaf, [item.public_bytes(serialization.Encoding.DER) for item in (leaf, self.ca)]


def load_collector_keys(directory: Path) -> CollectorKeys:
    """Read ``root.pem ca.pem ca.key tls.pem tls.key log.key``.

    Raises ConfigError naming every file that is missing, unreadable, open to others or does not fit the rest.
    """
    reader = _Reader(directory)
    root, ca = reader.certificate("root.pem"), reader.certificate("ca.pem")
    ca_key, tls_key = reader.ec_key("ca.key"), reader.ec_key("tls.key")
    tls = reader.certificate("tls.pem")
    log_key = reader.ed25519_key("log.key")
    if root and ca:
        reader.require(_issued(ca, root), "ca.pem was not issued by root.pem")
    if ca and ca_key:
        reader.require(ca.public_key() == ca_key.public_key(), "ca.key does not belong to ca.pem")
    if tls and tls_key:
        reader.require(tls.public_key() == tls_key.public_key(), "tls.key does not belong to tls.pem")
    if tls and ca:
        reader.require(_issued(tls, ca), "tls.pem was not issued by ca.pem")
    if reader.faults or not (root and ca and ca_key and tls_key and log_key):
        raise ConfigError(str(directory), reader.faults)
    return CollectorKeys(
        root, ca, ca_key, read_bounded(directory / "tls.pem"), read_bounded(directory / "tls.key"), log_key
    )


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file. Raises RefusedError."""
    try:
        return x509.load_pem_x509_certificate(read_bounded(path))
    except ValueError as error:
        raise RefusedError(f"{path} is not a PEM certificate") from error


def load_private_key(path: Path, passphrase: bytes = b"") -> object:
    """A PEM private key. Raises RefusedError, also when the passphrase is missing or wrong."""
    try:
        return serialization.load_pem_private_key(read_bounded(path), passphrase or None)
    except TypeError as error:
        wanted = "is encrypted: give --passphrase-file" if not passphrase else "is not encrypted: give no passphrase"
        raise RefusedError(f"{path} {wanted}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RefusedError(f"{path} is not a PEM private key, or the passphrase is wrong") from error


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


class _Reader:
    """Reads the files one after the other and remembers every fault."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.faults: list[str] = []

    def require(self, holds: bool, complaint: str) -> None:
        if not holds:
            self.faults.append(complaint)

    def certificate(self, name: str) -> x509.Certificate | None:
        try:
            return load_certificate(self._directory / name)
        except RefusedError as error:
            self.faults.append(str(error))
            return None

    def ec_key(self, name: str) -> ec.EllipticCurvePrivateKey | None:
        found = self._private_key(name)
        if found is None or isinstance(found, ec.EllipticCurvePrivateKey):
            return found
        self.faults.append(f"{self._directory / name} is not an elliptic curve key")
        return None

    def ed25519_key(self, name: str) -> Ed25519PrivateKey | None:
        found = self._private_key(name)
        if found is None or isinstance(found, Ed25519PrivateKey):
            return found
        self.faults.append(f"{self._directory / name} is not an Ed25519 key")
        return None

    def _private_key(self, name: str) -> object | None:
        path = self._directory / name
        try:
            found = load_private_key(path)
        except RefusedError as error:
            self.faults.append(str(error))
            return None
        self.require(not readable_by_others(path), f"{path} may be read by others; run: chmod 600 {path}")
        return found

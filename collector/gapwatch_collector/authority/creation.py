"""Making a zone's keys: the offline set, the officers' set and what the collector carries.

offline/root.key                  goes to a safe; only it can certify a new online CA or officer
officers/<name>.key  <name>.pem   each goes to its officer
collector/root.pem ca.pem ca.key tls.pem tls.key log.key log.pub
                                  goes to the collector; root.pem also to every host, which pins it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_collector.authority import certificates
from gapwatch_collector.authority.files import write_new
from gapwatch_collector.errors import RefusedError
from gapwatch_proto.identity import raw

OFFICERS_MIN: Final = 2
"""Policy carries two officers' signatures (C9); a set with fewer officers could never sign one."""

_OFFICER_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

PrivateKey = ec.EllipticCurvePrivateKey | Ed25519PrivateKey


def create_zone_keys(
    directory: Path, *, zone: str, officers: Sequence[str], development: bool, passphrase: bytes = b""
) -> list[Path]:
    """Create the whole set under ``directory`` and return the files, offline ones first.

    ``passphrase`` encrypts the root's and the officers' keys; the collector's own stay plain (it starts unattended).
    Raises RefusedError when the folder already holds a set or the officers' names will not do.
    """
    _require_officers(officers)
    for taken in (directory / "offline", directory / "officers", directory / "collector"):
        if taken.exists():
            raise RefusedError(f"{taken} exists already and keys are never overwritten; choose another folder")
    root_key = ec.generate_private_key(ec.SECP384R1())
    root = certificates.root_certificate(root_key, zone, development=development)
    files = [_write_key(directory / "offline" / "root.key", root_key, passphrase)]
    for name in officers:
        files += _create_officer(directory / "officers", name, (root, root_key), passphrase)
    return files + _create_collector(directory / "collector", zone, root, root_key)


def _require_officers(officers: Sequence[str]) -> None:
    if len(set(officers)) < OFFICERS_MIN:
        raise RefusedError(f"policy needs {OFFICERS_MIN} officers' signatures: name at least two different officers")
    for name in officers:
        if not _OFFICER_NAME.fullmatch(name):
            raise RefusedError(f"officer name {name!r}: use small letters, digits and '-', at most 32")


def _create_officer(
    directory: Path, name: str, issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], passphrase: bytes
) -> list[Path]:
    key = Ed25519PrivateKey.generate()
    certificate = certificates.officer_certificate(key.public_key(), name, *issuer)
    return [
        _write_key(directory / f"{name}.key", key, passphrase),
        _write_certificates(directory / f"{name}.pem", [certificate]),
    ]


def _create_collector(
    directory: Path, zone: str, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey
) -> list[Path]:
    ca_key, tls_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = certificates.ca_certificate(ca_key.public_key(), root, root_key, zone)
    tls = certificates.collector_certificate(tls_key.public_key(), ca, ca_key)
    log_key = Ed25519PrivateKey.generate()
    log_public = directory / "log.pub"
    files = [
        _write_certificates(directory / "root.pem", [root]),
        _write_certificates(directory / "ca.pem", [ca]),
        _write_key(directory / "ca.key", ca_key),
        _write_certificates(directory / "tls.pem", [tls, ca]),
        _write_key(directory / "tls.key", tls_key),
        _write_key(directory / "log.key", log_key),
    ]
    write_new(log_public, raw(log_key.public_key()).hex().encode() + b"\n", mode=0o644)
    return [*files, log_public]


def _write_key(path: Path, key: PrivateKey, passphrase: bytes = b"") -> Path:
    encryption: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    write_new(path, pem)
    return path


def _write_certificates(path: Path, chain: Sequence[x509.Certificate]) -> Path:
    write_new(path, b"".join(item.public_bytes(serialization.Encoding.PEM) for item in chain), mode=0o644)
    return path

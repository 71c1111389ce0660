"""What each certificate of a zone looks like.

    offline root (P-384)
    ├── online CA (P-256, path length 0)
    │   ├── collector's TLS certificate (1970..9999, so that a wrong clock locks nobody out; C15)
    │   └── hosts' leaves (short-lived by the collector's clock)
    └── officers' certificates (Ed25519, marked as able to sign policy; C9)

ECDSA for everything TLS touches: TLS libraries in use refuse Ed25519 there (measured).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gapwatch_proto.identity import CHAIN_KEY_OID, OFFICER_OID, HostKeysRequest, host_uri
from gapwatch_proto.wire import COLLECTOR_TLS_NAME

DEVELOPMENT_MARK: Final = "GAPWATCH DEVELOPMENT - NOT FOR USE"
"""Organisation in every certificate of a development set, so that none is ever mistaken for a real one."""

FOR_EVER_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
FOR_EVER_TO: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
BACKDATED: Final = timedelta(hours=1)
"""A leaf is valid from this long before it was made: hosts' and collectors' clocks differ."""

HOST_CERTIFICATE_LIFE: Final = timedelta(days=7)

_PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


def subject(common_name: str, *, development: bool) -> x509.Name:
    """A distinguished name; development sets carry the mark as organisation."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])]
    if development:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT_MARK))
    return x509.Name(attributes)


def is_development(certificate: x509.Certificate) -> bool:
    """Whether the certificate belongs to a development set."""
    organisations = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(attribute.value == DEVELOPMENT_MARK for attribute in organisations)


def root_certificate(key: ec.EllipticCurvePrivateKey, zone: str, *, development: bool) -> x509.Certificate:
    """The offline root, signed by itself."""
    name = subject(f"Gapwatch root {zone}".strip(), development=development)
    builder = _builder(name, name, key.public_key(), FOR_EVER_FROM, FOR_EVER_TO)
    builder = _as_authority(builder, path_length=1)
    return builder.sign(key, hashes.SHA384())


def ca_certificate(
    key: ec.EllipticCurvePublicKey, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, zone: str
) -> x509.Certificate:
    """The online CA: may issue leaves and nothing that issues."""
    name = subject(f"Gapwatch online CA {zone}".strip(), development=is_development(root))
    builder = _builder(name, root.subject, key, FOR_EVER_FROM, FOR_EVER_TO)
    builder = _as_authority(builder, path_length=0)
    return _issued_by(builder, root_key.public_key()).sign(root_key, hashes.SHA384())


def collector_certificate(
    key: ec.EllipticCurvePublicKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """The collector's TLS certificate: one fixed name, valid for ever, pinned through the root (C15)."""
    name = subject(COLLECTOR_TLS_NAME, development=is_development(ca))
    builder = _builder(name, ca.subject, key, FOR_EVER_FROM, FOR_EVER_TO)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(COLLECTOR_TLS_NAME)]), critical=False)
    builder = _as_leaf(builder, ExtendedKeyUsageOID.SERVER_AUTH)
    return _issued_by(builder, ca_key.public_key()).sign(ca_key, hashes.SHA256())


def officer_certificate(
    key: Ed25519PublicKey, name: str, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """An officer's certificate: the root says that this key may sign policy and rule packs."""
    subject_name = subject(name, development=is_development(root))
    builder = _builder(subject_name, root.subject, key, FOR_EVER_FROM, FOR_EVER_TO)
    builder = builder.add_extension(x509.UnrecognizedExtension(OFFICER_OID, b"policy"), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    return _issued_by(builder, root_key.public_key()).sign(root_key, hashes.SHA384())


def host_certificate(
    request: HostKeysRequest,
    host_id: bytes,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
    life: timedelta = HOST_CERTIFICATE_LIFE,
) -> x509.Certificate:
    """A host's leaf from a verified request: names the host id and its chain key, short-lived."""
    ca, ca_key = issuer
    name = subject(f"host {host_id.hex()}", development=is_development(ca))
    builder = _builder(name, ca.subject, request.tls_key, now - BACKDATED, now + life)
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.UniformResourceIdentifier(host_uri(host_id))]), critical=False
    )
    builder = builder.add_extension(x509.UnrecognizedExtension(CHAIN_KEY_OID, request.chain_key), critical=False)
    builder = _as_leaf(builder, ExtendedKeyUsageOID.CLIENT_AUTH)
    return _issued_by(builder, ca_key.public_key()).sign(ca_key, hashes.SHA256())


def _builder(
    name: x509.Name, issuer: x509.Name, key: _PublicKey, valid_from: datetime, valid_to: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(valid_from).not_valid_after(valid_to)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _issued_by(builder: x509.CertificateBuilder, issuer_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)


def _as_authority(builder: x509.CertificateBuilder, *, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_usage(key_cert_sign=True), critical=True)


def _as_leaf(builder: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    return builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )

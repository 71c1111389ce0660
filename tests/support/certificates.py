"""A small authority for tests: offline root, online CA, collector, officers, hosts. Keys are made once a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gapwatch_proto.identity import CHAIN_KEY_OID, OFFICER_OID, host_uri, policy_message, read_csr
from gapwatch_proto.record import SUITE_SHA256_ED25519
from gapwatch_proto.v1 import stream_pb2
from gapwatch_proto.wire import COLLECTOR_TLS_NAME

EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def key_pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: str, issuer: x509.Name, key: object, valid: tuple[datetime, datetime], *, ca: bool):
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )


@dataclass(frozen=True)
class Officer:
    """Somebody who may sign policy."""

    certificate: x509.Certificate
    key: Ed25519PrivateKey


class Authority:
    """One zone's chain of trust."""

    def __init__(self, name: str = "test") -> None:
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        root_name = f"{name} root"
        self.root = _builder(root_name, _name(root_name), self.root_key.public_key(), EVER, ca=True).sign(
            self.root_key, hashes.SHA256()
        )
        self.ca_key = ec.generate_private_key(ec.SECP256R1())
        self.ca = _builder(f"{name} online CA", self.root.subject, self.ca_key.public_key(), EVER, ca=True).sign(
            self.root_key, hashes.SHA256()
        )

    @property
    def root_pem(self) -> bytes:
        return pem(self.root)

    def collector(self, dns_name: str = COLLECTOR_TLS_NAME) -> tuple[bytes, bytes]:
        """Key and chain PEM of a server."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            _builder("collector", self.ca.subject, key.public_key(), EVER, ca=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns_name)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self.ca_key, hashes.SHA256())
        )
        return key_pem(key), pem(leaf) + pem(self.ca)

    def host_chain(self, csr: bytes, host_id: bytes, valid: tuple[datetime, datetime] | None = None) -> list[bytes]:
        """DER chain (leaf, online CA) for a host's request."""
        request = read_csr(csr)
        now = datetime.now(UTC)
        times = valid or (now - timedelta(hours=1), now + timedelta(days=7))
        leaf = (
            _builder("host", self.ca.subject, request.tls_key, times, ca=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(host_uri(host_id))]), critical=False
            )
            .add_extension(x509.UnrecognizedExtension(CHAIN_KEY_OID, request.chain_key), critical=False)
            .sign(self.ca_key, hashes.SHA256())
        )
        return [der(leaf), der(self.ca)]

    def officer(
        self, name: str, *, key: Ed25519PrivateKey | None = None, marked: bool = True, online: bool = False
    ) -> Officer:
        """Certified by the root; ``online`` by the online CA, as somebody who broke into the collector could."""
        key = key or Ed25519PrivateKey.generate()
        issuer, issuer_key = (self.ca, self.ca_key) if online else (self.root, self.root_key)
        builder = _builder(name, issuer.subject, key.public_key(), EVER, ca=False)
        if marked:
            builder = builder.add_extension(x509.UnrecognizedExtension(OFFICER_OID, b"policy"), critical=False)
        return Officer(builder.sign(issuer_key, hashes.SHA256()), key)


def authority(name: str = "test") -> Authority:
    """The same authority for every test of a process; ``authority("foreign")`` is another one."""
    return _made(name)


@cache
def _made(name: str) -> Authority:
    return Authority(name)


def policy_bytes(version: int = 2, zone: str = "zone-a", controls: dict[str, str] | None = None, **more: int) -> bytes:
    policy = stream_pb2.Policy(
        version=version, zone=zone, controls=controls if controls is not None else {"usb_storage": "observe"}, **more
    )
    return policy.SerializeToString()


def signed_policy(policy: bytes, *officers: Officer, suite: int = SUITE_SHA256_ED25519) -> bytes:
    """A serialised SignedPolicy."""
    return stream_pb2.SignedPolicy(
        suite=suite,
        policy=policy,
        signatures=[
            stream_pb2.OfficerSignature(
                certificate=der(officer.certificate), signature=officer.key.sign(policy_message(policy))
            )
            for officer in officers
        ],
    ).SerializeToString()

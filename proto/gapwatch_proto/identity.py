"""Who a certificate speaks for.

A host has two keys: P-256 for TLS (measured: Ed25519 leaves are refused there) and Ed25519 for its chain. Both are
bound in one CSR: an extension carries the chain public key and its signature over the TLS key, so neither can be
swapped without the other. The leaf carries the chain key in the same extension and the host id as a URI. OIDs
stand under the UUID arc 2.25, which needs no registration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from gapwatch_proto.errors import ProtocolError
from gapwatch_proto.record import ID_BYTES, SUITE_SHA256_ED25519

CHAIN_KEY_OID: Final = x509.ObjectIdentifier("2.25.191573286104861271353174811268304582961")
"""Extension: raw Ed25519 public key (32 bytes), in a CSR followed by its signature over the TLS key (64 bytes)."""

OFFICER_OID: Final = x509.ObjectIdentifier("2.25.191573286104861271353174811268304582962")
"""Extension that marks a certificate of the offline root as an officer's, able to sign policy and rule packs."""

_BINDING_TAG: Final = b"gapwatch key binding v1\x00"
_RENEWAL_TAG: Final = b"gapwatch renewal v1\x00"
_POLICY_TAG: Final = b"gapwatch policy v1\x00"
_TREE_HEAD_TAG: Final = b"gapwatch tree head v1\x00"
_HOST_URI: Final = "urn:gapwatch:host:"


_UNREADABLE: Final = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
# What cryptography raises for DER that is well-formed enough to begin with and strange further in.


class IdentityError(ProtocolError):
    """A CSR or certificate that does not say, provably, whose it is."""


@dataclass(frozen=True, slots=True)
class HostIdentity:
    """What a host's leaf certificate proves: host id (16 bytes) and chain public key (32 raw bytes)."""

    host_id: bytes
    chain_key: bytes
    certificate_serial: int


@dataclass(frozen=True, slots=True)
class HostKeysRequest:
    """A verified CSR: both public keys, each proven to be held by the sender."""

    tls_key: ec.EllipticCurvePublicKey
    chain_key: bytes


def raw(key: Ed25519PublicKey) -> bytes:
    """The 32 raw bytes of an Ed25519 public key."""
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def build_csr(tls_key: ec.EllipticCurvePrivateKey, chain_key: Ed25519PrivateKey, hostname: str) -> bytes:
    """A DER request that binds both host keys."""
    proof = chain_key.sign(_BINDING_TAG + _spki(tls_key.public_key()))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64] or "host")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    extension = x509.UnrecognizedExtension(CHAIN_KEY_OID, raw(chain_key.public_key()) + proof)
    csr = builder.add_extension(extension, critical=False).sign(tls_key, hashes.SHA256())
    return csr.public_bytes(serialization.Encoding.DER)


def read_csr(der: bytes) -> HostKeysRequest:
    """Verify a CSR from outside.

    Raises IdentityError when it is not DER, not P-256, not signed by its own key, or does not bind a chain key.
    """
    try:
        csr = x509.load_der_x509_csr(der)
        key = csr.public_key()
        signed = csr.is_signature_valid
        bound = csr.extensions.get_extension_for_oid(CHAIN_KEY_OID).value
    except x509.ExtensionNotFound as error:
        raise IdentityError("the request does not bind a chain key") from error
    except _UNREADABLE as error:
        raise IdentityError(f"the request cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise IdentityError("the request's TLS key is not P-256")
    if not signed:
        raise IdentityError("the request is not signed by its own key")
    if not isinstance(bound, x509.UnrecognizedExtension) or len(bound.value) != 32 + 64:
        raise IdentityError("the request's chain key has the wrong shape")
    chain_key, proof = bound.value[:32], bound.value[32:]
    _verify(chain_key, proof, _BINDING_TAG + _spki(key), "the chain key did not sign for the TLS key")
    return HostKeysRequest(key, chain_key)


def host_uri(host_id: bytes) -> str:
    """The URI in a leaf's subject alternative name."""
    return _HOST_URI + host_id.hex()


def read_host_certificate(certificate: x509.Certificate) -> HostIdentity:
    """Whose a (already verified) leaf is. Raises IdentityError when it is not a host's leaf of ours."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        bound = certificate.extensions.get_extension_for_oid(CHAIN_KEY_OID).value
    except (x509.ExtensionNotFound, *_UNREADABLE) as error:
        raise IdentityError("the certificate is not a host's") from error
    uris = [uri for uri in names.get_values_for_type(x509.UniformResourceIdentifier) if uri.startswith(_HOST_URI)]
    if len(uris) != 1 or not isinstance(bound, x509.UnrecognizedExtension) or len(bound.value) != 32:
        raise IdentityError("the certificate does not name one host and its chain key")
    try:
        host_id = bytes.fromhex(uris[0].removeprefix(_HOST_URI))
    except ValueError as error:
        raise IdentityError("the certificate's host id is not hexadecimal") from error
    if len(host_id) != ID_BYTES:
        raise IdentityError(f"the certificate's host id has {len(host_id)} bytes, not {ID_BYTES}")
    return HostIdentity(host_id, bound.value, certificate.serial_number)


def renewal_message(host_id: bytes, csr: bytes) -> bytes:
    """What the chain key signs to renew a certificate without a valid one."""
    return _RENEWAL_TAG + host_id + csr


def policy_message(policy: bytes) -> bytes:
    """What an officer signs: the serialised policy as it stands."""
    return _POLICY_TAG + bytes([SUITE_SHA256_ED25519]) + policy


def tree_head_message(tree_size: int, root_hash: bytes, signed_at_ns: int) -> bytes:
    """What the collector's log key signs."""
    return (
        _TREE_HEAD_TAG
        + bytes([SUITE_SHA256_ED25519])
        + tree_size.to_bytes(8, "big")
        + root_hash
        + signed_at_ns.to_bytes(8, "big", signed=True)
    )


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether an Ed25519 signature holds; False also for a key of the wrong shape."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify(public_key: bytes, signature: bytes, message: bytes, complaint: str) -> None:
    if not verify(public_key, signature, message):
        raise IdentityError(complaint)

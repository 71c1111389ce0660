"""Certificates and requests: what they prove, and every way they can fail to."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_proto import identity
from gapwatch_proto.identity import IdentityError

TLS = ec.generate_private_key(ec.SECP256R1())
CHAIN = Ed25519PrivateKey.generate()
HOST = bytes(range(16))
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host-1")])
GOOD = identity.build_csr(TLS, CHAIN, "host-1")


def request(key, bound: bytes | None, oid=identity.CHAIN_KEY_OID) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAME)
    if bound is not None:
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, bound), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def leaf(uris: list[str], bound: bytes | None) -> x509.Certificate:
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(TLS.public_key())
        .serial_number(77)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
    )
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if bound is not None:
        extension = x509.UnrecognizedExtension(identity.CHAIN_KEY_OID, bound)
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(TLS, hashes.SHA256())


def test_a_request_proves_both_keys() -> None:
    read = identity.read_csr(GOOD)
    assert read.chain_key == identity.raw(CHAIN.public_key())
    assert read.tls_key.public_numbers() == TLS.public_key().public_numbers()


@pytest.mark.parametrize(
    ("der", "complaint"),
    [
        (b"not der", "cannot be read"),
        (request(TLS, None), "does not bind"),
        (request(TLS, b"short"), "wrong shape"),
        (request(TLS, identity.raw(CHAIN.public_key()) + bytes(64)), "did not sign"),
        (request(ec.generate_private_key(ec.SECP384R1()), bytes(96)), "not P-256"),
        (request(rsa.generate_private_key(65537, 2048), bytes(96)), "not P-256"),
        # The proof of another TLS key, moved over: one key cannot borrow the other's request.
        (
            request(
                ec.generate_private_key(ec.SECP256R1()),
                x509.load_der_x509_csr(GOOD).extensions.get_extension_for_oid(identity.CHAIN_KEY_OID).value.value,
            ),
            "did not sign",
        ),
    ],
)
def test_a_request_that_proves_less_is_refused(der: bytes, complaint: str) -> None:
    with pytest.raises(IdentityError, match=complaint):
        identity.read_csr(der)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_damaged_request_is_refused(at: int, flip: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= flip
    with pytest.raises(IdentityError):
        identity.read_csr(bytes(damaged))


def test_a_leaf_names_its_host_and_chain_key() -> None:
    read = identity.read_host_certificate(leaf([identity.host_uri(HOST)], bytes(32)))
    assert read == identity.HostIdentity(HOST, bytes(32), 77)


@pytest.mark.parametrize(
    ("uris", "bound", "complaint"),
    [
        ([], bytes(32), "not a host's"),
        ([identity.host_uri(HOST)], None, "not a host's"),
        (["urn:other:1"], bytes(32), "name one host"),
        ([identity.host_uri(HOST), identity.host_uri(bytes(16))], bytes(32), "name one host"),
        ([identity.host_uri(HOST)], bytes(31), "name one host"),
        (["urn:gapwatch:host:zz"], bytes(32), "hexadecimal"),
        (["urn:gapwatch:host:00ff"], bytes(32), "2 bytes"),
    ],
)
def test_a_leaf_of_somebody_else_is_refused(uris: list[str], bound: bytes | None, complaint: str) -> None:
    with pytest.raises(IdentityError, match=complaint):
        identity.read_host_certificate(leaf(uris, bound))


def test_messages_to_sign_cannot_be_taken_for_each_other() -> None:
    data = bytes(32)
    messages = {
        identity.policy_message(data),
        identity.renewal_message(HOST, data),
        identity.tree_head_message(0, data, 0),
    }
    assert len({message.split(b"\x00")[0] for message in messages}) == 3


def test_a_key_of_the_wrong_shape_verifies_nothing() -> None:
    assert not identity.verify(b"short", bytes(64), b"")

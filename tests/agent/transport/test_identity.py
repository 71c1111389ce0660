"""Keys and certificate on disk."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gapwatch_agent.errors import RefusedError
from gapwatch_agent.transport.identity import (
    LOG_KEY_FILE,
    Certificate,
    IdentityStore,
    load_log_key,
    load_root,
    require_chain,
)
from gapwatch_proto.identity import raw, read_csr
from support.certificates import authority, key_pem, pem

HOST_ID = b"h" * 16


@pytest.fixture
def store(tmp_path: Path) -> IdentityStore:
    return IdentityStore(tmp_path / "identity", authority().root_pem)


def issued(store: IdentityStore, host_id: bytes = HOST_ID) -> Certificate:
    csr = store.request(store.keys(), "station")
    return store.save_certificate(authority().host_chain(csr, host_id), host_id)


def test_keys_are_made_once_and_only_their_owner_reads_them(store: IdentityStore, tmp_path: Path) -> None:
    keys = store.keys()
    again = IdentityStore(tmp_path / "identity", authority().root_pem).keys()
    assert raw(keys.chain.public_key()) == raw(again.chain.public_key())
    assert keys.tls.public_key() == again.tls.public_key()
    for name in ("tls.key", "chain.key"):
        assert stat.S_IMODE((tmp_path / "identity" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "identity").stat().st_mode) == 0o700


def test_a_request_stays_the_same_until_it_is_spent(store: IdentityStore) -> None:
    keys = store.keys()
    first = store.request(keys, "station")
    assert store.request(keys, "station") == first
    assert read_csr(first).chain_key == raw(keys.chain.public_key())
    issued(store)
    assert store.request(keys, "station") != first


def test_a_certificate_is_kept_and_read_back(store: IdentityStore) -> None:
    assert store.certificate() is None
    saved = issued(store)
    kept = store.certificate()
    assert kept == saved
    assert kept is not None
    assert kept.identity.host_id == HOST_ID
    assert kept.chain_pem.count(b"BEGIN CERTIFICATE") == 2


def test_renewal_is_due_after_two_thirds(store: IdentityStore) -> None:
    certificate = issued(store)
    life = certificate.not_after_ns - certificate.not_before_ns
    assert not certificate.renewal_due(certificate.not_before_ns + life // 2)
    assert certificate.renewal_due(certificate.not_before_ns + life * 3 // 4)
    assert certificate.renewal_due(certificate.not_after_ns + 1)


def test_an_expired_certificate_can_still_be_kept(store: IdentityStore) -> None:
    # Whose clock is right is not for the host to say (C15).
    old = datetime(2001, 1, 1, tzinfo=UTC)
    chain = authority().host_chain(store.request(store.keys(), "s"), HOST_ID, (old, old + timedelta(days=7)))
    assert store.save_certificate(chain, HOST_ID).renewal_due(10**18)


def test_a_certificate_that_is_not_ours_is_refused(store: IdentityStore, tmp_path: Path) -> None:
    csr = store.request(store.keys(), "station")
    other = IdentityStore(tmp_path / "other", authority().root_pem)
    with pytest.raises(RefusedError, match="another host"):
        store.save_certificate(authority().host_chain(csr, b"x" * 16), HOST_ID)
    with pytest.raises(RefusedError, match="does not belong to the host's keys"):
        store.save_certificate(authority().host_chain(other.request(other.keys(), "o"), HOST_ID), HOST_ID)
    with pytest.raises(RefusedError, match="does not come from the pinned root"):
        store.save_certificate(authority("foreign").host_chain(csr, HOST_ID), HOST_ID)
    with pytest.raises(RefusedError, match="no certificate"):
        store.save_certificate([], HOST_ID)
    with pytest.raises(RefusedError, match="cannot be read"):
        store.save_certificate([b"garbage"], HOST_ID)
    with pytest.raises(RefusedError, match="cannot be used"):
        store.save_certificate([authority().host_chain(csr, HOST_ID)[1]], HOST_ID)
    assert store.certificate() is None


def test_damaged_files_are_named(store: IdentityStore, tmp_path: Path) -> None:
    issued(store)
    (tmp_path / "identity" / "certificate.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\ngarbage")
    with pytest.raises(RefusedError, match=r"certificate\.pem is damaged"):
        store.certificate()
    (tmp_path / "identity" / "chain.key").write_bytes(b"garbage")
    with pytest.raises(RefusedError, match=r"chain\.key is not a usable key"):
        store.keys()
    (tmp_path / "identity" / "chain.key").write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(RefusedError, match="wrong type"):
        store.keys()


@pytest.mark.parametrize("bad", [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_root_must_be_one_certificate(bad: bytes) -> None:
    with pytest.raises(RefusedError, match="pinned root"):
        load_root(bad)
    with pytest.raises(RefusedError, match="pinned root"):
        load_root(pem(authority().root) + pem(authority().ca))


def test_a_chain_must_end_at_the_root() -> None:
    require_chain([authority().ca], authority().root)
    with pytest.raises(RefusedError):
        require_chain([authority().ca], authority("foreign").root)


def test_the_log_key_is_known_only_when_somebody_put_it_there(store: IdentityStore, tmp_path: Path) -> None:
    public = store.keys().chain.public_key()
    path = tmp_path / "log.pub"
    assert load_log_key(path) is None
    path.write_bytes(raw(public))
    assert load_log_key(path) == raw(public)
    path.write_text(raw(public).hex() + "\n")
    assert load_log_key(path) == raw(public)
    path.write_bytes(public_pem(public))
    assert load_log_key(path) == raw(public)
    for wrong in (b"garbage", public_pem(store.keys().tls.public_key())):
        path.write_bytes(wrong)
        with pytest.raises(RefusedError, match="public key"):
            load_log_key(path)


def public_pem(key: ec.EllipticCurvePublicKey | Ed25519PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_the_first_log_key_told_is_kept_for_ever(store: IdentityStore, tmp_path: Path) -> None:
    store.keys()
    path = tmp_path / "identity" / LOG_KEY_FILE
    store.save_log_key(b"")  # an older collector says nothing
    assert load_log_key(path) is None
    store.save_log_key(b"k" * 32)
    assert load_log_key(path) == b"k" * 32
    store.save_log_key(b"x" * 32)
    assert load_log_key(path) == b"k" * 32

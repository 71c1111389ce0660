"""Policy: written, signed by two officers, checked before it is relayed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.authority.policy import (
    describe_policy,
    policy_from_toml,
    read_signed_policy,
    sign_policy,
    verify_signed_policy,
)
from gapwatch_collector.errors import ConfigError, RefusedError
from gapwatch_proto.identity import policy_message
from gapwatch_proto.v1 import stream_pb2
from support.policies import officer, policy_bytes, signed_policy
from support.zones import zone_keys


def refused(signed: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        verify_signed_policy(signed, zone_keys().root)


def test_two_officers_signatures_make_a_policy() -> None:
    view = verify_signed_policy(signed_policy(7, zone="classified"), zone_keys().root)
    assert (view.version, view.zone, view.heartbeat_interval_s) == (7, "classified", 60)
    assert (view.controls, view.officers) == ({"usb": "observe"}, ("officer-1", "officer-2"))


def test_the_second_officer_signs_what_the_first_has_signed() -> None:
    half = sign_policy(policy_bytes(1), [officer(1)])
    refused(half, "1 did")
    whole = sign_policy(b"", [officer(3)], half)
    assert verify_signed_policy(whole, zone_keys().root).officers == ("officer-1", "officer-3")


def test_nobody_signs_twice() -> None:
    half = sign_policy(policy_bytes(1), [officer(1)])
    with pytest.raises(RefusedError, match="another officer"):
        sign_policy(b"", [officer(1)], half)
    doubled = read_signed_policy(half)
    doubled.signatures.append(doubled.signatures[0])
    refused(doubled.SerializeToString(), "1 did")


def test_a_key_needs_its_own_certificate() -> None:
    with pytest.raises(RefusedError, match="does not belong"):
        sign_policy(policy_bytes(1), [replace(officer(1), certificate=officer(2).certificate)])


def test_changed_bytes_foreign_officers_and_hosts_do_not_count() -> None:
    changed = read_signed_policy(signed_policy(1))
    changed.policy = policy_bytes(2)
    refused(changed.SerializeToString(), "does not fit")
    refused(sign_policy(policy_bytes(1), [officer(1, "foreign"), officer(2, "foreign")]), "not issued by this zone")
    hosts = read_signed_policy(sign_policy(policy_bytes(1), [officer(1)]))
    hosts.signatures.add(certificate=b"not DER", signature=b"")
    refused(hosts.SerializeToString(), "not issued by this zone")


def test_the_online_ca_is_no_officer() -> None:
    keys = zone_keys()
    message = read_signed_policy(sign_policy(policy_bytes(1), [officer(1)]))
    signature = keys.log_key.sign(policy_message(message.policy))
    from cryptography.hazmat.primitives.serialization import Encoding

    message.signatures.add(certificate=keys.ca.public_bytes(Encoding.DER), signature=signature)
    refused(message.SerializeToString(), "not an officer's")


def test_every_mistake_of_a_policy_file_is_named_at_once() -> None:
    text = 'version = 0\nheartbeat_interval_s = 1\ncontrols = { usb = "maybe" }\ncolour = "red"'
    with pytest.raises(ConfigError) as caught:
        policy_from_toml(text, "p.toml", 1)
    assert len(caught.value.faults) == 4
    for words in ("version", "heartbeat_interval_s", "controls", "colour"):
        assert words in str(caught.value)
    with pytest.raises(ConfigError, match="not TOML"):
        policy_from_toml("version =", "p.toml", 1)


def test_an_unsigned_or_empty_policy_is_refused() -> None:
    refused(b"", "suite")
    refused(stream_pb2.SignedPolicy(suite=1, policy=policy_bytes(1)).SerializeToString(), "0 did")
    refused(sign_policy(b"\x08\x00", [officer(1), officer(2)]), "no version")


@given(st.binary(max_size=300))
def test_no_bytes_from_outside_raise_anything_else(data: bytes) -> None:
    for read in (describe_policy, lambda signed: verify_signed_policy(signed, zone_keys().root)):
        with pytest.raises(RefusedError):
            read(data)

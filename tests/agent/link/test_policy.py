"""What a signed policy is worth."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gapwatch_agent.errors import RefusedError
from gapwatch_agent.link.policy import Policy, PolicyStore, verify_policy
from gapwatch_proto.v1 import stream_pb2 as pb
from support.certificates import Officer, authority, policy_bytes, signed_policy

ROOT = authority().root
FIRST, SECOND = authority().officer("first officer"), authority().officer("second officer")
STRANGERS = authority("foreign").officer("first officer"), authority("foreign").officer("second officer")
GOOD = signed_policy(policy_bytes(), FIRST, SECOND)


def verified(signed: bytes, newer_than: int = 1) -> Policy:
    return verify_policy(signed, ROOT, "zone-a", newer_than)


def test_two_officers_a_newer_version_and_our_zone_count() -> None:
    policy = verified(signed_policy(policy_bytes(heartbeat_interval_s=120), FIRST, SECOND))
    assert (policy.version, policy.zone, policy.heartbeat_interval_s) == (2, "zone-a", 120)
    assert policy.controls == {"usb_storage": "observe"}
    assert policy.officers == ("CN=first officer", "CN=second officer")


def test_an_interval_that_is_not_said_is_the_default() -> None:
    assert verified(GOOD).heartbeat_interval_s == 60


def renamed() -> Officer:
    return authority().officer("the first officer again", key=FIRST.key)


@pytest.mark.parametrize(
    ("signed", "complaint"),
    [
        (signed_policy(policy_bytes()), r"0 officer's signature"),
        (signed_policy(policy_bytes(), FIRST), r"1 officer's signature"),
        (signed_policy(policy_bytes(), FIRST, FIRST), r"1 officer's signature"),
        (signed_policy(policy_bytes(), FIRST, renamed()), r"1 officer's signature"),
        (signed_policy(policy_bytes(), FIRST, authority().officer("first officer")), r"1 officer's signature"),
        (signed_policy(policy_bytes(), *STRANGERS), r"0 officer's signature"),
        (signed_policy(policy_bytes(), FIRST, STRANGERS[1]), r"1 officer's signature"),
        (signed_policy(policy_bytes(), FIRST, authority().officer("nobody", marked=False)), r"1 officer's signature"),
        (signed_policy(policy_bytes(version=1), FIRST, SECOND), "not newer than 1"),
        (signed_policy(policy_bytes(version=0), FIRST, SECOND), "not newer than 1"),
        (signed_policy(policy_bytes(zone="zone-b"), FIRST, SECOND), "zone 'zone-b'"),
        (signed_policy(policy_bytes(zone=""), FIRST, SECOND), "zone ''"),
        (signed_policy(policy_bytes(), FIRST, SECOND, suite=9), "suite 9"),
        (signed_policy(policy_bytes(controls={"usb": "block"}), FIRST, SECOND), "'usb': 'block'"),
        (signed_policy(policy_bytes(controls={str(n): "off" for n in range(300)}), FIRST, SECOND), "300 controls"),
        (signed_policy(policy_bytes(heartbeat_interval_s=1), FIRST, SECOND), "heartbeat every 1 s"),
        (signed_policy(policy_bytes(heartbeat_interval_s=100_000), FIRST, SECOND), "outside 10 to 86400"),
        (signed_policy(b"\xff\xff", FIRST, SECOND), "cannot be read"),
        (b"", "suite 0"),
        (b"\xff\xff\xff", "cannot be read"),
        (bytes(2 * 1024 * 1024), "1048576 at most"),
    ],
)
def test_anything_less_is_kept_out_with_a_reason(signed: bytes, complaint: str) -> None:
    with pytest.raises(RefusedError, match=complaint):
        verified(signed)


def test_a_signature_over_other_bytes_does_not_count() -> None:
    envelope = pb.SignedPolicy.FromString(GOOD)
    envelope.policy = policy_bytes(controls={"usb_storage": "off"})
    with pytest.raises(RefusedError, match="0 officer"):
        verified(envelope.SerializeToString())


def test_an_officer_certified_by_the_online_ca_does_not_count() -> None:
    # The online CA can be broken into; only the offline root makes officers.
    with pytest.raises(RefusedError, match="1 officer"):
        verified(signed_policy(policy_bytes(), FIRST, authority().officer("second officer", online=True)))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_truncated_anywhere_it_is_kept_out(length: int) -> None:
    with pytest.raises(RefusedError):
        verified(GOOD[:length])


@settings(max_examples=120, deadline=None)
@example(438, 128)  # the library only warns of some
@example(55, 1)  # and raises something of its own for others
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_changed_byte_never_changes_what_is_in_force(place: int, flip: int) -> None:
    data = bytearray(GOOD)
    data[place] ^= flip
    try:
        policy = verified(bytes(data))
    except RefusedError:
        return
    assert (policy.version, policy.controls) == (2, {"usb_storage": "observe"})


def test_the_last_good_one_survives_bad_ones_and_a_restart(tmp_path: Path) -> None:
    store = PolicyStore(tmp_path / "policy", "zone-a")
    store.load(ROOT)
    assert store.in_force.version == 0
    store.offer(GOOD, ROOT)
    for bad in (GOOD, GOOD[:-3], signed_policy(policy_bytes(version=9), FIRST)):
        with pytest.raises(RefusedError):
            store.offer(bad, ROOT)
    assert store.in_force.version == 2
    again = PolicyStore(tmp_path / "policy", "zone-a")
    again.load(ROOT)
    assert again.in_force == store.in_force
    store.offer(signed_policy(policy_bytes(version=3), FIRST, SECOND), ROOT)
    assert store.in_force.version == 3


def test_a_kept_policy_that_was_tampered_with_is_not_put_in_force(tmp_path: Path) -> None:
    (tmp_path / "policy").write_bytes(signed_policy(policy_bytes(version=9), *STRANGERS))
    store = PolicyStore(tmp_path / "policy", "zone-a")
    with pytest.raises(RefusedError):
        store.load(ROOT)
    assert store.in_force.version == 0

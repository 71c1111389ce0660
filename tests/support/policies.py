"""Policies signed by the officers of the test zone."""

from __future__ import annotations

from gapwatch_collector.authority.keys import load_certificate, load_private_key
from gapwatch_collector.authority.policy import Officer, policy_from_toml, sign_policy
from support.zones import zone_keys_dir


def officer(number: int, zone: str = "zone") -> Officer:
    """One of the zone's three officers (1 to 3)."""
    folder = zone_keys_dir(zone) / "officers"
    return Officer(
        load_private_key(folder / f"officer-{number}.key"), load_certificate(folder / f"officer-{number}.pem")
    )


def policy_bytes(version: int, zone: str = "") -> bytes:
    """A policy nobody has signed."""
    return policy_from_toml(f'version = {version}\nzone = "{zone}"\n[controls]\nusb = "observe"', "test", 1)


def signed_policy(version: int, officers: tuple[int, ...] = (1, 2), zone: str = "") -> bytes:
    """A policy with these officers' signatures."""
    return sign_policy(policy_bytes(version, zone), [officer(number) for number in officers])

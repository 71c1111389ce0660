"""Opens stores for tests: a fake clock, a real log key."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_collector.clock import Clock
from gapwatch_collector.model import Alert
from gapwatch_collector.store import Store, open_store
from gapwatch_proto.identity import raw
from support.clock import FakeClock

LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"a log key, for tests only, 32 b.")
LOG_PUBLIC_KEY = raw(LOG_KEY.public_key())


def make_store(path: Path, clock: Clock | None = None, *, busy_timeout_s: float = 5.0) -> Store:
    return open_store(path, sign=LOG_KEY.sign, clock=clock or FakeClock(), busy_timeout_s=busy_timeout_s)


def make_alert(number: int, **changes: object) -> Alert:
    """An alert whose id is made from the number; everything else can be said."""
    values: dict[str, object] = {
        "alert_id": number.to_bytes(32, "big"),
        "case_id": (number // 3).to_bytes(32, "big"),
        "rule_id": "6f3e4b1a-0000-4000-8000-000000000001",
        "catalogue_id": "MED-01",
        "severity": number % 5 + 1,
        "event_ns": 1_790_000_000_000_000_000 + number,
        "uncertainty_ns": 0,
        "raised_ns": 1_790_000_000_000_000_000 + number,
        "host_id": bytes([number % 7]) * 16,
        "facts": {"file.path": f"/media/usb/文件-{number}.docx", "mark.level": "secret", "medium.registered": False},
        "members": (number,),
    }
    return Alert(**{**values, **changes})

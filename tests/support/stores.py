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


def make_alert(seed: int, /, **changes: object) -> Alert:
    """An alert whose id is made from the seed; everything else can be said."""
    values: dict[str, object] = {
        "alert_id": seed.to_bytes(32, "big"),
        "case_id": (seed // 3).to_bytes(32, "big"),
        "rule_id": "6f3e4b1a-0000-4000-8000-000000000001",
        "catalogue_id": "MED-01",
        "severity": seed % 5 + 1,
        "event_ns": 1_790_000_000_000_000_000 + seed,
        "uncertainty_ns": 0,
        "raised_ns": 1_790_000_000_000_000_000 + seed,
        "host_id": bytes([seed % 7]) * 16,
        "facts": {"file.path": f"/media/usb/文件-{seed}.docx", "mark.level": "secret", "medium.registered": False},
        "members": (seed,),
    }
    return Alert(**{**values, **changes})


class Engine:
    """One engine's way to open stores over the same database, as the contract suite wants it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()
        self._open: list[Store] = []

    def open(self, *, busy_timeout_s: float = 5.0) -> Store:
        """Another store over the same database, as a second process would have."""
        store = make_store(self.path, self.clock, busy_timeout_s=busy_timeout_s)
        self._open.append(store)
        return store

    def close(self) -> None:
        for store in self._open:
            store.close()
        self._open.clear()

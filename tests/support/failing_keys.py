"""A log key that stops signing: every act that must stand in the log then fails as a whole."""

from __future__ import annotations

from pathlib import Path

from gapwatch_collector.store import Store, open_store
from support.clock import FakeClock
from support.stores import LOG_KEY


class LogKeyLostError(Exception):
    """The key store does not answer."""


class FailingKey:
    """Signs until told to fail."""

    def __init__(self) -> None:
        self.fails = False

    def __call__(self, message: bytes) -> bytes:
        if self.fails:
            raise LogKeyLostError
        return LOG_KEY.sign(message)


def store_with_failing_key(path: Path) -> tuple[Store, FailingKey]:
    key = FailingKey()
    return open_store(path, sign=key, clock=FakeClock()), key

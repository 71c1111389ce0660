"""A token that could not be spent because the store was busy is still good."""

from __future__ import annotations

import sqlite3

import pytest

from gapwatch_collector.errors import StoreBusyError
from gapwatch_collector.model import EnrolmentToken, PendingEnrolment
from support.stores import Engine

TOKEN = EnrolmentToken(b"t" * 32, created_ns=10, expires_ns=100, created_by="officer")
PENDING = PendingEnrolment(b"h" * 16, TOKEN.token_hash, b"csr", b"k" * 32, "station", "aa" * 32, 50)


def test_a_busy_store_spends_no_token(engine: Engine) -> None:
    store = engine.open(busy_timeout_s=0.05)
    store.enrolments.add_token(TOKEN)
    other = sqlite3.connect(engine.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="nothing was written"):
        store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50)
    other.close()
    assert store.enrolments.pending() == []
    assert store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50) == ""

"""No account and no right without its act in the log; what has expired is swept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from gapwatch_collector.model import Role
from gapwatch_collector.store import Store
from gapwatch_collector.store.schema import ACCOUNTS, SESSIONS, SIGN_INS
from support.failing_keys import LogKeyLostError, store_with_failing_key


def test_what_cannot_be_logged_is_not_done(tmp_path: Path) -> None:
    store, key = store_with_failing_key(tmp_path / "store.db")
    store.accounts.create("officer", by="first", now_ns=1)
    key.fails = True
    with pytest.raises(LogKeyLostError):
        store.accounts.create("other", by="first", now_ns=2)
    with pytest.raises(LogKeyLostError):
        store.accounts.grant("officer", Role.SECURITY_AUDITOR, by="second", now_ns=2)
    assert [(account.name, account.role) for account in store.accounts.accounts()] == [("officer", None)]
    store.close()


def rows(store: Store) -> list[int]:
    with store.database.read() as connection:
        return [connection.scalar(select(func.count()).select_from(table)) for table in (SIGN_INS, SESSIONS)]


def test_expired_sign_ins_and_sessions_do_not_pile_up(store: Store) -> None:
    officer = store.accounts.create("officer", by="first", now_ns=1)
    for number in range(5):
        store.accounts.add_sign_in(officer.account_id, bytes([number]) * 32, 100)
        store.accounts.open_session(officer.account_id, bytes([number]) * 32, 100)
    store.accounts.add_sign_in(officer.account_id, b"x" * 32, 300)
    assert rows(store) == [6, 5]
    assert store.accounts.spend_sign_in(b"x" * 32, 200) == officer
    assert rows(store) == [0, 0]


def test_a_disabled_account_is_let_in_nowhere(store: Store) -> None:
    officer = store.accounts.create("officer", by="first", now_ns=1)
    store.accounts.add_sign_in(officer.account_id, b"c" * 32, 100)
    store.accounts.open_session(officer.account_id, b"s" * 32, 100)
    with store.database.write() as connection:
        connection.execute(ACCOUNTS.update().values(disabled=True))
    assert store.accounts.session(b"s" * 32, 50) is None
    assert store.accounts.spend_sign_in(b"c" * 32, 50) is None

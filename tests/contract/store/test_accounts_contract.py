"""Three duties, no superuser (C12): two people make an account, nobody holds two roles, codes are good once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gapwatch_collector.errors import RefusedError
from gapwatch_collector.model import Account, ActKind, Role
from gapwatch_collector.store import Store
from gapwatch_collector.store.entries import read_act


def make_officer(store: Store, name: str = "officer") -> Account:
    store.accounts.create(name, by="first", now_ns=1)
    return store.accounts.grant(name, Role.SECRECY_ADMINISTRATOR, by="second", now_ns=2)


def test_two_people_make_an_account(store: Store) -> None:
    created = store.accounts.create("officer", by="first", now_ns=1)
    assert (created.role, created.created_by, len(created.account_id)) == (None, "first", 16)
    granted = store.accounts.grant("officer", Role.SECRECY_ADMINISTRATOR, by="second", now_ns=2)
    assert granted == replace(created, role=Role.SECRECY_ADMINISTRATOR, granted_by="second")
    assert store.accounts.accounts() == [granted]
    acts = [(entry.entry.kind, *read_act(entry.entry)) for entry in store.log.read(0, 10)]
    assert acts == [
        (ActKind.ACCOUNT_CREATED, "first", {"name": "officer"}),
        (ActKind.RIGHTS_GRANTED, "second", {"name": "officer", "role": "secrecy_administrator"}),
    ]


@pytest.mark.parametrize("by", ["first", " First ", "ＦＩＲＳＴ", "officer", "Officer"])
def test_nobody_gives_rights_to_whom_they_created_or_to_themselves(store: Store, by: str) -> None:
    store.accounts.create("officer", by="first", now_ns=1)
    with pytest.raises(RefusedError):
        store.accounts.grant("officer", Role.SECRECY_ADMINISTRATOR, by=by, now_ns=2)
    assert store.accounts.accounts()[0].role is None
    assert len(store.log.read(0, 10)) == 1


def test_nobody_holds_two_roles(store: Store) -> None:
    make_officer(store)
    for role in Role:
        with pytest.raises(RefusedError, match="nobody holds two roles"):
            store.accounts.grant("officer", role, by="third", now_ns=3)
    assert store.accounts.accounts()[0].role is Role.SECRECY_ADMINISTRATOR


@pytest.mark.parametrize("name", ["officer", "OFFICER", " officer", "ｏfficer"])
def test_names_that_read_alike_are_one(store: Store, name: str) -> None:
    make_officer(store)
    with pytest.raises(RefusedError, match="is taken"):
        store.accounts.create(name, by="other", now_ns=3)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65, "\u202eoff"])
def test_a_name_people_cannot_read_is_refused(store: Store, name: str) -> None:
    with pytest.raises(RefusedError):
        store.accounts.create(name, by="other", now_ns=3)


def test_rights_need_an_account(store: Store) -> None:
    with pytest.raises(RefusedError, match="no account"):
        store.accounts.grant("nobody", Role.SECURITY_AUDITOR, by="second", now_ns=2)


def test_a_sign_in_is_good_once(store: Store) -> None:
    officer = make_officer(store)
    store.accounts.add_sign_in(officer.account_id, b"c" * 32, 100)
    assert store.accounts.spend_sign_in(b"c" * 32, 50) == officer
    assert store.accounts.spend_sign_in(b"c" * 32, 51) is None
    assert store.accounts.spend_sign_in(b"?" * 32, 51) is None


def test_a_sign_in_expires(store: Store) -> None:
    officer = make_officer(store)
    store.accounts.add_sign_in(officer.account_id, b"c" * 32, 100)
    assert store.accounts.spend_sign_in(b"c" * 32, 100) is None
    assert store.accounts.spend_sign_in(b"c" * 32, 50) is None


def test_a_session_ends_when_closed_or_expired(store: Store) -> None:
    officer = make_officer(store)
    for name in (b"1", b"2"):
        store.accounts.open_session(officer.account_id, name * 32, 100)
    assert store.accounts.session(b"1" * 32, 99) == officer
    assert store.accounts.session(b"1" * 32, 100) is None
    store.accounts.close_session(b"1" * 32)
    store.accounts.close_session(b"?" * 32)
    assert store.accounts.session(b"1" * 32, 50) is None
    assert store.accounts.session(b"2" * 32, 50) == officer

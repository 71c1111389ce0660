"""A token is good once, for one machine, until it expires."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from gapwatch_collector.model import EnrolmentToken, Host, HostState, PendingEnrolment
from gapwatch_collector.store import Store
from support.stores import Engine

TOKEN = EnrolmentToken(b"t" * 32, created_ns=10, expires_ns=100, created_by="officer")
PENDING = PendingEnrolment(b"h" * 16, TOKEN.token_hash, b"csr", b"k" * 32, "station", "aa" * 32, 50)


def test_a_token_is_bound_to_the_host_that_spends_it(store: Store) -> None:
    store.enrolments.add_token(TOKEN)
    assert store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50) == ""
    assert store.enrolments.pending() == [PENDING]
    assert store.enrolments.pending_host(PENDING.host_id) == PENDING
    assert store.enrolments.pending_by_token(TOKEN.token_hash) == PENDING


def test_the_same_request_may_ask_again_even_later(store: Store) -> None:
    store.enrolments.add_token(TOKEN)
    store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50)
    again = replace(PENDING, host_id=b"i" * 16, asked_ns=60)
    for now_ns in (60, 99, 100, 5000):
        assert store.enrolments.spend_token(TOKEN.token_hash, again, now_ns) == ""
    assert store.enrolments.pending() == [PENDING]


@pytest.mark.parametrize(
    "change", [{"csr": b"other"}, {"machine_id_hash": "bb" * 32}, {"chain_key": b"x" * 32}], ids=lambda c: next(iter(c))
)
def test_a_spent_token_is_worth_nothing_to_others(store: Store, change: dict[str, object]) -> None:
    store.enrolments.add_token(TOKEN)
    store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50)
    assert store.enrolments.spend_token(TOKEN.token_hash, replace(PENDING, host_id=b"i" * 16, **change), 60) == "used"
    assert store.enrolments.pending() == [PENDING]


def test_why_a_token_is_refused(store: Store) -> None:
    bound = replace(TOKEN, token_hash=b"b" * 32, machine_id_hash="bb" * 32)
    known_host = replace(TOKEN, token_hash=b"c" * 32, host_id=b"z" * 16)
    for token in (TOKEN, bound, known_host):
        store.enrolments.add_token(token)
    assert store.enrolments.spend_token(b"?" * 32, PENDING, 50) == "unknown"
    assert store.enrolments.spend_token(TOKEN.token_hash, PENDING, 100) == "expired"
    assert store.enrolments.spend_token(bound.token_hash, PENDING, 50) == "other_machine"
    assert store.enrolments.spend_token(known_host.token_hash, PENDING, 50) == "other_machine"
    assert store.enrolments.pending() == []
    assert store.enrolments.pending_by_token(TOKEN.token_hash) is None
    assert store.enrolments.spend_token(bound.token_hash, replace(PENDING, machine_id_hash="bb" * 32), 50) == ""


def test_a_host_that_was_decided_on_waits_no_longer(store: Store) -> None:
    store.enrolments.add_token(TOKEN)
    store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50)
    host = Host(PENDING.host_id, "station")
    store.registers.put_host(host, by="ingest", now_ns=51)
    assert store.enrolments.pending() == [PENDING]
    store.registers.put_host(replace(host, state=HostState.ENROLLED), by="officer", now_ns=52)
    assert store.enrolments.pending() == []
    assert store.enrolments.pending_host(PENDING.host_id) == PENDING


def test_a_host_enrols_anew_with_a_fresh_token_and_the_old_one_stays_spent(store: Store) -> None:
    fresh = replace(TOKEN, token_hash=b"f" * 32)
    for token in (TOKEN, fresh):
        store.enrolments.add_token(token)
    store.enrolments.spend_token(TOKEN.token_hash, PENDING, 50)
    renewed = replace(PENDING, token_hash=fresh.token_hash, csr=b"new")
    assert store.enrolments.spend_token(fresh.token_hash, renewed, 60) == ""
    assert store.enrolments.pending() == [renewed]
    assert store.enrolments.spend_token(TOKEN.token_hash, PENDING, 70) == "used"


def test_machines_race_for_a_token_and_one_wins(engine: Engine) -> None:
    engine.open().enrolments.add_token(TOKEN)
    answers: list[str] = []

    def ask(store: Store, number: int) -> None:
        mine = replace(PENDING, host_id=bytes([number]) * 16, csr=bytes([number]))
        answers.append(store.enrolments.spend_token(TOKEN.token_hash, mine, 50))

    threads = [threading.Thread(target=ask, args=(engine.open(), number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers) == ["", "used", "used", "used"]

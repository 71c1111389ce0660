"""Asking for a certificate until an officer has said yes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import RefusedError, UnavailableError
from gapwatch_agent.transport.enrolment import Awaiting, Enrolment, Machine
from gapwatch_agent.transport.identity import Certificate, HostKeys, IdentityStore
from gapwatch_agent.transport.patience import enrol_until_confirmed
from gapwatch_proto.identity import build_csr
from support.certificates import authority

MACHINE = Machine("a" * 64, "", "station")


class SleptClock:
    """Sleeping takes no time and is written down."""

    def __init__(self) -> None:
        self.now_ns, self.slept = 1_000_000_000, list[float]()

    def boottime_ns(self) -> int:
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_ns += int(seconds * 1e9)


class Answers(Enrolment):
    """Gives these answers in turn, the last one for ever."""

    def __init__(self, *answers: Certificate | Awaiting | Exception) -> None:
        self.answers, self.asked = list(answers), 0

    async def enrol(self, keys: HostKeys, token: str, machine: Machine) -> Certificate | Awaiting:
        assert (token, machine) == ("token", MACHINE)
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def store(tmp_path: Path) -> IdentityStore:
    return IdentityStore(tmp_path / "identity", authority().root_pem)


@pytest.fixture
def certificate(store: IdentityStore) -> Certificate:
    keys, host_id = store.keys(), b"h" * 16
    return store.save_certificate(authority().host_chain(build_csr(keys.tls, keys.chain, "station"), host_id), host_id)


def ask(calls: Answers, store: IdentityStore, clock: Clock, wait_s: int = 60) -> Certificate:
    return asyncio.run(enrol_until_confirmed(calls, store.keys(), "token", MACHINE, clock, wait_s))


def test_it_asks_as_often_as_it_was_told_until_confirmed(store: IdentityStore, certificate: Certificate) -> None:
    clock = SleptClock()
    assert ask(Answers(Awaiting(5), Awaiting(7), certificate), store, clock) == certificate
    assert clock.slept == [5, 7]


def test_a_yes_at_once_needs_no_waiting(store: IdentityStore, certificate: Certificate) -> None:
    clock = SleptClock()
    assert ask(Answers(certificate), store, clock, wait_s=0) == certificate
    assert clock.slept == []


def test_it_does_not_wait_longer_than_asked_and_looks_once_more_at_the_end(
    store: IdentityStore, certificate: Certificate
) -> None:
    clock, calls = SleptClock(), Answers(Awaiting(3600))
    with pytest.raises(UnavailableError, match="within 10 s; run the same command again"):
        ask(calls, store, clock, wait_s=10)
    assert (sum(clock.slept), calls.asked) == (10, 2)
    assert ask(Answers(Awaiting(3600), certificate), store, SleptClock(), wait_s=10) == certificate


def test_a_no_ends_the_waiting(store: IdentityStore) -> None:
    with pytest.raises(RefusedError, match="an officer said no"):
        ask(Answers(Awaiting(5), RefusedError("an officer said no")), store, SleptClock())


def test_a_collector_that_goes_away_while_we_wait_is_waited_for(store: IdentityStore, certificate: Certificate) -> None:
    gone = UnavailableError("it restarts")
    clock = SleptClock()
    assert ask(Answers(Awaiting(5), gone, gone, certificate), store, clock) == certificate
    assert clock.slept == [5, 5, 5]
    with pytest.raises(UnavailableError, match="it restarts"):
        ask(Answers(Awaiting(5), gone), store, SleptClock(), wait_s=12)


def test_a_collector_that_is_not_there_at_first_is_said_at_once(store: IdentityStore) -> None:
    clock = SleptClock()
    with pytest.raises(UnavailableError, match="wrong address"):
        ask(Answers(UnavailableError("wrong address")), store, clock)
    assert clock.slept == []

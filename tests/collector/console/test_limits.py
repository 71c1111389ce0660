"""How often sign-in may be tried."""

from __future__ import annotations

from gapwatch_collector.console.limits import SignInLimit
from support.clock import FakeClock


def test_an_address_is_refused_after_its_tries_and_let_in_later() -> None:
    clock = FakeClock()
    limit = SignInLimit(clock, per_address=3, window_s=60)
    assert [limit.attempt("a").allowed for _ in range(4)] == [True, True, True, False]
    assert limit.attempt("b").allowed
    clock.advance(59)
    assert not limit.attempt("a").allowed
    clock.advance(1)
    assert limit.attempt("a").allowed


def test_the_refusal_says_when_to_come_back() -> None:
    clock = FakeClock()
    limit = SignInLimit(clock, per_address=1, window_s=60)
    limit.attempt("a")
    clock.advance(20)
    assert limit.attempt("a").retry_s == 40


def test_only_the_first_refusal_of_a_window_is_worth_a_record() -> None:
    clock = FakeClock()
    limit = SignInLimit(clock, per_address=1, window_s=60)
    limit.attempt("a")
    assert [limit.attempt("a").first_refusal for _ in range(3)] == [True, False, False]
    clock.advance(61)
    assert limit.attempt("a").allowed
    assert limit.attempt("a").first_refusal


def test_many_addresses_together_are_limited_too() -> None:
    limit = SignInLimit(FakeClock(), per_address=10, together=5)
    assert [limit.attempt(str(n)).allowed for n in range(6)] == [True] * 5 + [False]


def test_memory_is_bounded_by_addresses() -> None:
    limit = SignInLimit(FakeClock(), per_address=1, together=10**6, addresses_max=10)
    for number in range(1000):
        limit.attempt(str(number))
        limit.attempt(str(number))
    assert len(limit._tries) == 10
    assert len(limit._refused_until) == 10

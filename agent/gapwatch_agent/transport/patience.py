"""Waiting for an officer: ask, be told to wait, ask again, until confirmed or out of patience."""

from __future__ import annotations

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.transport.enrolment import Awaiting, Enrolment, Machine
from gapwatch_agent.transport.identity import Certificate, HostKeys


async def enrol_until_confirmed(
    calls: Enrolment, keys: HostKeys, token: str, machine: Machine, clock: Clock, wait_s: int
) -> Certificate:
    """The certificate. Raises UnavailableError when nobody confirmed within ``wait_s``; the token stays good."""
    deadline_ns = clock.boottime_ns() + wait_s * 1_000_000_000
    while True:
        answer = await calls.enrol(keys, token, machine)
        if not isinstance(answer, Awaiting):
            return answer
        if clock.boottime_ns() >= deadline_ns:
            raise UnavailableError(f"nobody confirmed this host within {wait_s} s; run the same command again later")
        await clock.sleep(answer.ask_again_s)

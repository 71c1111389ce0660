"""Waiting for an officer: ask, be told to wait, ask again, until confirmed or out of patience."""

from __future__ import annotations

from gapwatch_agent.clock import Clock
from gapwatch_agent.errors import UnavailableError
from gapwatch_agent.transport.enrolment import Awaiting, Enrolment, Machine
from gapwatch_agent.transport.identity import Certificate, HostKeys


async def enrol_until_confirmed(
    calls: Enrolment, keys: HostKeys, token: str, machine: Machine, clock: Clock, wait_s: int
) -> Certificate:
    """The certificate. Raises UnavailableError when nobody confirmed within ``wait_s``; the token stays good.

    A collector that was never reached is said at once (a wrong address does not pass); one that goes away while an
    officer is awaited is waited for like the officer.
    """
    deadline_ns = clock.boottime_ns() + wait_s * 1_000_000_000
    pause_s = 0.0
    while True:
        unfinished = UnavailableError(f"nobody confirmed this host within {wait_s} s; run the same command again later")
        try:
            answer = await calls.enrol(keys, token, machine)
        except UnavailableError as error:
            if not pause_s:
                raise
            unfinished = error
        else:
            if not isinstance(answer, Awaiting):
                return answer
            pause_s = float(answer.ask_again_s)
        left_s = (deadline_ns - clock.boottime_ns()) / 1e9
        if left_s <= 0:
            raise unfinished
        await clock.sleep(min(pause_s, left_s))

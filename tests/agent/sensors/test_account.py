"""A sensor's account of itself."""

from __future__ import annotations

from gapwatch_agent.sensors.account import Account, Moment
from gapwatch_proto.events import AgentStopped
from gapwatch_proto.kinds import Kind
from support.clock import FakeClock


def test_what_was_said_and_lost_is_counted_and_stamped():
    clock, said = FakeClock(), []
    account = Account("media", "udev", clock)
    assert account.health().state == "stopped"
    account.opened(said.append, "udev + mountinfo")
    assert account.health().state == "running"
    start = clock.boottime_ns()
    account.say(Kind.AGENT_STOPPED, AgentStopped("x"), Moment(5, 6))
    clock.advance(3)
    account.lost("kernel_overflow", "d" * 999)
    stopped, gap = said
    assert (stopped.boottime_ns, stopped.wall_ns) == (5, 6)
    assert (gap.payload.source, gap.payload.from_boottime_ns, gap.payload.to_boottime_ns) == (
        "media.udev", start, start + 3_000_000_000,
    )  # fmt: skip
    assert len(gap.payload.detail) == 256
    account.opened(said.append, missing="half")
    health = account.health()
    assert (health.state, health.missing, health.events, health.dropped) == ("degraded", "half", 2, 1)
    account.closed()
    assert account.health().state == "stopped"

"""Being a host of the collector."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc

from gapwatch_agent.link.membership import Member, Places
from gapwatch_agent.link.status import StatusFile
from gapwatch_agent.transport.enrolment import Machine
from gapwatch_agent.transport.sender import Backoff
from support.certificates import authority
from support.streams import HurriedClock, ScriptedEnrolment, until

DAY_NS = 86_400 * 10**9


@dataclass
class Desk:
    """A member and the enrolment port it speaks to."""

    server: ScriptedEnrolment
    member: Member
    status: StatusFile
    places: Places

    def issue(self, began: datetime) -> None:
        """Put a certificate of seven days in place."""
        store = self.member.identity()
        csr = store.request(store.keys(), "station")
        chain = authority().host_chain(csr, self.server.host_id, (began, began + timedelta(days=7)))
        store.save_certificate(chain, self.server.host_id)


@asynccontextmanager
async def desk(tmp_path: Path, wall_ns: int | None = None, *, token: bool = True) -> AsyncIterator[Desk]:
    server = ScriptedEnrolment(authority())
    await server.start()
    (tmp_path / "root.pem").write_bytes(authority().root_pem)
    if token:
        (tmp_path / "token").write_text("token\n")
    places = Places(tmp_path / "identity", tmp_path / "root.pem", tmp_path / "token", server.address)
    clock = HurriedClock(1000, wall_ns or int(datetime.now(UTC).timestamp() * 1e9))
    status = StatusFile(tmp_path / "status.json")
    member = Member(places, Machine("", "", "station"), clock, status, Backoff(1, 300, random.Random(1)))
    try:
        yield Desk(server, member, status, places)
    finally:
        await server.stop()


def run(scenario: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_token_is_spent_once_and_removed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path) as d:
            d.server.awaiting = 2
            member = await d.member.membership()
            assert member.certificate.identity.host_id == d.server.host_id
            assert not d.places.token_file.exists()
            assert d.status.now.host_id == d.server.host_id.hex()
            await d.member.membership()
            assert len(d.server.requests) == 3

    run(scenario)


def test_waiting_for_an_officer_is_not_an_error(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path) as d:
            d.server.awaiting = 10**6
            asking = asyncio.create_task(d.member.membership())
            await until(lambda: len(d.server.requests) >= 2, "asked twice")
            assert (d.status.now.state, d.status.now.last_error) == ("awaiting_confirmation", "")
            asking.cancel()

    run(scenario)


def test_what_a_person_must_do_is_said_and_then_noticed(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path, token=False) as d:
            d.places.root_certificate.unlink()
            asking = asyncio.create_task(d.member.membership())
            await until(lambda: "pinned root" in d.status.now.last_error, "a missing root said")
            d.places.root_certificate.write_bytes(authority().root_pem)
            await until(lambda: "holds no token" in d.status.now.last_error, "a missing token said")
            d.server.refuse_with = (grpc.StatusCode.PERMISSION_DENIED, "this token has expired")
            d.places.token_file.write_text("old")
            await until(lambda: "has expired" in d.status.now.last_error, "an expired token said")
            d.server.refuse_with = (grpc.StatusCode.UNAVAILABLE, "the store cannot write now")
            await until(lambda: "cannot write now" in d.status.now.last_error, "a busy collector said")
            assert d.status.now.state == "not_enrolled"
            d.server.refuse_with = None
            await asking

    run(scenario)


def test_a_certificate_is_renewed_after_two_thirds_by_the_collectors_clock(tmp_path: Path) -> None:
    async def scenario() -> None:
        # The host's own clock stands in 1980: it would never renew.
        async with desk(tmp_path, wall_ns=315_532_800 * 10**9) as d:
            began = datetime.now(UTC)
            d.issue(began)
            await d.member.membership()
            assert d.server.renewals == []
            d.member.collector_time(int(began.timestamp()) * 10**9 + 5 * DAY_NS)
            renewed = await d.member.membership()
            assert len(d.server.renewals) == 1
            assert renewed.certificate == d.member.identity().certificate()

    run(scenario)


def test_a_renewal_is_not_tried_all_the_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path, wall_ns=2_000_000_000 * 10**9) as d:  # far ahead: always due
            d.issue(datetime.now(UTC))
            for _ in range(5):
                await d.member.membership()
            assert len(d.server.renewals) == 1

    run(scenario)


def test_connections_that_keep_failing_lead_to_a_renewal(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path) as d:
            d.issue(datetime.now(UTC))
            d.member.failed()
            d.member.failed()
            await d.member.membership()
            assert d.server.renewals == []
            d.member.failed()
            await d.member.membership()
            assert len(d.server.renewals) == 1
            for _ in range(2):
                d.member.failed()
            d.member.collector_time(0)  # a stream stood in between
            d.member.failed()
            await d.member.membership()
            assert len(d.server.renewals) == 1

    run(scenario)


def test_a_renewal_that_fails_keeps_the_old_certificate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with desk(tmp_path) as d:
            d.issue(datetime.now(UTC) - timedelta(days=6))
            d.server.refuse_with = (grpc.StatusCode.PERMISSION_DENIED, "this host is revoked")
            member = await d.member.membership()
            assert member.certificate.identity.host_id == d.server.host_id
            assert "revoked" in d.status.now.last_error

    run(scenario)

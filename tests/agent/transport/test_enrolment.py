"""Enrolment and renewal against a real TLS server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from gapwatch_agent.errors import RefusedError, UnavailableError
from gapwatch_agent.transport.enrolment import Awaiting, Enrolment, Machine, read_token, this_machine
from gapwatch_agent.transport.identity import Certificate, IdentityStore
from gapwatch_proto.identity import raw, renewal_message, verify
from support.certificates import authority
from support.streams import ScriptedEnrolment

Served = tuple[ScriptedEnrolment, Enrolment, IdentityStore]
MACHINE = Machine("a" * 64, "", "station")


@asynccontextmanager
async def served(
    tmp_path: Path, name: str = "test"
) -> AsyncIterator[tuple[ScriptedEnrolment, Enrolment, IdentityStore]]:
    server = ScriptedEnrolment(authority(name))
    await server.start()
    store = IdentityStore(tmp_path / "identity", authority().root_pem)
    try:
        yield server, Enrolment(server.address, store), store
    finally:
        await server.stop()


def test_a_token_buys_a_place_and_the_same_request_gets_the_certificate(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as (server, enrolment, store):
            server.awaiting = 2
            keys = store.keys()
            assert await enrolment.enrol(keys, "token", MACHINE) == Awaiting(5)
            assert await enrolment.enrol(keys, "token", MACHINE) == Awaiting(5)
            certificate = await enrolment.enrol(keys, "token", MACHINE)
            assert isinstance(certificate, Certificate)
            assert certificate.identity.host_id == server.host_id
            assert store.certificate() == certificate
            assert len({request.csr for request in server.requests}) == 1
            asked = server.requests[0]
            assert (asked.token, asked.machine.machine_id_hash, asked.machine.hostname) == (
                "token",
                "a" * 64,
                "station",
            )

    asyncio.run(scenario())


def test_a_renewal_is_signed_with_the_chain_key(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as (server, enrolment, store):
            keys = store.keys()
            first = await enrolment.enrol(keys, "token", MACHINE)
            renewed = await enrolment.renew(keys, server.host_id, "station")
            assert isinstance(first, Certificate)
            assert renewed.identity.certificate_serial != first.identity.certificate_serial
            (asked,) = server.renewals
            message = renewal_message(server.host_id, asked.csr)
            assert verify(raw(keys.chain.public_key()), asked.signature, message)

    asyncio.run(scenario())


@pytest.mark.parametrize("sentence", ["token is not known here", "token has expired", "token was used by"])
def test_a_refused_token_says_why(tmp_path: Path, sentence: str) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as (server, enrolment, store):
            server.refuse_with = (grpc.StatusCode.PERMISSION_DENIED, sentence)
            with pytest.raises(RefusedError, match=sentence):
                await enrolment.enrol(store.keys(), "token", MACHINE)

    asyncio.run(scenario())


def test_a_foreign_authority_gets_neither_token_nor_request(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path, "foreign") as (server, enrolment, store):
            with pytest.raises(RefusedError, match="pinned root"):
                await enrolment.enrol(store.keys(), "token", MACHINE)
            assert server.requests == []

    asyncio.run(scenario())


def test_nobody_there_and_a_busy_store_are_for_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(tmp_path) as (server, enrolment, store):
            server.refuse_with = (grpc.StatusCode.UNAVAILABLE, "the store cannot write now")
            with pytest.raises(UnavailableError, match="cannot write now"):
                await enrolment.enrol(store.keys(), "token", MACHINE)
        with pytest.raises(UnavailableError, match="cannot be reached now"):
            await enrolment.enrol(store.keys(), "token", MACHINE)

    asyncio.run(scenario())


def test_a_token_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(RefusedError, match="holds no token"):
        read_token(path)
    path.write_text("\n")
    with pytest.raises(RefusedError, match="holds no token"):
        read_token(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RefusedError, match="holds no token"):
        read_token(path)
    path.write_text("abc-def\n")
    assert read_token(path) == "abc-def"


def test_a_machine_is_named_by_hashes_only(tmp_path: Path) -> None:
    (tmp_path / "machine-id").write_text("0123456789ABCDEF\n")
    machine = this_machine("station", tmp_path / "machine-id", tmp_path / "none")
    assert len(machine.machine_id_hash) == 64
    assert "0123456789abcdef" not in machine.machine_id_hash
    assert (machine.dmi_uuid_hash, machine.hostname) == ("", "station")

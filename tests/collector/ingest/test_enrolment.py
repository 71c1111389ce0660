"""Enrolment over real gRPC: tokens, confirmation, renewal, and everything that must be refused."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from gapwatch_collector.ingest.enrolment import EnrolmentRules, EnrolmentService, token_hash
from gapwatch_collector.ingest.refusals import RefusalAccount
from gapwatch_collector.model import ActKind, EnrolmentToken, HostState, Origin
from gapwatch_proto.identity import read_host_certificate, renewal_message, tree_head_message, verify
from gapwatch_proto.v1 import enrolment_pb2
from gapwatch_proto.wire import COLLECTOR_TLS_NAME, ENROL_METHOD, RENEW_METHOD, STREAM_METHOD
from support.agents import ScriptedAgent
from support.clock import FakeClock
from support.zones import Zone, running_zone, zone_keys

DAY_NS = 86_400 * 1_000_000_000
FOR_EVER_NS = 2**62
Status = enrolment_pb2.EnrolReply


def run(test: Coroutine[object, object, None]) -> None:
    asyncio.run(test)


def channel(zone: Zone) -> grpc.aio.Channel:
    credentials = grpc.ssl_channel_credentials(zone.keys.root_pem)
    options = [("grpc.ssl_target_name_override", COLLECTOR_TLS_NAME), ("grpc.max_send_message_length", -1)]
    return grpc.aio.secure_channel(f"127.0.0.1:{zone.room.enrolment_port}", credentials, options)


async def call(zone: Zone, method: str, request: bytes) -> enrolment_pb2.EnrolReply:
    async with channel(zone) as to:
        return enrolment_pb2.EnrolReply.FromString(await to.unary_unary(method)(request))


async def refused(zone: Zone, method: str, request: bytes) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(zone, method, request)
    return caught.value.code(), caught.value.details() or ""


def token(zone: Zone, word: str = "token", *, expires_ns: int = FOR_EVER_NS, machine: str = "") -> str:
    zone.store.enrolments.add_token(EnrolmentToken(token_hash(word), 1, expires_ns, "test", machine))
    return word


def enrol_request(agent: ScriptedAgent, word: str, machine: str = "m1", csr: bytes | None = None) -> bytes:
    return enrolment_pb2.EnrolRequest(
        token=word,
        csr=agent.csr() if csr is None else csr,
        machine=enrolment_pb2.MachineIdentity(machine_id_hash=machine, hostname="station-17"),
    ).SerializeToString()


def renew_request(agent: ScriptedAgent, host_id: bytes, **fields: object) -> bytes:
    csr = agent.csr()
    signature = agent.chain_key.sign(renewal_message(host_id, csr))
    honest = {"host_id": host_id, "csr": csr, "signature": signature}
    return enrolment_pb2.RenewRequest(**{**honest, **fields}).SerializeToString()


def test_a_machine_waits_for_an_officer_and_then_gets_its_certificate(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path, ask_again_s=5) as zone:
            request = enrol_request(agent, token(zone))
            waiting = await call(zone, ENROL_METHOD, request)
            assert (waiting.status, waiting.ask_again_s) == (Status.AWAITING_CONFIRMATION, 5)
            assert await call(zone, ENROL_METHOD, request) == waiting
            host = zone.store.registers.host(waiting.host_id)
            assert (host.name, host.state, host.machine_id_hash) == ("station-17", HostState.AWAITING, "m1")
            zone.store.registers.put_host(replace(host, state=HostState.ENROLLED), by="officer", now_ns=2)
            issued = await call(zone, ENROL_METHOD, request)
            assert issued.status == Status.ISSUED
            assert waiting.log_key == b""
            head = zone.store.ingest.tree_head()
            signed = tree_head_message(head.tree_size, head.root_hash, head.signed_at_ns)
            assert verify(issued.log_key, head.signature, signed)
            leaf, ca = [x509.load_der_x509_certificate(der) for der in issued.certificate_chain]
            leaf.verify_directly_issued_by(ca)
            ca.verify_directly_issued_by(zone_keys().root)
            identity = read_host_certificate(leaf)
            assert (identity.host_id, identity.chain_key) == (waiting.host_id, agent.public_chain_key)
            assert zone.store.registers.host(waiting.host_id).certificate_serial == f"{leaf.serial_number:x}"

    run(test())


def test_the_same_request_again_gets_another_certificate_of_the_same_host(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path, auto_confirm=True) as zone:
            word = token(zone)
            first = await call(zone, ENROL_METHOD, enrol_request(agent, word))
            # The request is made anew: an ECDSA signature is never the same twice, the keys are.
            second = await call(zone, ENROL_METHOD, enrol_request(agent, word))
            assert first.status == second.status == Status.ISSUED
            assert first.host_id == second.host_id
            acts = [one.entry.kind for one in zone.store.log.read(0, 100) if one.entry.origin is Origin.ACT]
            assert acts == [ActKind.HOST_CONFIRMED, ActKind.HOST_ENROLLED]

    run(test())


def test_a_token_used_twice_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with running_zone(tmp_path) as zone:
            word = token(zone)
            await call(zone, ENROL_METHOD, enrol_request(ScriptedAgent(), word))
            code, detail = await refused(zone, ENROL_METHOD, enrol_request(ScriptedAgent(), word, machine="m2"))
            assert code is grpc.StatusCode.PERMISSION_DENIED
            assert "used by another machine" in detail
            assert zone.reasons() == {"token_used": 1}
            assert len(zone.store.registers.hosts()) == 1

    run(test())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: "never made", "not known"),
        (lambda zone: token(zone, expires_ns=2), "expired"),
        (lambda zone: token(zone, machine="another"), "made for another machine"),
    ],
)
def test_tokens_that_do_not_fit_are_refused(tmp_path: Path, make: object, words: str) -> None:
    async def test() -> None:
        async with running_zone(tmp_path) as zone:
            code, detail = await refused(zone, ENROL_METHOD, enrol_request(ScriptedAgent(), make(zone)))
            assert code is grpc.StatusCode.PERMISSION_DENIED
            assert words in detail
            assert zone.store.registers.hosts() == []

    run(test())


def test_requests_that_are_none_are_answered(tmp_path: Path) -> None:
    async def test() -> None:
        agent = ScriptedAgent()
        async with running_zone(tmp_path) as zone:
            for request, words in (
                (b"\xff\xff", "not a EnrolRequest"),
                (enrol_request(agent, token(zone), csr=b"not DER"), "cannot be read"),
            ):
                code, detail = await refused(zone, ENROL_METHOD, request)
                assert code is grpc.StatusCode.INVALID_ARGUMENT
                assert words in detail
            code, _ = await refused(zone, ENROL_METHOD, bytes(1_000_000))
            assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
            # A second server object: what needs a client certificate is not served here.
            assert (await refused(zone, STREAM_METHOD, b""))[0] is grpc.StatusCode.UNIMPLEMENTED
            assert zone.reasons() == {"malformed": 1, "bad_request": 1}

    run(test())


def test_renewal_works_without_a_valid_certificate(tmp_path: Path) -> None:
    async def test() -> None:
        agent, clock = ScriptedAgent(), FakeClock()
        async with running_zone(tmp_path, clock=clock, auto_confirm=True, certificate_days=7) as zone:
            host_id = (await call(zone, ENROL_METHOD, enrol_request(agent, token(zone)))).host_id
            clock.advance(30 * 86_400)
            renewed = await call(zone, RENEW_METHOD, renew_request(agent, host_id))
            leaf = x509.load_der_x509_certificate(renewed.certificate_chain[0])
            now_s = clock.now_ns() // 1_000_000_000
            assert leaf.not_valid_before_utc.timestamp() == now_s - 3_600
            assert leaf.not_valid_after_utc.timestamp() == now_s + 7 * 86_400

    run(test())


def test_renewals_by_others_are_refused(tmp_path: Path) -> None:
    async def test() -> None:
        agent, other = ScriptedAgent(), ScriptedAgent()
        async with running_zone(tmp_path, auto_confirm=True) as zone:
            host_id = (await call(zone, ENROL_METHOD, enrol_request(agent, token(zone)))).host_id
            for request, words in (
                (renew_request(other, host_id), "chain key"),
                (renew_request(agent, host_id, signature=bytes(64)), "chain key"),
                (renew_request(agent, b"?" * 16), "not in the register"),
                (renew_request(agent, b"short"), "not in the register"),
            ):
                code, detail = await refused(zone, RENEW_METHOD, request)
                assert code is grpc.StatusCode.PERMISSION_DENIED
                assert words in detail
            zone.set_state(replace(agent, host_id=host_id), HostState.REVOKED)
            code, detail = await refused(zone, RENEW_METHOD, renew_request(agent, host_id))
            assert (code, "revoked" in detail) == (grpc.StatusCode.PERMISSION_DENIED, True)

    run(test())


def test_a_call_that_never_sends_its_request_gives_its_place_back() -> None:
    """Strangers may call here: a few dozen open calls must not lock every machine out."""

    class Silent:
        told: tuple[grpc.StatusCode, str] | None = None

        async def read(self) -> bytes:
            return await asyncio.Event().wait()

        async def abort(self, code: grpc.StatusCode, detail: str) -> None:
            self.told = (code, detail)

        def peer(self) -> str:
            return "ipv4:192.0.2.1:5"

    async def test() -> None:
        rules = EnrolmentRules(timedelta(days=1), 5, auto_confirm=False, request_timeout_s=0.05)
        account = RefusalAccount(FakeClock().now_ns, lambda _: None)
        service = EnrolmentService(None, zone_keys(), rules, account, FakeClock())
        context = Silent()
        await service.answering(service.enrol)(None, context)
        assert context.told[0] is grpc.StatusCode.DEADLINE_EXCEEDED
        assert not account.counts

    run(test())

"""Batches against the position of their spool: what is new, what repeats, what is refused and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.ingest.messages import read_agent_message
from gapwatch_collector.ingest.verify import (
    NUMBER_MAX,
    RecordItem,
    Refusal,
    RefusalReason,
    SentBatch,
    SentRecord,
    SpanItem,
    Verified,
    verify_batch,
)
from gapwatch_collector.model import SpoolPosition
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, PAYLOAD_BYTES_MAX
from gapwatch_proto.v1 import stream_pb2
from gapwatch_proto.wire import BATCH_RECORDS_MAX
from support.agents import ScriptedAgent


def position(agent: ScriptedAgent, committed: int = 0) -> SpoolPosition:
    last = agent.records[committed - 1].hash if committed else GENESIS_HASH
    return SpoolPosition(agent.host_id, agent.spool_id, committed + 1, last)


def judge(agent: ScriptedAgent, frame: bytes, committed: int = 0, kept: ScriptedAgent | None = None):
    """The verdict when ``committed`` records of ``kept`` (the agent itself unless told) stand in the store."""
    stored = kept or agent
    batch = read_agent_message(frame)
    assert isinstance(batch, SentBatch)
    return verify_batch(
        batch, position(stored, committed), agent.public_chain_key, lambda seq: stored.records[seq - 1].hash
    )


@pytest.fixture
def agent() -> ScriptedAgent:
    agent = ScriptedAgent()
    agent.write_many(8)
    return agent


def refused(verdict: object, reason: RefusalReason, *words: str) -> Refusal:
    assert isinstance(verdict, Refusal)
    assert verdict.reason is reason, verdict.detail
    for word in words:
        assert word in verdict.detail
    return verdict


def test_a_first_batch_is_new_from_end_to_end(agent: ScriptedAgent) -> None:
    verdict = judge(agent, agent.batch(1, 8))
    assert isinstance(verdict, Verified)
    assert [item.first_seq for item in verdict.items] == list(range(1, 9))
    assert (verdict.position.next_seq, verdict.position.last_hash) == (9, agent.records[-1].hash)
    assert verdict.repeated == 0


@given(committed=st.integers(0, 8), first=st.integers(1, 8), length=st.integers(1, 8))
def test_whatever_is_sent_again_only_what_is_new_is_taken(committed: int, first: int, length: int) -> None:
    agent = ScriptedAgent()
    agent.write_many(8)
    last = min(8, first + length - 1)
    verdict = judge(agent, agent.batch(first, last), committed)
    if first > committed + 1:
        assert refused(verdict, RefusalReason.NUMBER_SKIPPED).wanted_seq == committed + 1
        return
    assert isinstance(verdict, Verified)
    assert [item.first_seq for item in verdict.items] == list(range(max(first, committed + 1), last + 1))
    assert verdict.position.next_seq == max(committed, last) + 1


def test_a_skipped_number_is_refused_with_the_number_wanted(agent: ScriptedAgent) -> None:
    verdict = refused(judge(agent, agent.batch(5, 8), committed=2), RefusalReason.NUMBER_SKIPPED, "begins at 5")
    assert verdict.wanted_seq == 3


def test_a_number_skipped_inside_a_batch_is_refused(agent: ScriptedAgent) -> None:
    frame = agent.batch_of([agent.records[0], agent.records[2]])
    refused(judge(agent, frame), RefusalReason.NUMBER_SKIPPED, "1 is followed by 3")


def test_numbers_that_go_back_inside_a_batch_are_malformed(agent: ScriptedAgent) -> None:
    frame = agent.batch_of([agent.records[1], agent.records[0]])
    refused(judge(agent, frame), RefusalReason.MALFORMED, "2 is followed by 1")


def test_a_resend_that_is_no_longer_kept_is_harmless(agent: ScriptedAgent) -> None:
    batch = read_agent_message(agent.batch(1, 3))
    assert isinstance(batch, SentBatch)
    verdict = verify_batch(batch, position(agent, 8), agent.public_chain_key, lambda _: None)
    assert isinstance(verdict, Verified)
    assert (verdict.items, verdict.repeated, verdict.position.next_seq) == ((), 3, 9)


def test_another_record_under_a_committed_number_is_a_fork(agent: ScriptedAgent) -> None:
    copy = agent.fork(keep=4)
    for _ in range(4):
        copy.write(kind=Kind.AGENT_STOPPED)
    verdict = refused(judge(copy, copy.batch(3, 7), committed=8, kept=agent), RefusalReason.FORKED, "number 5")
    assert verdict.fork is not None
    assert (verdict.fork.seq, verdict.fork.kept_hash) == (5, agent.records[4].hash)
    assert [item.first_seq for item in verdict.fork.branch] == [5, 6, 7]


def test_a_fork_shows_at_the_join_even_when_nothing_repeats(agent: ScriptedAgent) -> None:
    copy = agent.fork(keep=4)
    for _ in range(6):
        copy.write(kind=Kind.AGENT_STOPPED)
    verdict = refused(judge(copy, copy.batch(9, 10), committed=8, kept=agent), RefusalReason.FORKED, "number 8")
    assert verdict.fork is not None
    assert [item.first_seq for item in verdict.fork.branch] == [9, 10]


def test_a_first_record_that_names_a_predecessor_is_a_broken_chain() -> None:
    agent = ScriptedAgent()
    agent.write(prev_hash=b"x" * 32)
    refused(judge(agent, agent.batch(1, 1)), RefusalReason.BROKEN_CHAIN, "begins with none")


def test_a_record_that_does_not_name_its_predecessor_breaks_the_chain(agent: ScriptedAgent) -> None:
    agent.write(prev_hash=b"x" * 32)
    refused(judge(agent, agent.batch(7, 9), committed=6), RefusalReason.BROKEN_CHAIN, "record 9", "record 8")


def test_a_batch_of_another_host_does_not_fit_the_certificate(agent: ScriptedAgent) -> None:
    other = replace(agent, host_id=b"o" * 16)
    verdict = verify_batch(
        read_agent_message(other.batch(1, 2)), position(agent), agent.public_chain_key, lambda _: None
    )
    refused(verdict, RefusalReason.BROKEN_CHAIN, "signature does not fit this host")


def test_a_batch_signed_by_another_key_is_refused(agent: ScriptedAgent) -> None:
    verdict = verify_batch(
        read_agent_message(agent.batch(1, 2)), position(agent), ScriptedAgent().public_chain_key, lambda _: None
    )
    refused(verdict, RefusalReason.BROKEN_CHAIN, "signature")


def test_a_payload_that_was_changed_is_found(agent: ScriptedAgent) -> None:
    agent.records[1].payload += b"\x00"
    refused(judge(agent, agent.batch(1, 3)), RefusalReason.BROKEN_CHAIN, "record 2", "payload")


def test_a_payload_that_was_given_up_leaves_its_header(agent: ScriptedAgent) -> None:
    item = stream_pb2.BatchItem(record=stream_pb2.Record(header=agent.records[0].packed, payload_evicted=True))
    verdict = judge(agent, agent.frame([item], agent.records[0].hash))
    assert isinstance(verdict, Verified)
    assert isinstance(verdict.items[0], RecordItem)
    assert verdict.items[0].sent.payload_evicted


def test_a_payload_cannot_be_given_up_and_sent(agent: ScriptedAgent) -> None:
    record = stream_pb2.Record(header=agent.records[0].packed, payload=b"x", payload_evicted=True)
    frame = agent.frame([stream_pb2.BatchItem(record=record)], agent.records[0].hash)
    refused(judge(agent, frame), RefusalReason.MALFORMED, "given up")


def test_a_kind_of_a_newer_agent_is_kept_as_it_stands() -> None:
    agent = ScriptedAgent()
    agent.write(kind=64_000, payload_bytes=b"from the future", severity=4)
    verdict = judge(agent, agent.batch(1, 1))
    assert isinstance(verdict, Verified)


def test_a_severity_that_is_not_the_kinds_is_refused() -> None:
    agent = ScriptedAgent()
    agent.write(kind=Kind.MARKED_FILE_WRITTEN, severity=1)
    refused(judge(agent, agent.batch(1, 1)), RefusalReason.MALFORMED, "severity 5", "says 1")


@pytest.mark.parametrize(
    ("header", "word"),
    [
        ({"seq": NUMBER_MAX + 1}, "impossibly"),
        ({"boottime_ns": 2**63}, "impossibly"),
        ({"spool_id": b"z" * 16}, "spool"),
    ],
)
def test_impossible_headers_are_refused(header: dict[str, object], word: str) -> None:
    agent = ScriptedAgent()
    agent.write(**header)
    verdict = judge(agent, agent.batch(1, 1))
    assert isinstance(verdict, Refusal)
    assert word in verdict.detail


def test_a_header_that_is_too_short_is_malformed(agent: ScriptedAgent) -> None:
    frame = agent.frame([stream_pb2.BatchItem(record=stream_pb2.Record(header=b"short"))], b"")
    refused(judge(agent, frame), RefusalReason.MALFORMED, "124 bytes")


def test_an_oversized_payload_is_refused() -> None:
    agent = ScriptedAgent()
    agent.write(payload_bytes=bytes(PAYLOAD_BYTES_MAX + 1))
    refused(judge(agent, agent.batch(1, 1)), RefusalReason.MALFORMED, str(PAYLOAD_BYTES_MAX))


def test_batches_are_bounded_in_records_and_bytes() -> None:
    agent = ScriptedAgent()
    agent.write_many(BATCH_RECORDS_MAX + 1)
    refused(judge(agent, agent.batch(1, BATCH_RECORDS_MAX + 1)), RefusalReason.MALFORMED, "1 to 512")
    refused(judge(agent, agent.batch_of([])), RefusalReason.MALFORMED, "this one 0")
    heavy = ScriptedAgent()
    for _ in range(9):
        heavy.write(payload_bytes=bytes(PAYLOAD_BYTES_MAX))
    refused(judge(heavy, heavy.batch(1, 9)), RefusalReason.MALFORMED, "bytes of payload")


def test_another_suite_or_spool_is_refused(agent: ScriptedAgent) -> None:
    refused(judge(agent, agent.batch(1, 1, suite=9)), RefusalReason.MALFORMED, "suite 9")
    refused(judge(agent, agent.batch(1, 1, spool_id=b"z" * 16)), RefusalReason.MALFORMED, "another spool")


class TestSpans:
    """Runs that eviction collapsed (C3): the chain closes over them."""

    def test_a_span_stands_for_its_records(self, agent: ScriptedAgent) -> None:
        items = [agent.span_item(1, 6), *self.records(agent, 7, 8)]
        verdict = judge(agent, agent.frame(items, agent.records[7].hash))
        assert isinstance(verdict, Verified)
        assert isinstance(verdict.items[0], SpanItem)
        assert (len(verdict.items), verdict.position.next_seq) == (3, 9)

    def test_a_span_over_records_that_were_committed_before_it_collapsed(self, agent: ScriptedAgent) -> None:
        verdict = judge(agent, agent.frame([agent.span_item(2, 6)], agent.records[5].hash), committed=4)
        assert isinstance(verdict, Verified)
        assert verdict.position.next_seq == 7

    def test_a_span_that_repeats_is_harmless(self, agent: ScriptedAgent) -> None:
        verdict = judge(agent, agent.frame([agent.span_item(2, 6)], agent.records[5].hash), committed=8)
        assert isinstance(verdict, Verified)
        assert verdict.items == ()

    def test_a_span_without_the_hosts_signature_is_refused(self, agent: ScriptedAgent) -> None:
        item = agent.span_item(1, 6)
        item.span.worst_severity = 2
        refused(judge(agent, agent.frame([item], agent.records[5].hash)), RefusalReason.BROKEN_CHAIN, "not signed")

    @pytest.mark.parametrize(
        "fields", [{"first_seq": 7}, {"last_seq": 2**63}, {"worst_severity": 9}, {"last_hash": b"short"}]
    )
    def test_impossible_spans_are_malformed(self, agent: ScriptedAgent, fields: dict[str, object]) -> None:
        frame = agent.frame([agent.span_item(1, 6, **fields)], agent.records[5].hash)
        refused(judge(agent, frame), RefusalReason.MALFORMED)

    @staticmethod
    def records(agent: ScriptedAgent, first: int, last: int) -> list[stream_pb2.BatchItem]:
        return [
            stream_pb2.BatchItem(record=stream_pb2.Record(header=one.packed, payload=one.payload))
            for one in agent.records[first - 1 : last]
        ]


@given(st.lists(st.tuples(st.binary(max_size=140), st.binary(max_size=40), st.booleans()), max_size=4), st.binary())
def test_no_bytes_from_outside_raise(records: list[tuple[bytes, bytes, bool]], signature: bytes) -> None:
    agent = ScriptedAgent()
    batch = SentBatch(agent.spool_id, [SentRecord(*record) for record in records], 1, signature)
    verdict = verify_batch(batch, position(agent), agent.public_chain_key, lambda _: None)
    assert isinstance(verdict, Refusal)


def test_reasons_have_the_numbers_of_the_wire() -> None:
    assert {reason.name: reason.value for reason in RefusalReason} == {
        name: value for name, value in stream_pb2.Refusal.Reason.items() if value
    }

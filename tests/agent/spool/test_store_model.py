"""The spool against a model: any order of appends, resends, acks, marks, restarts and replacements."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gapwatch_agent.spool.port import SpoolLimits, StoredRecord
from gapwatch_agent.spool.recovery import open_spool, renew_spool
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import RecordHeader, record_hash
from support.clock import FakeClock
from support.spools import BOOT, a_record, require_chain

LIMITS = SpoolLimits(192 * 1024, 0.25, 32 * 1024, 30)


class SpoolMachine(RuleBasedStateMachine):
    """``given`` is the next number of a source that resends; ``hashes`` everything ever seen of this spool."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="spool-model-"))
        self.clock = FakeClock()
        self.spool = open_spool(self.directory, LIMITS, self.clock, BOOT)
        self.given = 0
        self.hashes: dict[int, bytes] = {}
        self.sent = 0
        self.acked_hash: bytes | None = bytes(32)

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
            shutil.rmtree(self.directory)

    @rule(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=40), severity=st.integers(1, 5))
    def append(self, sizes: list[int], severity: int) -> None:
        numbers = range(self.given + 1, self.given + len(sizes) + 1)
        batch = [a_record(number, severity, size) for number, size in zip(numbers, sizes, strict=True)]
        before = self.spool.next_seq
        assert self.spool.append(batch, source=b"i" * 16, numbers=numbers) == len(batch)
        assert self.spool.next_seq >= before + len(batch)
        self.given += len(batch)

    @precondition(lambda self: self.given > 0)
    @rule(back=st.integers(1, 50))
    def resend(self, back: int) -> None:
        numbers = range(max(1, self.given - back), self.given + 1)
        assert self.spool.append([a_record(n) for n in numbers], source=b"i" * 16, numbers=numbers) == 0

    @rule(part=st.floats(0, 1))
    def mark_sent(self, part: float) -> None:
        seq = int(self.spool.acked_seq + part * (self.spool.next_seq - 1 - self.spool.acked_seq))
        self.spool.mark_sent(seq)
        self.sent = max(self.sent, seq)

    @precondition(lambda self: self.spool.next_seq > 1)
    @rule(part=st.floats(0, 1))
    def ack(self, part: float) -> None:
        items = self.everything()
        if not items:
            return
        item = items[int(part * (len(items) - 1))]
        seq = item.seq if isinstance(item, StoredRecord) else item.last_seq
        self.acked_hash = record_hash(item.header) if isinstance(item, StoredRecord) else item.last_hash
        self.spool.ack(seq)
        assert self.spool.acked_seq == seq
        self.sent = max(self.sent, seq)

    @rule(seconds=st.integers(1, 100))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.spool.maintain()

    @rule()
    def restart(self) -> None:
        spool_id, next_seq = self.spool.spool_id, self.spool.next_seq
        self.spool.close()
        self.spool = open_spool(self.directory, LIMITS, self.clock, BOOT)
        assert (self.spool.spool_id, self.spool.next_seq) == (spool_id, next_seq)

    @rule()
    def renew(self) -> None:
        old = self.spool.spool_id
        self.clock.advance(1)
        self.spool = renew_spool(self.spool, self.directory, "damaged", "test")
        assert self.spool.spool_id != old
        self.hashes, self.sent, self.acked_hash = {}, 0, bytes(32)

    def everything(self) -> list:
        return self.spool.read(self.spool.acked_seq + 1, 1_000_000, 1 << 40)

    @invariant()
    def the_chain_holds_and_nothing_changes_afterwards(self) -> None:
        items = self.everything()
        depth = self.spool.depth()
        assert depth.records == self.spool.next_seq - 1 - self.spool.acked_seq
        assert depth.bytes_used <= LIMITS.bytes_max
        assert self.spool.last_number(b"i" * 16) == self.given
        if not items:
            assert self.spool.next_seq == self.spool.acked_seq + 1
            return
        tail = require_chain(items, self.spool.spool_id, self.spool.acked_seq + 1, self.acked_hash)
        assert tail == self.spool.tail_hash
        for item in items:
            if isinstance(item, StoredRecord):
                assert self.hashes.setdefault(item.seq, record_hash(item.header)) == record_hash(item.header)
            else:
                assert item.first_seq > self.sent or item.first_seq == self.spool.acked_seq + 1

    @invariant()
    def every_kept_payload_is_one_that_was_given(self) -> None:
        for item in self.everything():
            if isinstance(item, StoredRecord) and item.payload:
                head = RecordHeader.unpack(item.header)
                number = head.boottime_ns - 1_000_000_000
                if head.kind != Kind.GAP:
                    assert item.payload == a_record(number, size=len(item.payload)).payload


TestSpoolMachine = SpoolMachine.TestCase
TestSpoolMachine.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)

"""Whatever somebody changes behind the store's back, verification names the first entry that is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from gapwatch_collector.model import ActKind, Host, RegisteredMedium, TreeHead
from gapwatch_collector.store import Store
from gapwatch_collector.store.leaf import leaf_hashes
from gapwatch_collector.store.merkle import Frontier
from gapwatch_collector.verify import Progress, VerificationReport, verify_store, verifying
from gapwatch_proto.codec import encode
from gapwatch_proto.events import Witness
from gapwatch_proto.identity import tree_head_message
from gapwatch_proto.kinds import Kind
from support.chains import Chain
from support.stores import LOG_KEY, LOG_PUBLIC_KEY, Engine


@dataclass
class Filled:
    """A store with a bit of everything, and how to tamper with it."""

    engine: Engine
    store: Store
    chain: Chain
    table: str

    def verify(self, keys: dict[bytes, bytes] | None = None) -> VerificationReport:
        chain_keys = {self.chain.host_id: self.chain.public_key} if keys is None else keys
        return verify_store(self.store, LOG_PUBLIC_KEY, chain_keys)

    def tamper(self, statement: str, *parameters: object) -> None:
        with self.store.database.write() as connection:
            connection.exec_driver_sql(statement.replace("LOG", self.table), parameters)

    def sign_anew(self) -> None:
        """What somebody does who holds the log key too: a tree that fits the changed rows."""
        entries = list(self.store.maintenance.log_entries())
        frontier = Frontier()
        for entry in entries:
            frontier = frontier.extended(leaf_hashes([entry.entry], entry.recorded_ns))
        signature = LOG_KEY.sign(tree_head_message(frontier.size, frontier.root(), 5))
        self.tamper(
            "UPDATE log_state SET tree_size = ?, frontier = ?, root_hash = ?, signed_at_ns = 5, signature = ?",
            *(frontier.size, frontier.pack(), frontier.root(), signature),
        )


def witness(head: TreeHead) -> bytes:
    return encode(Witness(head.tree_size, head.root_hash, head.signed_at_ns, head.signature))


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Filled]:
    """Indexes: 0-4 records, 5 a run, 6 a record, 7 host, 8 medium, 9 act, 10 a witness of 0-5, 11-12 records."""
    engine = Engine(tmp_path / "store.db")
    store, chain = engine.open(), Chain()
    store.ingest.commit(chain.batch(5))
    seen = store.ingest.commit(chain.commit(chain.span(4)))
    assert seen is not None
    store.ingest.commit(chain.commit(chain.record(evicted=True)))
    store.registers.put_host(Host(chain.host_id, "host", ceilings={"state": "secret"}), by="officer", now_ns=1)
    store.registers.put_medium(RegisteredMedium(b"m" * 16, "stick", "4C53"), by="officer", now_ns=1)
    store.audit.act(ActKind.SIGNED_IN, by="officer", detail={}, now_ns=1)
    store.ingest.commit(chain.commit(chain.record(Kind.WITNESS, witness(seen))))
    store.ingest.commit(chain.batch(2))
    yield Filled(engine, store, chain, next(store.maintenance.day_tables()))
    engine.close()


def test_an_untouched_store_holds(filled: Filled) -> None:
    report = filled.verify()
    assert report.holds, report.faults
    assert (report.entries, report.spools, report.witnesses, report.batch_signatures) == (13, 1, 1, 5)
    assert report.first_broken_index is None
    assert report.head == filled.store.ingest.tree_head()


def test_an_empty_store_holds(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "store.db")
    report = verify_store(engine.open(), LOG_PUBLIC_KEY, {})
    assert (report.holds, report.entries, report.head) == (True, 0, None)
    engine.close()


def test_progress_is_told(filled: Filled) -> None:
    steps = list(verifying(filled.store, LOG_PUBLIC_KEY, {}))
    assert steps == [Progress(13, 13)]


TAMPERINGS: dict[str, tuple[int | None, str]] = {
    "UPDATE LOG SET payload = CAST(payload || x'00' AS BLOB) WHERE log_index = 2": (2, "the payload is not the one"),
    "UPDATE LOG SET payload = payload || x'00' WHERE log_index = 2": (2, "cannot be read"),
    "UPDATE LOG SET payload_evicted = 1, payload = x'' WHERE log_index = 2": (None, ""),
    "UPDATE LOG SET severity = 1 WHERE log_index = 3": (3, "columns differ from its header"),
    "UPDATE LOG SET kind = 300 WHERE log_index = 10": (10, "columns differ from its header"),
    "UPDATE LOG SET header = zeroblob(124) WHERE log_index = 3": (3, "the record's header"),
    "UPDATE LOG SET header = x'00' WHERE log_index = 3": (3, "cannot be read"),
    "UPDATE LOG SET header = 5 WHERE log_index = 3": (3, "cannot be read"),
    "UPDATE LOG SET origin = 77 WHERE log_index = 4": (4, "cannot be read"),
    "UPDATE LOG SET payload = x'7b7d' WHERE log_index = 5": (5, "collapsed run"),
    "UPDATE LOG SET payload = x'7b7d' WHERE log_index = 7": (7, "cannot be read"),
    "UPDATE LOG SET event_ns = event_ns - 1 WHERE log_index = 1": (5, "do not give the signed root"),
    "UPDATE LOG SET recorded_ns = 7 WHERE log_index = 9": (None, "do not give the signed root"),
    "DELETE FROM LOG WHERE log_index = 6": (6, "are missing"),
    "DELETE FROM LOG WHERE log_index = 12": (12, "can be read up to here only"),
    "UPDATE LOG SET log_index = 99 WHERE log_index = 12": (12, "can be read up to here only"),
    "UPDATE log_state SET root_hash = zeroblob(32)": (None, "not signed by this log's key"),
    "UPDATE log_state SET signature = zeroblob(64)": (None, "not signed by this log's key"),
    "DELETE FROM log_state": (None, "no signed head"),
    "UPDATE spools SET next_seq = 2": (12, "lies before the end"),
    "UPDATE spools SET last_hash = zeroblob(32)": (12, "names another hash"),
    "DELETE FROM spools": (12, "lies before the end"),
    "DELETE FROM batch_signatures": (12, "no signature of the host covers"),
    "UPDATE batch_signatures SET signature = zeroblob(64) WHERE last_seq = 5": (4, "signature over records up to 5"),
    "UPDATE hosts SET ceilings = '{}'": (7, "differs from the last change"),
    "DELETE FROM media": (8, "differs from the last change"),
    "INSERT INTO media SELECT zeroblob(16), 'x', '', '', '', '', '', '{}', '', ''": (None, "never put there"),
}


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_a_change_behind_the_stores_back_is_named(filled: Filled, statement: str) -> None:
    index, complaint = TAMPERINGS[statement]
    filled.tamper(statement)
    report = filled.verify()
    assert report.holds == (not complaint)
    assert complaint in " ".join(fault.what for fault in report.faults)
    assert report.first_broken_index == index


def swap_headers(connection: Connection, table: str) -> None:
    another = f"(SELECT header FROM {table} WHERE log_index = 12)"
    connection.exec_driver_sql(f"UPDATE {table} SET header = {another} WHERE log_index = 11")


def rewrite_time(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"UPDATE {table} SET event_ns = event_ns + 1 WHERE log_index = 1")


def cut_tail(connection: Connection, table: str) -> None:
    connection.exec_driver_sql(f"DELETE FROM {table} WHERE log_index > 11")


@pytest.mark.parametrize(
    ("change", "index", "complaint"),
    [
        (swap_headers, 11, "columns differ from its header"),
        (rewrite_time, 5, "an agent saw another log up to here"),
        (cut_tail, 11, "no signature of the host covers"),
    ],
)
def test_who_holds_the_log_key_too_is_still_found(
    filled: Filled, change: Callable[[Connection, str], None], index: int, complaint: str
) -> None:
    with filled.store.database.write() as connection:
        change(connection, filled.table)
    filled.sign_anew()
    report = filled.verify()
    assert complaint in " ".join(fault.what for fault in report.faults), report.faults
    assert report.first_broken_index == index


def test_a_log_cut_behind_a_witness_is_found(filled: Filled) -> None:
    """The agent saw 13 entries; the store was set back to 6 and went on."""
    head = filled.store.ingest.tree_head()
    assert head is not None
    early = Chain(spool_id=b"t" * 16)
    filled.tamper("DELETE FROM LOG WHERE log_index >= 6")
    filled.sign_anew()
    filled.store.ingest.commit(early.commit(early.record(Kind.WITNESS, witness(head))))
    report = filled.verify({})
    assert "the log was cut" in " ".join(fault.what for fault in report.faults)


def test_agents_that_were_shown_different_logs_are_found(filled: Filled) -> None:
    root = b"another root, signed just as well"[:32]
    other = TreeHead(6, root, 9, LOG_KEY.sign(tree_head_message(6, root, 9)))
    chain = filled.chain
    filled.store.ingest.commit(chain.commit(chain.record(Kind.WITNESS, witness(other))))
    assert "shown different logs" in filled.verify().faults[0].what


def test_a_witness_that_the_log_key_never_signed_is_named(filled: Filled) -> None:
    chain = filled.chain
    forged = TreeHead(6, b"r" * 32, 9, b"s" * 64)
    filled.store.ingest.commit(chain.commit(chain.record(Kind.WITNESS, witness(forged))))
    report = filled.verify()
    assert [(fault.log_index, "not signed" in fault.what) for fault in report.faults] == [(13, True)]


def test_another_hosts_key_fails_every_signature(filled: Filled) -> None:
    report = filled.verify({filled.chain.host_id: Chain().public_key})
    assert report.first_broken_index == 4
    assert any("collapsed run is not signed" in fault.what for fault in report.faults)


def test_a_broken_chain_is_named_where_it_breaks_and_not_after(filled: Filled) -> None:
    chain = filled.chain
    chain.last_hash = b"x" * 32
    position = filled.store.ingest.position(chain.host_id, chain.spool_id)
    assert position is not None
    filled.store.ingest.commit(replace(chain.batch(3), expected_next_seq=position.next_seq))
    report = filled.verify()
    assert [(fault.log_index, "predecessor" in fault.what) for fault in report.faults] == [(13, True)]


def test_faults_are_bounded_but_counted(filled: Filled) -> None:
    filled.store.ingest.commit(filled.chain.batch(150))
    filled.tamper("UPDATE LOG SET payload = x'00' WHERE log_index > 12")
    report = filled.verify()
    assert (len(report.faults), report.faults_total) == (100, 150)


def test_days_that_were_dropped_leave_the_rest_verifiable(filled: Filled) -> None:
    filled.engine.clock.advance(86_400)
    filled.store.ingest.commit(filled.chain.batch(4))
    filled.tamper("DROP TABLE LOG")
    filled.tamper("DELETE FROM log_days WHERE last_index IS NOT NULL")
    report = filled.verify()
    assert report.holds, report.faults
    assert (report.first_index, report.entries) == (13, 4)

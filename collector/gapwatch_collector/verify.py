"""Re-checks everything the store claims, from its bytes alone (C4): whoever holds a copy and the public keys can.

What is checked: log indexes without holes; every host's chain (numbers, links, payload hashes, collapsed runs and their
signatures); the hosts' signatures over their batches, up to the end of every chain; the Merkle root over all entries
against the signed head; every head an agent witnessed, so that a history rewritten or cut by somebody who holds both
database and log key shows; the registers against the last change the log holds. Written apart from ingest, so that one
mistake does not hide another. Memory is bounded by hosts, registers and WITNESSES_MAX, not by the log.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gapwatch_collector.model import Host, LogEntry, NewEntry, Origin, RegisteredMedium, TreeHead
from gapwatch_collector.store import Store
from gapwatch_collector.store.entries import read_register_change, read_span
from gapwatch_collector.store.leaf import leaf_hashes
from gapwatch_collector.store.merkle import Frontier
from gapwatch_proto.codec import decode
from gapwatch_proto.errors import ProtocolError
from gapwatch_proto.events import Witness
from gapwatch_proto.identity import tree_head_message, verify
from gapwatch_proto.kinds import Kind
from gapwatch_proto.record import GENESIS_HASH, RecordHeader, batch_message, payload_hash, record_hash

FAULTS_MAX: Final = 100
WITNESSES_MAX: Final = 1_000_000
_CHUNK: Final = 1_000
_WITNESS: Final = int(Kind.WITNESS)

SpoolKey = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold. ``log_index`` is -1 when no single entry is to blame."""

    log_index: int
    what: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the verification is."""

    entries: int
    entries_total: int


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What was checked and what does not hold; ``faults`` keeps the first FAULTS_MAX, ``faults_total`` counts all."""

    first_index: int
    entries: int
    spools: int
    batch_signatures: int
    witnesses: int
    witnesses_unchecked: int
    head: TreeHead | None
    faults: tuple[Fault, ...]
    faults_total: int

    @property
    def holds(self) -> bool:
        """Whether everything that was checked is as it was written."""
        return self.faults_total == 0

    @property
    def first_broken_index(self) -> int | None:
        """The lowest log index that is to blame; None when none is."""
        return min((fault.log_index for fault in self.faults if fault.log_index >= 0), default=None)


def verify_store(store: Store, log_public_key: bytes, chain_keys: Mapping[bytes, bytes]) -> VerificationReport:
    """Verify to the end. ``chain_keys`` maps host id to the host's Ed25519 chain public key (32 raw bytes)."""
    steps = verifying(store, log_public_key, chain_keys)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            report: VerificationReport = done.value
            return report


def verifying(
    store: Store, log_public_key: bytes, chain_keys: Mapping[bytes, bytes]
) -> Generator[Progress, None, VerificationReport]:
    """Verify step by step: yields progress, returns the report. The log may grow meanwhile."""
    head = store.ingest.tree_head()
    return (yield from _Verification(store, head, log_public_key, chain_keys).run())


@dataclass(slots=True)
class _Chain:
    """Where a spool's chain stands, and up to which number its host has signed."""

    next_seq: int
    last_hash: bytes
    last_index: int
    signed_seq: int = 0


@dataclass(slots=True)
class _Verification:
    store: Store
    head: TreeHead | None
    log_public_key: bytes
    chain_keys: Mapping[bytes, bytes]
    frontier: Frontier = field(default_factory=Frontier)
    first_index: int = 0
    at: int = 0
    unreadable: bool = False
    chains: dict[SpoolKey, _Chain] = field(default_factory=dict)
    registers: dict[bytes, tuple[int, Host | RegisteredMedium]] = field(default_factory=dict)
    witnessed: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    witnesses: int = 0
    witnesses_unchecked: int = 0
    signatures: int = 0
    faults: list[Fault] = field(default_factory=list)
    faults_total: int = 0

    def run(self) -> Generator[Progress, None, VerificationReport]:
        total = 0 if self.head is None else self.head.tree_size
        kept = self.store.maintenance.kept_from()
        self.frontier, self.first_index = kept, kept.size
        self._gather_witnesses(total)
        self.at = kept.size
        try:
            while self.at < total and (chunk := self._read(total)):
                self._check_chunk(chunk)
                yield Progress(self.frontier.size, total)
        except (TypeError, ValueError) as error:
            self._blame(self.at, f"the entry cannot be read: {error}")
            self.unreadable = True
        self._check_head(total)
        if self.frontier.size >= total and not self.unreadable:
            self._check_ends()
            self._check_registers()
        return VerificationReport(
            self.first_index,
            self.frontier.size - self.first_index,
            len(self.chains),
            self.signatures,
            self.witnesses,
            self.witnesses_unchecked,
            self.head,
            tuple(self.faults),
            self.faults_total,
        )

    def _read(self, total: int) -> list[LogEntry]:
        try:
            chunk = self.store.log.read(self.at, _CHUNK)
        except ValueError:  # one of them; one by one shows which
            chunk = self.store.log.read(self.at, 1)
        return [entry for entry in chunk if entry.log_index < total]

    def _blame(self, log_index: int, what: str) -> None:
        self.faults_total += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(log_index, what))

    # --- what agents saw ---------------------------------------------------------------------------------------------

    def _gather_witnesses(self, total: int) -> None:
        for entry in _until_unreadable(self.store.maintenance.records_of_kind(_WITNESS)):
            if entry.log_index < total:
                self._take_witness(entry)

    def _take_witness(self, entry: LogEntry) -> None:
        try:
            witness = decode(_WITNESS, entry.entry.payload)
        except ProtocolError:
            return  # an evicted payload; a damaged one is found by its hash
        if not isinstance(witness, Witness) or not witness.signature:
            return
        message = tree_head_message(witness.tree_size, witness.root_hash, witness.signed_at_ns)
        if not verify(self.log_public_key, witness.signature, message):
            self._blame(entry.log_index, "the head this agent witnessed was not signed by this log's key")
        elif witness.tree_size > entry.log_index:
            self._blame(entry.log_index, f"an agent had seen {witness.tree_size} entries before: the log was cut")
        elif witness.tree_size <= self.first_index or len(self.witnessed) >= WITNESSES_MAX:
            self.witnesses_unchecked += 1
        else:
            self.witnesses += 1
            known = self.witnessed.setdefault(witness.tree_size, (entry.log_index, witness.root_hash))
            if known[1] != witness.root_hash:
                self._blame(entry.log_index, f"two agents were shown different logs of {witness.tree_size} entries")

    # --- entry by entry ----------------------------------------------------------------------------------------------

    def _check_chunk(self, chunk: list[LogEntry]) -> None:
        ranges: dict[SpoolKey, tuple[int, int]] = {}
        ends: dict[tuple[SpoolKey, int], tuple[int, bytes]] = {}
        for entry in chunk:
            self._check_entry(entry)
            if entry.entry.origin in {Origin.RECORD, Origin.SPAN}:
                key = (entry.entry.host_id, entry.entry.spool_id)
                chain = self.chains[key]
                last_seq = chain.next_seq - 1
                ranges[key] = (ranges.get(key, (last_seq, 0))[0], last_seq)
                ends[key, last_seq] = (entry.log_index, chain.last_hash)
        for key, (first_seq, last_seq) in ranges.items():
            self._check_signatures(key, first_seq, last_seq, ends)

    def _check_entry(self, entry: LogEntry) -> None:
        index = entry.log_index
        if index != self.at:
            raise ValueError(f"entries {self.at} to {index - 1} are missing from the log")
        self.frontier = self.frontier.extended(leaf_hashes((entry.entry,), entry.recorded_ns))
        seen = self.witnessed.get(self.frontier.size)
        if seen is not None and self.frontier.root() != seen[1]:
            self._blame(index, f"an agent saw another log up to here (its word stands at {seen[0]}): it was rewritten")
        if entry.entry.origin is Origin.RECORD:
            self._check_record(index, entry.entry)
        elif entry.entry.origin is Origin.SPAN:
            self._check_span(index, entry.entry)
        elif entry.entry.origin is Origin.REGISTER_CHANGE:
            after = read_register_change(entry.entry).after
            self.registers[after.host_id if isinstance(after, Host) else after.medium_id] = (index, after)
        self.at = index + 1

    def _check_record(self, index: int, entry: NewEntry) -> None:
        try:
            header = RecordHeader.unpack(entry.header)
        except ProtocolError as error:
            self._blame(index, f"the record's header: {error}")
            return
        said = (header.spool_id, header.seq, header.kind, header.severity)
        if said != (entry.spool_id, entry.seq, entry.kind, entry.severity):
            self._blame(index, "the record's columns differ from its header")
        if not entry.payload_evicted and payload_hash(entry.payload) != header.payload_hash:
            self._blame(index, "the payload is not the one the record's header names")
        self._link(index, entry, header.seq, header.prev_hash)
        self._advance(index, entry, header.seq + 1, record_hash(entry.header))

    def _check_span(self, index: int, entry: NewEntry) -> None:
        span, signature = read_span(entry)
        key = self.chain_keys.get(entry.host_id)
        if key is not None and not verify(key, signature, span.message(entry.host_id, entry.spool_id)):
            self._blame(index, "the collapsed run is not signed by its host")
        if span.last_seq < span.first_seq:
            self._blame(index, f"the collapsed run ends ({span.last_seq}) before it begins ({span.first_seq})")
        chain = self.chains.get((entry.host_id, entry.spool_id))
        if chain is None or not span.first_seq < chain.next_seq == entry.seq <= span.last_seq:
            self._link(index, entry, span.first_seq, span.first_prev_hash)
        # else the run begins with records that stand before it: which hash came before them was checked at the join
        self._advance(index, entry, span.last_seq + 1, span.last_hash)

    def _link(self, index: int, entry: NewEntry, seq: int, prev_hash: bytes) -> None:
        chain = self.chains.get((entry.host_id, entry.spool_id))
        if chain is None:
            if self.first_index:
                return  # the beginning went with a day that was dropped
            chain = _Chain(1, GENESIS_HASH, index)
        whose = _whose(entry.host_id, entry.spool_id)
        if seq != chain.next_seq:
            self._blame(index, f"{whose}: record {seq} stands where {chain.next_seq} is due")
        elif prev_hash != chain.last_hash:
            self._blame(index, f"{whose}: record {seq} does not name its predecessor's hash")

    def _advance(self, index: int, entry: NewEntry, next_seq: int, last_hash: bytes) -> None:
        key = (entry.host_id, entry.spool_id)
        chain = self.chains.get(key)
        if chain is None:
            self.chains[key] = _Chain(next_seq, last_hash, index)
        else:
            chain.next_seq, chain.last_hash, chain.last_index = next_seq, last_hash, index

    def _check_signatures(
        self, key: SpoolKey, first_seq: int, last_seq: int, ends: Mapping[tuple[SpoolKey, int], tuple[int, bytes]]
    ) -> None:
        chain_key = self.chain_keys.get(key[0])
        if chain_key is None:
            return
        for kept in self.store.maintenance.batch_signatures(*key, first_seq, last_seq):
            index, last_hash = ends.get((key, kept.last_seq), (self.chains[key].last_index, b""))
            self.signatures += 1
            if last_hash and verify(chain_key, kept.signature, batch_message(*key, last_hash)):
                self.chains[key].signed_seq = max(self.chains[key].signed_seq, kept.last_seq)
            else:
                self._blame(index, f"{_whose(*key)}: the host's signature over records up to {kept.last_seq} fails")

    # --- at the end --------------------------------------------------------------------------------------------------

    def _check_head(self, total: int) -> None:
        if self.head is None:
            if list(self.store.maintenance.day_tables()):
                self._blame(-1, "there are entries but no signed head")
            return
        message = tree_head_message(self.head.tree_size, self.head.root_hash, self.head.signed_at_ns)
        if not verify(self.log_public_key, self.head.signature, message):
            self._blame(-1, "the tree head is not signed by this log's key")
        if self.frontier.size < total:
            self._blame(self.frontier.size, f"the head counts {total} entries; the log can be read up to here only")
        elif self.frontier.root() != self.head.root_hash:
            self._blame(-1, "the entries do not give the signed root: an entry or the head was changed")

    def _has_grown(self) -> bool:
        return self.store.ingest.tree_head() != self.head

    def _check_ends(self) -> None:
        for (host_id, spool_id), chain in self.chains.items():
            whose = _whose(host_id, spool_id)
            position = self.store.ingest.position(host_id, spool_id)
            if position is None or position.next_seq < chain.next_seq:
                self._blame(chain.last_index, f"{whose}: the position kept lies before the end of the chain")
            elif position.next_seq == chain.next_seq and position.last_hash != chain.last_hash:
                self._blame(chain.last_index, f"{whose}: the position kept names another hash than the chain's last")
            elif position.next_seq > chain.next_seq and not self._has_grown():
                self._blame(chain.last_index, f"{whose}: records up to {position.next_seq - 1} are gone from the log")
            if host_id in self.chain_keys and chain.signed_seq != chain.next_seq - 1:
                self._blame(chain.last_index, f"{whose}: no signature of the host covers the end of the chain")

    def _check_registers(self) -> None:
        """Only rows the log still knows of; a row changed since the verification began is newer, not wrong."""
        if self._has_grown():
            return
        rows: dict[bytes, Host | RegisteredMedium] = {host.host_id: host for host in self.store.registers.hosts()}
        rows.update({medium.medium_id: medium for medium in self.store.registers.media()})
        for row_id, (index, after) in self.registers.items():
            if rows.get(row_id) != after:
                self._blame(index, f"register row {row_id.hex()} differs from the last change the log holds")
        if not self.first_index:
            for row_id in rows.keys() - self.registers.keys():
                self._blame(-1, f"register row {row_id.hex()} was never put there through the log")


def _whose(host_id: bytes, spool_id: bytes) -> str:
    return f"host {host_id.hex()} spool {spool_id.hex()}"


def _until_unreadable(entries: Iterator[LogEntry]) -> Iterator[LogEntry]:
    """Damaged rows are named when the log is walked; here they only end the gathering."""
    try:
        yield from entries
    except (TypeError, ValueError):
        return

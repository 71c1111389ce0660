"""What the rest of the collector asks of storage.

Each port belongs to the room that uses it; one engine (SQLAlchemy Core over SQLite now, PostgreSQL later) fills them
all, and one contract suite holds both to these words. Methods are synchronous and thread-safe; each is one transaction
unless it says otherwise. They raise StoreBusyError when the database cannot take it now (nothing was written), and
nothing else on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gapwatch_collector.model import (
    Account,
    ActKind,
    Alert,
    AlertFilter,
    AlertState,
    AnchorPoint,
    EnrolmentToken,
    Host,
    LogEntry,
    NewEntry,
    PendingEnrolment,
    RegisteredMedium,
    Role,
    SpoolPosition,
    TreeHead,
)
from gapwatch_collector.store.merkle import Frontier

# --- ingest ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Commit:
    """One verified batch of one host's spool: entries in order and where the spool stands afterwards.

    ``expected_next_seq`` guards against two streams of one spool: the commit is refused when the stored position moved.
    ``batch_signature`` is the host's over the last record hash (C4), kept so that anybody can verify the host's chain
    offline; empty when the entries are not a whole batch's end.
    """

    position: SpoolPosition
    expected_next_seq: int
    entries: Sequence[NewEntry]
    anchors: Sequence[AnchorPoint] = ()
    batch_signature: bytes = b""


class IngestStore(Protocol):
    """What ingest needs. Ack means committed (C2): when ``commit`` returns, the entries survive power loss."""

    def position(self, host_id: bytes, spool_id: bytes) -> SpoolPosition | None:
        """Where this spool stands; None when nothing of it was ever committed."""
        ...

    def commit(self, commit: Commit) -> TreeHead | None:
        """Append the entries, move the spool, extend and sign the tree, in one transaction.

        None when ``expected_next_seq`` no longer holds (another stream won): nothing was written, ask for the position.
        """
        ...

    def record_hash(self, host_id: bytes, spool_id: bytes, seq: int) -> bytes | None:
        """Hash of an already committed record, to tell a harmless resend from a fork; None when no longer kept."""
        ...

    def anchor(self, host_id: bytes, boot_id: bytes) -> AnchorPoint | None:
        """The latest tie for this boot."""
        ...

    def tree_head(self) -> TreeHead | None:
        """The head over everything committed; None before the first entry."""
        ...


class Journal(Protocol):
    """Appends what is not a host's record: acts of users, ticks, register changes."""

    def append(self, entries: Sequence[NewEntry]) -> TreeHead:
        """Append in one transaction and return the new head."""
        ...


# --- evaluation ------------------------------------------------------------------------------------------------------


class LogReader(Protocol):
    """The evaluator's only source (C8)."""

    def read(self, from_index: int, limit: int) -> list[LogEntry]:
        """Entries ``from_index`` and up, in order, at most ``limit``; empty when there are none yet."""
        ...


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything one pass of the evaluator writes, with the cursor, in one transaction.

    ``state`` maps a key to JSON-able correlation state; None deletes the key. ``resolutions`` closes alerts:
    (alert id, new state, explanation).
    """

    expected_cursor: int
    cursor: int
    alerts: Sequence[Alert] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    resolutions: Sequence[tuple[bytes, AlertState, str]] = ()
    sightings: Sequence[Sighting] = ()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A medium seen on a host: kept for ever (domain.md §5), one row a (medium key, host), widened by each new event.

    ``medium_key`` is the serial number and filesystem id as the evaluator normalises them.
    """

    medium_key: str
    host_id: bytes
    first_ns: int
    last_ns: int
    person: str = ""


class EvaluationStore(Protocol):
    """What the evaluator needs beside the log."""

    def cursor(self) -> int:
        """The next log index to evaluate; 0 at first."""
        ...

    def save(self, evaluation: Evaluation) -> bool:
        """Write everything and move the cursor, in one transaction; alerts already there (same id) are left alone.

        False when ``expected_cursor`` no longer holds (another evaluator is active): nothing was written.
        """
        ...

    def load_state(self) -> dict[str, object]:
        """All correlation state, as last saved."""
        ...

    def sightings(self, medium_key: str) -> list[Sighting]:
        """Where a medium was seen, first sighting first."""
        ...

    def lead(self) -> AbstractContextManager[bool]:
        """Hold the evaluator's lock for as long as the context is open; yields False when another process holds it."""
        ...


# --- registers -------------------------------------------------------------------------------------------------------


class Registers(Protocol):
    """Hosts and media. Every change also stands in the log as a REGISTER_CHANGE entry, so rules can be replayed."""

    def hosts(self) -> list[Host]: ...

    def host(self, host_id: bytes) -> Host | None: ...

    def put_host(self, host: Host, *, by: str, now_ns: int) -> None:
        """Insert or replace, and append the change (before and after) to the log."""
        ...

    def change_host(
        self, host_id: bytes, change: Callable[[Host | None], Host | None], *, by: str, now_ns: int
    ) -> Host | None:
        """Read a host's row and write what ``change`` makes of it, in one transaction, and append the change.

        Nothing is written when ``change`` returns the row it was given (or None) or raises. Returns the row as it
        stands afterwards. Whoever decides by the row as it was uses this: a row put back would undo a revocation.
        """
        ...

    def media(self) -> list[RegisteredMedium]: ...

    def put_medium(self, medium: RegisteredMedium, *, by: str, now_ns: int) -> None:
        """Insert or replace, and append the change (before and after) to the log."""
        ...


class Enrolments(Protocol):
    """One-time tokens and the hosts that spent one."""

    def add_token(self, token: EnrolmentToken) -> None: ...

    def spend_token(self, token_hash: bytes, pending: PendingEnrolment, now_ns: int) -> str:
        """Bind the token to this pending host. Returns '' when done (also when the very same request asks again), else
        why not: unknown, expired, used, other_machine.
        """
        ...

    def pending(self) -> list[PendingEnrolment]: ...

    def pending_host(self, host_id: bytes) -> PendingEnrolment | None: ...

    def pending_by_token(self, token_hash: bytes) -> PendingEnrolment | None: ...


# --- console ---------------------------------------------------------------------------------------------------------


class AlertQueries(Protocol):
    """What the console reads and the two things it writes about alerts. Latency must not grow with what is stored."""

    def alerts(self, wanted: AlertFilter) -> list[Alert]:
        """Newest first."""
        ...

    def alert(self, alert_id: bytes) -> Alert | None: ...

    def case(self, case_id: bytes) -> list[Alert]:
        """The alerts of one act, highest severity first."""
        ...

    def counts(self) -> dict[tuple[AlertState, int], int]:
        """Alerts by (state, severity), kept as a rollup."""
        ...

    def newest_number(self) -> int:
        """Highest alert number; the live stream polls it."""
        ...

    def revision(self) -> int:
        """Changes whenever any alert changes state; the live stream polls it too."""
        ...

    def acknowledge(self, alert_id: bytes, *, by: str, reason: str, now_ns: int) -> bool:
        """Mark as acknowledged and append the act to the log; False when it is not open."""
        ...


class Accounts(Protocol):
    """Users, one-time sign-ins and sessions. Codes and session ids are stored as SHA-256 only."""

    def create(self, name: str, *, by: str, now_ns: int) -> Account:
        """First act (C12): an account without rights. Raises RefusedError when the name is taken."""
        ...

    def grant(self, name: str, role: Role, *, by: str, now_ns: int) -> Account:
        """Second act, by another person. Raises RefusedError when ``by`` created it, or it already has a role."""
        ...

    def accounts(self) -> list[Account]: ...

    def add_sign_in(self, account_id: bytes, code_hash: bytes, expires_ns: int) -> None: ...

    def spend_sign_in(self, code_hash: bytes, now_ns: int) -> Account | None:
        """The account, once; None when unknown, spent, expired or disabled."""
        ...

    def open_session(self, account_id: bytes, session_hash: bytes, expires_ns: int) -> None: ...

    def session(self, session_hash: bytes, now_ns: int) -> Account | None: ...

    def close_session(self, session_hash: bytes) -> None: ...


class Audit(Protocol):
    """Acts of users and administrators, for the log and the auditor's page."""

    def act(self, kind: ActKind, *, by: str, detail: Mapping[str, object], now_ns: int) -> None: ...

    def acts(self, before_index: int, limit: int) -> list[LogEntry]:
        """Newest first, entries of origin ACT and REGISTER_CHANGE; ``before_index`` 0 means from the newest."""
        ...


class Policies(Protocol):
    """Signed policies as the officers signed them (C9); the collector only relays."""

    def newest(self) -> bytes | None:
        """Serialised SignedPolicy with the highest version."""
        ...

    def publish(self, version: int, signed_policy: bytes, *, by: str, now_ns: int) -> None:
        """Keep it and append the act. Raises RefusedError when the version is not newer."""
        ...


class Maintenance(Protocol):
    """Whole-store questions of the command line."""

    def day_tables(self) -> Iterator[str]: ...

    def log_entries(self) -> Iterator[LogEntry]:
        """Every entry still kept, in order, streamed in bounded memory (``verify``, replay).

        Raises ValueError naming the entry when one cannot be read as an entry.
        """
        ...

    def records_of_kind(self, kind: int) -> Iterator[LogEntry]:
        """Hosts' records of one kind, in order, streamed; reads the whole log."""
        ...

    def kept_from(self) -> Frontier:
        """The tree before the first entry still kept; its size is that entry's index."""
        ...

    def batch_signatures(self, host_id: bytes, spool_id: bytes, first_seq: int, last_seq: int) -> list[BatchSignature]:
        """The host's signatures over batches that end within these numbers, in order."""
        ...


@dataclass(frozen=True, slots=True)
class BatchSignature:
    """A host's signature over the hash of record ``last_seq`` (``gapwatch_proto.record.batch_message``)."""

    last_seq: int
    last_hash: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class EventCount:
    """Records of one UTC day (a number such as 20261122), host, kind and severity."""

    day: int
    host_id: bytes
    kind: int
    severity: int
    count: int


@dataclass(frozen=True, slots=True)
class DayCompleteness:
    """What a host's spool said of one UTC day (C3): numbers first to last, and what is known to be missing of them.

    ``evicted`` records came without their payload, ``spans`` are runs reduced to their ends, ``gaps`` are the host's
    own gap records, ``forks`` numbers that were said twice.
    """

    host_id: bytes
    day: int
    spool_id: bytes
    first_seq: int
    last_seq: int
    records: int
    evicted: int
    spans: int
    gaps: int
    forks: int
    first_event_ns: int
    last_event_ns: int


class Rollups(Protocol):
    """Counts kept with every commit, for pages and reports; days are UTC days of the event."""

    def event_counts(self, first_day: int, last_day: int) -> list[EventCount]: ...

    def completeness(self, host_id: bytes, first_day: int, last_day: int) -> list[DayCompleteness]: ...

"""What is written for a verified batch, and for a fork. Pure."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Final

from gapwatch_collector.ingest.event_time import Timeline
from gapwatch_collector.ingest.verify import Fork, Item, RecordItem, SpanItem, Verified
from gapwatch_collector.model import AnchorPoint, NewEntry, Origin, SpoolPosition
from gapwatch_collector.store.entries import canonical_json, span_entry
from gapwatch_collector.store.ports import Commit
from gapwatch_proto.codec import decode
from gapwatch_proto.errors import MalformedPayloadError
from gapwatch_proto.events import Anchor
from gapwatch_proto.kinds import Kind

FORK_SEVERITY: Final = 5
_BRANCH_BYTES_MAX: Final = 256 * 1024
_ANCHOR_KIND: Final = int(Kind.ANCHOR)


def commit_of(verified: Verified, before: SpoolPosition, timeline: Timeline, now_ns: int) -> Commit:
    """The batch as one transaction of the store. The timeline learns the batch's anchors before it places anything."""
    host_id = verified.position.host_id
    anchors = [anchor for anchor in _anchors(verified.items, host_id) if timeline.learn(anchor, now_ns)]
    hello = timeline.hello_anchor()
    if hello is not None:
        anchors.insert(0, hello)
        timeline.learn(hello, now_ns)
    entries = _entries(verified, before.next_seq, timeline, now_ns)
    return Commit(verified.position, before.next_seq, entries, anchors, verified.signature)


def fork_commit(fork: Fork, position: SpoolPosition, now_ns: int) -> Commit:
    """A fork as an entry of its own: the branch is kept, the spool does not move (C1)."""
    branch, left_out = _branch(fork.branch)
    payload = {
        "branch": branch,
        "branch_left_out": left_out,
        "kept_hash": fork.kept_hash.hex(),
        "next_seq": position.next_seq,
        "seq": fork.seq,
    }
    entry = NewEntry(
        Origin.FORK,
        int(Kind.GAP),
        FORK_SEVERITY,
        now_ns,
        0,
        canonical_json(payload),
        host_id=position.host_id,
        spool_id=position.spool_id,
        seq=fork.seq,
    )
    return Commit(position, position.next_seq, [entry])


def _entries(verified: Verified, next_seq: int, timeline: Timeline, now_ns: int) -> list[NewEntry]:
    times = iter(timeline.place([item for item in verified.items if isinstance(item, RecordItem)], now_ns))
    host_id, spool_id = verified.position.host_id, verified.position.spool_id
    record = Origin.RECORD
    entries: list[NewEntry] = []
    event_ns = now_ns
    for item in verified.items:
        if isinstance(item, SpanItem):
            run, signature = item.sent
            entries.append(span_entry(host_id, spool_id, run, signature, event_ns=event_ns, next_seq=next_seq))
            continue
        packed, payload, evicted = item.sent
        event_ns, uncertainty_ns = next(times)
        entries.append(
            NewEntry(
                record,
                item.kind,
                item.severity,
                event_ns,
                uncertainty_ns,
                payload,
                host_id,
                spool_id,
                item.first_seq,
                packed,
                evicted,
            )
        )
    return entries


def _anchors(items: Iterable[Item], host_id: bytes) -> list[AnchorPoint]:
    anchors = []
    for item in items:
        if not isinstance(item, RecordItem) or item.kind != _ANCHOR_KIND or item.sent.payload_evicted:
            continue
        try:
            payload = decode(Kind.ANCHOR, item.sent.payload)
        except MalformedPayloadError:
            continue  # kept as it stands like any other record; it ties nothing
        if isinstance(payload, Anchor):
            anchors.append(
                AnchorPoint(host_id, item.boot_id, item.boottime_ns, payload.collector_ns, payload.round_trip_ns)
            )
    return anchors


def _branch(items: Sequence[Item]) -> tuple[list[dict[str, object]], int]:
    """The branch's records within a bound, and how many were left out."""
    kept: list[dict[str, object]] = []
    bytes_left = _BRANCH_BYTES_MAX
    for item in items:
        if isinstance(item, RecordItem):
            row: dict[str, object] = {
                "header": base64.b64encode(item.sent.header).decode(),
                "payload": base64.b64encode(item.sent.payload).decode(),
            }
        else:
            row = {"span": [item.first_seq, item.last_seq], "last_hash": item.last_hash.hex()}
        bytes_left -= len(canonical_json(row))
        if bytes_left < 0:
            break
        kept.append(row)
    return kept, len(items) - len(kept)

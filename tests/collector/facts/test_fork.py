"""Reading a fork's entry."""

from __future__ import annotations

import pytest

from gapwatch_collector.facts.fork import ForkSaid, read_fork
from gapwatch_collector.ingest.entries import fork_commit
from gapwatch_collector.ingest.verify import Fork
from gapwatch_collector.model import NewEntry, Origin, SpoolPosition


def test_what_ingest_writes_is_read() -> None:
    (entry,) = fork_commit(Fork(2, b"k" * 32, ()), SpoolPosition(b"h" * 16, b"s" * 16, 7, b"l" * 32), 1).entries
    assert read_fork(entry) == ForkSaid(next_seq=7, records=0)


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b'{"next_seq":1,"branch":3,"branch_left_out":0}'])
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="does not describe a fork"):
        read_fork(NewEntry(Origin.FORK, 3, 5, 1, 0, payload))

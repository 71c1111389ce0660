"""The collector's log only grows."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gapwatch_agent.transport.witness import INTERVAL_NS, Suspicion, TreeWatcher
from gapwatch_proto.events import Witness
from gapwatch_proto.identity import raw, tree_head_message

KEY = Ed25519PrivateKey.generate()


def head(size: int, root: bytes = b"r" * 32, key: Ed25519PrivateKey = KEY) -> Witness:
    return Witness(size, root, 5, key.sign(tree_head_message(size, root, 5)))


def watcher(tmp_path: Path, key: bytes | None = None) -> TreeWatcher:
    return TreeWatcher(tmp_path / "tree_head", key)


def test_the_first_head_of_a_connection_is_recorded_then_one_in_ten_minutes(tmp_path: Path) -> None:
    tree = watcher(tmp_path)
    assert tree.seen(head(1), 0) == head(1)
    assert tree.seen(head(2), 1) is None
    assert tree.seen(head(3), INTERVAL_NS) == head(3)
    assert tree.seen(head(4), INTERVAL_NS + 1) is None
    tree.connected()
    assert tree.seen(head(5), INTERVAL_NS + 2) == head(5)


def test_a_log_that_shrank_is_raised_once(tmp_path: Path) -> None:
    tree = watcher(tmp_path)
    tree.seen(head(100), 0)
    suspicion = tree.seen(head(40), 1)
    assert isinstance(suspicion, Suspicion)
    assert "shrank from 100 to 40" in suspicion.reason
    assert tree.seen(head(40), 2) is None
    assert tree.seen(head(41), INTERVAL_NS) == head(41)


def test_the_same_size_with_another_root_is_raised(tmp_path: Path) -> None:
    tree = watcher(tmp_path)
    tree.seen(head(100), 0)
    assert tree.seen(head(100), 1) is None
    assert isinstance(tree.seen(head(100, b"x" * 32), 2), Suspicion)


def test_what_was_seen_is_not_forgotten_by_a_restart(tmp_path: Path) -> None:
    tree = watcher(tmp_path)
    tree.seen(head(100), 0)
    tree.keep()
    assert isinstance(watcher(tmp_path).seen(head(99), 0), Suspicion)
    (tmp_path / "tree_head").write_bytes(b"\xff\xff garbage")
    assert watcher(tmp_path).seen(head(99), 0) == head(99)


def test_a_known_log_key_must_have_signed(tmp_path: Path) -> None:
    tree = watcher(tmp_path, raw(KEY.public_key()))
    assert tree.seen(head(5), 0) == head(5)
    forged = head(6, key=Ed25519PrivateKey.generate())
    suspicion = tree.seen(forged, 1)
    assert isinstance(suspicion, Suspicion)
    assert "not signed" in suspicion.reason
    assert tree.seen(forged, 2) is None
    assert tree.seen(head(6), INTERVAL_NS) == head(6)


def test_a_head_without_a_root_is_none(tmp_path: Path) -> None:
    assert isinstance(watcher(tmp_path).seen(Witness(3, b"", 5, b""), 0), Suspicion)


def test_suspicions_are_bounded(tmp_path: Path) -> None:
    tree = watcher(tmp_path)
    raised = [tree.seen(head(size), 0) for size in range(1000, 500, -1)]
    assert sum(isinstance(one, Suspicion) for one in raised) == 100

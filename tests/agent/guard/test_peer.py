"""A connection whose other end reads slowly, not at all, or went away."""

from __future__ import annotations

import socket

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.guard.peer import BACKLOG_MESSAGES_MAX, Peer


def ends() -> tuple[Peer, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    return Peer(ours, 1), theirs


def test_what_does_not_fit_is_kept_in_order_then_dropped_and_never_waited_for() -> None:
    peer, theirs = ends()
    offered = [peer.offer(Message(10, str(number).encode().ljust(600))) for number in range(20_000)]
    accepted = sum(offered)
    assert BACKLOG_MESSAGES_MAX < accepted < 20_000
    assert offered == [True] * accepted + [False] * (20_000 - accepted)
    assert peer.waiting
    theirs.settimeout(5)
    for number in range(accepted):
        assert int(channel.receive(theirs).body) == number
        peer.flush()
    assert not peer.waiting
    peer.connection.close()
    theirs.close()


def test_bytes_are_bounded_too() -> None:
    peer, theirs = ends()
    accepted = 0
    while peer.offer(Message(10, bytes(100_000))):
        accepted += 1
    assert accepted < 200
    peer.connection.close()
    theirs.close()


def test_nothing_is_kept_for_who_is_gone() -> None:
    peer, theirs = ends()
    theirs.close()
    assert peer.offer(Message(10, b"x"))
    assert not peer.waiting
    peer.connection.close()

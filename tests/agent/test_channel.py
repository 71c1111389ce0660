"""Messages between our own processes: whole, with descriptors, and only from those who may."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent import channel
from gapwatch_agent.channel import Message
from gapwatch_agent.errors import PeerError


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[socket.socket, socket.socket]]:
    with channel.listen(tmp_path / "s") as listener, channel.connect(tmp_path / "s") as client:
        served, _ = listener.accept()
        with served:
            yield served, client


def test_a_message_arrives_whole(pair: tuple) -> None:
    served, client = pair
    channel.send(client, Message(7, b"body"))
    channel.send(client, Message(8))
    assert channel.receive(served) == Message(7, b"body")
    assert channel.receive(served) == Message(8)
    client.close()
    assert channel.receive(served) is None


def test_descriptors_travel_and_belong_to_the_receiver(pair: tuple, tmp_path: Path) -> None:
    served, client = pair
    (tmp_path / "f").write_bytes(b"inside")
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    channel.send(client, Message(1, b"", (fd,)))
    os.close(fd)
    message = channel.receive(served)
    assert message is not None
    (received,) = message.fds
    assert os.read(received, 10) == b"inside"
    assert not os.get_inheritable(received)
    os.close(received)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"x", "shorter"),
        (b"XX\x01\x01", "magic"),
        (b"GW\x09\x01", "version 9"),
        (b"GW\x01\x01" + bytes(140_000), "larger"),
    ],
)
def test_what_is_not_ours_is_refused_and_its_descriptors_closed(pair: tuple, data: bytes, complaint: str) -> None:
    served, client = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    before = open_descriptors()
    with open("/dev/null", "rb") as null:  # noqa: PTH123 (a descriptor is wanted)
        socket.send_fds(client, [data], [null.fileno()])
        with pytest.raises(PeerError, match=complaint):
            channel.receive(served)
    assert open_descriptors() == before


def test_more_descriptors_than_allowed_leak_none(pair: tuple) -> None:
    served, client = pair
    before = open_descriptors()
    with open("/dev/null", "rb") as null:  # noqa: PTH123 (a descriptor is wanted)
        socket.send_fds(client, [b"GW\x01\x01"], [null.fileno()] * 9)
        with pytest.raises(PeerError, match="larger than"):
            channel.receive(served)
    assert open_descriptors() == before


@given(st.binary(min_size=1, max_size=64))
def test_any_datagram_is_read_or_refused(data: bytes) -> None:
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with left, right:
        left.send(data)
        try:
            message = channel.receive(right)
        except PeerError:
            return
        assert message is not None
        assert data == b"GW\x01" + bytes([message.type]) + message.body


def test_too_much_is_not_sent(pair: tuple) -> None:
    with pytest.raises(PeerError, match="too large to send"):
        channel.send(pair[1], Message(1, bytes(channel.MESSAGE_BYTES_MAX + 1)))


def test_the_kernel_says_who_is_there(pair: tuple) -> None:
    served, _ = pair
    assert channel.require_peer(served, frozenset({os.getuid()})) == channel.Peer(os.getpid(), os.getuid(), os.getgid())
    with pytest.raises(PeerError, match="may not speak"):
        channel.require_peer(served, frozenset({os.getuid() + 1}))


def test_a_stale_socket_is_replaced(tmp_path: Path) -> None:
    channel.listen(tmp_path / "s").close()
    with channel.listen(tmp_path / "s", mode=0o660) as listener:
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o660
        assert listener.getsockname() == str(tmp_path / "s")

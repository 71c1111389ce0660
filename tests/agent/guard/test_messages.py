"""What guard and watch say to each other survives the way, and nonsense is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.channel import MESSAGE_BYTES_MAX
from gapwatch_agent.errors import PeerError
from gapwatch_agent.guard import messages
from gapwatch_agent.guard.messages import Opened
from gapwatch_agent.kernel.procfs import Who

path_texts = st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
numbers = st.integers(0, 2**63 - 1)
ids = st.integers(-1, 2**32 - 2)
whos = st.builds(
    Who, numbers, numbers, path_texts, path_texts, path_texts, numbers, path_texts, ids, ids, ids, ids, path_texts
)
captures = st.builds(
    Opened,
    numbers,
    numbers,
    numbers,
    path_texts,
    numbers,
    numbers,
    st.none(),
    st.lists(path_texts, max_size=4).map(tuple),
)


@given(captures, st.none() | whos)
def test_a_capture_survives_whatever_bytes_its_paths_hold(opened: Opened, who: Who | None) -> None:
    opened = opened._replace(who=who._replace(pid=opened.pid) if who else None)
    body = messages.encode_opened(opened, messages.encode_who(opened.who))
    assert body.isascii()
    assert messages.decode_opened(body) == opened


@given(st.lists(captures, min_size=1, max_size=4))
def test_several_captures_go_in_one_message(several: list[Opened]) -> None:
    body = b"\n".join(messages.encode_opened(opened, b"") for opened in several)
    assert messages.decode_captures(body) == several


def test_a_capture_too_large_to_send_loses_its_sources_first_and_who_last() -> None:
    who = Who(1, 2, "cp", "/bin/cp", "\udcff" * 8192, 1, "sh", 0, 0, -1, -1, "/")
    opened = Opened(1, 2, 3, "/m/a", 4, 5, who, tuple("\udcff" * 4000 for _ in range(8)))
    body = messages.encode_opened(opened, messages.encode_who(who))
    assert len(body) <= MESSAGE_BYTES_MAX
    assert messages.decode_opened(body) == opened._replace(sources=())
    huge = who._replace(exe="\udcff" * 20000, cgroup="\udcff" * 20000)
    body = messages.encode_opened(opened, messages.encode_who(huge))
    assert messages.decode_opened(body) == opened._replace(sources=(), who=None)


@given(
    st.binary(max_size=60)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_any_body_is_a_value_or_a_peer_error(body: bytes) -> None:
    for decode in (
        messages.decode_opened,
        messages.decode_key,
        messages.decode_pids,
        messages.decode_marked,
        messages.decode_status,
    ):
        try:
            decode(body)
        except PeerError:
            continue


@pytest.mark.parametrize(
    ("decode", "body"),
    [
        (messages.decode_key, {"key": ""}),
        (messages.decode_key, {"key": "k" * 65}),
        (messages.decode_pids, {"pids": [0]}),
        (messages.decode_pids, {"pids": [True]}),
        (messages.decode_pids, {"pids": list(range(1, 99))}),
        (messages.decode_opened, {"pid": 1, "dev": 1, "ino": 1, "boottime_ns": 1, "wall_ns": 1, "sources": [1]}),
        (messages.decode_opened, {"pid": "1", "sources": []}),
        (messages.decode_status, {"answered": "many"}),
        (messages.decode_marked, {"key": 5}),
    ],
)
def test_wrong_values_are_refused(decode, body: dict) -> None:
    with pytest.raises(PeerError):
        decode(messages.encode(body))

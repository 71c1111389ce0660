"""The inspector's client against an inspector that answers, crashes, hangs, talks nonsense or is not there."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.enrich.inspection import ABSENT, CRASHED, TIMED_OUT, InspectorClient, read_verdict
from gapwatch_agent.errors import PeerError
from gapwatch_proto import codec
from gapwatch_proto.events import FileActivity, Hint, Inspection, Label, Mark
from gapwatch_proto.kinds import Kind
from support.file_watching import FakeInspector

CONTENT = b"MARK and more"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def memory(content: bytes = CONTENT) -> int:
    fd = os.memfd_create("file")
    os.write(fd, content)
    return fd


def ask(path: Path, *names: str, deadline_s: float = 10, absent_wait_s: float = 0.2) -> list[tuple[Inspection, str]]:
    async def scenario() -> list[tuple[Inspection, str]]:
        client = InspectorClient(path, 4, deadline_s, absent_wait_s)
        fd = memory()
        try:
            return list(await asyncio.gather(*(client.inspect(fd, name, len(CONTENT)) for name in names)))
        finally:
            os.close(fd)
            client.close()

    return asyncio.run(scenario())


@pytest.fixture
def inspector(tmp_path: Path):
    fake = FakeInspector(tmp_path / "inspector.sock")
    yield fake
    fake.close()


def test_a_verdict_comes_back_and_the_descriptor_stays_ours(tmp_path: Path, inspector: FakeInspector) -> None:
    ((inspection, sha256),) = ask(tmp_path / "inspector.sock", "a\udcff.txt")
    assert (inspection.inspected, inspection.mark.level_text, sha256) == ("full", "机密", SHA256)
    assert inspector.names == ["a\udcff.txt"]


def test_a_crash_is_retried_once(tmp_path: Path, inspector: FakeInspector) -> None:
    crashes = ["victim"]
    inspector.mishap = lambda name: name in crashes and not crashes.remove(name)
    ((inspection, sha256),) = ask(tmp_path / "inspector.sock", "victim")
    assert (inspection.inspected, sha256) == ("full", SHA256)
    inspector.mishap = lambda name: name == "killer"
    assert ask(tmp_path / "inspector.sock", "killer") == [(CRASHED, "")]
    assert inspector.names.count("killer") == 2


def test_an_absent_inspector_is_a_result_and_a_burst_does_not_wait_for_each(tmp_path: Path) -> None:
    began = time.monotonic()
    assert ask(tmp_path / "nobody.sock", *map(str, range(40))) == [(ABSENT, "")] * 40
    assert time.monotonic() - began < 0.2 * 40 / 4


def back_after(path: Path, delay_s: float) -> threading.Thread:
    """An inspector that begins to listen after a while."""

    def begin() -> None:
        time.sleep(delay_s)
        FakeInspector(path)

    thread = threading.Thread(target=begin, daemon=True)
    thread.start()
    return thread


def test_an_absent_inspector_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "inspector.sock"
    back = back_after(path, 0.3)
    # One descriptor for all, whose position they share: what was read is not the point here.
    assert [result[0].inspected for result in ask(path, *"abcdef", absent_wait_s=30)] == ["full"] * 6
    back.join()


def test_a_dead_listener_is_absent_and_no_attempt(tmp_path: Path) -> None:
    path = tmp_path / "inspector.sock"
    FakeInspector(path).close()  # its socket stays: nobody answers there
    assert ask(path, "a") == [(ABSENT, "")]
    back = back_after(path, 0.3)
    ((inspection, sha256),) = ask(path, "a", absent_wait_s=30)
    assert (inspection.inspected, sha256) == ("full", SHA256)
    back.join()


def test_one_killed_with_the_file_in_its_hands_is_waited_for_and_asked_again(
    tmp_path: Path, inspector: FakeInspector
) -> None:
    path = tmp_path / "inspector.sock"
    backs: list[threading.Thread] = []

    def killed(_name: str) -> bool:
        inspector.close()
        backs.append(back_after(path, 0.3))
        return True

    inspector.mishap = killed
    ((inspection, sha256),) = ask(path, "a", absent_wait_s=30)
    assert (inspection.inspected, sha256, len(backs)) == ("full", SHA256, 1)
    backs[0].join()


def test_a_connection_that_ended_while_idle_costs_no_attempt(tmp_path: Path, inspector: FakeInspector) -> None:
    path = tmp_path / "inspector.sock"
    once = [True]

    async def scenario() -> None:
        client = InspectorClient(path, 4, 10, 30)
        fd = memory()
        inspector.mishap = lambda name: name == "last words"
        await client.inspect(fd, "a", 1)
        assert client.present
        client._idle[0].shutdown(socket.SHUT_RDWR)
        inspector.mishap = lambda name: name == "b" and bool(once and once.pop())
        assert (await client.inspect(fd, "b", 1))[1] == SHA256
        os.close(fd)
        client.close()

    asyncio.run(scenario())
    assert inspector.names == ["a", "b", "b"]


def test_whether_it_is_there_can_be_asked_without_a_file(tmp_path: Path) -> None:
    path = tmp_path / "inspector.sock"

    async def scenario() -> None:
        client = InspectorClient(path, 4, 10, 0)
        assert client.present
        assert not client.probe()
        assert not client.present
        fake = FakeInspector(path)
        assert client.probe()
        assert client.probe()
        assert client.present
        assert len(client._idle) == 1
        fake.close()
        client._idle[0].shutdown(socket.SHUT_RDWR)
        assert not client.probe()
        assert client._idle == []
        client.close()

    asyncio.run(scenario())


def test_one_that_hangs_is_timed_out_and_not_asked_again(tmp_path: Path, inspector: FakeInspector) -> None:
    inspector.mishap = lambda _name: bool(time.sleep(0.3))
    assert ask(tmp_path / "inspector.sock", "slow", deadline_s=0.1) == [(TIMED_OUT, "")]
    assert inspector.names == ["slow"]


def test_at_most_four_at_a_time(tmp_path: Path, inspector: FakeInspector) -> None:
    now: list[str] = []
    most = [0]

    def busy(name: str) -> bool:
        now.append(name)
        most[0] = max(most[0], len(now))
        time.sleep(0.02)
        now.remove(name)
        return False

    inspector.mishap = busy
    # Each file is a descriptor of its own here, as in life; the fake reads from its position.
    assert len(ask(tmp_path / "inspector.sock", *map(str, range(12)))) == 12
    assert 1 <= most[0] <= 4


verdicts = st.fixed_dictionaries(
    {"inspected": st.sampled_from(["full", "partial", "none"])},
    optional={
        "reason": st.text() | st.integers(),
        "type": st.text(),
        "hints": st.integers() | st.none() | st.floats(),
        "sha256": st.text(max_size=70) | st.just("0" * 64),
        "mark": st.none()
        | st.dictionaries(
            st.sampled_from(["axis", "level", "confidence", "evidence", "period"]),
            st.text() | st.floats() | st.integers() | st.lists(st.none() | st.dictionaries(st.text(), st.integers())),
        ),
    },
)


@given(verdicts)
def test_any_well_formed_verdict_can_be_told(verdict: dict) -> None:
    inspection, sha256 = read_verdict(json.dumps(verdict).encode())
    payload = codec.encode(FileActivity(inspection=inspection))
    assert codec.decode(Kind.FILE_WRITTEN, payload).inspection.inspected == verdict["inspected"]
    assert sha256 in ("", "0" * 64)


@given(st.binary(max_size=100))
def test_nonsense_is_a_peer_error(body: bytes) -> None:
    with pytest.raises(PeerError):
        read_verdict(body)


def test_what_a_verdict_may_say_is_bounded() -> None:
    mark = {"axis": "state", "level_text": "x" * 9999, "confidence": 7, "evidence": [{"text": "y" * 9999}] * 999}
    inspection, _ = read_verdict(json.dumps({"inspected": "full", "mark": mark, "hints": 2**40}).encode())
    assert len(inspection.mark.level_text) == 512
    assert inspection.mark.confidence == 1.0
    assert len(inspection.mark.evidence) == 32
    assert len(inspection.mark.evidence[0].text) == 512
    assert inspection.hints == 2**31 - 1
    assert read_verdict(b'{"inspected":"none","mark":[]}')[0] == Inspection("none", mark=Mark())


def test_labels_hints_and_fingerprint_come_through_bounded() -> None:
    verdict = {
        "inspected": "full",
        "labels": [{"carrier": "purview", "key": "k", "value": "v"}, "nonsense"] * 99,
        "hint_list": [{"kind": "malformed", "part": "document", "page": 2, "zone": "body", "text": "绝秘"}],
        "fingerprint": "AQI=",
    }
    inspection, _ = read_verdict(json.dumps(verdict).encode())
    assert inspection.labels == (Label("purview", "k", "v"),) * 16
    assert inspection.hint_list == (Hint("malformed", "document", 2, "body", "绝秘"),)
    assert inspection.fingerprint == b"\1\2"
    for fingerprint in ("not base64!", "A" * 30_000, 5, None):
        assert (
            read_verdict(json.dumps({"inspected": "full", "fingerprint": fingerprint}).encode())[0].fingerprint == b""
        )

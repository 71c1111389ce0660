"""One file, one child: what the parent makes of children that die, hang, lie or babble."""

import contextlib
import hashlib
import os
import select
import signal
import sys
import time

import pytest

from gapwatch_agent.inspector import child as children
from gapwatch_agent.inspector import verdict
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import MemberFound, Terms, examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.marks import find_marks
from gapwatch_agent.inspector.readers.source import StopReading
from gapwatch_agent.inspector.verdict import Verdict, uninspected
from gapwatch_proto.events import Inspection

CONTENT = "机密★5年\n关于工作的通知\n".encode()


@pytest.fixture
def fd(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    opened = os.open(tmp_path / "a", os.O_RDONLY)
    yield opened
    os.close(opened)


@pytest.fixture
def nursery():
    made = Nursery(Limits(wall_s=5.0, cpu_s=2))
    yield made
    made.close()


def _outcome(nursery, fd, work, name="a"):
    return children.wait(nursery.start(fd, name, work=work))


def test_a_file_is_judged_and_hashed(nursery, fd):
    found = _outcome(nursery, fd, children.inspect_and_answer)
    assert found.inspection.mark.axis == "state"
    assert (found.sha256, found.size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def test_hashing_alone_still_hashes(nursery, fd):
    assert _outcome(nursery, fd, children.hash_and_answer).sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    "deed",
    [
        lambda: os.kill(os.getpid(), signal.SIGSEGV),
        lambda: os._exit(3),
        lambda: sys.exit(0),
        lambda: (_ for _ in ()).throw(KeyboardInterrupt),
        lambda: os.write(4, b"not json\n"),
        lambda: os.write(4, b'{"inspected":"full"}\n'),
        lambda: os.write(4, verdict.encode(Verdict())),
        lambda: os.write(4, b"[" * 40_000 + b"\n"),
    ],
)
def test_a_child_that_dies_or_lies_is_a_crash_and_its_name_still_counts(nursery, fd, deed):
    def work(*_):
        deed()

    found = _outcome(nursery, fd, work, "[机密]a.docx")
    assert (found.inspection.inspected, found.inspection.reason) == ("none", "crashed")
    assert found.inspection.mark.level == "secret"


def test_a_child_that_babbles_is_cut_off(nursery, fd):
    def work(*_):
        while True:
            os.write(4, b"x" * 65536)

    assert _outcome(nursery, fd, work) == uninspected("crashed")


def test_a_child_that_hangs_is_killed_when_its_time_is_up(fd):
    limited = Nursery(Limits(wall_s=0.2))

    def work(*_):
        time.sleep(60)

    assert _outcome(limited, fd, work) == uninspected("timed_out")
    limited.close()


def test_a_slow_medium_costs_the_hash_and_not_the_mark(fd):
    limited = Nursery(Limits(wall_s=2.0))
    judged = Verdict(size=5, inspection=examine(children.DescriptorSource(fd, len(CONTENT)), "a", Limits()))

    def work(*_):
        os.write(4, verdict.encode(judged) + b"\n")
        time.sleep(60)

    found = _outcome(limited, fd, work)
    assert (found.inspection.mark.axis, found.sha256) == ("state", "")
    limited.close()


def test_a_child_that_closes_its_pipe_and_lives_on_is_ended(nursery, fd):
    def work(*_):
        os.close(4)
        time.sleep(60)

    assert _outcome(nursery, fd, work) == uninspected("crashed")


def test_a_child_that_cannot_be_killed_is_not_waited_for_and_buried_when_it_ends(nursery, fd):
    """As one that reads from a medium that no longer answers."""

    def hang(*_):
        time.sleep(60)

    stuck = [nursery.start(fd, "[机密]a.txt", work=hang) for _ in range(16)]
    for child in stuck:
        child.bury = lambda _: None
        found = child.reap()
        assert (found.inspection.reason, found.inspection.mark.level) == ("timed_out", "secret")
    with contextlib.ExitStack() as kept:
        for child in stuck:  # its end is only noticed when the next file comes
            watch = os.pidfd_open(child.pid)
            kept.callback(os.close, watch)
            assert select.select([watch], [], [], 10)[0]
    assert _outcome(nursery, fd, lambda *_: None).inspection.reason == "crashed"
    for child in stuck:
        with pytest.raises(ChildProcessError):
            os.waitpid(child.pid, os.WNOHANG)


def test_a_child_holds_the_file_the_pipe_and_nothing_else(nursery, fd):
    secret = os.dup(fd)

    def work(*_):
        open_fds = [number for number in range(256) if _is_open(number)]
        os._exit(0 if open_fds == [0, 1, 2, 3, 4] else 9)

    child = nursery.start(fd, "a", work=work)
    _, status = os.waitpid(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    os.close(child.answer_fd)
    os.close(secret)


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def test_only_a_death_with_time_left_asks_for_a_second_child(nursery, fd):
    child = nursery.start(fd, "a")
    assert children.needs_hash(child, uninspected("crashed"))
    assert not children.needs_hash(child, uninspected("unsupported"))
    child.overdue = True
    assert not children.needs_hash(child, uninspected("timed_out"))
    child.reap()
    assert children.with_hash(uninspected("crashed"), Verdict(sha256="a" * 64, size=3)).sha256 == "a" * 64


def _members(nursery, fd, work=None):
    started = nursery.start(fd, "a", work=work)
    found = children.wait(started)
    return found, started.members()


def test_members_are_answered_one_by_one_and_survive_the_child(fd):
    def work(*_):
        answers = children._Members()
        for number in range(3):
            answers.answer(MemberFound(f"in/{number}", Inspection("full", "", "text"), "0" * 64, number))
        os.kill(os.getpid(), signal.SIGSEGV)

    caring = Nursery(Limits(wall_s=5.0), Terms(sum_up=False))
    found, members = _members(caring, fd, work)
    caring.close()
    assert found.inspection.reason == "crashed"
    assert [(member.member, member.size) for member in members] == [("in/0", 0), ("in/1", 1), ("in/2", 2)]


def test_members_have_only_so_much_room(monkeypatch):
    monkeypatch.setattr(children, "_MEMBERS_BYTES_MAX", 100)
    with pytest.raises(StopReading, match="too_many"):
        children._Members().answer(MemberFound("x", Inspection(), "", 0))


def test_a_first_word_stands_when_the_rest_never_comes(nursery, fd):
    word = Inspection("partial", "timed_out", "text", find_marks([Fragment("机密★5年")]).mark)

    def work(deed):
        def run(*_):
            children._answer(Verdict(word, size=4, first_word=True))
            deed()

        return run

    hung = _outcome(nursery, fd, work(lambda: time.sleep(60)))
    crashed = _outcome(nursery, fd, work(os.abort))
    assert (hung.inspection.reason, crashed.inspection.reason) == ("timed_out", "crashed")
    assert hung.inspection.mark == crashed.inspection.mark == word.mark
    assert not hung.first_word

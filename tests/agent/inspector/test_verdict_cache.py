"""What is remembered, when it is not, and what a broken cache costs: nothing but time."""

import sqlite3
import stat

import pytest

from gapwatch_agent.inspector import verdict_cache
from gapwatch_agent.inspector.examine import Terms
from gapwatch_agent.inspector.label_policy import LabelPolicy
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.verdict import Verdict, uninspected
from gapwatch_agent.inspector.verdict_cache import VerdictCache, terms_of
from gapwatch_proto.events import Inspection

FOUND = (
    Verdict(Inspection("full", "", "zip"), "0" * 64, 4),
    Verdict(Inspection("full", "", "text"), "1" * 64, 2, "a.txt"),
)
LATER_NS = 10**9


@pytest.fixture
def facts(tmp_path):
    (tmp_path / "file").write_bytes(b"abcd")
    return (tmp_path / "file").stat()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "verdicts.db"


def note(cache, facts, found=FOUND, name="file", after_ns=LATER_NS):
    cache.note(facts, name, found, facts.st_ctime_ns + after_ns)


def test_a_verdict_comes_back_with_its_members_after_a_restart(path, facts):
    with VerdictCache(path, "t") as cache:
        note(cache, facts)
        assert cache.find(facts, "file") == FOUND
    with VerdictCache(path, "t") as cache:
        assert cache.find(facts, "file") == FOUND
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_name_other_terms_or_another_content_is_read(path, facts, tmp_path):
    with VerdictCache(path, "t") as cache:
        note(cache, facts)
        assert cache.find(facts, "[机密]file") == ()
        (tmp_path / "file").write_bytes(b"efgh")
        assert cache.find((tmp_path / "file").stat(), "file") == ()
    with VerdictCache(path, "u") as cache:
        assert cache.find(facts, "file") == ()


def test_what_may_still_change_or_was_the_machine_s_fault_is_not_kept(path, facts):
    with VerdictCache(path, "t") as cache:
        note(cache, facts, after_ns=1_000_000)
        for reason in ("crashed", "timed_out", "unreadable", "vanished"):
            note(cache, facts, (FOUND[0], uninspected(reason)))
        assert cache.find(facts, "file") == ()
        note(cache, facts, (uninspected("encrypted"),))
        assert cache.find(facts, "file") == (uninspected("encrypted"),)


def test_the_oldest_go(path, facts):
    with VerdictCache(path, "t", files_max=3) as cache:
        for number in range(9):
            note(cache, facts, name=str(number))
        cache.save()
        assert [number for number in range(9) if cache.find(facts, str(number))] == [6, 7, 8]


def test_a_broken_cache_is_made_anew_and_a_broken_row_is_read_again(path, facts):
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with VerdictCache(path, "t", ours=True) as cache:
        note(cache, facts)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE verdicts SET answer = x'00'")
    db.close()
    with VerdictCache(path, "t") as cache:
        assert cache.find(facts, "file") == ()


def test_a_name_of_any_bytes(path, facts):
    with VerdictCache(path, "t") as cache:
        note(cache, facts, name="\udcbb\udcfa.txt")
    with VerdictCache(path, "t") as cache:
        assert cache.find(facts, "\udcbb\udcfa.txt") == FOUND


def test_another_s_file_is_not_taken_for_a_broken_cache(path):
    path.parent.mkdir()
    path.write_bytes(b"a report " * 100)
    with pytest.raises(OSError, match="it is another file"):
        VerdictCache(path, "t")
    assert path.read_bytes() == b"a report " * 100


def test_two_scans_share_a_cache(path, facts):
    with VerdictCache(path, "t") as one, VerdictCache(path, "t") as other:
        note(one, facts, name="one")
        note(other, facts, name="other")
        one.save()
        other.save()
        assert one.find(facts, "other") == other.find(facts, "one") == FOUND


def test_a_cache_that_cannot_be_locked_stays(path, facts):
    with VerdictCache(path, "t") as cache:
        note(cache, facts)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OSError, match="locked"):
            VerdictCache(path, "t", ours=True)
        other.execute("COMMIT")
    other.close()
    with VerdictCache(path, "t") as cache:
        assert cache.find(facts, "file") == FOUND


def test_terms_are_everything_a_verdict_depends_on(monkeypatch):
    seen = {
        terms_of(Limits(), Terms()),
        terms_of(Limits(cpu_s=1), Terms()),
        terms_of(Limits(), Terms(key=b"k" * 32)),
        terms_of(Limits(), Terms(sum_up=False)),
        terms_of(Limits(), Terms(LabelPolicy(frozenset({"k"})))),
        terms_of(Limits(), Terms(LabelPolicy(guid_levels={"g": ("state", "secret")}))),
    }
    monkeypatch.setattr(verdict_cache, "engine", lambda: "another version")
    seen.add(terms_of(Limits(), Terms()))
    assert len(seen) == 7

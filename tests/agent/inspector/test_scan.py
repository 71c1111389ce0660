"""Files by path, without a socket."""

import os
import time
from pathlib import Path

import pytest

from gapwatch_agent.inspector import scan, tree, verdict
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.limits import GIB, MIB, Limits
from gapwatch_agent.inspector.verdict_cache import VerdictCache
from support.documents import paragraph, raw_docx


def test_a_marked_document(tmp_path):
    (tmp_path / "a.docx").write_bytes(raw_docx(paragraph("机密★5年"), header1=paragraph("秘密")))
    found = scan.inspect_file(tmp_path / "a.docx")
    assert (found["inspected"], found["type"], found["mark"]["level"]) == ("full", "docx", "secret")
    assert len(found["mark"]["evidence"]) == 2
    assert len(found["sha256"]) == 64


def test_what_cannot_be_opened_is_a_reason(tmp_path):
    assert scan.inspect_file(tmp_path / "missing")["reason"] == "vanished"
    assert scan.inspect_file(tmp_path)["reason"] == "unreadable"
    os.mkfifo(tmp_path / "pipe")
    assert scan.inspect_file(tmp_path / "pipe")["reason"] == "unreadable"


def test_a_huge_sparse_file_is_partial_at_once_and_its_head_still_read(tmp_path):
    with (tmp_path / "a.txt").open("wb") as handle:
        handle.write("机密★5年\n".encode() + b"x" * 10_000)
        handle.truncate(10 * GIB)
    found = scan.inspect_file(tmp_path / "a.txt", Limits(wall_s=15))
    assert (found["inspected"], found["reason"], found["sha256"]) == ("partial", "too_large", "")
    assert found["mark"]["axis"] == "state"


def test_a_reader_s_crash_costs_one_file_a_reason_and_not_its_hash(tmp_path, monkeypatch):
    def crash(cage, slot, _name, _limits):
        cage.enter(slot)
        os.abort()

    original = Nursery.start

    def start(self, fd, name, slot=0, work=None):
        return original(self, fd, name, slot, work or crash)

    monkeypatch.setattr(Nursery, "start", start)
    (tmp_path / "a").write_bytes(b"abc")
    found = scan.inspect_file(tmp_path / "a")
    assert (found["inspected"], found["reason"]) == ("none", "crashed")
    assert (len(found["sha256"]), found["size"]) == (64, 3)


@pytest.mark.parametrize("count", [1, 500])
def test_a_bomb_of_documents_is_a_reason(tmp_path, count):
    body = paragraph("一" * 60_000) * count
    (tmp_path / "bomb.docx").write_bytes(raw_docx(paragraph("机密★5年") + body))
    limits = Limits(expansion_floor_bytes=4 * MIB, expansion_factor_max=2, memory_bytes=64 * MIB)
    found = scan.inspect_file(tmp_path / "bomb.docx", limits)
    assert found["mark"]["axis"] == "state"
    assert found["reason"] == ("" if count == 1 else "too_large")
    assert verdict.decode(verdict.encode(verdict.uninspected("crashed"))).inspection.reason == "crashed"


@pytest.fixture
def tree_of_files(tmp_path):
    for number in range(12):
        words = "机密★5年" if number % 3 == 0 else "没有标志"
        (tmp_path / f"{number:02}.txt").write_text(f"{words}\n第{number}号\n", encoding="utf-8")
        os.utime(tmp_path / f"{number:02}.txt")
    return tmp_path


def _scanned(folder, **options):
    nursery = Nursery(Limits())
    try:
        return list(scan.scan(nursery, tree.files([str(folder)], tree.Mounts(b"")), **options))
    finally:
        nursery.close()


@pytest.mark.parametrize("jobs", [1, 3, 20])
def test_many_at_once_come_in_their_order(tree_of_files, jobs):
    found = _scanned(tree_of_files, jobs=jobs)
    assert [Path(one.path).name for one in found] == [f"{number:02}.txt" for number in range(12)]
    assert [bool(one.found.inspection.mark.axis) for one in found] == [number % 3 == 0 for number in range(12)]


def test_an_unchanged_file_is_not_read_twice(tree_of_files, tmp_path_factory, monkeypatch):
    past = time.time_ns() - 10**9
    monkeypatch.setattr(scan.time, "time_ns", lambda: past + 2 * 10**9)
    with VerdictCache(tmp_path_factory.mktemp("cache") / "db", "t") as cache:
        first = _scanned(tree_of_files, cache=cache, jobs=2)
        monkeypatch.setattr(Nursery, "start", lambda *_, **__: pytest.fail("read again"))
        second = _scanned(tree_of_files, cache=cache, jobs=2)
        assert [one.found for one in first] == [one.found for one in second]
        assert all(one.remembered for one in second)
        monkeypatch.undo()
        (tree_of_files / "01.txt").write_text("秘密★1年\n", encoding="utf-8")
        third = _scanned(tree_of_files, cache=cache, jobs=2)
        assert [one.path for one in third if not one.remembered] == [str(tree_of_files / "01.txt")]
        assert third[1].found.inspection.mark.level == "confidential"


def test_a_scan_given_up_leaves_no_child(tree_of_files):
    nursery = Nursery(Limits())
    found = scan.scan(nursery, tree.files([str(tree_of_files)], tree.Mounts(b"")), jobs=4)
    next(found)
    found.close()
    nursery.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_folder_that_cannot_be_listed_is_a_result():
    nursery = Nursery(Limits())
    (found,) = scan.scan(nursery, [tree.Listed("/nowhere", "unreadable")])
    nursery.close()
    assert (found.found.inspection.inspected, found.found.inspection.reason) == ("none", "unreadable")

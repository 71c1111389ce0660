"""Files by path, without a socket."""

import os

import pytest

from gapwatch_agent.inspector import scan, verdict
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.limits import GIB, MIB, Limits
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

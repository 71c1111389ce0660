"""An index that follows a folder: what is read, what is not read again, what is forgotten."""

import os
from pathlib import Path

import pytest

from gapwatch_agent.inspector import fingerprint, fingerprint_files
from gapwatch_agent.inspector.fingerprint import Sampler
from gapwatch_agent.inspector.fingerprint_files import Update
from gapwatch_agent.inspector.fingerprint_index import create_or_open
from gapwatch_agent.inspector.scan import Scanned
from gapwatch_agent.inspector.tree import Listed
from gapwatch_agent.inspector.verdict import Verdict, uninspected
from gapwatch_proto.events import Inspection, Mark
from support import prose

KEY = bytes(range(32))
LONG_AGO_NS = 1_600_000_000_000_000_000


@pytest.fixture
def index(tmp_path):
    with create_or_open(tmp_path / "i.db", fingerprint.key_id(KEY)) as made:
        yield made


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "folder"
    made.mkdir()
    for name in ("a", "b"):
        written(made / name, name)
    return made


def written(path, text, at_ns=LONG_AGO_NS):
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(at_ns, at_ns))


def listed(folder):
    return [Listed(str(path)) for path in sorted(folder.iterdir())]


def scanned(path, seed=1, member="", **inspection):
    sampler = Sampler(KEY)
    sampler.feed(prose.document(seed, 1500))
    facts = {"inspected": "full", "fingerprint": sampler.finish().encode(), **inspection}
    return Scanned(str(path), Verdict(Inspection(**facts), size=7, member=member))


def update(index, folder, listing=None, **verdict):
    work = Update(index, str(folder / "own.db"))
    read = [one.path for one in work.changed(listed(folder) if listing is None else listing)]
    for number, path in enumerate(read):
        work.store(scanned(path, seed=number, **verdict))
    work.forget(str(folder))
    index.commit()
    return work, [Path(path).name for path in read]


def test_unchanged_files_are_not_read_again(index, folder):
    assert update(index, folder)[1] == ["a", "b"]
    work, read = update(index, folder)
    assert (read, work.unchanged, work.removed) == ([], 2, 0)
    written(folder / "a", "longer")
    assert update(index, folder)[1] == ["a"]
    written(folder / "b", "c", at_ns=LONG_AGO_NS + 1)
    assert update(index, folder)[1] == ["b"]


def test_what_changed_just_now_is_read_again(index, folder):
    (folder / "a").write_text("new", encoding="utf-8")
    update(index, folder)
    assert update(index, folder)[1] == ["a"]


def test_what_was_not_fully_read_is_read_again(index, folder):
    work, _ = update(index, folder, inspected="partial", reason="damaged")
    assert work.incomplete == [str(folder / "a"), str(folder / "b")]
    work, read = update(index, folder)
    assert read == ["a", "b"]
    assert work.incomplete == []


def test_files_that_are_gone_are_forgotten(index, folder):
    update(index, folder)
    (folder / "a").unlink()
    work, _ = update(index, folder)
    assert work.removed == 1
    assert list(index.paths_under(str(folder))) == [str(folder / "b")]


def test_a_folder_that_cannot_be_listed_is_not_forgotten(index, folder):
    update(index, folder)
    work = Update(index, "")
    for one in work.changed([Listed(str(folder), "unreadable")]):
        work.store(Scanned(one.path, uninspected("unreadable")))
    work.forget(str(folder))
    assert work.removed == 0
    assert work.incomplete == [str(folder)]
    assert index.known(str(folder / "a")) is not None


def test_the_index_itself_is_no_document(index, folder):
    for name in ("own.db", "own.db-journal"):
        written(folder / name, "x")
    assert update(index, folder)[1] == ["a", "b"]


def test_a_file_that_vanished_meanwhile(index, folder):
    work, read = update(index, folder, [*listed(folder), Listed(str(folder / "gone"))])
    assert read == ["a", "b", "gone"]
    assert work.read == 3


def test_marks_and_members_are_kept(index, folder):
    mark = Mark(axis="state", level="secret", level_text="机密")
    work = Update(index, "")
    (one,) = work.changed([Listed(str(folder / "a"))])
    inside = scanned(one.path, seed=5, member="in/x.txt", mark=mark).found
    work.store(Scanned(one.path, scanned(one.path, fingerprint=b"").found, (inside,)))
    (match,) = index.lookup(fingerprint.decode(inside.inspection.fingerprint))
    (known,) = match.documents
    assert (known.member, known.axis, known.level, known.level_text) == ("in/x.txt", "state", "secret", "机密")


def test_a_child_that_lies_about_its_fingerprint_has_none():
    (text,) = fingerprint_files.texts(scanned("/x", fingerprint=b"\x01rubbish"))
    assert text.print is None
    assert text.is_full

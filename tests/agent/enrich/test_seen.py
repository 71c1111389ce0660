"""The seen index: what it remembers, when, and that it stays within its bounds."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.enrich.seen import SeenIndex, Sighting

ONE = Sighting("F00D-CAFE", "i12", 1_700_000_000_000_000_001, 5, "ab" * 32)


def test_what_was_noted_is_known_at_once_and_on_disk_after_a_flush(tmp_path: Path) -> None:
    with SeenIndex(tmp_path / "seen") as index:
        assert index.find("F00D-CAFE", "i12") is None
        index.note(ONE)
        assert (index.find("F00D-CAFE", "i12"), index.waiting, index.count()) == (ONE, 1, 0)
    with SeenIndex(tmp_path / "seen") as index:
        assert index.find("F00D-CAFE", "i12") is None  # killed before the flush: told again
        index.note(ONE)
        index.flush()
        index.flush()
        assert (index.waiting, index.count()) == (0, 1)
    with SeenIndex(tmp_path / "seen") as index:
        assert index.find("F00D-CAFE", "i12") == ONE
        assert index.find("0000-0000", "i12") is None


def test_an_object_has_one_row_the_latest(tmp_path: Path) -> None:
    with SeenIndex(tmp_path / "seen") as index:
        for size in range(3):
            index.note(Sighting("f", "i1", 1, size))
            index.flush()
        assert index.count() == 1
        assert index.find("f", "i1") == Sighting("f", "i1", 1, 2)


def test_the_oldest_go_first(tmp_path: Path) -> None:
    with SeenIndex(tmp_path / "seen", objects_max=10) as index:
        for number in range(25):
            index.note(Sighting("f", f"i{number}", 1, 1))
            if number % 5 == 4:
                index.flush()
        assert index.count() == 10
        assert [index.find("f", f"i{number}") is not None for number in (14, 15, 24)] == [False, True, True]


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "seen").write_bytes(b"not a database" * 1000)
    with SeenIndex(tmp_path / "seen") as index:
        index.note(ONE)
        index.flush()
        assert index.count() == 1


@given(filesystem_id=st.text(st.characters(), max_size=20), name=st.text(max_size=20))
def test_any_filesystem_id_can_be_stored(tmp_path_factory, filesystem_id: str, name: str) -> None:
    with SeenIndex(tmp_path_factory.mktemp("seen") / "seen") as index:
        index.note(Sighting(filesystem_id, name.encode("ascii", "replace").decode(), -5, 0))
        index.flush()
        assert index.count() == 1

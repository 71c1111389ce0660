"""The evaluator's memory."""

from __future__ import annotations

from gapwatch_collector.evaluate.state import Memory, Remembered


def test_changes_are_told_once() -> None:
    memory = Memory({"a": 1, "b": 2})
    memory.put("c", 3)
    memory.drop("a")
    memory.drop("never there")
    assert memory.take_changes() == {"a": None, "c": 3}
    assert memory.take_changes() == {}
    assert (memory.get("a"), memory.get("c")) == (None, 3)


def test_what_stands_under_a_prefix() -> None:
    assert dict(Memory({"x/1": 1, "x/2": 2, "y/1": 3}).under("x/")) == {"1": 1, "2": 2}


def test_the_oldest_goes_first_and_is_counted() -> None:
    memory = Memory({})
    table = Remembered(memory, "t/", 3)
    for number in range(5):
        table.put(str(number), {}, number)
    assert [table.get(str(number)) is not None for number in range(5)] == [False, False, True, True, True]
    assert memory.get("given_up") == {"t/": 2}


def test_age_survives_a_restart_and_is_renewed() -> None:
    memory = Memory({})
    table = Remembered(memory, "t/", 3)
    for number, name in enumerate("cab"):
        table.put(name, {}, number)
    table.put("c", {}, 9)
    again = Remembered(Memory(memory.take_changes()), "t/", 3)
    again.put("d", {}, 10)
    assert [again.get(name) is not None for name in "abcd"] == [False, True, True, True]


def test_dropping() -> None:
    memory = Memory({})
    table = Remembered(memory, "t/", 3)
    table.put("a", {"case": "x"}, 1)
    assert table.get("a") == {"case": "x", "at": 1}
    table.drop("a")
    table.drop("a")
    assert table.get("a") is None
    assert memory.take_changes() == {"t/a": None}

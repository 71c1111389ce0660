"""Single keys of a configuration: what is taken, what is refused and with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_collector.config_fields import Reader


def reader(**section: object) -> Reader:
    return Reader({"s": section}, Path("/etc/gapwatch"))


def test_values_of_the_right_kind_are_taken() -> None:
    read = reader(t="x", n=5, f=True, p="keys", a="[::1]:8443", c="b")
    assert read.text("s", "t", "") == "x"
    assert read.number("s", "n", 1, range(1, 10)) == 5
    assert read.flag("s", "f", False) is True
    assert read.path("s", "p", Path("/")) == Path("/etc/gapwatch/keys")
    assert read.address("s", "a", ("", 0)) == ("::1", 8443)
    assert read.choice("s", "c", "a", ("a", "b")) == "b"
    assert read.finish() == []


def test_what_is_left_out_has_its_default() -> None:
    read = reader()
    assert read.number("s", "n", 7, range(1, 10)) == 7
    assert read.optional_path("s", "p") is None
    assert read.address("s", "a", ("127.0.0.1", 1)) == ("127.0.0.1", 1)
    assert read.finish() == []


@pytest.mark.parametrize(
    ("value", "take", "words"),
    [
        ("five", lambda r: r.number("s", "k", 1, range(1, 10)), "whole number from 1 to 9"),
        (True, lambda r: r.number("s", "k", 1, range(1, 10)), "whole number"),
        (10, lambda r: r.number("s", "k", 1, range(1, 10)), "from 1 to 9"),
        (1, lambda r: r.flag("s", "k", False), "true or false"),
        (1, lambda r: r.text("s", "k", ""), "in quotes"),
        ("c", lambda r: r.choice("s", "k", "a", ("a", "b")), '"a", "b"'),
        ("nowhere", lambda r: r.address("s", "k", ("h", 1)), "host:port"),
        ("h:70000", lambda r: r.address("s", "k", ("h", 1)), "host:port"),
        ("a\x00b", lambda r: r.optional_path("s", "k"), "zero bytes"),
        ("x" * 500, lambda r: r.choice("s", "k", "a", ("a", "b")), "…"),
    ],
)
def test_a_wrong_value_says_where_what_and_what_to_write(value: object, take: object, words: str) -> None:
    read = reader(k=value)
    take(read)
    (fault,) = read.finish()
    assert fault.startswith("s.k: ")
    assert words in fault
    assert len(fault) < 200


def test_unknown_names_are_faults_with_the_nearest_known_one() -> None:
    read = Reader({"s": {"lisen": "x"}, "sx": {}, "v": 1}, Path("/"))
    read.text("s", "listen", "")
    read.text("v", "k", "")
    faults = read.finish()
    assert "s.lisen: unknown key; did you mean listen?" in faults
    assert any(fault.startswith("[sx]: unknown section; did you mean s?") for fault in faults)
    assert any("write it as a section: [v]" in fault for fault in faults)

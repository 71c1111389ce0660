"""What the command line of fingerprints understands."""

import argparse
from pathlib import Path

import pytest

from gapwatch_agent import fingerprint_arguments


def parsed(*words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--config", type=Path, default=Path("/default"))
    parser.add_argument("--verbose", action="store_true")
    fingerprint_arguments.add_arguments(parser)
    return parser.parse_args(words)


def test_the_three_actions():
    assert vars(parsed("compare", "a", "b")).items() >= {"action": "compare", "first": "a", "second": "b"}.items()
    options = parsed("index", "d", "--db", "x.db", "--key-file", "k", "--jobs", "3", "--json")
    assert (options.folder, options.db, options.key_file, options.jobs) == ("d", Path("x.db"), Path("k"), 3)
    options = parsed("lookup", "f", "--lang", "zh")
    assert (options.file, options.db, options.lang, options.json) == ("f", None, "zh", False)


def test_what_all_commands_understand_may_stand_before_or_after_the_action():
    assert parsed("--config", "/c", "compare", "a", "b").config == Path("/c")
    assert parsed("compare", "a", "b", "--config", "/c").config == Path("/c")
    assert parsed("compare", "a", "b").config == Path("/default")
    assert parsed("lookup", "f", "--verbose").verbose


@pytest.mark.parametrize("words", [("index", "d", "--jobs", "0"), ("lookup", "f", "--lang", "fr"), ("forget", "f")])
def test_what_makes_no_sense(words):
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parsed(*words)

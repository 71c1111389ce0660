"""What the command line of a scan understands."""

import argparse

import pytest

from gapwatch_agent import scan_arguments


def parsed(*words):
    parser = argparse.ArgumentParser(exit_on_error=False)
    scan_arguments.add_arguments(parser)
    return parser.parse_args(words)


def test_paths_and_defaults():
    options = parsed("a", "b")
    assert (options.paths, options.jsonl, options.no_cache) == (["a", "b"], False, False)
    assert options.jobs >= 1


@pytest.mark.parametrize("jobs", ["0", "-1", "65", "many", "1.5"])
def test_a_number_of_jobs_that_makes_no_sense(jobs):
    with pytest.raises(argparse.ArgumentError, match="number from 1 to 64"):
        parsed("a", f"--jobs={jobs}")

"""Inspecting files by path, for the command line and for tests: the same child as the service, without a socket."""

from __future__ import annotations

import os
from typing import Any

from gapwatch_agent.inspector import child, marks, verdict
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.verdict import Verdict, uninspected


def inspect_file(path: str | os.PathLike[str], limits: Limits | None = None) -> dict[str, Any]:
    """The fields of a VERDICT for the file at ``path``. Never raises for what the file is or does."""
    nursery = Nursery(limits or Limits())
    try:
        return verdict.as_dict(inspect_with(nursery, path))
    finally:
        nursery.close()


def inspect_with(nursery: Nursery, path: str | os.PathLike[str]) -> Verdict:
    """As ``inspect_file``, sharing what a nursery prepared between many files."""
    name = os.fsdecode(path)
    try:
        # Non-blocking: a pipe lying in a tree must not hold us; what it is, the child finds out.
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except FileNotFoundError:
        return uninspected("vanished")
    except OSError:
        return uninspected("unreadable")
    try:
        return inspect_descriptor(nursery, fd, os.path.basename(name))  # noqa: PTH119 - any bytes may be a name
    finally:
        os.close(fd)


def inspect_descriptor(nursery: Nursery, fd: int, name: str) -> Verdict:
    """Judge an open file; a second child hashes it when the first one died of it."""
    try:
        first = nursery.start(fd, name)
    except OSError:
        return _named(uninspected("crashed"), name)
    found = child.wait(first)
    if not child.needs_hash(first, found):
        return found
    try:
        second = nursery.start(fd, name, work=child.hash_and_answer)
    except OSError:
        return found
    second.deadline = first.deadline
    return child.with_hash(found, child.wait(second))


def _named(found: Verdict, name: str) -> Verdict:
    from dataclasses import replace  # noqa: PLC0415 - rare path

    return replace(found, inspection=replace(found.inspection, mark=marks.find_marks((), name).mark))

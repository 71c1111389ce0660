"""What every kernel queue can do to a reader that was too slow, and how to read one to its end all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

ROUNDS_MAX: Final = 1024
"""Reads in one go; a storm that outlasts them is read on at the next wake-up."""

T = TypeVar("T")


class OverrunError(Exception):
    """The kernel dropped messages, or sent what cannot be read: list what is there again and report a gap (C3)."""


def read_all(read: Callable[[], list[T]]) -> tuple[list[T], OverrunError | None]:
    """Everything waiting, and the overrun met on the way, if any.

    What was queued before the overrun is older than a fresh listing: it must be taken in before the listing, or it
    would undo it.
    """
    found: list[T] = []
    overrun: OverrunError | None = None
    for _ in range(ROUNDS_MAX):
        try:
            batch = read()
        except OverrunError as error:
            overrun = error
            continue
        if not batch:
            break
        found += batch
    return found, overrun

"""What every kernel queue can do to a reader that was too slow."""

from __future__ import annotations


class OverrunError(Exception):
    """The kernel dropped messages, or sent what cannot be read: list what is there again and report a gap (C3)."""

"""Answers permission events on media and captures who opened what, and does nothing else (contract C11).

``run`` is the process; ``client`` is how ``watch`` speaks to it. Only the standard library is imported here.
"""

from gapwatch_agent.guard.process import run

__all__ = ["run"]

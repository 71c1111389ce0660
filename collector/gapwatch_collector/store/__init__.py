"""Storage: the log, everything kept beside it, and the ports the other rooms ask.

``ports`` says what is asked, ``opening`` fills it over SQLite. ``merkle``, ``leaf`` and ``entries`` are pure: what the
tree commits to and what stands in the log's payloads.
"""

from gapwatch_collector.store.opening import Store, open_store

__all__ = ["Store", "open_store"]

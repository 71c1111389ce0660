"""The pace of the cycle search, and that it can be undone."""

from __future__ import annotations

import gc

from gapwatch_collector.memory_pace import settle


def test_the_search_for_cycles_is_paced_and_what_exists_is_left_alone() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)

"""How often the interpreter looks for reference cycles.

A batch makes thousands of small values that live until its commit and hold no cycles. At the interpreter's default pace
(700 new objects) the search for cycles took more time than building the entries themselves (measured: 12 of 35 µs an
event); at this pace it is below what can be measured, for a few megabytes.
"""

from __future__ import annotations

import gc
from typing import Final

_NEW_OBJECTS: Final = 50_000
_YOUNG_PASSES: Final = 20
_MIDDLE_PASSES: Final = 20


def settle() -> None:
    """Call once everything is loaded: what exists now lives until the end and is never searched again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_PASSES, _MIDDLE_PASSES)

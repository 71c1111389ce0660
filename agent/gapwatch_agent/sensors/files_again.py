"""Files that were told without having been inspected: asked about again once the inspector is back.

Each is kept as it was seen, so that what is found at last is told of the same act and actor. What there is no room for
is found by listing its medium again: it was not noted as seen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gapwatch_agent.clock import Clock
from gapwatch_agent.enrich.inspection import ABSENT, CRASHED, InspectorClient
from gapwatch_agent.sensors.files_work import Item, WorkQueue
from gapwatch_proto.events import Inspection

KEPT_MAX: Final = 1024
LOOK_S: Final = 2.0
AWAY: Final = "the inspector is away: files wait, then are told uninspected and inspected when it is back"


class SecondLook:
    """``keep`` what was not inspected; ``run`` gives it back. Bounded."""

    def __init__(
        self,
        inspector: InspectorClient,
        queue: WorkQueue,
        clock: Clock,
        list_again: Callable[[int], None],
        kept_max: int = KEPT_MAX,
    ) -> None:
        self._inspector = inspector
        self._queue = queue
        self._clock = clock
        self._list_again = list_again
        self._kept_max = kept_max
        self._kept: OrderedDict[tuple[int, int, str], Item] = OrderedDict()
        self._unlisted: set[int] = set()

    @property
    def missing(self) -> str:
        """What cannot be seen now, or nothing."""
        return "" if self._inspector.present else AWAY

    def keep(self, item: Item, inspection: Inspection) -> bool:
        """Whether the file shall be looked at again. One that the inspector died of twice over is given up."""
        if inspection is not ABSENT and (inspection is not CRASHED or item.again):
            return False
        if len(self._kept) < self._kept_max:
            item.again = True
            self._kept[(item.mounted.dev, item.ino, item.act)] = item
        elif inspection is CRASHED:
            return False
        else:
            self._unlisted.add(item.mounted.dev)
        return True

    async def run(self) -> None:
        """Look for the inspector now and then, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_S)
            if self._inspector.probe():
                self._give_back()

    def _give_back(self) -> None:
        while self._kept and self._queue.has_room:
            self._queue.add(self._kept.popitem(last=False)[1])
        if not self._kept:
            unlisted, self._unlisted = self._unlisted, set()
            for dev in unlisted:
                self._list_again(dev)

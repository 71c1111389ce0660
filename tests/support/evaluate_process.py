"""An evaluator in a process of its own, for tests that kill it: ``evaluate_process.py DATABASE BATCH``.

Prints ``leading`` once it holds the lock and ``done CURSOR`` whenever it has nothing left to read.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from gapwatch_collector.evaluate import EvaluationSettings, Evaluator
from gapwatch_collector.rules import load, shipped_folder
from support.stores import make_store


async def main(path: Path, batch: int) -> None:
    store = make_store(path)
    rules = load(shipped_folder())
    evaluator = Evaluator(store.log, store.evaluation, rules, EvaluationSettings(batch_entries_max=batch))
    task = asyncio.create_task(evaluator.run(asyncio.Event()))
    said, cursor = False, -1
    while not task.done():
        status = evaluator.status
        if status.leading and not said:
            said = True
            print("leading", flush=True)
        if status.leading and status.cursor != cursor and not store.log.read(status.cursor, 1):
            cursor = status.cursor
            print(f"done {cursor}", flush=True)
        await asyncio.sleep(0.001)
    task.result()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))

"""A process that appends to and acknowledges a spool until it is killed; run with ``python -m support.appender``.

It writes a line to stdout after every call that returned: ``kept NEXT_SEQ LAST_NUMBER`` or ``acked SEQ``. With a
statement number it kills itself right before SQLite carries that statement out, so a kill lands between any two.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

from gapwatch_agent.spool.port import SpoolLimits
from gapwatch_agent.spool.recovery import open_spool
from support.clock import FakeClock
from support.spools import BOOT, a_record

SOURCE = b"i" * 16


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def main(directory: str, seed: str, die_at: str) -> None:
    clock = FakeClock()
    spool = open_spool(Path(directory), SpoolLimits(256 * 1024, 0.25, 64 * 1024, 5), clock, BOOT)
    seen = 0

    def count(_statement: str) -> None:
        nonlocal seen
        seen += 1
        if seen == int(die_at):
            os.kill(os.getpid(), signal.SIGKILL)

    if int(die_at):
        spool._connection.set_trace_callback(count)
    dice = random.Random(int(seed))
    say(f"open {spool.spool_id.hex()} {spool.next_seq}")
    number = spool.last_number(SOURCE)
    for _ in range(10_000):
        size = dice.randint(1, 40)
        batch = [a_record(number + i + 1, dice.randint(1, 5), dice.randint(0, 900)) for i in range(size)]
        spool.append(batch, source=SOURCE, numbers=range(number + 1, number + size + 1))
        number += size
        say(f"kept {spool.next_seq} {number}")
        clock.advance(1)
        if dice.random() < 0.3:
            seq = dice.randint(spool.acked_seq, spool.next_seq - 1)
            spool.mark_sent(seq)
            spool.ack(seq)
            say(f"acked {seq}")
        if dice.random() < 0.1:
            spool.maintain()


if __name__ == "__main__":
    main(*sys.argv[1:])

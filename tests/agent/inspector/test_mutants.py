"""Every sample, torn and flipped five hundred ways, in the cage: no hang, no crash of ours, no blank verdict.

A child takes many mutants after one another here (in life every file has a child of its own), or it would take all day.
"""

import json
import os
import random

import pytest

from gapwatch_agent.inspector import child, warm
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import READERS, Terms, examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource

SAMPLES = sorted(path.name for path in warm.SAMPLES.glob("*.bin"))
MUTANTS = 500
IN_A_CHILD = 50
WRITTEN_AS_TEXT = ("text", "html", "xml", "eml", "mbox", "rtf")
"""Formats whose every beginning is a whole file of the same format, or of plain text."""


def torn(content, rng):
    return content[: rng.randrange(len(content))]


def flipped(content, rng):
    mutant = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        mutant[rng.randrange(len(mutant))] ^= 1 << rng.randrange(8)
    return bytes(mutant)


def shuffled(content, rng):
    """A piece of the file stands somewhere else in it too."""
    start, target = rng.randrange(len(content)), rng.randrange(len(content))
    piece = content[start : start + rng.randrange(1, 200)]
    return content[:target] + piece + content[target + len(piece) :]


def mutants(name):
    rng = random.Random(name)
    content = (warm.SAMPLES / name).read_bytes()
    ways = (torn, flipped, flipped, shuffled)
    return [(ways[number % len(ways)], ways[number % len(ways)](content, rng)) for number in range(MUTANTS)]


def judged(nursery, contents):
    """[inspected, reason, axis, type] of each; fewer when the child died of one."""

    def work(cage, slot, _name, limits):
        cage.enter(slot)
        for content in contents:
            found = examine(BytesSource(content), "", limits, Terms(key=bytes(32)))
            line = json.dumps([found.inspected, found.reason, found.mark.axis, found.type])
            os.write(child._ANSWER_FD, line.encode() + b"\n")

    null = os.open(os.devnull, os.O_RDONLY)
    started = nursery.start(null, "", work=work)
    child.wait(started)
    os.close(null)
    return [json.loads(line) for line in bytes(started.answer).splitlines()]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SAMPLES)
def test_mutants(name):
    made = mutants(name)
    nursery = Nursery(Limits(wall_s=120.0, cpu_s=60))
    bad = []
    try:
        for at in range(0, MUTANTS, IN_A_CHILD):
            found = judged(nursery, [content for _, content in made[at : at + IN_A_CHILD]])
            assert len(found) == IN_A_CHILD, f"the child died of mutant {at + len(found)}"
            for number, (inspected, reason, axis, kind) in enumerate(found, start=at):
                way, content = made[number]
                if (inspected == "full") is bool(reason) or reason in {"crashed", "timed_out"}:
                    bad.append((number, way.__name__, inspected, reason))
                blank = inspected == "full" and not axis and kind != "text"
                if blank and way is torn and len(content) > 64 and not name.startswith(WRITTEN_AS_TEXT):
                    bad.append((number, "torn", "blank", kind))
    finally:
        nursery.close()
    assert bad == []


def test_every_type_that_has_a_reader_has_a_sample():
    assert set(READERS) - {"text"} <= {kind for kind, _ in warm.samples()}

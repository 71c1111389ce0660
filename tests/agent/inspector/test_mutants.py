"""Every sample, torn and flipped five hundred ways, through the cage: no hang, no crash of ours, no blank verdict."""

import random

import pytest

from gapwatch_agent.inspector import scan, tree, warm
from gapwatch_agent.inspector.child import Nursery
from gapwatch_agent.inspector.examine import READERS
from gapwatch_agent.inspector.limits import Limits

SAMPLES = sorted(path.name for path in warm.SAMPLES.glob("*.bin"))
MUTANTS = 500
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


def mutants(name, count):
    rng = random.Random(name)
    content = (warm.SAMPLES / name).read_bytes()
    ways = (torn, flipped, flipped, shuffled)
    return [(ways[number % len(ways)], ways[number % len(ways)](content, rng)) for number in range(count)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SAMPLES)
def test_mutants(name, tmp_path):
    made = mutants(name, MUTANTS)
    for number, (_, content) in enumerate(made):
        (tmp_path / f"{number:04}").write_bytes(content)
    nursery = Nursery(Limits(wall_s=30.0, cpu_s=10))
    try:
        found = list(scan.scan(nursery, tree.files([str(tmp_path)], tree.Mounts(b"")), jobs=2))
    finally:
        nursery.close()
    assert len(found) == MUTANTS
    bad = []
    for (way, content), one in zip(made, found, strict=True):
        inspection = one.found.inspection
        if (inspection.inspected == "full") is bool(inspection.reason) or inspection.reason in {"crashed", "timed_out"}:
            bad.append((one.path, way.__name__, inspection.inspected, inspection.reason))
        blank = inspection.inspected == "full" and not inspection.mark.axis
        if blank and way is torn and len(content) > 64 and not name.startswith(WRITTEN_AS_TEXT):
            bad.append((one.path, "torn", "blank", inspection.type))
    assert bad == []


def test_every_type_that_has_a_reader_has_a_sample():
    assert set(READERS) - {"text"} <= {kind for kind, _ in warm.samples()}

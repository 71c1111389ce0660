"""Fingerprints: MB of text a second beside SHA-256 of the same bytes in the same run; look-ups in an index; sizes.

The text is made up (tests/support/prose.py) for Chinese and the agent's own source for English, in documents of an
office's usual length and as one long text. All figures are CPU time.
"""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from pathlib import Path

from gapwatch_agent.inspector import fingerprint
from gapwatch_agent.inspector.fingerprint import Fingerprint, Sampler
from gapwatch_agent.inspector.fingerprint_index import Document, create_or_open
from support import prose

_KEY = bytes(range(32))
_ROUNDS = 5
_DOCUMENTS = 60
_CHARACTERS = 7_500
_INDEXED = 2_000
_LOOK_UPS = 60
_SOURCE = Path(__file__).resolve().parents[2] / "agent"


def _print(text: str) -> Fingerprint | None:
    sampler = Sampler(_KEY)
    for line in text.split("\n"):
        sampler.feed(line)
    return sampler.finish()


def _mb_per_s(texts: list[str]) -> tuple[float, float]:
    """Of fingerprints, and of the reference: medians of rounds in turn."""
    bodies = [text.encode() for text in texts]
    megabytes = sum(map(len, bodies)) / 1e6
    own: list[float] = []
    reference: list[float] = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for text in texts:
            _print(text)
        own.append(megabytes / (time.process_time() - began))
        began = time.process_time()
        for body in bodies:
            hashlib.sha256(body).digest()
        reference.append(megabytes / (time.process_time() - began))
    return statistics.median(own), statistics.median(reference)


def _english() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(_SOURCE.rglob("*.py")))


def _look_ups() -> dict[str, float]:
    """An index of office documents: how long it takes to fill, to find, to find nothing; its size a document."""
    with tempfile.TemporaryDirectory(prefix="gapwatch-bench-") as place:
        path = Path(place) / "i.db"
        with create_or_open(path, fingerprint.key_id(_KEY)) as index:
            made = [(f"/d/{seed}", _print(prose.office_document(seed, 3_000))) for seed in range(_INDEXED)]
            began = time.process_time()
            for name, print_ in made:
                index.replace(name, [Document(name, 1, 1, fingerprint=print_)])
            index.commit()
            fill_s = time.process_time() - began
            hits_ms = [_look_up_ms(index.lookup, made[seed][1]) for seed in range(_LOOK_UPS)]
            new = [_print(prose.office_document(10_000 + seed, 3_000)) for seed in range(_LOOK_UPS)]
            misses_ms = [_look_up_ms(index.lookup, print_) for print_ in new]
        return {
            "indexed_per_s": _INDEXED / fill_s,
            "index_bytes_per_document": path.stat().st_size / _INDEXED,
            "found_ms": statistics.median(hits_ms),
            "not_found_ms": statistics.median(misses_ms),
        }


def _look_up_ms(lookup: object, print_: Fingerprint | None) -> float:
    assert callable(lookup)
    began = time.process_time()
    lookup(print_)
    return (time.process_time() - began) * 1000


def run() -> dict[str, float]:
    """Speeds, their part of the reference, bytes of a fingerprint, and the index's figures."""
    chinese = [prose.office_document(seed, _CHARACTERS) for seed in range(_DOCUMENTS)]
    english = _english()
    pieces = [english[at : at + _CHARACTERS] for at in range(0, len(english), _CHARACTERS)]
    figures: dict[str, float] = {}
    for name, texts in (
        ("chinese", chinese),
        ("chinese_long", ["\n".join(chinese)]),
        ("english", pieces),
        ("english_long", [english]),
    ):
        own, reference = _mb_per_s(texts)
        figures[f"{name}_mb_per_s"] = own
        figures[f"{name}_ratio"] = own / reference
    sizes = [len(print_.encode()) for print_ in map(_print, chinese) if print_]
    return {**figures, "bytes": statistics.median(sizes), **_look_ups()}

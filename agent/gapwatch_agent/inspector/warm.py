"""What the parent does before it listens: judge one small file of each format, so that no child imports anything.

A caged child cannot open a path, hence cannot import: every module and codec its work needs must be loaded by then.
``samples/<type>[-variant].bin`` holds a small marked file of every type that has a reader.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from gapwatch_agent.inspector.examine import Terms, examine, sha256_of
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource
from gapwatch_agent.inspector.verdict import Verdict, decode, encode

SAMPLES: Final = Path(__file__).parent / "samples"
_TEXT: Final = "機密★5年\n密级：秘密\nTRÈS SECRET"
_CODECS: Final = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii", "latin-1"),
    *("gb18030", "gbk", "gb2312", "hz", "big5", "cp950", "big5hkscs", "euc_jp", "shift_jis", "cp932", "iso2022_jp"),
    *("euc_kr", "cp949", "cp437", "cp850", "cp1250", "cp1251", "cp1252", "koi8_r", "mac_roman", "utf-7", "idna"),
    *("base64", "quopri", "uu", "unicode_escape", "raw_unicode_escape", "punycode"),
)
_TORN: Final = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x00\x01binary", b"PK\x03\x04torn", b"%PDF-1.7 torn", b"")


def samples() -> Iterator[tuple[str, bytes]]:
    """(type, content) of every sample."""
    for path in sorted(SAMPLES.glob("*.bin")):
        yield path.stem.partition("-")[0], path.read_bytes()


@cache
def warm_up() -> None:
    """Judge, hash and encode one file of each format, whole and torn, and one text in each encoding. Once a process."""
    for name in _CODECS:
        codecs.lookup(name)
    texts = [_TEXT.encode(name, errors="replace") for name in ("utf-8", "gb18030", "cp950", "utf-16", "utf-16-be")]
    known = [content for _, content in samples()]
    limits, terms = Limits(), Terms(key=bytes(32), sum_up=False)
    for content in (*texts, *known, *(content[: len(content) * 2 // 3] for content in known), *_TORN):
        source = BytesSource(content)
        found = Verdict(examine(source, "【机密】sample", limits, terms), sha256_of(source), source.size)
        decode(encode(found))

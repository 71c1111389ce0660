"""The names of files in archives: UTF-8 where that is said or true, else whatever the packer's machine spoke. Pure.

Chinese packers write GBK without saying so; an old Western one wrote code page 437, in which anything is valid.
"""

from __future__ import annotations

import itertools
from typing import Final

from gapwatch_agent.inspector.readers import encodings

NAME_CHARACTERS_MAX: Final = 4096
_LEAST_SCORE: Final = 0.2
_CANDIDATES: Final = ("gb18030", "cp950", "cp932")


def decode(raw: bytes, *, is_utf8: bool = False) -> str:
    """The name, its folders divided by forward slashes, otherwise as written: a trick in a path is only a name."""
    return _text(raw[: NAME_CHARACTERS_MAX * 4], is_utf8=is_utf8).replace("\\", "/")[:NAME_CHARACTERS_MAX]


def _text(raw: bytes, *, is_utf8: bool) -> str:
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if is_utf8:
            return raw.decode("utf-8", errors="replace")
    scores = {encoding: encodings.score(raw, encoding) for encoding in _CANDIDATES if _decodes(raw, encoding)}
    if scores:
        # The first of equals: GBK.
        likeliest = max(scores, key=lambda encoding: (scores[encoding], encoding == _CANDIDATES[0]))
        if scores[likeliest] >= _LEAST_SCORE or not _is_western(raw):
            return raw.decode(likeliest)
    return raw.decode("cp437")


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_western(raw: bytes) -> bool:
    """Code page 437's letters stand alone between ASCII ones; its Chinese neighbours come in pairs."""
    text = raw.decode("cp437")
    return not any(not one.isascii() and not other.isascii() for one, other in itertools.pairwise(text))

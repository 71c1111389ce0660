"""Content fingerprints: what a text is, told by keyed hashes of a sample of its 12-character grams. Pure.

A fingerprint recognises a text whose mark was cut out, that was re-flowed, converted, renamed, edited or pasted into
another. It depends on letters and digits alone: case, width, accents, punctuation and white space fall away, and so do
lines that are a mark or a page number. About one gram in sixteen is sampled, chosen by the gram itself, so that equal
passages give equal samples wherever they stand. Long texts are sampled more thinly, each rate a part of the finer one.

Contract C5: every hash is keyed with the zone's key, at most ``HASHES_MAX`` of them leave, none for short texts.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from bisect import bisect_left
from codecs import utf_16_le_encode  # directly: looking a codec up would import a module, which the cage forbids
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice, pairwise
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import lines
from gapwatch_agent.inspector.fragments import Fragment

KEY_BYTES: Final = 32
GRAM: Final = 12
HASHES_MAX: Final = 2048
SAMPLES_MIN: Final = 32
"""A text with fewer samples (about 500 letters) has no fingerprint: it could be guessed, and is matched by chance."""
CHARACTERS_MAX: Final = 4_000_000
"""What of a text is looked at; beyond it a file is a collection, and its head is what is known of it."""
RATE_MIN: Final = 4
"""The finest sampling: one gram in 2**4."""
SHARED_MIN: Final = 8
"""Fewer common samples are no evidence."""
SAME_CONTAINMENT: Final = 0.2
"""Two texts share content when this part of the smaller one stands in the other (how it was measured: ADR 0019)."""
SAME_CONTAINMENT_LITTLE: Final = 0.3
LITTLE_SHARED: Final = 40
"""Fewer common samples (some 600 letters) may be a letterhead and a clause or two: they must be a larger part."""

_VERSION: Final = 1
_HEAD: Final = struct.Struct(">B4sBH")
_RATE_MAX: Final = 32
_VALUE_BITS: Final = 8
_RARITY: Final = tuple(_VALUE_BITS - value.bit_length() for value in range(1 << (_VALUE_BITS - RATE_MIN)))
_BLOCK: Final = 1 << 15
_HITS_MAX: Final = _BLOCK // 4
"""Four times what chance selects of a block: beyond it a text repeats itself and has little more to say."""
_UNIT: Final = 2
_GRAM_BYTES: Final = GRAM * _UNIT
_OVERLAP_BYTES: Final = _GRAM_BYTES - _UNIT
_LANES: Final = int.from_bytes(b"\xff\x00" * (_BLOCK + GRAM), "little")

_TAKEN_PARTS: Final = frozenset({where.DOCUMENT, where.TABLE, where.TEXT_BOX})
_WORDS: Final = re.compile(r"\w+")
_ASCII_FOLD: Final = {code: chr(code).lower() if chr(code).isalnum() else None for code in range(128)}
_MAYBE_PAGE_NUMBER: Final = re.compile(r"\n[- \t\f\r\u3000–—·.,，()（）\[\]〔〕/\d第页共Pagefo]{1,40}(?=\n)")
_PAGE_NUMBER: Final = re.compile(
    r"[-–—·.()（）\[\]〔〕]*(?:\d{1,4}(?:/\d{1,4})?|第\d{1,4}页[,，/]?(?:共\d{1,4}页)?|[Pp]age\d{1,4}(?:of\d{1,4})?)"
    r"[-–—·.()（）\[\]〔〕]*"
)
_ODD_WORDS_MAX: Final = 500
_MARK_WORDS: Final = (
    *("密", "秘", "祕", "内", "內", "受控", "限阅", "限閱"),
    *("SECRET", "CONFIDENTIAL", "RESTRICT", "OFFICIAL", "CLASSIFIED", "CUI", "PROTECTED", "GEHEIM", "VERTRAULICH"),
)
_MARK_CHARACTERS_MAX: Final = 60
_PROSE: Final = frozenset("，。；、,;")
"""Marks are not sentences; the few notices that are stay part of the text."""
_MARK_CHECKS_MAX: Final = 100
"""Different lines of a text that are looked at as marks; each costs some ten microseconds."""
_LINE_CHECKS_MAX: Final = 50_000
"""Lines of a text that are looked at as marks or page numbers at all: no text is made of nothing else."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Samples of one text. ``hashes`` ascend and lie below 2**(64 - rate); ``key_id`` names the key, not the key."""

    key_id: bytes
    rate: int
    hashes: tuple[int, ...]

    def encode(self) -> bytes:
        """Version, key id, rate, count, hashes; big-endian. At most 8 + 8 * 2048 bytes."""
        head = _HEAD.pack(_VERSION, self.key_id, self.rate, len(self.hashes))
        return head + struct.pack(f">{len(self.hashes)}Q", *self.hashes)

    def at(self, rate: int) -> tuple[int, ...]:
        """The samples that a coarser rate would have kept."""
        return self.hashes if rate <= self.rate else self.hashes[: bisect_left(self.hashes, 1 << (64 - rate))]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two texts have in common, in samples at the coarser of their rates."""

    shared: int
    of_first: int
    of_second: int

    @property
    def first_in_second(self) -> float:
        """The part of the first text that stands in the second, 0 to 1."""
        return self.shared / self.of_first if self.of_first else 0.0

    @property
    def second_in_first(self) -> float:
        """The part of the second text that stands in the first, 0 to 1."""
        return self.shared / self.of_second if self.of_second else 0.0

    @property
    def resemblance(self) -> float:
        """Common samples among all, 0 to 1: near 1 only for nearly the same text of the same length."""
        every = self.of_first + self.of_second - self.shared
        return self.shared / every if every else 0.0

    @property
    def same_content(self) -> bool:
        """Whether one holds enough of the other, on enough evidence."""
        least = SAME_CONTAINMENT if self.shared >= LITTLE_SHARED else SAME_CONTAINMENT_LITTLE
        return self.shared >= SHARED_MIN and max(self.first_in_second, self.second_in_first) >= least


def key_id(key: bytes) -> bytes:
    """Four bytes that tell keys apart and say nothing about them. Raises ValueError for a key of the wrong length."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a fingerprint key has {KEY_BYTES} bytes, not {len(key)}")
    return blake2b(b"", digest_size=4, key=key, person=b"gapwatch key id").digest()


def takes(fragment: Fragment) -> bool:
    """Whether a fragment is part of the content; what repeats on pages or stands beside the text is not."""
    return fragment.part in _TAKEN_PARTS


def decode(data: bytes) -> Fingerprint:
    """Read what ``Fingerprint.encode`` wrote. Raises ValueError that says what is wrong with it."""
    if len(data) < _HEAD.size:
        raise ValueError(f"a fingerprint has at least {_HEAD.size} bytes, not {len(data)}")
    version, key, rate, count = _HEAD.unpack_from(data)
    if version != _VERSION:
        raise ValueError(f"fingerprint version {version} is unknown; this program knows {_VERSION}")
    if not RATE_MIN <= rate <= _RATE_MAX:
        raise ValueError(f"fingerprint rate {rate} lies outside {RATE_MIN} to {_RATE_MAX}")
    if not SAMPLES_MIN <= count <= HASHES_MAX:
        raise ValueError(f"a fingerprint has {SAMPLES_MIN} to {HASHES_MAX} hashes, not {count}")
    if len(data) != _HEAD.size + 8 * count:
        raise ValueError(f"a fingerprint of {count} hashes has {_HEAD.size + 8 * count} bytes, not {len(data)}")
    hashes = struct.unpack_from(f">{count}Q", data, _HEAD.size)
    if any(one >= other for one, other in pairwise(hashes)):
        raise ValueError("the hashes of a fingerprint ascend, these do not")
    if hashes[-1] >> (64 - rate):
        raise ValueError(f"a hash is too large for rate {rate}")
    return Fingerprint(key, rate, hashes)


def compare(first: Fingerprint, second: Fingerprint) -> Comparison:
    """What the two have in common. Raises ValueError when their keys differ: then nothing can be said."""
    if first.key_id != second.key_id:
        raise ValueError("fingerprints under different keys cannot be compared")
    rate = max(first.rate, second.rate)
    one, other = first.at(rate), second.at(rate)
    return Comparison(len(set(one).intersection(other)), len(one), len(other))


class Sampler:
    """Takes a text piece by piece, each piece one or more whole lines; grams run across the pieces' borders.

    Memory is bounded by a block of text and ``HASHES_MAX`` hashes, whatever is fed.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._key_id = key_id(key)
        # Odd and large: a factor's low bit keeps its lane's values apart, its high bits move them.
        secret = blake2b(b"", digest_size=16, key=key, person=b"gapwatch sample").digest()
        self._factors = tuple(value | 0x81 for value in secret)
        self._rate = RATE_MIN
        self._hashes: set[int] = set()
        self._pieces: list[str] = []
        self._waiting = 0
        self._room = CHARACTERS_MAX
        self._tail = b""
        self._line_checks = _LINE_CHECKS_MAX
        self._checked: dict[str, bool] = {}

    def feed(self, text: str) -> None:
        """The text's next lines."""
        if len(text) > _BLOCK:
            for start in range(0, min(len(text), self._room), _BLOCK):
                self.feed(text[start : start + _BLOCK])
            return
        if self._room < len(text):
            if self._room <= 0:
                return
            text = text[: self._room]
        size = len(text) + 1
        self._room -= size
        self._waiting += size
        self._pieces.append(text)
        if self._waiting >= _BLOCK:
            self._absorb()

    def finish(self) -> Fingerprint | None:
        """The fingerprint of all that was fed; None when that is too little."""
        self._absorb()
        if len(self._hashes) < SAMPLES_MIN:
            return None
        return Fingerprint(self._key_id, self._rate, tuple(sorted(self._hashes)))

    def _absorb(self) -> None:
        block = "\n" + "\n".join(self._pieces) + "\n"
        self._pieces.clear()
        self._waiting = 0
        text = _canonical(self._without_marks(self._without_page_numbers(block)))
        # A character may stand for eighteen: what that adds is taken from what may still come.
        self._room -= max(len(text) - len(block), 0)
        data = self._tail + utf_16_le_encode(text, "surrogatepass")[0]
        for start in range(0, len(data) - _OVERLAP_BYTES, _BLOCK * _UNIT):
            self._sample(data[start : start + _BLOCK * _UNIT + _OVERLAP_BYTES])
        self._tail = data[-_OVERLAP_BYTES:]

    def _without_page_numbers(self, block: str) -> str:
        if self._line_checks <= 0:
            return block
        block, checks = _MAYBE_PAGE_NUMBER.subn(_page_number, block, self._line_checks)
        self._line_checks -= checks
        return block

    def _without_marks(self, block: str) -> str:
        """The block less the lines that are a mark: with and without it, a text has the same fingerprint."""
        found: dict[int, int] = {}
        for word in _MARK_WORDS:
            at = block.find(word)
            while at >= 0 and self._line_checks > 0:
                self._line_checks -= 1
                end = block.find("\n", at)
                start = block.rfind("\n", 0, at)
                if end - start <= _MARK_CHARACTERS_MAX and self._is_mark(block[start + 1 : end]):
                    found[start] = end
                at = block.find(word, end)
        if not found:
            return block
        kept: list[str] = []
        position = 0
        for start in sorted(found):
            kept.append(block[position:start])
            position = found[start]
        return "".join((*kept, block[position:]))

    def _is_mark(self, line: str) -> bool:
        known = self._checked.get(line)
        if known is None:
            if len(self._checked) >= _MARK_CHECKS_MAX or not _PROSE.isdisjoint(line):
                return False
            known = self._checked[line] = bool(lines.matches(line))
        return known

    def _sample(self, units: bytes) -> None:
        """Keep the grams of ``units`` (UTF-16) that the rate selects."""
        values = self._values(units)
        selected = {
            units[_UNIT * (at := hit.start()) : _UNIT * at + _GRAM_BYTES]: values[at]
            for hit in islice(_SELECTED[min(self._rate, _VALUE_BITS)].finditer(values), _HITS_MAX)
        }
        # Key and gram fit one block of BLAKE2b, which cannot be extended: half the work of its own keyed mode.
        key = self._key
        digests = b"".join([blake2b(key + gram, digest_size=8).digest() for gram in selected])
        numbers = struct.unpack(f">{len(selected)}Q", digests)
        # The number of leading zero bits is the gram's rarity, everything below is the keyed hash.
        keyed = {
            (1 << 63 | number >> 1) >> _RARITY[value] if value else number >> _VALUE_BITS
            for number, value in zip(numbers, selected.values(), strict=True)
        }
        self._hashes |= keyed if self._rate <= _VALUE_BITS else self._below(keyed)
        while len(self._hashes) > HASHES_MAX:
            self._rate += 1
            self._hashes = self._below(self._hashes)

    def _below(self, keyed: set[int]) -> set[int]:
        """Those of the hashes that the rate keeps."""
        bound = 1 << (64 - self._rate)
        return {one for one in keyed if one < bound}

    def _values(self, units: bytes) -> bytes:
        """For each gram a byte that depends on all its characters and on the key.

        All positions are computed at once: the text is one large integer with a 16-bit lane for each character, and an
        8-bit value times an 8-bit factor never leaves its lane. After each step a lane holds the value of twice as many
        characters: 1, 2, 4, 8, then 8 and the 4 that follow.
        """
        one, two, three, four, five, six, seven, eight, nine, ten, *_ = self._factors
        text = int.from_bytes(units, "little")
        mixed = (text & _LANES) * one ^ (text >> 8 & _LANES) * two
        mixed = (mixed ^ mixed >> 8) & _LANES
        mixed = mixed * three ^ (mixed >> 16) * four
        mixed = (mixed ^ mixed >> 8) & _LANES
        mixed = mixed * five ^ (mixed >> 32) * six
        quad = (mixed ^ mixed >> 8) & _LANES
        mixed = quad * seven ^ (quad >> 64) * eight
        mixed = (mixed ^ mixed >> 8) & _LANES
        mixed = mixed * nine ^ (quad >> 128) * ten
        mixed = (mixed ^ mixed >> 8) & _LANES
        return mixed.to_bytes(len(units), "little")[:-_OVERLAP_BYTES:_UNIT]


def _selected(rate: int) -> re.Pattern[bytes]:
    """Finds the values that a rate keeps."""
    return re.compile(b"[\\x00-\\x%02x]" % ((1 << (_VALUE_BITS - rate)) - 1))


_SELECTED: Final = {rate: _selected(rate) for rate in range(RATE_MIN, _VALUE_BITS + 1)}


def _page_number(line: re.Match[str]) -> str:
    return "" if _PAGE_NUMBER.fullmatch("".join(line[0].split())) else line[0]


def _canonical(text: str) -> str:
    """Letters and digits alone, without case, width and accents.

    Decomposed, not composed: every character then becomes what it becomes alone, wherever the text was divided.
    """
    if text.isascii():
        return text.translate(_ASCII_FOLD)
    words = _WORDS.findall(text)
    joined = "".join(words)
    if not unicodedata.is_normalized("NFKD", joined):
        odd = sum(not unicodedata.is_normalized("NFKD", word) for word in words)
        # Decomposing is slow, asking is not: few words of most texts need it.
        whole = [joined] if odd > _ODD_WORDS_MAX else words
        joined = "".join(word if unicodedata.is_normalized("NFKD", word) else _decomposed(word) for word in whole)
    return joined.casefold().replace("_", "")


def _decomposed(word: str) -> str:
    return "".join(_WORDS.findall(unicodedata.normalize("NFKD", word)))

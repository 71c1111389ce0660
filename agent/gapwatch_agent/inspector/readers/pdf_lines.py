"""From pieces of text with coordinates to the lines of a page: what stands on one baseline, where, what runs on. Pure.

All coordinates are the reader's of the page: points from the upper left corner of what is shown, already turned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from gapwatch_agent.inspector import context
from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import CELL_SEPARATOR, Fragment

FIRST_TOP_SHARE: Final = 0.2
"""GB/T 9704 sets the second line of its head at 16 to 19 % of the page."""
TOP_SHARE: Final = 0.12
BOTTOM_SHARE: Final = 0.9
TAB_EMS: Final = 1.5
"""A gap this wide divides fields; spaced letters stand up to ``_SPACED_EMS`` apart."""
_SPACED_EMS: Final = 4.0
_SAME_BASELINE_EMS: Final = 0.35
_JOINED_CHARACTERS_MAX: Final = 30
"""Two pieces on one baseline that are both longer are two columns of prose."""
_WRAPPED_WIDE_MIN: Final = 18
_WRAPPED_NARROW_MIN: Final = 40
_FIELDS: Final = re.compile(r"\t|[ \u3000]{4,}")
_SENTENCE_ENDS: Final = tuple("。！？!?.：:；;")
_STACKABLE: Final = re.compile(r"\s*(?:\S|\d\d)\s*")
"""A character alone, or a number: two words of two characters one under another are two lines."""
_STACK_EMS: Final = (0.7, 2.4)
_WATERMARK_SIZE_MIN: Final = 14.0
_RUNNING_BANDS: Final = (0.16, 0.86)
_RUNNING_SHIFT_SHARE: Final = 0.015
_MARGIN_CHARACTERS_MAX: Final = 80

FLAT: Final = "flat"
SIDE: Final = "side"
SLANTED: Final = "slanted"
STACKED: Final = "stacked"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text set in one go. ``left``, ``right`` and ``baseline`` in points, ``size`` the height of a character.

    ``direction`` is flat, side (a quarter turn), slanted or stacked (one character under another); ``faint`` is light
    or see-through ink.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    direction: str = FLAT
    faint: bool = False


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's lines in reading order, and what is written across it. ``number`` counts from 1."""

    number: int
    height: float
    lines: tuple[Piece, ...]
    across: tuple[str, ...] = ()


def arrange(number: int, height: float, pieces: list[Piece]) -> PageText:
    """Lines from pieces in the order they were drawn: stacked characters and pieces on one baseline joined.

    The top and the bottom go by height; the middle keeps the order in which it was drawn, which follows columns.
    Wrapped lines become their paragraph again.
    """
    across = tuple(piece.text for piece in pieces if _is_watermark(piece))
    plain = [piece for piece in pieces if not _is_watermark(piece)]
    flat = [piece for piece in plain if piece.direction == FLAT]
    upright = _unstacked(flat)
    lines = _baselines([piece for piece in upright if piece.direction == FLAT])
    lines += [piece for piece in (*upright, *plain) if piece.direction != FLAT]
    top = FIRST_TOP_SHARE * height
    bottom = BOTTOM_SHARE * height
    head = sorted((line for line in lines if line.baseline <= top), key=lambda line: (line.baseline, line.left))
    middle = [line for line in lines if top < line.baseline < bottom]
    foot = sorted((line for line in lines if line.baseline >= bottom), key=lambda line: (line.baseline, line.left))
    return PageText(number, height, tuple(_paragraphs(head + middle + foot)), across)


def zone(piece: Piece, page: PageText) -> str:
    """Where a line stands, by its height on the page."""
    height = page.height or 1.0
    share = piece.baseline / height
    if piece.direction in {SIDE, SLANTED}:
        return where.FIRST_PAGE if page.number == 1 else where.BODY
    # A baseline lies below its letters.
    if page.number == 1:
        if share <= FIRST_TOP_SHARE:
            return where.FIRST_PAGE_TOP
        return where.PAGE_BOTTOM if share >= BOTTOM_SHARE else where.FIRST_PAGE
    if share <= TOP_SHARE:
        return where.PAGE_TOP
    return where.PAGE_BOTTOM if share >= BOTTOM_SHARE else where.BODY


def _is_watermark(piece: Piece) -> bool:
    """Large and askew, or large and hardly visible."""
    return (piece.direction == SLANTED and piece.size >= _WATERMARK_SIZE_MIN) or piece.faint


def fragments(page: PageText, running: frozenset[str]) -> Iterator[Fragment]:
    """The page's lines with their zones, without those that run on every page."""
    for line in page.lines:
        if not running or _running_key(line) not in running:
            yield Fragment(line.text, page=page.number, zone=zone(line, page))


def running(pages: list[PageText]) -> tuple[list[Fragment], frozenset[str]]:
    """Headers and footers: what stands at the same height in the margin of at least two pages, page numbers aside.

    Gives them as fragments and as keys by which ``fragments`` leaves them out.
    """
    first: dict[str, list[tuple[int, float, Piece]]] = {}
    found: dict[str, Fragment] = {}
    for page in pages:
        for line in page.lines:
            share = line.baseline / (page.height or 1.0)
            in_margin = share <= _RUNNING_BANDS[0] or share >= _RUNNING_BANDS[1]
            if not in_margin or len(line.text) > _MARGIN_CHARACTERS_MAX or context.is_prose(line.text):
                continue
            key = _running_key(line)
            seen = first.setdefault(key, [])
            if any(number != page.number and abs(share - at) <= _RUNNING_SHIFT_SHARE for number, at, _ in seen[:8]):
                part = where.HEADER if share < 0.5 else where.FOOTER
                found.setdefault(key, Fragment(seen[0][2].text, part=part))
            seen.append((page.number, share, line))
    return list(found.values()), frozenset(found)


def _running_key(line: Piece) -> str:
    return re.sub(r"\d+", "#", "".join(line.text.split()))


# --- joining


def join_row(pieces: list[Piece]) -> Piece:
    """Pieces of one baseline from left to right; gaps become spaces, wide ones tabs."""
    ordered = sorted(pieces, key=lambda piece: piece.left)
    text, last = ordered[0].text, ordered[0]
    for piece in ordered[1:]:
        shadow = piece.text == last.text and abs(piece.left - last.left) < 0.5 * piece.size
        if shadow:
            continue
        text += separator(piece.left - last.right, max(piece.size, last.size), last.text, piece.text) + piece.text
        last = piece
    size = max(piece.size for piece in ordered)
    right = max(piece.right for piece in ordered)
    return replace(ordered[0], text=text, right=right, size=size)


def separator(gap: float, size: float, before: str, after: str) -> str:
    """What a gap between two pieces stands for."""
    ems = gap / (size or 1.0)
    if ems < 0.2:
        return ""
    if ems < TAB_EMS:
        return " "
    spaced = ems < _SPACED_EMS and (_is_single(before.rsplit("\t", 1)[-1]) or _is_single(after.split("\t", 1)[0]))
    return " " if spaced else CELL_SEPARATOR


def _is_single(text: str) -> bool:
    """A character set alone, or a row of them: 机 密 ★."""
    words = text.split()
    return bool(words) and all(len(word) == 1 and word > "\u2000" for word in words)


def _baselines(pieces: list[Piece]) -> list[Piece]:
    """Pieces on one baseline joined, in the order the first of them was drawn."""
    rows: list[list[Piece]] = []
    by_height: dict[int, list[int]] = {}
    for piece in pieces:
        step = int(piece.baseline // 4)
        for candidate in (index for near in (step - 1, step, step + 1) for index in by_height.get(near, ())[-8:]):
            if _beside(rows[candidate], piece):
                rows[candidate].append(piece)
                break
        else:
            by_height.setdefault(step, []).append(len(rows))
            rows.append([piece])
    return [join_row(row) if len(row) > 1 else row[0] for row in rows]


def _beside(row: list[Piece], piece: Piece) -> bool:
    """Whether the piece continues the row: same baseline, and not two columns of prose."""
    near = abs(row[0].baseline - piece.baseline) <= _SAME_BASELINE_EMS * min(row[0].size, piece.size)
    if not near or len(row) >= 64:
        return False
    return len(piece.text) <= _JOINED_CHARACTERS_MAX and all(len(other.text) <= _JOINED_CHARACTERS_MAX for other in row)


def _unstacked(pieces: list[Piece]) -> list[Piece]:
    """Characters set one under another (vertical text) as one piece."""
    done: list[Piece] = []
    stack: list[Piece] = []
    for piece in pieces:
        single = _STACKABLE.fullmatch(piece.text) is not None
        if stack and single and _under(stack[-1], piece):
            stack.append(piece)
            continue
        done.extend(_stacked(stack))
        stack = [piece] if single else []
        if not single:
            done.append(piece)
    return done + _stacked(stack)


def _stacked(stack: list[Piece]) -> list[Piece]:
    text = "".join(piece.text.strip() for piece in stack)
    if len(stack) > 1 and any(character > "\u2e80" for character in text):
        return [replace(stack[0], text=text, direction=STACKED)]
    return stack


def _under(above: Piece, piece: Piece) -> bool:
    size = above.size or 1.0
    step = (piece.baseline - above.baseline) / size
    centred = abs(piece.left + piece.right - above.left - above.right) / 2 <= 0.4 * size
    return _STACK_EMS[0] <= step <= _STACK_EMS[1] and centred and abs(piece.size - size) <= 0.2 * size


def _paragraphs(lines: list[Piece]) -> Iterator[Piece]:
    """Wrapped lines joined: the tail of a sentence must not look like a line of its own."""
    open_: Piece | None = None
    last: Piece | None = None
    texts: list[str] = []
    for line in lines:
        if open_ is not None and last is not None and _wraps(last, line, is_first=len(texts) == 1):
            texts.append(line.text)
        else:
            if open_ is not None:
                yield replace(open_, text=_flowing(texts))
            open_, texts = line, [line.text]
        last = line
    if open_ is not None:
        yield replace(open_, text=_flowing(texts))


def _flowing(texts: list[str]) -> str:
    text = texts[0]
    for following in texts[1:]:
        narrow = text[-1:] < "\u2e80" and following[:1] < "\u2e80"
        text += (" " if narrow else "") + following
    return text


def _wraps(line: Piece, following: Piece, *, is_first: bool) -> bool:
    """Whether ``following`` goes on where ``line`` came to the right margin."""
    text = line.text.rstrip()
    size = line.size or 1.0
    wide = any(character > "\u2e80" for character in text[:20])
    if len(text) < (_WRAPPED_WIDE_MIN if wide else _WRAPPED_NARROW_MIN) or _FIELDS.search(text.lstrip()):
        return False
    if text.endswith(_SENTENCE_ENDS) or CELL_SEPARATOR in following.text or line.direction != FLAT:
        return False
    step = (following.baseline - line.baseline) / size
    # A first line is indented by two characters; later ones begin where the one before began.
    indented = line.left - following.left
    starts_left = -0.5 * size <= indented <= (3.0 if is_first else 0.5) * size
    same_size = abs(following.size - size) <= 0.15 * size
    return 0.5 < step < 3.0 and starts_left and same_size and following.right <= line.right + size

"""A builder of Word 97-2003 documents for the inspector's tests: stories, pieces, formatting, boxes, drawings."""

import struct

from support.compound_documents import compound

TEXT_AT = 0x800
STRUCK = bytes.fromhex("370801")
DELETED = bytes.fromhex("000801")
IN_TABLE = bytes.fromhex("162401")
ROW_END = bytes.fromhex("16240117 2401")
INNER_CELL = bytes.fromhex("162401 4b2401")
INNER_ROW_END = bytes.fromhex("162401 4b2401 4c2401")
BREAK_BEFORE = bytes.fromhex("072401")
_PAIRS = {
    "sections": 6, "headers": 11, "characters": 12, "paragraphs": 13, "clx": 33,
    "shapes": 40, "header_shapes": 41, "drawings": 50, "boxes": 56, "header_boxes": 58,
}  # fmt: skip


def symbol(code):
    """The setting of a character of a symbol font."""
    return struct.pack("<HHH", 0x6A09, 1, code)


def word_streams(
    main, *, footnotes="", margins=(), comments="", endnotes="", boxes=(), header_boxes=(), characters=(),
    paragraphs=(), sections=(), art=(), cuts=(), narrow=(), flags=0, version=0xC1,
):  # fmt: skip
    """The streams of a document. ``margins``: even and odd header, even and odd footer, first header and footer.

    ``boxes``: (anchor, shape, text). ``characters`` and ``paragraphs``: (words, settings) for their first sighting.
    ``cuts``: where pieces of the text begin, stored backwards; ``narrow``: which of them are of one byte a character.
    ``sections``: (end, kind of the next). ``art``: words drawn as shapes.
    """
    header_text = "".join(margins) + ("\r" if margins else "")
    box_text, box_plex = _box_story(boxes)
    header_box_text, header_box_plex = _box_story(header_boxes)
    stories = (main, footnotes, header_text, "", comments, endnotes, box_text, header_box_text)
    text = "".join(stories)
    pieces, stored = _pieces(text, cuts, narrow)
    parts = {"clx": _clx(pieces), "boxes": box_plex, "header_boxes": header_box_plex}
    if margins:
        places = [0] * 7
        for margin in margins:
            places.append(places[-1] + len(margin))
        parts["headers"] = struct.pack(f"<{len(places) + 1}I", *places, len(header_text))
    parts["shapes"] = _shapes(boxes)
    parts["header_shapes"] = _shapes(header_boxes)
    parts["drawings"] = drawings(art) if art else b""
    body = bytes(TEXT_AT) + stored
    body, parts["characters"] = _formatted(body, text, pieces, characters, _character_page)
    body, parts["paragraphs"] = _formatted(body, text, pieces, paragraphs, _paragraph_page)
    body, parts["sections"] = _sections(body, sections, len(main))
    table, pairs = b"", bytearray(8 * 93)
    for name, content in parts.items():
        struct.pack_into("<II", pairs, 8 * _PAIRS[name], len(table), len(content))
        table += content
    block = struct.pack("<HHHHHHHIBBHHII", 0xA5EC, version, 0, 0x0804, 0, 0x1200 | flags, 0xBF, 0, 0, 0, 0, 0, TEXT_AT,
                        TEXT_AT + len(stored)) + struct.pack("<H", 14) + bytes(28) + struct.pack("<H", 22)  # fmt: skip
    counts = [len(story) for story in stories]
    block += bytes(12) + struct.pack("<8I", *counts) + bytes(44) + struct.pack("<H", 93) + bytes(pairs)
    return {"WordDocument": block + body[len(block) :], "1Table": table}


def word(main, *, others=None, **options):
    """A whole file; ``others`` are more streams of it."""
    return compound({**word_streams(main, **options), **(others or {})})


def _pieces(text, cuts, narrow):
    """[(first, end, place, width)] in the order of the text, and the bytes with the last piece first."""
    edges = [0, *cuts, len(text)]
    stored, pieces = b"", []
    for number in reversed(range(len(edges) - 1)):
        words = text[edges[number] : edges[number + 1]]
        width = 1 if number in narrow else 2
        pieces.insert(0, (edges[number], edges[number + 1], TEXT_AT + len(stored), width))
        stored += words.encode("cp1252" if width == 1 else "utf-16-le")
    return pieces, stored


def _clx(pieces):
    plex = struct.pack(f"<{len(pieces) + 1}I", *(piece[0] for piece in pieces), pieces[-1][1])
    for _, _, place, width in pieces:
        plex += struct.pack("<HIH", 0, place if width == 2 else place * 2 | 0x40000000, 0)
    return b"\x01\x02\x00\xff\xff" + b"\x02" + struct.pack("<I", len(plex)) + plex


def _box_story(boxes):
    text, places, items = "", [0], b""
    for _, shape, words in boxes:
        text += words + "\r"
        places.append(len(text))
        items += struct.pack("<II6xII", 1, 0, shape, 0)
    if not boxes:
        return "", b""
    places.append(len(text) + 1)
    return text + "\r", struct.pack(f"<{len(places)}I", *places) + items + bytes(22)


def _shapes(boxes):
    if not boxes:
        return b""
    items = b"".join(struct.pack("<I", shape).ljust(26, b"\0") for _, shape, _ in boxes)
    return struct.pack(f"<{len(boxes) + 1}I", *(anchor for anchor, _, _ in boxes), 1 << 20) + items


def _formatted(body, text, pieces, settings, page):
    """The body with a page of formatting behind it, and the plex that finds it."""
    runs = {}
    for words, setting in settings:
        first = text.index(words)
        for low, high, place, width in pieces:
            start, end = max(low, first), min(high, first + len(words))
            if start < end:
                runs[place + (start - low) * width] = (place + (end - low) * width, setting)
    edges = [(TEXT_AT, b"")]
    for start, (end, setting) in sorted(runs.items()):
        edges = [edge for edge in edges if edge[0] < start]
        edges += [(start, setting), (end, b"")]
    last = max(place + (high - low) * width for low, high, place, width in pieces)
    body += bytes(-len(body) % 512)
    number = len(body) // 512
    return body + page(edges, max(last, edges[-1][0] + 1)), struct.pack("<III", TEXT_AT, last + 1, number)


def _character_page(edges, last):
    page = bytearray(512)
    page[511] = len(edges)
    struct.pack_into(f"<{len(edges) + 1}I", page, 0, *(place for place, _ in edges), last)
    at = 510
    for number, (_, setting) in enumerate(edges):
        if setting:
            at = (at - len(setting) - 1) & ~1
            page[at : at + 1 + len(setting)] = bytes([len(setting)]) + setting
            page[4 * (len(edges) + 1) + number] = at // 2
    return bytes(page)


def _paragraph_page(edges, last):
    page = bytearray(512)
    page[511] = len(edges)
    struct.pack_into(f"<{len(edges) + 1}I", page, 0, *(place for place, _ in edges), last)
    at = 510
    for number, (_, setting) in enumerate(edges):
        if setting:
            raw = b"\0\0" + setting
            # Either form of the length: of odd sizes in one byte, of even ones behind a zero.
            raw = bytes([(len(raw) + 1) // 2]) + raw if len(raw) % 2 else bytes([0, len(raw) // 2]) + raw
            at = (at - len(raw)) & ~1
            page[at : at + len(raw)] = raw
            page[4 * (len(edges) + 1) + 13 * number] = at // 2
    return bytes(page)


def _sections(body, sections, main_length):
    """``sections``: (end, kind of the section that follows)."""
    if not sections:
        return body, b""
    places, items = [0], struct.pack("<HIHI", 0, 0xFFFFFFFF, 0, 0)
    for end, kind in sections:
        places.append(end)
        items += struct.pack("<HIHI", 0, len(body), 0, 0)
        body += struct.pack("<HHB", 3, 0x3009, kind)
    places.append(main_length)
    return body, struct.pack(f"<{len(places)}I", *places) + items


def art_record(kind, content, instance=0, version=0):
    """A record of a drawing."""
    return struct.pack("<HHI", instance << 4 | version, kind, len(content)) + content


def word_art(words):
    """The option table of a shape that draws words."""
    raw = words.encode("utf-16-le") + b"\0\0"
    return art_record(0xF00B, struct.pack("<HIHI", 0x0080, 1, 0x80C0, len(raw)) + raw, instance=2, version=3)


def drawings(words):
    """The drawings of a document: the body's empty, the headers' with a shape for each of the words."""
    shapes = b"".join(art_record(0xF004, word_art(word), version=15) for word in words)
    group = art_record(0xF000, art_record(0xF006, bytes(16)), version=15)
    empty = art_record(0xF002, b"", version=15)
    return group + b"\x00" + empty + b"\x01" + art_record(0xF002, art_record(0xF003, shapes, version=15), version=15)

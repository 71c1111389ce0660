"""A builder of PowerPoint 97-2003 presentations for the inspector's tests."""

import struct

from support.compound_documents import compound
from support.word_binaries import art_record, word_art

HEIGHT = 4320
CENTRE_TITLE, TITLE, BODY, MASTER_TITLE, MASTER_FOOTER, SLIDE_NUMBER = 15, 13, 14, 1, 9, 8


def record(kind, content, instance=0, *, container=False):
    """A record of the document stream."""
    return art_record(kind, content, instance, 15 if container else 0)


def text(words, *, wide=True):
    """A text atom."""
    return record(0x0FA0, words.encode("utf-16-le")) if wide else record(0x0FA8, words.encode("latin-1"))


def string(words, instance=0):
    return record(0x0FBA, words.encode("utf-16-le"), instance)


def shape(words="", top=2000, height=200, *, placeholder=0, outline=None, angle=0, child=None, art="", left=100):
    """A shape. ``outline``: the number of its text in the document's list; ``child``: (top, bottom) inside a group."""
    content = art_record(0xF00A, bytes(8))
    if angle:
        content += art_record(0xF00B, struct.pack("<HI", 0x0004, angle << 16 & 0xFFFFFFFF), 1, 3)
    if art:
        content += word_art(art)
    if child:
        content += art_record(0xF00F, struct.pack("<4i", left, child[0], left + 500, child[1]))
    else:
        content += art_record(0xF010, struct.pack("<4h", top, left, left + 500, top + height))
    if placeholder:
        content += art_record(0xF011, record(0x0BC3, struct.pack("<IBBH", 0, placeholder, 0, 0)), version=15)
    inner = record(0x0F9E, struct.pack("<I", outline)) if outline is not None else text(words) if words else b""
    return art_record(0xF004, content + art_record(0xF00D, record(0x0F9F, bytes(4)) + inner, version=15), version=15)


def group(*shapes, frame=(0, 1000), top=0, height=1000, table=False):
    """A group whose inside has coordinates of its own."""
    own = art_record(0xF009, struct.pack("<4i", 0, frame[0], 1000, frame[1]), version=1)
    own += art_record(0xF010, struct.pack("<4h", top, 0, 1000, top + height))
    if table:
        own += art_record(0xF122, struct.pack("<HI", 0x039F, 1), 1, 3)
    return art_record(0xF003, art_record(0xF004, own, version=15) + b"".join(shapes), version=15)


def drawing(*shapes):
    patriarch = art_record(0xF004, art_record(0xF009, struct.pack("<4i", 0, 0, 0, 0), version=1), version=15)
    inner = art_record(0xF003, patriarch + b"".join(shapes), version=15)
    return record(0x040C, art_record(0xF002, art_record(0xF008, bytes(8)) + inner, version=15), container=True)


def margins(header="", footer="", instance=0, flags=0x30):
    content = record(0x0FDA, struct.pack("<HH", 0, flags))
    content += (string(header, 1) if header else b"") + (string(footer, 2) if footer else b"")
    return record(0x0FD9, content, instance, container=True)


def comment(words):
    """A comment in the tag that slides keep it in."""
    inner = record(0x2EE0, string("author", 0) + string(words, 1), container=True)
    tag = record(0x138A, string("___PPT10") + record(0x138B, inner), container=True)
    return record(0x1388, tag, container=True)


def slide(*shapes, more=b""):
    return record(0x03EE, record(0x03EF, bytes(24)) + drawing(*shapes) + more, container=True)


def master(*shapes, more=b""):
    return record(0x03F8, record(0x03EF, bytes(24)) + drawing(*shapes) + more, container=True)


def notes(slide_identity, *shapes):
    return record(0x03F0, record(0x03F1, struct.pack("<II", slide_identity, 0)) + drawing(*shapes), container=True)


def presentation_streams(
    slides, *, masters=(), notes_pages=(), outlines=None, more=b"", objects=(), before=(), lost=False
):
    """The streams. ``outlines``: {slide: its texts in the list}; ``before``: slides that the newest edit replaced."""
    lists = b""
    number = 2
    numbers = {}
    kinds = ((1, masters), (0, slides), (2, notes_pages))
    for instance, pages in kinds:
        listed = b""
        for place, _ in enumerate(pages):
            numbers[instance, place] = number
            listed += record(0x03F3, struct.pack("<IIiII", number, 0, 0, 256 + place, 0))
            for words in (outlines or {}).get(place, ()) if instance == 0 else ():
                listed += record(0x0F9F, bytes(4)) + text(words)
            number += 1
        lists += record(0x0FF0, listed, instance, container=True)
    size = record(0x03E9, struct.pack("<ii", 5760, HEIGHT).ljust(40, b"\0"))
    body, older = b"", 0
    if before:
        body = b"".join(before)
        lengths = [len(content) for content in before]
        body, older = _edit(body, {numbers[0, place]: sum(lengths[:place]) for place in range(len(before))}, 0)
    places = {1: len(body)}
    body += record(0x03E8, size + lists + more, container=True)
    for instance, pages in kinds:
        for place, content in enumerate(pages):
            places[numbers[instance, place]] = len(body)
            body += content
    for content in objects:
        places[number] = len(body)
        body += content
        number += 1
    body, last = _edit(body, places, older)
    user = struct.pack("<IIII", 0, 0x14, 0x14, 0xE391C05F) + struct.pack("<I", 0 if lost else last)
    return {"PowerPoint Document": body, "Current User": user}


def _edit(body, places, older):
    directory = len(body)
    entries = b"".join(struct.pack("<II", number | 1 << 20, place) for number, place in places.items())
    body += record(0x1772, entries)
    last = len(body)
    body += record(0x0FF5, struct.pack("<IHBBIIIIHH", 0, 0, 0, 3, older, directory, 1, 99, 0, 0))
    return body, last


def presentation(slides, others=None, **options):
    """A whole file."""
    return compound({**presentation_streams(slides, **options), **(others or {})})

"""Builders of compound files for the inspector's tests: the container, property sets, Outlook messages."""

import struct

MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MINI = 64
_SUMMARY = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_DOCUMENT_SUMMARY = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_USER = bytes.fromhex("05d5cdd59c2e1b10939708002b2cf9ae")


def compound(streams, sector_bytes=512):
    """A compound file of {path: bytes}; folders of a path (divided by /) become storages."""
    tree = {}
    for path, content in streams.items():
        *folders, name = path.split("/")
        at = tree
        for folder in folders:
            at = at.setdefault(folder, {})
        at[name] = content
    entries = _entries(tree)
    mini, mini_table = _mini_stream(entries)
    body, table, starts = b"", [], {}
    for number, content in [(0, mini), *((n, e[1]) for n, e in enumerate(entries) if _is_large(e[1]))]:
        starts[number] = len(table) if content else _END
        body, table = _add(body, table, content, sector_bytes)
    mini_start = len(table) if mini_table else _END
    body, table = _add(body, table, struct.pack(f"<{len(mini_table)}I", *mini_table), sector_bytes)
    directory_start = len(table)
    directory = b"".join(_entry(n, e, starts, len(mini)) for n, e in enumerate(entries))
    body, table = _add(body, table, directory, sector_bytes)
    mini_sectors = -(-len(mini_table) * 4 // sector_bytes)
    return _assembled(body, table, directory_start, (mini_start, mini_sectors), sector_bytes)


def _is_large(content):
    return isinstance(content, bytes) and len(content) >= 4096


def _entries(tree):
    """[name, content or None, next sibling, first child, place in the mini stream]; the root first."""
    entries = [["Root Entry", None, _FREE, _FREE, _END]]
    waiting = [(0, tree)]
    while waiting:
        parent, folder = waiting.pop(0)
        previous = None
        # Siblings are a tree ordered by the length of their names; a list in that order is one.
        for name, content in sorted(folder.items(), key=lambda item: (len(item[0]), item[0].upper())):
            number = len(entries)
            entries.append([name, content if isinstance(content, bytes) else None, _FREE, _FREE, _END])
            if previous is None:
                entries[parent][3] = number
            else:
                entries[previous][2] = number
            previous = number
            if not isinstance(content, bytes):
                waiting.append((number, content))
    return entries


def _mini_stream(entries):
    mini, table = b"", []
    for entry in entries:
        content = entry[1]
        if content and not _is_large(content):
            entry[4] = len(table)
            count = -(-len(content) // _MINI)
            table += [*range(len(table) + 1, len(table) + count), _END]
            mini += content.ljust(count * _MINI, b"\0")
    return mini, table


def _add(body, table, content, sector_bytes):
    count = -(-len(content) // sector_bytes)
    chain = [*range(len(table) + 1, len(table) + count), _END] if count else []
    return body + content.ljust(count * sector_bytes, b"\0"), table + chain


def _entry(number, entry, starts, mini_bytes):
    name, content, following, child, mini_start = entry
    raw = name.encode("utf-16-le")
    kind = 5 if number == 0 else 1 if content is None else 2
    size = mini_bytes if number == 0 else len(content or b"")
    start = starts.get(number, mini_start)
    head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, _FREE, following, child)
    return head + bytes(36) + struct.pack("<IQ", start if size else (0 if kind == 1 else _END), size)


def _assembled(body, table, directory_start, mini, sector_bytes):
    each = sector_bytes // 4
    count = more = 0
    while True:
        needed = -(-(len(table) + count + more) // each)
        needed_more = -(-max(needed - 109, 0) // (each - 1))
        if (needed, needed_more) == (count, more):
            break
        count, more = needed, needed_more
    first = len(table)
    table = table + [_TABLE] * count + [_TABLE - 1] * more
    table += [_FREE] * (-len(table) % each)
    places = list(range(first, first + count))
    header = MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 4 if sector_bytes > 512 else 3, 0xFFFE,
                                             9 if sector_bytes == 512 else 12, 6)  # fmt: skip
    more_start = first + count if more else _END
    header += struct.pack("<9I", 0, count, directory_start, 0, 4096, *mini, more_start, more)
    header += struct.pack("<109I", *(places[:109] + [_FREE] * (109 - len(places[:109]))))
    pieces = [header.ljust(sector_bytes, b"\0"), body, struct.pack(f"<{len(table)}I", *table)]
    for number in range(more):
        part = places[109 + number * (each - 1) : 109 + (number + 1) * (each - 1)]
        part += [_FREE] * (each - 1 - len(part)) + [more_start + number + 1 if number + 1 < more else _END]
        pieces.append(struct.pack(f"<{each}I", *part))
    return b"".join(pieces)


# --- property sets


def property_stream(kind, values, names=None, codepage=936):
    """A property set stream of {number: text, number or truth}; ``names`` {number: name} is its dictionary."""
    encoding = {936: "gbk", 1200: "utf-16-le", 65001: "utf-8", 1252: "cp1252"}[codepage]
    properties = [(1, struct.pack("<HHhH", 2, 0, codepage - (65536 if codepage > 32767 else 0), 0))]
    if names:
        properties.append((0, _dictionary(names, codepage, encoding)))
    for number, value in values.items():
        if isinstance(value, bool):
            raw = struct.pack("<IHH", 11, 0xFFFF if value else 0, 0)
        elif isinstance(value, int):
            raw = struct.pack("<Ii", 3, value)
        elif isinstance(value, list):
            raw = struct.pack("<II", 0x101E, len(value)) + b"".join(_string(text, encoding) for text in value)
        else:
            raw = struct.pack("<I", 30) + _string(value, encoding)
        properties.append((number, raw))
    at, places, body = 8 + 8 * len(properties), b"", b""
    for number, raw in properties:
        places += struct.pack("<II", number, at + len(body))
        body += raw + bytes(-len(raw) % 4)
    inner = struct.pack("<II", 8 + len(places) + len(body), len(properties)) + places + body
    return struct.pack("<HHI16sI", 0xFFFE, 0, 0x20006, bytes(16), 1) + kind + struct.pack("<I", 48) + inner


def _string(text, encoding):
    raw = text.encode(encoding) + (b"\0\0" if encoding == "utf-16-le" else b"\0")
    return struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)


def _dictionary(names, codepage, encoding):
    found = struct.pack("<I", len(names))
    for number, name in names.items():
        raw = name.encode(encoding) + (b"\0\0" if codepage == 1200 else b"\0")
        found += struct.pack("<II", number, len(raw) // 2 if codepage == 1200 else len(raw)) + raw
        if codepage == 1200:
            found += bytes(-len(raw) % 4)
    return found


def summary(title="", keywords="", **options):
    """The stream of title and keywords."""
    values = {number: text for number, text in ((2, title), (5, keywords)) if text}
    return property_stream(_SUMMARY, values, **options)


def document_summary(category, **options):
    """The stream of the category."""
    return property_stream(_DOCUMENT_SUMMARY, {2: category}, **options)


def user_properties(properties, codepage=936):
    """A stream of {name: value}."""
    names = dict(enumerate(properties, start=2))
    return property_stream(_USER, {n: properties[name] for n, name in names.items()}, names, codepage)


# --- Outlook messages


def message(texts, *, wide=True, codepage=936, binaries=None, attachments=(), named=None, head_bytes=32):
    """The streams of a message of {tag: text}. ``attachments``: (name, bytes or streams of a message)."""
    kind, encoding = (0x1F, "utf-16-le") if wide else (0x1E, "gbk")
    fixed = struct.pack("<HHII", 3, 0x3FFD, 6, codepage).ljust(16, b"\0")
    streams = {"__properties_version1.0": bytes(head_bytes) + fixed}
    streams |= {f"__substg1.0_{tag:04X}{kind:04X}": text.encode(encoding) for tag, text in texts.items()}
    streams |= {f"__substg1.0_{tag:04X}0102": content for tag, content in (binaries or {}).items()}
    if named:
        entries = strings = b""
        for number, (name, text) in enumerate(named.items()):
            entries += struct.pack("<IHH", len(strings), 1 | 3 << 1, number)
            raw = name.encode("utf-16-le")
            strings += struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4)
            streams[f"__substg1.0_{0x8000 + number:04X}{kind:04X}"] = text.encode(encoding)
        streams["__nameid_version1.0/__substg1.0_00030102"] = entries
        streams["__nameid_version1.0/__substg1.0_00040102"] = strings
    for number, (name, content) in enumerate(attachments):
        folder = f"__attach_version1.0_#{number:08X}"
        streams[f"{folder}/__properties_version1.0"] = bytes(8)
        streams[f"{folder}/__substg1.0_3707{kind:04X}"] = name.encode(encoding)
        if isinstance(content, bytes):
            streams[f"{folder}/__substg1.0_37010102"] = content
        else:
            streams |= {f"{folder}/__substg1.0_3701000D/{path}": inner for path, inner in content.items()}
    return streams

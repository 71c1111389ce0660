"""RTF: properties, headers and footers, text boxes, watermarks, tables and paragraphs in the order of the file.

Struck out and deleted text is no mark any more (domain §3.3); hidden text counts: it travels with the file. Pages end
at explicit breaks and where a section begins a new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import codepages, rtf_objects, rtf_tokens
from gapwatch_agent.inspector.readers.rtf_story import Story
from gapwatch_agent.inspector.readers.rtf_tokens import Token, Tokens
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source

_STORIES: Final = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), where.HEADER),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), where.FOOTER),
    **dict.fromkeys(("footnote", "annotation"), where.NOTE),
    **dict.fromkeys(("shptxt", "dptxbxtext"), where.TEXT_BOX),
}
"""Destinations with text of their own."""
_PROPERTIES: Final = frozenset(
    {"title", "subject", "keywords", "doccomm", "category", "company", "author", "operator", "manager", "hlinkbase"}
)
_VALUES: Final = frozenset({"propname", "staticval", "sn", "sv"})
"""Destinations whose text is half of a pair."""
_TRANSPARENT: Final = frozenset({"shpinst", "userprops", "background", "do", "ud", "shpgrp", "nesttableprops", "info"})
"""Starred destinations that are looked into; any other is passed over."""
_SKIPPED: Final = frozenset(
    {"colortbl", "stylesheet", "pict", "fldinst", "listtable", "listoverridetable", "rsidtbl", "filetbl", "revtbl"}
    | {"datafield", "objclass", "objname", "listtext", "pntext", "nonshppict", "shprslt", "nonesttables", "falt"}
    | {"themedata", "datastore", "colorschememapping", "latentstyles", "atnid", "atnauthor", "bkmkstart", "bkmkend"}
    | {"creatim", "revtim", "printim", "buptim", "pgdsctbl", "template", "linkval", "xe", "tc"}
)
"""``shprslt`` and ``nonshppict`` say again, for old programs, what stands beside them."""
_CHARSETS: Final = {
    77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
    186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 437,
}  # fmt: skip
_SYMBOL_CHARSET: Final = 2
_SYMBOL_CODEPAGE: Final = -1
_CHARACTERS: Final = {
    "~": "\u00a0", "_": "-", "tab": "\t", "line": "\n", "lquote": "\u2018", "rquote": "\u2019", "bullet": "\u2022",
    "ldblquote": "\u201c", "rdblquote": "\u201d", "emdash": "\u2014", "endash": "\u2013", "emspace": "\u2003",
    "enspace": "\u2002", "qmspace": "\u2005", "\t": "\t",
}  # fmt: skip
_ESCAPED: Final = frozenset("{}\\")
_SYMBOLS: Final = str.maketrans(
    {0xF0AB: "★", 0xF0B6: "☆", 0xF0FE: "☑", 0xF052: "☑", 0xF0FD: "☒", 0xF0A8: "□", 0xF06F: "□", 0xF0A3: "□"}
)
"""Characters of the Wingdings fonts that stand for stars and boxes."""
_SYMBOL: Final = re.compile("[\uf000-\uf0ff]")
_OUTERMOST: Final = 2
_PADDING: Final = b"\0 \t\x1a"
_FONTS_MAX: Final = 10_000
_OBJECTS_MAX: Final = 1000
_PAIR_CHARACTERS_MAX: Final = 1000


@dataclass(slots=True)
class _Group:
    """What a group changes and its end undoes."""

    font: int = -1
    codepage: int = 0
    skip_after_unicode: int = 1
    crossed: bool = False
    story: Story | None = None
    half: str = ""
    in_fonts: bool = False


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """One reading."""
    yield _Interpreter(source, limits, report).fragments()


@dataclass(slots=True)
class _Interpreter:
    _source: Source
    _limits: Limits
    _report: Report
    _tokens: Tokens = field(init=False)
    _groups: list[_Group] = field(init=False)
    _body: Story = field(default_factory=lambda: Story(where.DOCUMENT, page=1))
    _stories: list[Story] = field(init=False)
    _ready: list[Fragment] = field(default_factory=list)
    _fonts: dict[int, int] = field(default_factory=dict)
    _codepage: int = codepages.WESTERN
    _default_font: int = 0
    _bytes: bytearray = field(default_factory=bytearray)
    _bytes_codepage: int = 0
    _to_skip: int = 0
    _starred: bool = False
    _opening: bool = False
    _too_deep: int = 0
    _pair: dict[str, str] = field(default_factory=dict)
    _objects: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokens = Tokens(self._source)
        self._groups = [_Group()]
        self._stories = [self._body]

    def fragments(self) -> Iterator[Fragment | Embedded]:
        """All of the file."""
        ended = goes_on = False
        for token in self._tokens:
            if token.kind == rtf_tokens.CLOSE and len(self._groups) + self._too_deep == _OUTERMOST:
                ended = True
            elif ended and not goes_on and token.raw.strip(_PADDING) + token.name.encode():
                # A brace too many closed everything early: what follows is read all the same.
                goes_on = True
                self._report("damaged")
            self._take(token)
            if self._ready:
                yield from self._ready
                self._ready = []
        if not ended:
            self._report("damaged")
        self._flush_bytes()
        while len(self._groups) > 1:
            self._close()
        self._body.end()
        yield from (*self._ready, *self._body.take())
        yield from self._embedded()

    def _embedded(self) -> Iterator[Embedded]:
        if len(self._objects) >= _OBJECTS_MAX:
            self._report("too_many")
        for index, (start, end) in enumerate(self._objects, start=1):
            found = rtf_objects.embedded(self._source, start, end, index, self._limits)
            if found is not None:
                yield found

    # --- tokens

    def _take(self, token: Token) -> None:
        kind = token.kind
        opening, self._opening = self._opening, False
        if kind == rtf_tokens.TEXT:
            self._say(token.raw)
        elif kind == rtf_tokens.UNICODE:
            self._unicode_run(token.raw)
        elif kind == rtf_tokens.OPEN:
            self._to_skip = 0
            self._open()
        elif kind == rtf_tokens.CLOSE:
            self._to_skip = 0
            self._close()
        elif kind == rtf_tokens.STAR:
            self._starred = self._opening = opening
        else:
            self._word(token, opening=opening)

    def _open(self) -> None:
        if len(self._groups) > self._limits.depth_max:
            if not self._too_deep:
                self._report("too_deep")
            self._too_deep += 1
            return
        outer = self._groups[-1]
        group = _Group(outer.font, outer.codepage, outer.skip_after_unicode, outer.crossed)
        group.in_fonts = outer.in_fonts
        self._groups.append(group)
        self._opening = True

    def _close(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
            return
        if len(self._groups) < 2:
            return
        group = self._groups[-1]
        if group.story is not None or group.half:
            self._flush_bytes()
        self._groups.pop()
        if group.story is not None:
            self._end_story(group.story, group.half)
        self._starred = False

    def _word(self, token: Token, *, opening: bool) -> None:
        name, number = token.name, token.number
        starred, self._starred = self._starred and opening, False
        if self._to_skip and name != "u":
            self._to_skip -= 1
            if name in _CHARACTERS or name in _ESCAPED:
                return
        if opening and self._is_destination(name, starred=starred):
            return
        if name == "u":
            self._unicode(number or 0)
        elif name in _ESCAPED:
            # It may be the second byte of a character: 表 ends with a backslash in Shift-JIS.
            self._say(name.encode("ascii"))
        elif name in _CHARACTERS:
            self._flush_bytes()
            self._write(_CHARACTERS[name])
        elif name in {"\n", "\r"}:
            self._flush_bytes()
            self._stories[-1].paragraph()
        elif not self._character_property(name, number):
            self._structure(name)

    # --- destinations

    def _is_destination(self, name: str, *, starred: bool) -> bool:
        """Whether the group's first word sends its text elsewhere; then that is arranged."""
        group = self._groups[-1]
        if name == "objdata":
            self._object()
        elif name in _STORIES:
            self._begin_story(_STORIES[name])
        elif name in _PROPERTIES or name in _VALUES:
            group.half = name
            self._begin_story(where.PROPERTY)
        elif name == "fonttbl":
            group.in_fonts = True
            group.crossed = True
        elif name in _SKIPPED or (starred and name not in _TRANSPARENT):
            self._tokens.skip_group()
        else:
            return name in _TRANSPARENT
        return True

    def _object(self) -> None:
        """Remember where an embedded file's digits stand."""
        # Up to here only its control word was read.
        start = self._tokens.position()
        end = self._tokens.skip_group()
        if len(self._objects) < _OBJECTS_MAX:
            self._objects.append((start, end))

    def _begin_story(self, part: str) -> None:
        self._flush_bytes()
        outer = self._stories[-1].part
        if part == where.TEXT_BOX and outer not in {where.DOCUMENT, where.TEXT_BOX}:
            # A box in a header or a note is as much its part as the lines around it.
            part = outer
        page = self._body.page if part in {where.TEXT_BOX, where.NOTE} else 0
        story = Story(part, page=page)
        self._groups[-1].story = story
        self._groups[-1].crossed = False
        self._stories.append(story)

    def _end_story(self, story: Story, half: str) -> None:
        if story in self._stories:
            del self._stories[self._stories.index(story) :]
        story.end()
        found = story.take()
        if not half:
            self._ready.extend(found)
            return
        text = "\n".join(fragment.text for fragment in found)[:_PAIR_CHARACTERS_MAX]
        if half in _PROPERTIES:
            if text.strip():
                self._ready.append(Fragment(text, part=where.PROPERTY, key=half))
        else:
            self._pair[half] = text
            self._pairs(half)

    def _pairs(self, half: str) -> None:
        """A value completes a pair: a custom property, or what a shape's word art says."""
        text = self._pair.get(half, "")
        if half == "staticval" and text.strip():
            self._ready.append(Fragment(text, part=where.PROPERTY, key=self._pair.pop("propname", "")))
        elif half == "sv" and self._pair.pop("sn", "").strip() == "gtextUNICODE" and text.strip():
            self._ready.append(Fragment(text, part=where.WATERMARK, page=self._body.page))

    # --- characters

    def _character_property(self, name: str, number: int | None) -> bool:
        group = self._groups[-1]
        if name == "f":
            self._font(number or 0)
        elif name in {"deleted", "strike", "striked"}:
            self._flush_bytes()
            group.crossed = number != 0
        elif name == "plain":
            self._flush_bytes()
            group.crossed = False
            self._font(self._default_font)
        elif name == "uc":
            group.skip_after_unicode = min(max(number or 0, 0), 255)
        elif name in {"fcharset", "cpg"} and group.in_fonts:
            self._declare_font(name, number or 0)
        elif name == "ansicpg":
            self._codepage = number if number and codepages.is_known(number) else self._codepage
        elif name in {"mac", "pc", "pca"}:
            self._codepage = {"mac": 10000, "pc": 437, "pca": 850}[name]
        elif name == "deff":
            self._default_font = number or 0
        else:
            return False
        return True

    def _font(self, number: int) -> None:
        group = self._groups[-1]
        group.font = number
        group.codepage = self._fonts.get(number, 0)

    def _declare_font(self, name: str, number: int) -> None:
        if len(self._fonts) >= _FONTS_MAX:
            return
        if name == "cpg":
            codepage = number if codepages.is_known(number) else 0
        else:
            codepage = _SYMBOL_CODEPAGE if number == _SYMBOL_CHARSET else _CHARSETS.get(number, 0)
        if codepage:
            self._fonts[self._groups[-1].font] = codepage

    def _say(self, raw: bytes) -> None:
        """Text in the current font's code page; the two bytes of one character may come one by one."""
        if self._to_skip:
            dropped = min(self._to_skip, len(raw))
            self._to_skip -= dropped
            raw = raw[dropped:]
        if not raw or self._groups[-1].crossed:
            return
        codepage = self._groups[-1].codepage or self._codepage
        if codepage != self._bytes_codepage:
            self._flush_bytes()
            self._bytes_codepage = codepage
        self._bytes += raw

    def _unicode_run(self, raw: bytes) -> None:
        self._to_skip = 0
        skip = self._groups[-1].skip_after_unicode
        run = rtf_tokens.unicode_run(raw)
        if {len(codes) for _, codes in run} == {4 * skip}:
            if not self._groups[-1].crossed:
                self._flush_bytes()
                self._write("".join([chr(int(number) & 0xFFFF) for number, _ in run]))
            return
        for number, codes in run:
            self._unicode(int(number))
            self._say(rtf_tokens.coded(codes))

    def _unicode(self, number: int) -> None:
        self._to_skip = self._groups[-1].skip_after_unicode
        if not self._groups[-1].crossed:
            self._flush_bytes()
            self._write(chr(number & 0xFFFF))

    def _flush_bytes(self) -> None:
        if not self._bytes:
            return
        raw = bytes(self._bytes)
        self._bytes.clear()
        if self._bytes_codepage == _SYMBOL_CODEPAGE:
            self._write("".join(chr(0xF000 + byte) if byte >= 0x80 else chr(byte) for byte in raw))
        else:
            self._write(codepages.decode(raw, self._bytes_codepage))

    def _write(self, text: str) -> None:
        if not self._groups[-1].crossed:
            story = self._stories[-1]
            story.write(text.translate(_SYMBOLS) if _SYMBOL.search(text) else text)

    # --- paragraphs

    def _structure(self, name: str) -> None:
        self._flush_bytes()
        story = self._stories[-1]
        story.control(name)
        if story is self._body:
            self._ready.extend(story.take())

"""XML by its root: flat OpenDocument, a package in one file (flat OPC), Office 2003, XHTML - or any element's text.

Of XML that nobody knows every element's text is a line; an element that is named like a label is a property besides,
unless the file is a list of such: what lists marked files is not itself marked so.
"""

from __future__ import annotations

import base64
import binascii
import pyexpat
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import detect, docx, html, html_text, label_xml, pptx, prologue, xlsx
from gapwatch_agent.inspector.readers.html_tokens import tokens
from gapwatch_agent.inspector.readers.odf_xml import Content
from gapwatch_agent.inspector.readers.office_2003_xml import WordDocument, Workbook
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, Reader, Reading, Report, Source, StopReading
from gapwatch_agent.inspector.readers.stored_zip import StoredZip
from gapwatch_agent.inspector.readers.xml_lenient import LenientXml
from gapwatch_agent.inspector.readers.xml_stream import Handler, attribute, local

_HANDLERS: Final[dict[tuple[str, str], Callable[[], Handler]]] = {
    ("urn:oasis:names:tc:opendocument:xmlns:office:1.0", "document"): Content,
    ("http://schemas.microsoft.com/office/word/2003/wordml", "wordDocument"): WordDocument,
    ("urn:schemas-microsoft-com:office:spreadsheet", "Workbook"): Workbook,
}
_XHTML: Final = ("http://www.w3.org/1999/xhtml", "html")
_FLAT_OPC: Final = ("http://schemas.microsoft.com/office/2006/xmlPackage", "package")
_OPC_READERS: Final[dict[str, Reader]] = {"docx": docx.read, "xlsx": xlsx.read, "pptx": pptx.read}
_OPC_BYTES_MAX: Final = 32 * MIB
_PARTS_MAX: Final = 10_000
_NAME_CHARACTERS_MAX: Final = 1024
_REST_BYTES_MAX: Final = 4 * MIB
_LABELS: Final = re.compile(
    rb"stanag|originatorConfidentialityLabel|BindingInformation|bails:|mipLabelMetadata|x:xmpmeta"
)
_LABEL_NAME: Final = re.compile(r"密|secre|classif|sec_?level|protective|marking", re.IGNORECASE)
_VALUE_CHARACTERS_MAX: Final = 200
_LABELS_MAX: Final = 100
_KINDS_MAX: Final = 1000
_LINE_CHARACTERS_MAX: Final = 1 << 16
_INLINE: Final = frozenset(
    {"a", "b", "i", "u", "em", "strong", "span", "tspan", "font", "r", "t", "run", "sub", "sup", "emphasis", "phrase"}
    | {"tt", "code", "textPath", "ulink", "link", "xref", "small", "big", "mark"}
)
_UNIFORM_RUN: Final = re.compile("句|文本串|文字表")
"""Runs of a paragraph in Uniform Office Format (GB/T 20916), whose element names are Chinese, some with a number."""
_UNIFORM_MARGINS: Final = (("页眉", where.HEADER), ("页脚", where.FOOTER), ("批注集", where.NOTE), ("脚注", where.NOTE))
_NO_TEXT: Final = frozenset({"script", "style", "binData", "binaryData"})


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """The readings of whatever the root says this is; one of any other XML.

    Reports ``damaged`` where the XML breaks; what follows is still read, as text between tags.
    """
    document = LenientXml(source, limits, report)
    root = document.root()
    if root == _FLAT_OPC:
        yield from _package(document, limits, report)
    elif root == _XHTML or root[1].lower() == "html":
        yield from html.read(source, limits, report)
    else:
        yield _fragments(document, _HANDLERS.get(root), limits, report)


def _fragments(
    document: LenientXml, known: Callable[[], Handler] | None, limits: Limits, report: Report
) -> Iterator[Fragment | Embedded]:
    if _LABELS.search(document.head):
        yield from label_xml.fragments(document.chunks(), limits, _ignore)
    if known is None:
        yield from prologue.fragments(document.head.decode(document.encoding, errors="replace").removeprefix("\ufeff"))
    elements = Elements()
    yield from document.fragments(known() if known else elements)
    yield from elements.labels()
    rest = bytearray()
    for piece in document.rest:
        rest += piece
        if len(rest) > _REST_BYTES_MAX:
            report("too_large")
            break
    yield from html_text.fragments(tokens(rest.decode("utf-8", errors="replace"), is_xml=True))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an element's name says about its text. ``margin``: the part its content is of, and that name."""

    is_inline: bool
    is_skipped: bool
    is_label: bool
    margin: tuple[str, str] | None


class Elements:
    """Any XML: each element's text is a line, inline elements and unbroken text belong together."""

    def __init__(self) -> None:
        self._ready: list[Fragment] = []
        self._open: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._skipped = 0
        self._label = ""
        self._kinds: dict[str, _Kind] = {}
        self._part: tuple[str, str] | None = None
        self._values: dict[str, set[str]] = {}

    def take(self) -> list[Fragment]:
        ready, self._ready = self._ready, []
        return ready

    def labels(self) -> list[Fragment]:
        """The elements named like labels, each name that says one thing only in the whole file."""
        single = ((key, next(iter(values))) for key, values in self._values.items() if len(values) == 1)
        return [Fragment(value, where.PROPERTY, key=key) for key, value in single]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        kind = self._kinds.get(name) or self._kind(name)
        if not kind.is_inline:
            self._flush()
            self._part = self._part or kind.margin
            self._label = name if kind.is_label else ""
            if attributes:
                # <field name="密级"> says more than its own name.
                named = attribute(attributes, "name") or ""
                if named and len(named) <= _VALUE_CHARACTERS_MAX and _LABEL_NAME.search(named):
                    self._label = named
        self._skipped += kind.is_skipped

    def end(self, name: str) -> None:
        kind = self._kinds.get(name) or self._kind(name)
        if not kind.is_inline:
            self._flush()
            self._label = ""
            if self._part is not None and self._part[1] == name:
                self._part = None
        self._skipped -= kind.is_skipped

    def _kind(self, name: str) -> _Kind:
        margin = next(((part, name) for begin, part in _UNIFORM_MARGINS if name.startswith(begin)), None)
        is_inline = name in _INLINE or _UNIFORM_RUN.match(name) is not None
        kind = _Kind(is_inline, name in _NO_TEXT, _LABEL_NAME.search(name) is not None, margin)
        if len(self._kinds) < _KINDS_MAX:
            self._kinds[name] = kind
        return kind

    def characters(self, text: str) -> None:
        if self._skipped:
            return
        self._pieces.append(text)
        self._length += len(text)
        if self._length > _LINE_CHARACTERS_MAX:
            self._flush()

    def _flush(self) -> None:
        if not self._pieces:
            return
        text = "".join(self._pieces).strip()
        self._pieces.clear()
        self._length = 0
        if "\n" in text:
            text = "\n".join(filter(None, map(str.strip, text.split("\n"))))
        if not text:
            return
        if self._part is not None:
            self._ready.append(Fragment(text, self._part[0]))
            return
        self._ready.append(Fragment(text, page=1))
        if self._label and len(text) <= _VALUE_CHARACTERS_MAX and len(self._values) < _LABELS_MAX:
            values = self._values.setdefault(self._label, set())
            if len(values) < 2:
                values.add(text)


# --- flat OPC


def _package(document: LenientXml, limits: Limits, report: Report) -> Iterator[Reading]:
    """The zip that the file stands for, read as such."""
    content = bytearray()
    for chunk in document.chunks():
        content += chunk
        if len(content) > _OPC_BYTES_MAX:
            report("too_large")
            break
    parts = _Parts(bytes(content), limits, report)
    packed = BytesSource(b"".join(parts.zipped()))
    reader = _OPC_READERS.get(detect.detect(packed, limits))
    if reader is None:
        yield _fragments(document, None, limits, report)
    else:
        yield from reader(packed, limits, report)


class _Parts:
    """The parts of a flat package, cut out of it by the positions of their elements."""

    def __init__(self, content: bytes, limits: Limits, report: Report) -> None:
        self._content = content
        self._limits = limits
        self._found: list[tuple[str, str, bytes]] = []
        self._path: list[str] = []
        self._name = self._type = ""
        self._start = -1
        self._binary: list[str] = []
        self._parser = pyexpat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.UseForeignDTD(True)
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters
        self._parser.DefaultHandler = _ignore
        try:
            self._parser.Parse(content, True)
        except StopReading as stop:
            report(stop.reason)
        except (pyexpat.ExpatError, ValueError):
            report("damaged")
            if self._start >= 0:
                self._keep(content[self._start :])

    def zipped(self) -> Iterator[bytes]:
        package = StoredZip()
        overrides = "".join(
            f'<Override PartName="{_escaped(name)}" ContentType="{_escaped(kind)}"/>' for name, kind, _ in self._found
        )
        types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{overrides}</Types>'
        package.add("[Content_Types].xml", types.encode("utf-8", errors="replace"))
        for name, _, content in self._found:
            package.add(name.lstrip("/"), content)
        return package.finish()

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(local(name))
        if len(self._path) > self._limits.depth_max:
            raise StopReading("too_deep")
        if len(self._path) == 2:
            self._name = (attribute(attributes, "name") or "")[:_NAME_CHARACTERS_MAX]
            self._type = (attribute(attributes, "contentType") or "")[:_NAME_CHARACTERS_MAX]
            self._binary.clear()
        elif len(self._path) == 4 and self._path[2] == "xmlData" and self._start < 0:
            self._start = self._parser.CurrentByteIndex

    def _characters(self, text: str) -> None:
        if len(self._path) == 3 and self._path[2] == "binaryData":
            self._binary.append(text)

    def _close(self, _name: str) -> None:
        name = self._path.pop()
        if name == "xmlData" and len(self._path) == 2 and self._start >= 0:
            self._keep(self._content[self._start : self._parser.CurrentByteIndex])
        elif name == "binaryData" and len(self._path) == 2:
            try:
                self._keep(base64.b64decode("".join(self._binary)))
            except (binascii.Error, ValueError):
                self._keep(b"")

    def _keep(self, content: bytes) -> None:
        if self._name and len(self._found) < _PARTS_MAX:
            self._found.append((self._name, self._type, content))
        self._start = -1


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _ignore(_nothing: str) -> None:
    """Damage that the main reading reports, markup that says nothing."""

"""A small writer of PDF files for the inspector's tests: text at coordinates and all other places for a mark."""

import array
import zlib
from dataclasses import dataclass, field

A4 = (595, 842)
_ALWAYS = "机密秘绝★☆年内部资料注意保长期SECRET"
_CMAP_HEAD = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"


XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/"><pdfx:Classification>SECRET</pdfx:Classification>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
"""A packet with one label."""


@dataclass
class Text:
    """A piece of text: left end of its baseline in points from the lower left corner."""

    text: str
    x: float
    y: float
    size: float = 12
    matrix: tuple = (1, 0, 0, 1)
    before: str = ""
    after: str = ""


@dataclass
class Page:
    """Texts, raw content before them, and what else hangs on the page. ``extra`` is raw PDF for its dictionary."""

    texts: list
    raw: bytes = b""
    extra: str = ""
    box: tuple = A4
    annotations: list = field(default_factory=list)
    xobjects: str = ""


@dataclass
class Pdf:
    """A whole file. ``info``: name to text. ``objects``: further raw objects, numbered from 20."""

    pages: list
    info: dict = field(default_factory=dict)
    xmp: str = ""
    xmp_packed: bool = False
    catalog: str = ""
    objects: list = field(default_factory=list)
    packed: bool = False
    unicode_map: bool = True

    def build(self):
        """The bytes."""
        bodies = {1: self._catalog(), 2: b"", 3: self._font(), 4: _DESCENDANT, 5: self._to_unicode()}
        bodies[6] = b"<<" + b"".join(b"/%s %s" % (k.encode(), string(v)) for k, v in self.info.items()) + b">>"
        if self.xmp:
            bodies[7] = stream(self.xmp.encode(), "/Type /Metadata /Subtype /XML", packed=self.xmp_packed)
        bodies |= dict(enumerate(self.objects, start=20))
        kids = []
        for index, page in enumerate(self.pages):
            number = 1000 + index * 2
            kids.append(f"{number} 0 R")
            bodies[number] = self._page(page, number + 1)
            bodies[number + 1] = stream(content(page), packed=self.packed)
        bodies[2] = f"<</Type/Pages/Count {len(kids)}/Kids[{' '.join(kids)}]>>".encode()
        return assembled(bodies)

    def _catalog(self):
        metadata = "/Metadata 7 0 R" if self.xmp else ""
        return f"<</Type/Catalog/Pages 2 0 R{metadata}{self.catalog}>>".encode()

    def _page(self, page, contents):
        notes = "".join(f"<<{note}>>" for note in page.annotations)
        notes = f"/Annots[{notes}]" if notes else ""
        return (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {page.box[0]} {page.box[1]}]/Contents {contents} 0 R"
            f"/Resources<</Font<</F 3 0 R>>/XObject<<{page.xobjects}>>>>{notes}{page.extra}>>"
        ).encode()

    def _font(self):
        to_unicode = "/ToUnicode 5 0 R" if self.unicode_map else ""
        return (
            f"<</Type/Font/Subtype/Type0/BaseFont/U/Encoding/Identity-H{to_unicode}/DescendantFonts[4 0 R]>>".encode()
        )

    def _to_unicode(self):
        shown = _ALWAYS + "".join(text.text for page in self.pages for text in page.texts)
        used = sorted({unit >> 8 for unit in array.array("H", shown.encode("utf-16-le"))})
        rows = [b"<%02X00> <%02XFF> <%02X00>" % (high, high, high) for high in used]
        blocks = [rows[start : start + 100] for start in range(0, len(rows), 100)]
        ranges = b"".join(b"%d beginbfrange\n%s\nendbfrange\n" % (len(block), b"\n".join(block)) for block in blocks)
        space = b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        return stream(_CMAP_HEAD + space + ranges + b"endcmap end end", packed=True)


_DESCENDANT = (
    b"<</Type/Font/Subtype/CIDFontType2/BaseFont/U/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    b"/FontDescriptor<</Type/FontDescriptor/FontName/U/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800"
    b"/Descent -200/CapHeight 700/StemV 80>>/DW 1000/W[32 126 500]>>"
)


def string(text):
    """A text string, UTF-16 with its mark."""
    return b"<FEFF" + text.encode("utf-16-be").hex().upper().encode() + b">"


def stream(data, entries="", packed=False):
    """A stream object's body."""
    if packed:
        data = zlib.compress(data)
        entries += "/Filter/FlateDecode"
    return f"<<{entries}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def shown(text):
    """Operators for one Text."""
    a, b, c, d = text.matrix
    codes = text.text.encode("utf-16-be").hex()
    placed = f"/F {text.size} Tf {a} {b} {c} {d} {text.x} {text.y} Tm <{codes}> Tj"
    return f"{text.before} BT {placed} ET {text.after}\n".encode()


def content(page):
    """A page's content stream."""
    return page.raw + b"".join(shown(text) for text in page.texts)


def assembled(bodies):
    """Numbered objects with a cross reference table and a trailer."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = {}
    for number, raw in sorted(bodies.items()):
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, raw)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in sorted(offsets.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    size = max(bodies) + 1
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    return bytes(out)


def lines(*texts, x=72, top=780, step=24, size=12):
    """Texts one under another."""
    return [Text(text, x, top - index * step, size) for index, text in enumerate(texts)]


def document(*texts, **others):
    """One page of lines."""
    return Pdf([Page(lines(*texts))], **others).build()

"""Builders of workbooks and presentations for the inspector's tests: packages of raw parts with their relationships."""

import io
import zipfile

from support.documents import zipped

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NAMESPACES = (
    'xmlns="m" xmlns:a="a" xmlns:p="p" xmlns:c="c" xmlns:xdr="xdr" xmlns:v="v" xmlns:x="x" xmlns:mc="mc" '
    f'xmlns:dgm="dgm" xmlns:r="{OFFICE}" xmlns:w="w"'
)
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
    "potx": "application/vnd.openxmlformats-officedocument.presentationml.template.main+xml",
}


def element(name, inner="", attributes=""):
    """A part's root element with every namespace the builders use."""
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} {_NAMESPACES} {attributes}>{inner}</{name}>'


def relations(targets, base=OFFICE):
    """A .rels part of (id, kind, target)."""
    rows = "".join(f'<Relationship Id="{i}" Type="{base}/{kind}" Target="{target}"/>' for i, kind, target in targets)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def package(kind, main, parts, base=OFFICE):
    """A package whose main part is ``main``."""
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{_TYPES[kind]}"/></Types>'
    )
    root = relations([("rId1", "officeDocument", main)], base)
    return zipped({"[Content_Types].xml": types, "_rels/.rels": root, **parts})


def with_members(content, members):
    """The same package with further or other members."""
    source = zipfile.ZipFile(io.BytesIO(content))
    return zipped({name: source.read(name) for name in source.namelist()} | members)


def worksheet(*rows, after=""):
    """A worksheet of rows of raw cells; ``after`` follows the rows."""
    body = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, start=1))
    return element("worksheet", f"<sheetData>{body}</sheetData>{after}")


def shared(*indexes):
    """A row's cells that name shared strings."""
    return "".join(f'<c r="A1" t="s"><v>{index}</v></c>' for index in indexes)


def inline(*texts):
    """A row's cells with their text in them."""
    return "".join(f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)


def raw_xlsx(*sheets, strings=(), others=None, base=OFFICE, defined=""):
    """A workbook of raw sheets. ``others`` are further parts by name, relationships among them."""
    listed = "".join(f'<sheet name="表{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, len(sheets) + 1))
    targets = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
    parts = {
        "xl/workbook.xml": element("workbook", f"<sheets>{listed}</sheets><definedNames>{defined}</definedNames>"),
        "xl/_rels/workbook.xml.rels": relations([*targets, ("rIdS", "sharedStrings", "sharedStrings.xml")], base),
        **{f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in enumerate(sheets, start=1)},
    }
    if strings:
        items = "".join(text if text.startswith("<") else f"<si><t>{text}</t></si>" for text in strings)
        parts["xl/sharedStrings.xml"] = element("sst", items)
    return package("xlsx", "xl/workbook.xml", parts | (others or {}), base)


def text_body(*lines):
    """The paragraphs of a shape."""
    return "".join(f"<a:p><a:r><a:rPr/><a:t>{line}</a:t></a:r></a:p>" for line in lines)


def shape(*lines, top=None, height=400_000, placeholder="", turned=0, name="s"):
    """A slide's shape; ``top`` and ``height`` in the slide's units, of which it has 6,858,000."""
    role = f'<p:ph type="{placeholder}"/>' if placeholder else ""
    frame = (
        f'<a:xfrm rot="{turned}"><a:off x="0" y="{top}"/><a:ext cx="1000000" cy="{height}"/></a:xfrm>'
        if top is not None
        else ""
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="{name}"/><p:nvPr>{role}</p:nvPr></p:nvSpPr><p:spPr>{frame}</p:spPr>'
        f"<p:txBody><a:bodyPr/>{text_body(*lines)}</p:txBody></p:sp>"
    )


def raw_pptx(*slides, layout="", master="", others=None, kind="pptx"):
    """A presentation of slides of raw shapes, all on one layout and master of raw shapes."""
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, len(slides) + 1))
    targets = [(f"rId{n}", "slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)]
    size = '<p:sldSz cx="9144000" cy="6858000"/>'
    parts = {
        "ppt/presentation.xml": element("p:presentation", f"<p:sldIdLst>{listed}</p:sldIdLst>{size}"),
        "ppt/_rels/presentation.xml.rels": relations(
            [*targets, ("rIdM", "slideMaster", "slideMasters/slideMaster1.xml")]
        ),
        "ppt/slideMasters/slideMaster1.xml": element("p:sldMaster", _tree(master)),
        "ppt/slideLayouts/slideLayout1.xml": element("p:sldLayout", _tree(layout)),
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels": relations(
            [("rId1", "slideMaster", "../slideMasters/slideMaster1.xml")]
        ),
    }
    for number, slide in enumerate(slides, start=1):
        parts[f"ppt/slides/slide{number}.xml"] = element("p:sld", _tree(slide))
        parts[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
            [("rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")]
        )
    return package(kind, "ppt/presentation.xml", parts | (others or {}))


def _tree(shapes):
    return f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"

"""Builders of documents for the inspector's tests: zip containers, raw WordprocessingML, whole docx files."""

import io
import zipfile

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml."


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """A zip of {name: text or bytes}, in that order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def run(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*texts, properties=""):
    """A paragraph of runs; a text that begins with < is taken as it is."""
    runs = "".join(text if text.startswith("<") else run(text) for text in texts)
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def table(*rows):
    """A table of rows of cells (text)."""
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def part(root, inner):
    """A WordprocessingML part with that root element."""
    return f'<?xml version="1.0" encoding="UTF-8"?><w:{root} xmlns:w="{_WORD}" xmlns:v="v">{inner}</w:{root}>'


def raw_docx(body, **others):
    """A docx of a raw body. Others: header1, footer1, header2 ... (raw), core and custom (raw docProps)."""
    overrides = f'<Override PartName="/word/document.xml" ContentType="{_TYPE}document.main+xml"/>'
    members = {"word/document.xml": part("document", f"<w:body>{body}</w:body>")}
    for name, inner in others.items():
        if name in {"core", "custom"}:
            members[f"docProps/{name}.xml"] = inner
            continue
        kind = name.rstrip("0123456789")
        overrides += f'<Override PartName="/word/{name}.xml" ContentType="{_TYPE}{kind}+xml"/>'
        members[f"word/{name}.xml"] = part("hdr" if kind == "header" else "ftr", inner)
    types = f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{overrides}</Types>'
    return zipped({"[Content_Types].xml": types, **members})

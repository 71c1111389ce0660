"""Builders of OpenDocument files for the inspector's tests: packages and flat documents from raw XML."""

from support.documents import zipped

_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
        "form": "urn:oasis:names:tc:opendocument:xmlns:form:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
        "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
        "dc": "http://purl.org/dc/elements/1.1/",
        "xlink": "http://www.w3.org/1999/xlink",
    }.items()
)
_MEDIA = "application/vnd.oasis.opendocument."


def paragraph(*pieces, style=""):
    """A paragraph of text and raw elements."""
    named = f' text:style-name="{style}"' if style else ""
    return f"<text:p{named}>{''.join(pieces)}</text:p>"


def rows(*cells_of_rows):
    """Table rows of raw cell contents; text is made a paragraph."""
    made = ""
    for cells in cells_of_rows:
        inner = (cell if cell.startswith("<") else paragraph(cell) for cell in cells)
        made += "<table:table-row>" + "".join(f"<table:table-cell>{cell}</table:table-cell>" for cell in inner)
        made += "</table:table-row>"
    return made


def table(*cells_of_rows, name="x"):
    return f'<table:table table:name="{name}">{rows(*cells_of_rows)}</table:table>'


def text_box(*pieces, attributes=""):
    return f"<draw:frame {attributes}><draw:text-box>{''.join(pieces)}</draw:text-box></draw:frame>"


def style(name, family="paragraph", *, attributes="", properties=""):
    return f'<style:style style:name="{name}" style:family="{family}" {attributes}>{properties}</style:style>'


def master(*margins, name="Standard"):
    return f'<style:master-page style:name="{name}">{"".join(margins)}</style:master-page>'


def manifest(*entries, media="text"):
    """META-INF/manifest.xml; an entry is (path, media type, inner xml)."""
    listed = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}">{inner}</manifest:file-entry>'
        for path, kind, inner in (("/", _MEDIA + media, ""), *entries)
    )
    namespace = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    return f'<manifest:manifest xmlns:manifest="{namespace}">{listed}</manifest:manifest>'


def part(kind, inner):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-{kind} {_NAMESPACES}>{inner}</office:document-{kind}>'
    )


def package(body, *, kind="text", automatic="", styles="", masters="", meta="", **others):
    """A package of raw XML. ``kind``: text, spreadsheet, presentation; others: members by path with / as __."""
    members = {
        "mimetype": _MEDIA + kind.removesuffix("-template") + ("-template" if kind.endswith("-template") else ""),
        "meta.xml": part("meta", f"<office:meta>{meta}</office:meta>"),
        "styles.xml": part(
            "styles",
            f"<office:styles>{styles}</office:styles><office:master-styles>{masters}</office:master-styles>",
        ),
        "content.xml": part(
            "content",
            f"<office:automatic-styles>{automatic}</office:automatic-styles><office:body>"
            f"<office:{kind.removesuffix('-template')}>{body}</office:{kind.removesuffix('-template')}></office:body>",
        ),
        "META-INF/manifest.xml": manifest(media=kind),
    }
    members.update({name.replace("__", "/"): content for name, content in others.items()})
    return zipped(members)


def flat(body, *, kind="text", automatic="", masters="", meta=""):
    """A flat document."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_NAMESPACES} office:mimetype="{_MEDIA}{kind}">'
        f"<office:meta>{meta}</office:meta><office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{masters}</office:master-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    ).encode()

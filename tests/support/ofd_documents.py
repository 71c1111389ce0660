"""Builders of OFD packages (GB/T 33190-2016) for the inspector's tests, as programs of the field write them."""

from support.documents import zipped

_OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
A4 = "0 0 210 297"


def text(words, x=20, y=50, *, size=5.6, deltas="", attributes="", inner="", identifier="10"):
    """A text object whose boundary's upper left corner is (x, y) in millimetres; its baseline lies one size below."""
    steps = f' DeltaX="{deltas}"' if deltas else ""
    return (
        f'<ofd:TextObject ID="{identifier}" Boundary="{x} {y} 170 {size * 1.2}" Font="3" Size="{size}" {attributes}>'
        f'{inner}<ofd:TextCode X="0" Y="{size}"{steps}>{words}</ofd:TextCode></ofd:TextObject>'
    )


def page(*objects, templates=(), area=""):
    """A Content.xml."""
    used = "".join(f'<ofd:Template TemplateID="{identifier}" ZOrder="Background"/>' for identifier in templates)
    box = f"<ofd:Area><ofd:PhysicalBox>{area}</ofd:PhysicalBox></ofd:Area>" if area else ""
    layer = f'<ofd:Layer ID="2" Type="Body">{"".join(objects)}</ofd:Layer>'
    return f"{_HEAD}<ofd:Page {_OFD}>{used}{box}<ofd:Content>{layer}</ofd:Content></ofd:Page>"


def document(count, *, templates=0, resources="", lists=""):
    """A Document.xml of that many pages."""
    templated = "".join(
        f'<ofd:TemplatePage ID="t{number}" BaseLoc="Tpls/Tpl_{number}/Content.xml"/>' for number in range(templates)
    )
    pages = "".join(f'<ofd:Page ID="p{number}" BaseLoc="Pages/Page_{number}/Content.xml"/>' for number in range(count))
    return (
        f"{_HEAD}<ofd:Document {_OFD}><ofd:CommonData><ofd:MaxUnitID>99</ofd:MaxUnitID><ofd:PageArea>"
        f"<ofd:PhysicalBox>{A4}</ofd:PhysicalBox></ofd:PageArea>{resources}{templated}</ofd:CommonData>"
        f"<ofd:Pages>{pages}</ofd:Pages>{lists}</ofd:Document>"
    )


def body(root="Doc_0/Document.xml", *, info="", versions=""):
    return (
        f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>0123456789abcdef</ofd:DocID>{info}</ofd:DocInfo>"
        f"<ofd:DocRoot>{root}</ofd:DocRoot>{versions}</ofd:DocBody>"
    )


def entry(*bodies):
    """An OFD.xml."""
    return f'{_HEAD}<ofd:OFD {_OFD} Version="1.0" DocType="OFD">{"".join(bodies)}</ofd:OFD>'


def wrapped(root, inner):
    """Any other list or file of a package."""
    return f"{_HEAD}<ofd:{root} {_OFD}>{inner}</ofd:{root}>"


def package(*pages, info="", templates=(), resources="", lists="", members=None):
    """A package of one document; ``members``: further files by path, or others in the place of these."""
    files = {
        "OFD.xml": entry(body(info=info)),
        "Doc_0/Document.xml": document(len(pages), templates=len(templates), resources=resources, lists=lists),
        **{f"Doc_0/Pages/Page_{number}/Content.xml": content for number, content in enumerate(pages)},
        **{f"Doc_0/Tpls/Tpl_{number}/Content.xml": content for number, content in enumerate(templates)},
    }
    return zipped({**files, **(members or {})})

"""Objects of an OFD page to pieces: coordinates, transformations, steps between characters, annotations, units."""

import pytest

from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.ofd_page import POINTS_A_MM, PageObjects, moved
from support.ofd_documents import page, text, wrapped


def _objects(content, wanted=frozenset()):
    problems = []
    objects = PageObjects(wanted)
    assert list(xml_stream.fragments([content.encode()], objects, 256, problems.append)) == []
    assert problems == []
    return objects


def _pieces(*inner):
    return _objects(page(*inner)).pieces


def test_a_text_stands_in_its_boundary_by_its_baseline():
    (piece,) = _pieces(text("机密", x=20, y=30, size=5))
    assert (piece.text, piece.direction, piece.faint) == ("机密", "flat", False)
    assert piece.left == pytest.approx(20 * POINTS_A_MM)
    assert piece.right == pytest.approx(30 * POINTS_A_MM)
    assert piece.baseline == pytest.approx(35 * POINTS_A_MM)
    assert piece.size == pytest.approx(5 * POINTS_A_MM)


def test_a_transformation_is_applied_inside_the_boundary():
    scaled = (
        '<ofd:TextObject Boundary="114.8 185.2 4 4.7" CTM="0.3527 0 0 0.3527 -114.8 111.3" Size="14.749">'
        '<ofd:TextCode X="324.4" Y="-303.7">局</ofd:TextCode></ofd:TextObject>'
    )
    (piece,) = _pieces(scaled)
    assert piece.left / POINTS_A_MM == pytest.approx(114.416, abs=0.01)
    assert piece.baseline / POINTS_A_MM == pytest.approx(189.385, abs=0.01)
    assert piece.size / POINTS_A_MM == pytest.approx(5.2, abs=0.01)


@pytest.mark.parametrize(
    ("matrix", "direction"),
    [("1 0 0 1 0 0", "flat"), ("0 1 -1 0 0 0", "side"), ("-1 0 0 -1 0 0", "side"), ("0.7 -0.7 0.7 0.7 0 0", "slanted")],
)
def test_directions(matrix, direction):
    (piece,) = _pieces(text("机密", attributes=f'CTM="{matrix}"'))
    assert piece.direction == direction


def test_characters_set_downwards():
    code = '<ofd:TextCode X="0" Y="5" DeltaY="g 3 6">机密文件</ofd:TextCode>'
    down = f'<ofd:TextObject Boundary="0 0 9 99" Size="5">{code}</ofd:TextObject>'
    (piece,) = _pieces(down)
    assert (piece.text, piece.direction) == ("机密文件", "side")


@pytest.mark.parametrize(
    ("words", "deltas", "expected"),
    [
        ("机密★5年", "g 2 5 5 2.5", "机密★5年"),
        ("机密", "10", "机 密"),
        ("编号密级", "5 40 5", "编号\t密级"),
        ("ab", "4.5", "ab"),
        ("机密", "g 1000000000 5", "机密"),
        ("机密", "g x y", "机密"),
        ("机密", "nan", "机密"),
    ],
)
def test_steps_between_characters(words, deltas, expected):
    (piece,) = _pieces(text(words, size=5, deltas=deltas))
    assert piece.text == expected


def test_objects_that_follow_each_other_are_one_piece():
    glyphs = [text(c, x=20 + 5 * i, size=5) for i, c in enumerate("机密")]
    apart = text("文", x=90, size=5)
    assert [piece.text for piece in _pieces(*glyphs, apart)] == ["机密", "文"]
    assert [piece.text for piece in _pieces(glyphs[0], text("密", x=25, size=20))] == ["机", "密"]


def test_several_codes_in_one_object():
    two = (
        '<ofd:TextObject Boundary="20 30 90 9" Size="5"><ofd:TextCode X="0" Y="5">机</ofd:TextCode>'
        '<ofd:TextCode X="5">密</ofd:TextCode><ofd:TextCode X="0" Y="12">文</ofd:TextCode></ofd:TextObject>'
    )
    assert [piece.text for piece in _pieces(two)] == ["机密", "文"]


@pytest.mark.parametrize(
    ("inner", "attributes", "faint"),
    [
        ('<ofd:FillColor Value="200 200 200"/>', "", True),
        ('<ofd:FillColor Value="255 0 0"/>', "", False),
        ('<ofd:FillColor Value="255 0 0" Alpha="60"/>', "", True),
        ("", 'Alpha="90"', True),
    ],
)
def test_faint_ink(inner, attributes, faint):
    (piece,) = _pieces(text("机密", size=20, inner=inner, attributes=attributes))
    assert piece.faint is faint


def test_faint_small_print_is_no_watermark():
    (piece,) = _pieces(text("机密", size=4, attributes='Alpha="90"'))
    assert piece.faint is False


def test_annotations_keep_their_type_place_and_remark():
    inner = (
        '<ofd:Annot Type="Stamp"><ofd:Remark>话</ofd:Remark><ofd:Appearance Boundary="10 20 30 40">'
        f"{text('章', x=1, y=2)}</ofd:Appearance></ofd:Annot><ofd:Annot Type='Link'/>"
    )
    stamp, link = _objects(wrapped("PageAnnot", inner)).annots
    assert (stamp.kind, stamp.remark, [piece.text for piece in stamp.pieces]) == ("Stamp", "话", ["章"])
    assert stamp.pieces[0].left == pytest.approx(11 * POINTS_A_MM)
    assert (link.kind, link.pieces) == ("Link", [])


def test_units_templates_and_images_are_placed():
    placed = (
        '<ofd:Template TemplateID="t"/><ofd:CompositeObject ResourceID="u" Boundary="1 2 3 4"/>'
        '<ofd:ImageObject ResourceID="i" Boundary="5 6 7 8"/>'
    )
    found = [(item.kind, item.resource, item.left, item.top) for item in _objects(page(placed)).placed]
    assert found == [("Template", "t", 0, 0), ("CompositeObject", "u", 1, 2), ("ImageObject", "i", 5, 6)]
    unit = f'<ofd:CompositeGraphicUnit ID="u">{text("机密", x=0, y=0)}</ofd:CompositeGraphicUnit>'
    objects = _objects(wrapped("Res", unit))
    (piece,) = moved(objects.units["u"], 20, 30)
    assert (objects.pieces, piece.left) == ([], pytest.approx(20 * POINTS_A_MM))


def test_a_page_of_its_own_size_and_objects_asked_for():
    objects = _objects(page(text("机密", identifier="7"), text("文"), area="0 0 420 297"), frozenset({"7"}))
    assert (objects.box, objects.texts) == ("0 0 420 297", {"7": "机密"})

"""Shapes with their place, paragraphs of other parts, alternatives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import drawing_ml, xml_stream
from gapwatch_agent.inspector.readers.drawing_ml import NO_PLACE, Alternatives, Paragraphs, Shapes


def _shapes(content):
    taken = []

    def place(shapes):
        taken.extend(shapes)
        return [Fragment(str(len(shapes)))]

    handler = Shapes(place)
    list(xml_stream.fragments([content.encode()], handler, 100, lambda _: None))
    handler.rest()
    return taken


def _frame(top, height, turn=0):
    return f'<xfrm rot="{turn}"><off y="{top}"/><ext cy="{height}"/></xfrm>'


def test_a_shape_and_where_it_stands():
    head = '<cNvPr name="n"/><ph type="title" idx="3"/>'
    (shape,) = _shapes(
        f"<d><sp>{head}{_frame(5, 7, 2_700_000)}<p><t>a</t><br/><t>b</t></p><p/><p><t>c</t></p></sp></d>"
    )
    assert (shape.name, shape.placeholder, shape.index) == ("n", "title", "3")
    assert (shape.top, shape.height, shape.turned) == (5, 7, True)
    assert shape.lines == ["a", "b", "c"]
    assert shape.text() == "a\nb\nc"


def test_quarter_turns_are_no_slant():
    for turn, slanted in ((0, False), (5_400_000, False), (16_200_000, False), (18_900_000, True), ("x", False)):
        assert _shapes(f"<d><sp>{_frame(0, 1, turn)}<p><t>a</t></p></sp></d>")[0].turned is slanted


def test_shapes_without_a_place_or_without_text():
    found = _shapes("<d><sp><p><t>a</t></p></sp><sp/><pic/><sp><ph/></sp><p><t>loose</t></p></d>")
    assert [(shape.top, shape.lines) for shape in found] == [(NO_PLACE, ["a"]), (NO_PLACE, []), (NO_PLACE, ["loose"])]


def test_groups_within_groups():
    group = (
        "<grpSp><grpSpPr><xfrm><off y='{}'/><ext cy='{}'/><chOff y='0'/><chExt cy='100'/></xfrm></grpSpPr>{}</grpSp>"
    )
    inner = group.format(10, 50, f"<sp>{_frame(20, 10)}<p><t>a</t></p></sp>")
    (shape,) = _shapes(f"<d>{group.format(100, 200, inner)}</d>")
    assert (shape.top, shape.height) == (140, 10)


def test_tables_are_rows_of_filled_cells():
    row = "<tr><tc><p><t>密级</t></p></tc><tc/><tc><p><t>机</t><br/><t>密</t></p><p><t>注</t></p></tc></tr>"
    (shape,) = _shapes(f"<d><graphicFrame><tbl>{row}<tr><tc/></tr></tbl></graphicFrame></d>")
    assert shape.rows == [["密级", "机\x0b密\x0b注"]]


def test_fallbacks_are_left_out_when_the_choice_said_something():
    one = "<sp><p><t>{}</t></p></sp>"
    either = "<AlternateContent><Choice>{}</Choice><Fallback>{}</Fallback></AlternateContent>"
    content = either.format(one.format("a"), one.format("a")) + either.format("", one.format("b"))
    nested = either.format(either.format(one.format("c"), one.format("x")), one.format("y"))
    assert [shape.text() for shape in _shapes(f"<d>{content}{nested}</d>")] == ["a", "b", "c"]


def test_alternatives_keep_their_balance():
    found = Alternatives()
    assert found.start("AlternateContent")
    found.said = True
    assert not found.start("Fallback")
    assert not found.start("p")
    assert not found.end("p")
    assert not found.end("Fallback")
    assert found.start("p")
    assert found.end("AlternateContent")
    assert found.said


def test_boxes_and_notes():
    shapes = _shapes("<d><sp><cNvPr name='PowerPlusWaterMarkObject1'/><p><t>a</t></p></sp><sp><p><t>b</t></p></sp></d>")
    assert [item.part for item in drawing_ml.boxes(1)(shapes)] == ["watermark", "text_box"]
    assert [(item.part, item.page) for item in drawing_ml.notes(2)(shapes)] == [("note", 2)] * 2


def test_many_shapes_are_handed_on_before_the_end():
    handler = Shapes(drawing_ml.boxes(1))
    content = "<d>" + "<sp><p><t>" + "x" * 60_000 + "</t></p></sp>" + "</d>"
    content = "<d>" + content[3:-4] * 100 + "</d>"
    early = list(xml_stream.fragments([content.encode()], handler, 100, lambda _: None))
    assert early
    assert len(early) + len(handler.rest()) == 100


def test_paragraphs_of_other_parts():
    handler = Paragraphs("note", 3, ends=frozenset({"comment"}), texts=frozenset({"t"}))
    content = "<c><comment><t>a</t><r><t>b</t></r><rPh><t>x</t></rPh></comment><comment/></c>"
    found = list(xml_stream.fragments([content.encode()], handler, 100, lambda _: None))
    assert found == [Fragment("ab", part="note", page=3)]


_PIECE = st.sampled_from(
    [
        *(
            "<sp>",
            "</sp>",
            "<grpSp>",
            "</grpSp>",
            "<xfrm>",
            "</xfrm>",
            "<off y='1'/>",
            "<ext cy='x'/>",
            "<tr>",
            "</tr>",
        ),
        *("<tc/>", "<p><t>a</t></p>", "<grpSpPr>", "</grpSpPr>", "<AlternateContent>", "</AlternateContent>"),
        *("<Fallback>", "</Fallback>"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECE, max_size=30))
def test_any_order_of_elements_is_read_without_failing(pieces):
    _shapes("<d>" + "".join(pieces))


def test_a_shape_or_row_without_end_does_not_wait_for_it():
    line = "<p><t>" + "字" * 60_000 + "</t></p>"
    for content in (line * 200, f"<tr><tc>{line * 100}</tc>{'<tc/>' * 90_000}<tc>{line}</tc></tr>"):
        handler = Shapes(drawing_ml.boxes(1))
        chunks = [f"<d><sp>{content}".encode()]
        early = list(xml_stream.fragments(chunks, handler, 100, lambda _: None))
        assert early
        lines = content.count("<t>")
        assert sum(item.text.count("字") for item in (*early, *handler.rest())) == 60_000 * lines

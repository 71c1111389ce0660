"""Legacy drawings beside a sheet."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import vml, xml_stream


def _read(content):
    drawing = vml.Drawing(2)
    found = list(xml_stream.fragments([vml.mended([content])], drawing, 50, lambda _: None))
    return [(item.part, item.text) for item in (*found, *drawing.rest())]


def test_word_art_boxes_and_comments():
    content = (
        '<xml><shape><textpath string="机密"/></shape><shape><textbox><div>一<BR>二</div></textbox></shape>'
        '<shape><textbox>批注</textbox><ClientData ObjectType="Note"/></shape>'
        '<shape><textpath string=" "/></shape></xml>'
    )
    assert _read(content.encode()) == [("watermark", "机密"), ("text_box", "一\n二")]


def test_only_so_much_is_read():
    assert len(vml.mended(b"x" * (1 << 20) for _ in range(1000))) < 16 << 20


@given(st.binary(max_size=300))
def test_anything_is_read_without_failing(noise):
    _read(b"<xml><shape><textbox>a" + noise)
    _read(noise)

"""The table of shared strings by either way of reading it, and its bound."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.xlsx_strings import SharedStrings, dereferenced, lanes, unescaped

_ITEM = st.one_of(
    st.text(alphabet="机密ab ", max_size=8).map(lambda text: f"<si><t>{text}</t></si>"),
    st.sampled_from(
        [
            "<si/>",
            "<si></si>",
            "<si><t/></si>",
            '<si> <t xml:space="preserve"> a </t> </si>',
            "<si><t>a&amp;amp;b&#26426;&#x5bc6;_x000D_\n</t></si>",
            "<si><r><rPr><b/></rPr><t>机</t></r><r><t>密</t></r><rPh sb='0' eb='1'><t>ji</t></rPh></si>",
            "<!-- <si><t>no</t></si> -->",
            "<si><t><![CDATA[<b>]]></t></si>",
        ]
    ),
)


def _read(content, *, blocks, chunk=1 << 16, bytes_max=1 << 20, skip=-1):
    strings = SharedStrings(bytes_max, skip)
    raw = content.encode()
    chunks = [raw[at : at + chunk] for at in range(0, len(raw), chunk)]
    fed = lanes(chunks, strings, b"<si", b"</si>") if blocks else chunks
    lines = [item.text for item in xml_stream.fragments(fed, strings, 50, lambda _: None)]
    return [raw.decode() for raw in strings.strings], lines, strings.full


@settings(max_examples=200, deadline=None)
@given(st.lists(_ITEM, max_size=12), st.integers(20, 200))
def test_blocks_give_what_elements_give(items, chunk):
    content = f"<sst>{''.join(items)}</sst>"
    assert _read(content, blocks=True, chunk=chunk) == _read(content, blocks=False)


def test_escapes():
    assert unescaped(b"a&amp;lt;_x0041_\r\n&#26426;") == "a&lt;A\n机".encode()
    assert dereferenced(b"&#26426;&#38;&#x26;&#x673A;") == "机&#38;&#x26;机".encode()


def test_what_does_not_fit_comes_as_lines_in_a_second_pass():
    content = "<sst>" + "".join(f"<si><t>{number:04}</t></si>" for number in range(100)) + "</sst>"
    for blocks in (True, False):
        kept, lines, full = _read(content, blocks=blocks, bytes_max=52 * 10)
        assert (kept, lines, full) == ([f"{number:04}" for number in range(10)], [], True)
        kept, lines, _ = _read(content, blocks=blocks, bytes_max=0, skip=10)
        assert (kept, lines) == ([], [f"{number:04}" for number in range(10, 100)])


def test_a_string_without_end_comes_in_pieces():
    kept, lines, _ = _read("<sst><si><t>" + "<b/>".join(["x" * 50_000] * 4) + "</t></si></sst>", blocks=False)
    assert sum(map(len, (*kept, *lines))) == 200_000


def test_a_declared_other_encoding_is_left_to_the_parser():
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><sst><si><t>é</t></si></sst>'.encode("latin-1")
    strings = SharedStrings(1 << 20)
    assert list(lanes([content], strings, b"<si", b"</si>")) == [content]

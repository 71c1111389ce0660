"""Marks wherever an RTF can carry one, as Word, WPS and LibreOffice write them; and broken or hostile files."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import rtf
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource
from support.reading import read_all

FONTS = (
    rb"{\fonttbl{\f0\fnil\fcharset134 \'cb\'ce\'cc\'e5;}{\f1\froman\fcharset0 Times;}{\f2\fnil\fcharset2 Wingdings;}"
    rb"{\f3\fnil\fcharset136 {\*\falt x}PMingLiU;}{\f4\fnil\fcharset128 MS Mincho;}}"
)


def coded(text, encoding="gbk"):
    """Characters as codes of a code page."""
    return b"".join(b"\\'%02x" % byte for byte in text.encode(encoding))


def numbered(text):
    """Characters as Unicode numbers with one character for old programs."""
    return b"".join(b"\\u%d?" % struct.unpack("<h", text[n].encode("utf-16-le")) for n in range(len(text)))


def document(*parts, head=rb"\rtf1\ansi\ansicpg936\deff0"):
    return b"{" + head + FONTS + b"".join(parts) + b"}"


def _examine(content, limits=None):
    return examine(BytesSource(content), "x.rtf", limits or Limits())


def _fragments(content):
    found, _, reasons = read_all(rtf, content)
    assert reasons == []
    return found


def _texts(*parts, **others):
    return [item.text for item in _fragments(document(*parts, **others))]


def _only_evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("rtf", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


MARK = "机密★5年"
WRITTEN = {
    "codes of the document's code page": coded(MARK),
    "codes of the font's code page": rb"{\f3 " + coded("機密", "big5") + rb"}{\f0 " + coded("★5年") + b"}",
    "Unicode with a question mark": numbered(MARK),
    "as LibreOffice writes": rb"\uc1{\loch\u26426\'3f\u23494\'3f\uc2\u9733\'a1\'ef\uc1 5\u24180\'3f}",
    "with two codes each": rb"\uc2" + b"".join(b"\\u%d%s" % (ord(c), coded(c)) for c in "机密★年").replace(
        rb"\u24180", rb"5\u24180"
    ),
    "without anything for old programs": rb"\uc0\u26426\u23494\u9733 5\u24180 ",
    "in many runs": rb"{\f0\b \'bb}{\f0 \'fa}{\f0\i\'c3\'dc}{\f2\'ab}{\f1 5}{\f0 \'c4\'ea}",
    "with a symbol of Wingdings": coded("机密") + rb"{\f2\u-3925?}5" + coded("年"),
    "with line breaks in the source": b"\\'bb\r\n\\'fa\\'c3\n\\'dc" + coded("★5年"),
    "hidden": rb"{\v " + coded(MARK) + b"}",
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_however_it_is_written(written):
    mark, evidence = _only_evidence(
        document(rb"\pard\plain ", written, rb"\par ", coded("关于开展检查工作的通知"), rb"\par")
    )
    assert (mark.level, mark.period) == ("secret", "P5Y")
    assert (evidence.part, evidence.page, evidence.zone) == ("document", 1, "first_page_top")


@pytest.mark.parametrize(
    ("font", "encoding", "text"),
    [(3, "cp950", "絕密"), (4, "cp932", "極秘"), (0, "gb18030", "秘密"), (1, "gbk", "机密")],
)
def test_code_pages_of_fonts(font, encoding, text):
    # A Western font says nothing of Chinese: the document's code page then does.
    assert _texts(b"{\\f%d %s}\\par" % (font, coded(text, encoding))) == [text]


def test_a_second_byte_may_be_a_plain_character():
    # 表 in Shift-JIS ends with a backslash, 功 in Big5 with one too, 躡 in GBK with a letter.
    assert _texts(rb"{\f4 \'95\\}\par") == ["表"]
    assert _texts(rb"{\f0 \'dcb}\par") == [b"\xdcb".decode("gbk")]


def test_struck_and_deleted_text_is_left_out():
    parts = (
        rb"{\strike ",
        coded("绝密"),
        rb"}{\deleted ",
        coded("机密"),
        rb"}{\strike x\strike0 ",
        coded("秘密"),
        rb"}\par",
    )
    assert _texts(*parts) == ["秘密"]
    assert _texts(rb"\strike x\plain ", coded("秘密"), rb"\par") == ["秘密"]


def test_headers_and_footers_of_every_kind():
    kinds = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
    parts = [b"{\\%s \\pard %s\\par}" % (kind.encode(), coded("秘密")) for kind in kinds]
    found = _fragments(document(*parts, rb"body\par"))
    assert [item.part for item in found] == ["header"] * 4 + ["footer"] * 4 + ["document"]
    assert {(item.page, item.text) for item in found[:-1]} == {(0, "秘密")}


def test_properties():
    both = rb"{\upr{\keywords ??}{\*\ud{\keywords \u26426?}}}"
    info = rb"{\info{\title \'bb\'fa\'c3\'dc}{\*\company X}{\creatim\yr2024\mo1}" + both + b"}"
    label = rb"{\propname Classification}\proptype30{\staticval SECRET}"
    own = rb"{\*\userprops " + label + rb"{\propname other}\proptype3{\staticval 5}}"
    found = [(item.key, item.text) for item in _fragments(document(info, own))]
    assert found == [
        ("title", "机密"), ("company", "X"), ("keywords", "??"), ("keywords", "机"),
        ("Classification", "SECRET"), ("other", "5"),
    ]  # fmt: skip


def test_text_boxes_new_and_old_said_once():
    new = (
        rb"{\shp{\*\shpinst\shpleft0{\sp{\sn fLine}{\sv 1}}{\shptxt \pard "
        + coded(MARK)
        + rb"\par x\par}}{\shprslt again}}"
    )
    old = rb"{\*\do\dobxpage{\dptxbx{\dptxbxtext \pard old\par}}}"
    found = _fragments(document(b"before", new, rb"after\par ", old))
    assert [(item.part, item.text) for item in found] == [
        ("text_box", f"{MARK}\nx"), ("document", "beforeafter"), ("text_box", "old")
    ]  # fmt: skip


def test_word_art_is_a_watermark():
    shape = rb"{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv " + numbered("内部资料") + rb"}}{\sp{\sn gtextFont}{\sv x}}}}"
    header = _fragments(document(rb"{\header \pard ", shape, rb"\par}body\par"))
    assert [(item.part, item.text) for item in header] == [("watermark", "内部资料"), ("document", "body")]


def test_a_box_in_a_header_is_header():
    found = _fragments(document(rb"{\header{\shp{\*\shpinst{\shptxt \pard ", coded("秘密"), rb"\par}}}\par}"))
    assert [(item.part, item.text) for item in found] == [("header", "秘密")]


def test_rows_are_cells_joined_and_one_cell_is_layout():
    row = rb"\trowd\cellx100\cellx200\pard\intbl " + coded("密级") + rb"\cell " + coded("机密") + rb"\par x\cell\row"
    single = rb"\trowd\cellx100\pard\intbl one\par two\cell\row\pard "
    found = _fragments(document(row, single, rb"after\par"))
    assert [(item.part, item.text) for item in found] == [
        ("table", "密级\t机密\x0bx"), ("document", "one"), ("document", "two"), ("document", "after")
    ]  # fmt: skip


def test_fields_show_their_result():
    assert _texts(rb"{\field{\*\fldinst HYPERLINK x}{\fldrslt {\b ", coded("秘密"), rb"}}}\par") == ["秘密"]


def test_notes_are_notes():
    found = _fragments(document(rb"text{\footnote \pard a note}{\*\annotation \pard a remark}\par"))
    assert [(item.part, item.text) for item in found] == [
        ("note", "a note"),
        ("note", "a remark"),
        ("document", "text"),
    ]


def test_unknown_destinations_pictures_and_raw_data_are_passed_over():
    raw = rb"{\pict\bin11 }}}{{{\par " + b"}"
    parts = (
        rb"{\*\strange x{y\}}z}{\*\shppict{\pict 00ff}}{\nonshppict{\pict 00}}",
        raw,
        rb"{\colortbl;}{\stylesheet{x;}}left\par",
    )
    assert _texts(*parts) == ["left"]


def test_pages_end_at_breaks_and_sections():
    parts = (rb"a\par\page b\par\sect\sectd c\par\sect\sectd\sbknone d\par\pard\pagebb e\par{\header h}",)
    assert [(item.text, item.page) for item in _fragments(document(*parts))] == [
        ("a", 1), ("b", 2), ("c", 3), ("d", 3), ("e", 4), ("h", 0)
    ]  # fmt: skip


def test_breaks_tabs_and_special_characters():
    assert _texts(rb"a\tab b\line c\~d\_e\{f\}\\\emdash\par") == ["a\tb\nc\u00a0d-e{f}\\—"]


def test_surrogates_become_one_character():
    assert _texts(rb"\u-10179?\u-8704?", coded("机密"), rb"\par") == ["😀机密"]


def _object(class_name, data):
    name = class_name + b"\0"
    head = struct.pack("<III", 0x0501, 2, len(name)) + name + struct.pack("<III", 0, 0, len(data)) + data
    digits = head.hex().encode()
    return (
        rb"{\object\objemb{\*\objclass x}{\*\objdata "
        + b"\n".join(digits[n : n + 64] for n in range(0, len(digits), 64))
        + rb"}{\result shown}}"
    )


def _package(name, data):
    path = b"C:\\" + name + b"\0"
    inner = struct.pack("<H", 2) + name + b"\0" + path + struct.pack("<II", 0x30000, len(path)) + path
    return _object(b"Package", inner + struct.pack("<I", len(data)) + data + bytes(20))


def test_files_inside_are_given_out():
    content = document(
        _package("附件.txt".encode("gbk"), MARK.encode()), _object(b"Word.Document.8", b"\xd0\xcf" * 9000), rb"\par"
    )
    found, inside, reasons = read_all(rtf, content)
    assert [item.text for item in found] == ["shownshown"]
    assert inside == [("附件.txt", MARK.encode()), ("Word.Document.8", b"\xd0\xcf" * 9000)]
    assert reasons == []
    assert _examine(document(_package(b"a.txt", MARK.encode()))).mark.level == "secret"


@pytest.mark.parametrize("end", [10, 60, 200, -1])
def test_what_is_cut_off_is_said(end):
    content = document(coded(MARK), rb"\par ", coded("关于开展检查工作的通知") * 4)
    found = _examine(content[:end])
    assert (found.reason, found.inspected) in {("damaged", "partial"), ("damaged", "none")}


def test_a_cut_file_still_shows_its_mark():
    found = _examine(document(coded(MARK), rb"\par ", b"x")[:-1])
    assert (found.mark.period, found.reason, found.inspected) == ("P5Y", "damaged", "partial")


def test_a_brace_too_many_hides_nothing():
    found = _examine(document(b"}", coded(MARK), rb"\par "))
    assert (found.mark.period, found.reason) == ("P5Y", "damaged")
    assert _examine(document(coded(MARK), rb"\par ") + b"\r\n\0 \0").reason == ""


def test_groups_without_end_are_bounded():
    found = _examine(document(coded(MARK), rb"\par", b"{" * 1_000_000))
    assert found.mark.period == "P5Y"
    assert found.reason == "too_deep"
    assert _examine(document(b"{" * 1000 + b"}" * 1000, coded(MARK), rb"\par")).mark.period == "P5Y"


def test_a_number_that_claims_more_than_there_is():
    _, _, reasons = read_all(rtf, document(rb"{\pict\bin2147483647 x}", coded(MARK)))
    assert reasons == ["damaged"]
    _, _, reasons = read_all(rtf, document(_package(b"a", b"x").replace(b"01000000", b"ffffff7f")))
    assert set(reasons) <= REASONS


SAMPLE = document(
    rb"{\info{\title \'bb\'fa\'c3\'dc}}{\header \pard ", coded("秘密"), rb"\par}\pard ", numbered(MARK), rb"\par",
    rb"\trowd\pard\intbl a\cell b\cell\row\pard{\shp{\*\shpinst{\sp{\sn gtextUNICODE}{\sv x}}{\shptxt y\par}}}",
    rb"{\field{\*\fldinst z}{\fldrslt w}}{\footnote n}", _package(b"a.txt", b"data"), rb"\page last\par",
)  # fmt: skip


@given(st.integers(0, len(SAMPLE) - 1))
@settings(max_examples=150, deadline=None)
def test_cut_anywhere(end):
    _, _, reasons = read_all(rtf, SAMPLE[:end])
    assert "damaged" in reasons
    assert set(reasons) <= REASONS


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_bits_turned_anywhere(seed, count):
    flips = random.Random(seed)
    content = bytearray(SAMPLE)
    for _ in range(count):
        content[flips.randrange(len(content))] ^= 1 << flips.randrange(8)
    found, _, reasons = read_all(rtf, bytes(content))
    assert set(reasons) <= REASONS
    assert found or reasons


@given(
    st.lists(
        st.sampled_from(
            [
                b"{",
                b"}",
                b"\\",
                b"'",
                b"*",
                b"u9",
                b"bin9 ",
                b"par",
                b"cell",
                b"x",
                b"\\f1",
                b"row",
                b"objdata ",
                b"\xff",
            ]
        ),
        max_size=60,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_tokens_in_any_order(tokens):
    found, _, reasons = read_all(rtf, b"{\\rtf1" + b"".join(tokens))
    assert set(reasons) <= REASONS
    assert all(isinstance(item, Fragment) for item in found)

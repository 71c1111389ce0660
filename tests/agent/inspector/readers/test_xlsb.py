"""Marks in binary workbooks, and ones that are broken."""

import io
import struct
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import xlsb
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource
from support.binary_workbooks import raw_xlsb, record, sheet, text
from support.documents import zipped
from support.office_documents import element, relations, text_body

_NAME = record(
    39,
    b"\0" * 5
    + struct.pack("<I", 0xFFFFFFFF)
    + text("密级")
    + struct.pack("<I", 7)
    + b"\x17\x02\0"
    + "机密".encode("utf-16-le"),
)


def _examine(content, limits=None):
    return examine(BytesSource(content), "x.xlsb", limits or Limits())


def _read(content, limits=None):
    reasons = []
    readings = xlsb.read(BytesSource(content), limits or Limits(), reasons.append)
    return [(item.part, item.page, item.text) for reading in readings for item in reading], reasons


def test_strings_numbers_and_margins():
    first = sheet(
        (b"0",),
        (b"1", "机密★3年"),
        ("数", 5, -7, 1.25),
        header='&L&"黑体"&12机密★5年&C&A',
        footer="&C内部资料 注意保密",
    )
    found, reasons = _read(raw_xlsb(first, sheet(("秘密★1年",)), strings=["台账", "密级"], names=_NAME))
    assert reasons == []
    assert found == [
        ("property", 0, "表1"),
        ("property", 0, "表2"),
        ("property", 0, "机密"),
        ("header", 1, "机密★5年"),
        ("footer", 1, "内部资料 注意保密"),
        ("document", 1, "台账"),
        ("table", 1, "密级\t机密★3年"),
        ("table", 1, "数\t5\t-7\t1.25"),
        ("document", 2, "秘密★1年"),
    ]


def test_the_mark_is_found():
    found = _examine(raw_xlsb(sheet((b"0",), ("设备台账",)), strings=["机密★5年"]))
    assert (found.type, found.inspected, found.mark.level) == ("xlsb", "full", "secret")
    assert (found.mark.evidence[0].part, found.mark.evidence[0].zone) == ("document", "first_page_top")


def test_formulas_short_cells_and_rich_text():
    place = struct.pack("<II", 0, 0)
    cells = (
        record(0, b"\0" * 17)
        + record(8, place + text("公式") + b"\0\0")
        + record(62, place + b"\1" + text("机密") + b"\0" * 8)
        + record(17, b"\0" * 4 + text("★1年"))
        + record(9, place + struct.pack("<d", 0.5) + b"\0\0")
        + record(3, place + b"\x07")
        + record(13, b"\0" * 4 + struct.pack("<I", (250 << 2 | 3)))
    )
    found, _ = _read(raw_xlsb(record(145) + cells + record(146)))
    assert found[-1] == ("table", 1, "公式\t机密\t★1年\t0.5\t2.5")


def test_boxes_and_comments():
    content = raw_xlsb(
        sheet(("台账",)),
        others={
            "xl/worksheets/_rels/sheet1.bin.rels": relations(
                [("rId1", "drawing", "../drawings/drawing1.xml"), ("rId2", "comments", "../comments1.bin")]
            ),
            "xl/drawings/drawing1.xml": element("xdr:wsDr", f"<xdr:sp>{text_body('机密★5年')}</xdr:sp>"),
            "xl/comments1.bin": record(628) + record(637, b"\0" + text("批注")),
        },
    )
    found, reasons = _read(content)
    assert ("text_box", 1, "机密★5年") in found
    assert found[-1] == ("note", 1, "批注")
    assert reasons == []


def test_strings_past_the_bound_of_memory_are_lines():
    strings = [f"{number:04}" + "字" * 300 for number in range(1000)]
    found, reasons = _read(raw_xlsb(sheet((b"0",)), strings=strings), Limits(memory_bytes=MIB))
    lines = [text[:4] for part, _, text in found if part == "document"]
    assert (lines[0], lines[-1]) == ("0000", "0999")
    assert 500 < len(lines) < 1000
    assert reasons == ["too_large"]


def test_a_workbook_that_is_missing_is_damaged():
    found = _examine(zipped({"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": sheet(("机密★5年",))}))
    assert (found.inspected, found.reason, found.mark.axis) == ("partial", "damaged", "state")


_SAMPLE = raw_xlsb(sheet((b"0",), (b"1", "机密★3年"), header="&L秘密"), strings=["机密★5年", "密级"], names=_NAME)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, len(_SAMPLE) * 8 - 1), min_size=1, max_size=8), st.integers(0, len(_SAMPLE)))
def test_damaged_files_always_give_a_verdict(flips, end):
    damaged = bytearray(_SAMPLE)
    for bit in flips:
        damaged[bit // 8] ^= 1 << bit % 8
    for content in (bytes(damaged), _SAMPLE[:end]):
        found = _examine(content)
        assert found.reason in (REASONS | {""}) - {"crashed"}
        assert (found.inspected == "full") == (not found.reason)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["xl/workbook.bin", "xl/worksheets/sheet1.bin", "xl/sharedStrings.bin"]),
    st.integers(0, 500),
    st.binary(min_size=1, max_size=20),
)
def test_damage_inside_a_part_always_gives_a_verdict(name, at, noise):
    source = zipfile.ZipFile(io.BytesIO(_SAMPLE))
    members = {member: source.read(member) for member in source.namelist()}
    body = members[name]
    members[name] = body[: at % len(body)] + noise + body[at % len(body) + len(noise) :]
    assert _examine(zipped(members)).reason in (REASONS | {""}) - {"crashed"}

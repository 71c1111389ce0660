"""Properties of compound files in every encoding, and labels kept as XML."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import ole_properties
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound, document_summary, property_stream, summary, user_properties


def _found(stream):
    return [(fragment.key, fragment.text) for fragment in ole_properties.of_stream(stream)]


@pytest.mark.parametrize("codepage", [936, 1200, 65001])
def test_names_and_values_in_any_code_page(codepage):
    label = "MSIP_Label_12345678-1234-1234-1234-123456789abc_Enabled"
    stream = user_properties({"密级": "机密★5年", label: "true", "TitusGUID": "x", "页": 7, "是": True}, codepage)
    assert _found(stream) == [("密级", "机密★5年"), (label, "true"), ("TitusGUID", "x"), ("页", "7"), ("是", "true")]


def test_the_known_properties_have_their_usual_keys():
    assert _found(summary("标题", "关键词")) == [("title", "标题"), ("keywords", "关键词")]
    assert _found(document_summary("机密★1年")) == [("category", "机密★1年")]
    kind = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
    assert _found(property_stream(kind, {27: ["甲", "乙"], 99: "unknown"})) == [
        ("contentStatus", "甲"),
        ("contentStatus", "乙"),
    ]


def test_todays_properties_in_yesterdays_files():
    stream = user_properties({"OOXMLCorePropertyCategory": "机密", "OOXMLCorePropertyContentStatus": "终稿"})
    assert _found(stream) == [("category", "机密"), ("contentStatus", "终稿")]


def test_wide_strings_whatever_the_code_page():
    stream = bytearray(property_stream(bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9"), {2: "x" * 20}, codepage=1252))
    at = stream.index(b"x" * 20)
    raw = "机密".encode("utf-16-le") + b"\0\0"
    struct.pack_into("<II", stream, at - 8, 31, 3)
    stream[at : at + len(raw)] = raw
    assert _found(bytes(stream)) == [("title", "机密")]


def test_a_picture_is_not_read_and_what_stands_behind_it_is():
    kind = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    for values in ({17: "x" * 200_000, 2: "标题"}, {2: "标题", 17: "x" * 200_000}, {2: "标题" * 10_000}):
        found = CompoundFile(
            BytesSource(compound({"\x05SummaryInformation": property_stream(kind, values)})), Limits(), print
        )
        (fragment,) = ole_properties.fragments(found, Limits(), print)
        assert fragment.text == values[2]


def test_both_streams_and_the_xml_items():
    item = '<?xml version="1.0"?><r xmlns="u"><密级>机密</密级></r>'.encode()
    file = compound(
        {
            "\x05SummaryInformation": summary("标题"),
            "\x05DocumentSummaryInformation": user_properties({"密级": "秘密"}),
            "MsoDataStore/ABC/Item": item,
            "MsoDataStore/DEF/Item": b"no xml",
            "MsoDataStore/Empty/Properties": b"",
        }
    )
    reports = []
    found = CompoundFile(BytesSource(file), Limits(), reports.append)
    fragments = list(ole_properties.fragments(found, Limits(), reports.append))
    assert {fragment.part for fragment in fragments} == {"property"}
    assert [(f.key, f.text) for f in fragments][:2] == [("密级", "秘密"), ("title", "标题")]
    assert ("密级", "机密") in [(f.key, f.text) for f in fragments]
    assert reports == ["damaged"]


def test_values_that_share_their_bytes_without_end_are_cut_off():
    kind = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
    stream = bytearray(property_stream(kind, {2: ["x" * 60_000]}))
    at = stream.index(struct.pack("<II", 0x101E, 1))
    stream[at : at + 8] = struct.pack("<II", 0x101E, 100)
    places = struct.pack("<II", 2, at - 48) * 200
    head = bytes(stream[:48]) + struct.pack("<II", len(stream) + len(places), 200)
    shared = b"".join(struct.pack("<II", number, at - 48 + len(places) - 16) for number in range(2, 202))
    assert sum(len(text) for _, text in _found(head + shared + bytes(stream[72:]))) < 2_000_000


_STREAM = user_properties({"密级": "机密", "n": 5}, 1200) + summary("标题")


@given(
    st.lists(st.tuples(st.integers(0, len(_STREAM) - 1), st.integers(0, 255)), max_size=8), st.integers(0, len(_STREAM))
)
def test_any_damage_ends(changes, kept):
    stream = bytearray(_STREAM)
    for at, value in changes:
        stream[at] = value
    assert len(_found(bytes(stream[:kept]))) < 10_000

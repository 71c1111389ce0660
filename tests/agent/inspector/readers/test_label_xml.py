"""Labels kept as XML, one system after the other."""

import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import label_xml
from gapwatch_agent.inspector.readers.source import StopReading

GUID = "3a5fd5d0-6a3f-4c15-8f0e-7d0a7a1d9f11"
STANAG = b"""<mb:BindingInformation xmlns:mb="urn:nato:stanag:4778:bindinginformation:1:0">
<mb:MetadataBindingContainer><mb:MetadataBinding><mb:Metadata>
<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0">
<slab:ConfidentialityInformation><slab:PolicyIdentifier>NATO</slab:PolicyIdentifier>
<slab:Classification>SECRET</slab:Classification>
<slab:Category TagName="Releasable to" Type="PERMISSIVE"><slab:GenericValue>SWE</slab:GenericValue></slab:Category>
</slab:ConfidentialityInformation></slab:originatorConfidentialityLabel>
</mb:Metadata></mb:MetadataBinding></mb:MetadataBindingContainer></mb:BindingInformation>"""
XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:u="http://example.org/u/" pdf:Keywords="机密★5年" u:密级="机密">
<pdfx:MSIP_Label_{GUID}_Enabled>true</pdfx:MSIP_Label_{GUID}_Enabled>
<pdfx:文件ↂ0020密级>秘密</pdfx:文件ↂ0020密级>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">一份报告</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>甲</rdf:li><rdf:li>乙</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()
BALANCED = '<titus xmlns="http://schemas.titus.com/TitusProperties/"><TitusGUID xmlns="">g</TitusGUID>{}</titus>'


def _pairs(content):
    problems = []
    found = list(label_xml.fragments([content], Limits(), problems.append))
    assert all(item.part == "property" for item in found)
    return [(item.key, item.text) for item in found], problems


def test_stanag_inside_a_binding():
    assert _pairs(STANAG)[0] == [
        ("stanag4774.policy", "NATO"),
        ("stanag4774.classification", "SECRET"),
        ("stanag4774.category", "SWE"),
    ]


@pytest.mark.parametrize(("enabled", "removed", "told"), [("1", "0", "true"), ("0", "0", "false"), ("1", "1", "false")])
def test_purview_label_info_speaks_in_the_keys_of_custom_properties(enabled, removed, told):
    content = (
        '<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label '
        f'id="{{{GUID}}}" enabled="{enabled}" method="Privileged" siteId="{{s}}" contentBits="3" removed="{removed}"/>'
        "</clbl:labelList>"
    )
    found = dict(_pairs(content.encode())[0])
    assert found[f"MSIP_Label_{GUID}_Enabled"] == told
    assert found[f"MSIP_Label_{GUID}_Method"] == "Privileged"


def test_xmp_elements_attributes_and_lists():
    found = _pairs(XMP)[0]
    assert ("Keywords", "机密★5年") in found
    assert ("密级", "机密") in found
    assert (f"MSIP_Label_{GUID}_Enabled", "true") in found
    assert ("文件 密级", "秘密") in found
    assert ("title", "一份报告") in found
    assert [text for key, text in found if key == "subject"] == ["甲", "乙"]


@pytest.mark.parametrize(
    "inner",
    [
        "<CLASSIFICATION>SECRET</CLASSIFICATION>",
        '<Classification value="SECRET"/>',
        '<prop n="CLASSIFICATION"><vals><val value="SECRET"/></vals></prop>',
        '<x CLASSIFICATION="SECRET"/>',
    ],
)
def test_titus_elements_and_attributes(inner):
    found = _pairs(BALANCED.format(inner).encode())[0]
    assert found[0] == ("TitusGUID", "g")
    assert ("classification", "SECRET") in [(key.lower(), text) for key, text in found]


@pytest.mark.parametrize(
    "metadata",
    [
        json.dumps({"ns": "u", "props": [{"n": "Classification", "vals": [{"value": "SECRET"}]}, 1, {"n": 2}]}),
        '<?xml version="1.0"?><t><prop n="Classification"><vals><val value="SECRET"/></vals></prop></t>',
    ],
)
def test_titus_metadata_is_encoded_twice(metadata):
    encoded = base64.b64encode(metadata.encode()).decode()
    found = _pairs(BALANCED.format(f"<TitusMetadata>{encoded}</TitusMetadata>").encode())[0]
    assert ("Classification", "SECRET") in found


@pytest.mark.parametrize("rubbish", ["!!", "e30=", "W10=", "PGE+", "e3t7"])
def test_metadata_that_is_no_label_says_nothing(rubbish):
    assert [key for key, _ in _pairs(BALANCED.format(f"<TitusMetadata>{rubbish}</TitusMetadata>").encode())[0]] == [
        "TitusGUID"
    ]


def test_boldon_james_plain_and_escaped():
    plain = (
        '<sisl xmlns="http://www.boldonjames.com/2008/01/sie/internal/label"><element uid="u" value="OFFICIAL"/></sisl>'
    )
    escaped = plain.replace("<", "&lt;").replace(">", "&gt;")
    declared = "&lt;?xml version=&quot;1.0&quot; encoding=&quot;us-ascii&quot;?&gt;" + escaped
    for content in (plain, f"<label>{escaped}</label>", f"<bjDocumentLabelXML>{declared}</bjDocumentLabelXML>"):
        assert ("bjDocumentLabelXML", "OFFICIAL") in _pairs(content.encode())[0]


def test_named_values_go_under_their_names():
    named = '<property name="urn:bails:x:Name">SECRET</property><d xmlns:m="m" m:name="密级">机密</d>'
    content = f"<p>{named}<other>x</other></p>"
    assert _pairs(content.encode())[0] == [("urn:bails:x:Name", "SECRET"), ("密级", "机密"), ("other", "x")]


def test_it_is_bounded():
    many = b"<a>" + b"<b>x</b>" * 3000 + b"<c>" + b"y" * 5000 + b"</c></a>"
    found = _pairs(many)[0]
    assert len(found) == label_xml.PROPERTIES_MAX
    assert len(_pairs(b"<c>" + b"y" * 5000 + b"</c>")[0][0][1]) == label_xml.VALUE_CHARACTERS_MAX


def test_what_breaks_off_is_reported():
    assert _pairs(STANAG[:-40])[1] == ["damaged"]
    with pytest.raises(StopReading):
        _pairs(b"<!DOCTYPE a><a/>")


def test_an_escaped_document_type_is_reported_and_the_rest_read():
    found, problems = _pairs(b"<a><b>&lt;!DOCTYPE x&gt;&lt;x/&gt;</b><c>1</c></a>")
    assert (found, problems) == ([("c", "1")], ["damaged"])


@given(st.sampled_from([STANAG, XMP]), st.integers(0, 1500), st.binary(max_size=3))
def test_damage_never_raises_anything_else(content, at, replacement):
    broken = content[:at] + replacement + content[at + 1 :]
    with contextlib.suppress(StopReading):
        assert len(list(label_xml.fragments([broken], Limits(), lambda _reason: None))) <= label_xml.PROPERTIES_MAX

"""XML by its root, end to end: each known dialect, XML that nobody knows, and XML that is torn or hostile."""

import base64
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import xml_document
from gapwatch_agent.inspector.readers.source import REASONS, BytesSource, StopReading
from support.documents import paragraph as word_paragraph
from support.documents import raw_docx
from support.odf_documents import flat, master, paragraph

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"


def _read(content):
    problems, items = [], []
    raw = content if isinstance(content, bytes) else content.encode()
    try:
        for reading in xml_document.read(BytesSource(raw), Limits(), problems.append):
            items.extend(reading)
    except StopReading as stop:
        problems.append(stop.reason)
    return items, problems


def _examine(content):
    return examine(BytesSource(content if isinstance(content, bytes) else content.encode()), "x", Limits())


def _evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("xml", "full")
    assert len(found.mark.evidence) == 1
    evidence = found.mark.evidence[0]
    return found.mark.level, evidence.part, evidence.page, evidence.zone


def test_any_elements():
    inner = "<标题>题</标题><段>机<b>密</b>★5年</段><!-- 批 --><段>一\n  二</段><style>x</style>"
    content = f'{HEAD}<报告 级="不读">{inner}</报告>'
    assert _read(content) == (
        [Fragment("题", page=1), Fragment("机密★5年", page=1), Fragment("一\n二", page=1)],
        [],
    )
    assert _evidence(content.replace("一", PROSE)) == ("secret", "document", 1, "first_page_top")


@pytest.mark.parametrize(
    "label",
    ["<密级>机密★5年</密级>", '<字段 name="密级">机密</字段>', "<x:Classification xmlns:x='u'>机密</x:Classification>"],
)
def test_an_element_named_like_a_label(label):
    content = f"{HEAD}<a>" + "<p>字</p>" * 60 + f"{label}</a>"
    assert ("secret", "property") in {(_examine(content).mark.level, e.part) for e in _examine(content).mark.evidence}


def test_a_list_of_marked_files_has_no_label_of_its_own():
    content = f"{HEAD}<a><r><密级>机密</密级></r><r><密级>秘密</密级></r></a>"
    assert [item for item in _read(content)[0] if item.part == "property"] == []
    same = f"{HEAD}<a><r><密级>机密</密级></r><r><密级>机密</密级></r></a>"
    assert [item.key for item in _read(same)[0] if item.part == "property"] == ["密级"]


def test_flat_open_document():
    content = flat(paragraph("机密★5年") + paragraph(PROSE))
    assert _evidence(content) == ("secret", "document", 1, "first_page_top")
    sheet = flat("", kind="spreadsheet", masters=master(f"<style:header>{paragraph('秘密★1年')}</style:header>"))
    assert _evidence(sheet) == ("confidential", "header", 0, "header")


def _flat_package(content):
    """A zip of Office as the one file that Office writes for it."""
    parts = ""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            raw = archive.read(name)
            inner = raw.decode().partition("?>")[2] or raw.decode() if name.endswith(".xml") else ""
            kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
            data = f"<pkg:xmlData>{inner}</pkg:xmlData>"
            if not inner:
                data = f"<pkg:binaryData>{base64.b64encode(raw).decode()}</pkg:binaryData>"
            declared = kind if name == "word/document.xml" else "application/xml"
            if name != "[Content_Types].xml":
                parts += f'<pkg:part pkg:name="/{name}" pkg:contentType="{declared}">{data}</pkg:part>'
    return f'{HEAD}<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">{parts}</pkg:package>'


def test_a_flat_package_of_office():
    body = word_paragraph("机密★5年") + word_paragraph(PROSE)
    assert _evidence(_flat_package(raw_docx(body))) == ("secret", "document", 1, "first_page_top")
    headed = _flat_package(raw_docx(word_paragraph(PROSE), header1=word_paragraph("秘密★1年")))
    assert _evidence(headed) == ("confidential", "header", 0, "header")


def test_a_flat_package_that_breaks_off():
    content = _flat_package(raw_docx(word_paragraph("机密★5年") + word_paragraph(PROSE) * 20))
    found = _examine(content[: content.index(PROSE) + 200])
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "damaged", "secret")


def test_a_flat_package_of_nothing_known():
    content = '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">机密★5年</pkg:package>'
    assert _evidence(HEAD + content) == ("secret", "document", 1, "first_page_top")


def test_office_2003():
    word = (
        '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:body>'
        f"<w:p><w:r><w:t>机密★5年</w:t></w:r></w:p><w:p><w:r><w:t>{PROSE}</w:t></w:r></w:p></w:body></w:wordDocument>"
    )
    assert _evidence(HEAD + word) == ("secret", "document", 1, "first_page_top")
    sheet = (
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table><Row><Cell><Data>机密★3年'
        "</Data></Cell></Row></Table></Worksheet></Workbook>"
    )
    assert _evidence(HEAD + sheet) == ("secret", "document", 1, "first_page_top")


def test_xhtml_and_pictures_in_xml():
    page = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>机密★5年</p><p>{PROSE}</p></body></html>'
    assert Fragment("机密★5年", page=1) in _read(HEAD + page)[0]
    picture = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1"><tspan>机密</tspan><tspan>★5年</tspan></text></svg>'
    assert _evidence(HEAD + picture) == ("secret", "document", 1, "first_page_top")


def test_uniform_office_format():
    def uniform(body):
        return f'{HEAD}<uof:UOF xmlns:uof="u" xmlns:字="z" xmlns:演="y">{body}</uof:UOF>'

    def line(*runs):
        return f"<字:段落>{''.join(f'<字:句><字:文本串>{text}</字:文本串></字:句>' for text in runs)}</字:段落>"

    assert _evidence(uniform(line("机", "密", "★5年") + line(PROSE))) == ("secret", "document", 1, "first_page_top")
    headed = uniform(f"<字:页眉_41F3><字:首页页眉>{line('秘密★1年')}</字:首页页眉></字:页眉_41F3>" + line(PROSE))
    assert _evidence(headed) == ("confidential", "header", 0, "header")


def test_a_label_of_the_alliance():
    label = (
        '<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0">'
        "<slab:ConfidentialityInformation><slab:PolicyIdentifier>NATO</slab:PolicyIdentifier>"
        "<slab:Classification>SECRET</slab:Classification></slab:ConfidentialityInformation>"
        "</slab:originatorConfidentialityLabel>"
    )
    found = _examine(HEAD + label)
    assert (found.mark.axis, found.mark.level) == ("foreign", "secret")


def test_what_breaks_is_read_on_without_its_tags():
    found = _examine(f"{HEAD}<a><p>题 & 名</p><p>机密★5年</p><p>{PROSE}</p></a>")
    assert (found.inspected, found.reason, found.mark.level) == ("partial", "damaged", "secret")


def test_a_bomb_of_entities():
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    items, problems = _read(f'{HEAD}<!DOCTYPE a [<!ENTITY e0 "x">{nested}]><a>&e11;</a>')
    assert (items, problems) == ([], [])


def test_nesting_without_end():
    assert _read(HEAD + "<a>" * 1000)[1] == ["too_deep"]
    package = '<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">'
    assert "too_deep" in _read(HEAD + package + "<a>" * 1000)[1]


_SAMPLES = (
    flat(paragraph("机密★5年") + paragraph(PROSE)),
    _flat_package(raw_docx(word_paragraph("机密★5年"))).encode(),
    f"{HEAD}<a><密级>机密</密级><p>{PROSE}</p></a>".encode(),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_SAMPLES), st.floats(0, 1, exclude_max=True))
def test_truncated_anywhere(sample, share):
    _, problems = _read(sample[: int(len(sample) * share)])
    assert problems
    assert set(problems) <= REASONS - {"crashed"}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(_SAMPLES), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=8))
def test_flipped_bits(sample, flips):
    content = bytearray(sample)
    for share, bit in flips:
        content[int((len(content) - 1) * share)] ^= 1 << bit
    items, problems = _read(bytes(content))
    assert items or problems
    assert set(problems) <= REASONS - {"crashed"}

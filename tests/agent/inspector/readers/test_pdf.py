"""Marks wherever a PDF can carry one, and files that are encrypted, broken, hostile or merely pictures."""

import base64

import pytest

from gapwatch_agent.inspector import ocr, scan, warm
from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import pdf
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.pdf_documents import XMP, Page, Pdf, Text, document, lines, stream
from support.reading import read_all

PROSE = "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，并及时报告有关情况。"
# document("机密★5年", info={"密级": "机密"}), enciphered once by qpdf: a user's password, and an empty one.
USER_PASSWORD = (
    "JVBERi0xLjcKJb/3ov4KMSAwIG9iago8PCAvRXh0ZW5zaW9ucyA8PCAvQURCRSA8PCAvQmFzZVZlcnNpb24gLzEuNyAvRXh0ZW5zaW9uTGV2ZWwg"
    "OCA+PiA+PiAvUGFnZXMgMyAwIFIgL1R5cGUgL0NhdGFsb2cgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL09ialN0bSAvTGVuZ3RoIDQzMiAv"
    "RmlsdGVyIC9GbGF0ZURlY29kZSAvTiA1IC9GaXJzdCAyNyA+PgpzdHJlYW0K+06n8bm1V594m1PeXcjo+lJqogxg5yBWjRi40t2e08AQjS7oubQW"
    "BmAO2G/UIfzQm2Y1BngR25e+1ZyrNPOhPfLs2KqGEChCLnlXRDChMuE8jQeKjjgTu0T8np+NF2Z5KRhWSZd//6pFWQnftkWipHLxRxXpyoBqdQXK"
    "x/JcvZCNKwAJ9dyioxydPqajdz5mzYNTzcklHfOvd8LcUf6mdNwve6HR0OYv/wuDzbg/OIe8Sm43GWm05TXj2J4oEt2HVEcWtfc7hjp29JF3BH6H"
    "y+u/MrIkL3MNQ+PZXA6H4rTDbxhOamuMjxywp1TH8wzacGKTYssgHVkGp4WdG+V/vuaVdBnP+Gtdnex2ZkeE2MINInngj3rVmTApICWUxyI6sRy1"
    "TmEYNYhUVSRREjqk09j1A1PY7IeNtpwyFJAxmerbCLsfEsQsdlioLp0y3WZ11qXwobzSP8x4qDIAq2CxGxCVHEVY9eweUZMGrZQ332fR3yFQB7Nz"
    "vKmPrnAE1amZXnJ6qf+G/eBqfJ8i3Lk7Y9nXbae03sapNqAquTbYoBFVV7K55IsPuTLwrzJHHjfkZW5kc3RyZWFtCmVuZG9iago4IDAgb2JqCjw8"
    "IC9MZW5ndGggMjcyIC9GaWx0ZXIgL0ZsYXRlRGVjb2RlID4+CnN0cmVhbQpGtbWgZtA8KYTYhLFSin+FajIRefctpTLJ42TZ2tKs2DH7XXiEhp79"
    "V4IV7rlXGxDHRj7xdTWs6nr01cxkuzVSeCYu/8oXgAVzMe9xkT3hGc/cmCauvk2Bu2MLHYEk3dHM6zPfbNxJ7aTyiOw+MhOc96w8Fb9r1IXwNW1t"
    "MT98aBEXcb2g+Ch4wApr/K2e+xJM0WeBWHQxNP3ScH7IB8dNrjj6sqadTQFmVMrlsImE2S2FID2ml8DeJQi2BCx16McHthlJFbcexnxsa1/RHEHy"
    "VHkIIgZQziITv5ebg6vw12rz5IIrZ+G5D64W/mMouQ6gQHsWWPeHcpNTducdgs5y64QJDt//q4D9HUylsJPDM2VuZHN0cmVhbQplbmRvYmoKOSAw"
    "IG9iago8PCAvTGVuZ3RoIDk2IC9GaWx0ZXIgL0ZsYXRlRGVjb2RlID4+CnN0cmVhbQpyo9y8Thb0ef0R1VuR0gka0dV/FBp11/hgCUHEOc5o57++"
    "HPEHnj+7eq4gigQrJJfkxHaujng6JmwW0ZT4+mWqx5OTaf6qQNisjOPS6utzt0Ymi4ZF2+AAxWSmXmRZ7OtlbmRzdHJlYW0KZW5kb2JqCjEwIDAg"
    "b2JqCjw8IC9DRiA8PCAvU3RkQ0YgPDwgL0F1dGhFdmVudCAvRG9jT3BlbiAvQ0ZNIC9BRVNWMyAvTGVuZ3RoIDMyID4+ID4+IC9GaWx0ZXIgL1N0"
    "YW5kYXJkIC9MZW5ndGggMjU2IC9PIDwxOTZmNDZhZTIyY2UwMWE4NmIwYWQ4MDY4Y2NiNDg2Y2UzN2ZkMjZhN2I4YzRhMDgwM2U5Yjc5NjMxYzli"
    "YzM2M2M1ZTA5ZGZiMjVjNTY2NmYzNTAzZTI4Y2FhYTE4ZTg+IC9PRSA8NzFkN2JiODIzZWY4ZTM5NzdiMmEzZTQxNTU1NDJhZTU5OWMyNDkyMGRi"
    "OTAyNWJmNGE5YTA0MGIzYzYwNTAyOT4gL1AgLTQgL1Blcm1zIDwzMjc3MDlhZjVhN2ZiMWZkY2FiYTAzYTc1ZTQzNWM3MT4gL1IgNiAvU3RtRiAv"
    "U3RkQ0YgL1N0ckYgL1N0ZENGIC9VIDxkNDI1ZWEwNjZkMjEzZTJhNDExNDcyNWYwOTI2ZDJiNmRhN2ZlM2Q4NWMzODZlMzI2N2I2NDllZTMxNTU3"
    "NTFmNmM1OTViMzJiZWI3ZWY0NTAwMzk3MWEzZDZhYjI1ZjQ+IC9VRSA8YWUxZDA0NzQ1MTY0MjZlOWQ4YWZkMjRiOTdmNjE2YjA0N2FkZTBmNjU4"
    "YWY4MTc3Mzg3YzM0YTQ1YjI5YzgwND4gL1YgNSA+PgplbmRvYmoKMTEgMCBvYmoKPDwgL1R5cGUgL1hSZWYgL0xlbmd0aCA0NSAvRmlsdGVyIC9G"
    "bGF0ZURlY29kZSAvRGVjb2RlUGFybXMgPDwgL0NvbHVtbnMgNCAvUHJlZGljdG9yIDEyID4+IC9XIFsgMSAyIDEgXSAvSW5mbyA2IDAgUiAvUm9v"
    "dCAxIDAgUiAvU2l6ZSAxMiAvSUQgWzw5YWNkYzg1OTczZjhhOGRhMGIzZDdlMGU0MjNiMjdkOT48OWFjZGM4NTk3M2Y4YThkYTBiM2Q3ZTBlNDIz"
    "YjI3ZDk+XSAvRW5jcnlwdCAxMCAwIFIgPj4Kc3RyZWFtCnjaY2IAAiZGBn4GJgaGYhCrAcRiYEQn/jNN+cPEwBgOlGVcBiSYVBgAZusE1wplbmRz"
    "dHJlYW0KZW5kb2JqCnN0YXJ0eHJlZgoxNzE5CiUlRU9GCg=="
)
EMPTY_PASSWORD = (
    "JVBERi0xLjcKJb/3ov4KMSAwIG9iago8PCAvRXh0ZW5zaW9ucyA8PCAvQURCRSA8PCAvQmFzZVZlcnNpb24gLzEuNyAvRXh0ZW5zaW9uTGV2ZWwg"
    "OCA+PiA+PiAvUGFnZXMgMyAwIFIgL1R5cGUgL0NhdGFsb2cgPj4KZW5kb2JqCjIgMCBvYmoKPDwgL1R5cGUgL09ialN0bSAvTGVuZ3RoIDQzMiAv"
    "RmlsdGVyIC9GbGF0ZURlY29kZSAvTiA1IC9GaXJzdCAyNyA+PgpzdHJlYW0KbyYtMNq4uuWRYlBvsndgGCkUyKtpcSOqtwsVgcpqMQ+T3XN3u4It"
    "oCnAau2o//BOBTLhxAmRXEgpSn9CTKda7Z56CU+S1bm26t3mpizO18fuZMVIvukPp6pVOUNUryJcopqhiJ9zbyTqhFPIiKyZ6AeS5QKVjXUPQb11"
    "DwwHwTdFB568Q/oOH0LR3ctElsAVHpPQYeNzBB8eJvTRDL+RgTgyIj+Z9+YwZVXE2n6T2v86Q1snji2tDQjqzoWn5DLSHafNigMKEOOhY+Tp3qhr"
    "RXeI2NRNUxXupfehg0FCRH7bgg5a4YnEas0JVmNtkpCaljN6byG3TVCLlOoxZEk1s0f5lL4ky98MlNJdBd/hiWB3DxdAVLYo4Tfb/mZfsl12ejFM"
    "DMuJjvPYEOe2JwrAgJZSdYHMEbGt9tdkOBF5GVf0pfCgmphBuDnBQTU+8kqoPgrJSX4hDDYWhbYZX0OSHQKqXcBUjG855AHe0uQR+N0yAxfUu5Ya"
    "E4WhI7NYYPR8jmCja0P9qL/yywbfx+eyuaqiw/+0SIzSNOWlmQKTEgwMcXotr1eOh7ZefEuGGylrZW5kc3RyZWFtCmVuZG9iago4IDAgb2JqCjw8"
    "IC9MZW5ndGggMjcyIC9GaWx0ZXIgL0ZsYXRlRGVjb2RlID4+CnN0cmVhbQrmfTA30qy6cripgwM9bsl2NB5Gi7yrZEOcumfn4TfFyBecPMCwtnEF"
    "6kMUQ9d1OkKydd+2WHYoW64jJ07oM1G6NQwXMbxwxyfGi7pZUrHHtEl7X0/gxpC9Mu+a9VCEqqtYn5X5CnuPUk+aRXOLweOjoAdN41wmFfcWDF0q"
    "0OOlDZcnViRcNAu54KjklhvdSq6yy+/hyq8HNFoLpabL1CEp3y55yTIPd0egjZc8YI3PkcUX0X+DlhnGPM90QvS2y05MfkXmb10SNxnVsGxJXrxv"
    "b2CbzD7MEWFtQpjyIfKtH+RQxtR7B6X7jP9THUUjo1qxzC8if1MCHQZaigxQWRs8D9X21CQ3+pputhfX77rnNWVuZHN0cmVhbQplbmRvYmoKOSAw"
    "IG9iago8PCAvTGVuZ3RoIDk2IC9GaWx0ZXIgL0ZsYXRlRGVjb2RlID4+CnN0cmVhbQqOpskRUr56jojek6d2vZSKum+Di+ah6wLqN9FqLek2ub2o"
    "JV9xyR3dElcxD3+9BaFLK29GVY6QgzBuvlgpyhNysxiWrKQhRND5+gpQTWTBldeheOo71p/RJFaiulo4WbBlbmRzdHJlYW0KZW5kb2JqCjEwIDAg"
    "b2JqCjw8IC9DRiA8PCAvU3RkQ0YgPDwgL0F1dGhFdmVudCAvRG9jT3BlbiAvQ0ZNIC9BRVNWMyAvTGVuZ3RoIDMyID4+ID4+IC9GaWx0ZXIgL1N0"
    "YW5kYXJkIC9MZW5ndGggMjU2IC9PIDwxZDkzOTcyMjAyYjUxMTY1MTk3ZDYzOTE0ZGJmZjJkZTMyZjFiZTNhMGQwMzc4ZmI3NTllZGZjODZkNTY0"
    "NjY4NzY0MjhkYmZmZmNiMTIxYjY0OTdjOWIwYjkzMWEzMzM+IC9PRSA8MWNjOWQ2ZmQ0Nzc4NGM4YzQwZGU1NjU3MzEzZDMwMjQ2MjliNjM4ZTQ1"
    "YzMwMjQ3ZTQyMWVhY2U2NDljMTYwND4gL1AgLTQgL1Blcm1zIDxkMTE1ODNkY2EwMGVjYmM0ODRkYzc5NTFlNzc5NzFmMD4gL1IgNiAvU3RtRiAv"
    "U3RkQ0YgL1N0ckYgL1N0ZENGIC9VIDxhN2Y4MmJmMWIyNjdiODU0ZmU4ZjcyOTdkZmM5NTJjZTY5OGY4YjY0ZDVjYTBkOWJiNmRiZmIwMzgwNzZj"
    "ZWZiYWU5ZjhhNGZkODdkMTMwNDc2NmM4YTg3ODUwMTQwYmQ+IC9VRSA8ODUyNzZhM2QwOGQ3ZjA5ZWVhYWE0NTIxODYyMGNhYTFlYmQ5NWMyYTMx"
    "ZDNjNTBlZjc2ZGNiMGFiNWU1MjkwMj4gL1YgNSA+PgplbmRvYmoKMTEgMCBvYmoKPDwgL1R5cGUgL1hSZWYgL0xlbmd0aCA0NSAvRmlsdGVyIC9G"
    "bGF0ZURlY29kZSAvRGVjb2RlUGFybXMgPDwgL0NvbHVtbnMgNCAvUHJlZGljdG9yIDEyID4+IC9XIFsgMSAyIDEgXSAvSW5mbyA2IDAgUiAvUm9v"
    "dCAxIDAgUiAvU2l6ZSAxMiAvSUQgWzw5YWNkYzg1OTczZjhhOGRhMGIzZDdlMGU0MjNiMjdkOT48OWFjZGM4NTk3M2Y4YThkYTBiM2Q3ZTBlNDIz"
    "YjI3ZDk+XSAvRW5jcnlwdCAxMCAwIFIgPj4Kc3RyZWFtCnjaY2IAAiZGBn4GJgaGYhCrAcRiYEQn/jNN+cPEwBgOlGVcBiSYVBgAZusE1wplbmRz"
    "dHJlYW0KZW5kb2JqCnN0YXJ0eHJlZgoxNzE5CiUlRU9GCg=="
)


def _examine(content, limits=None):
    return examine(BytesSource(content), "x.pdf", limits or Limits())


def _fragments(content):
    found, _, reasons = read_all(pdf, content)
    assert reasons == []
    return found


def _only_evidence(content):
    found = _examine(content)
    assert (found.type, found.inspected) == ("pdf", "full")
    assert len(found.mark.evidence) == 1
    return found.mark, found.mark.evidence[0]


@pytest.mark.parametrize("packed", [False, True])
def test_the_top_of_the_first_page(packed):
    mark, evidence = _only_evidence(document("机密★5年", "关于开展检查工作的通知", PROSE, packed=packed))
    assert (mark.axis, mark.level, mark.period) == ("state", "secret", "P5Y")
    assert (evidence.part, evidence.page, evidence.zone) == ("document", 1, "first_page_top")


@pytest.mark.parametrize(
    ("y", "number", "zone"),
    [
        (780, 1, "first_page_top"),
        (690, 1, "first_page_top"),
        (600, 1, "first_page"),
        (60, 1, "page_bottom"),
        (780, 2, "page_top"),
        (720, 2, "body"),
        (60, 2, "page_bottom"),
    ],
)
def test_zones_go_by_the_height_on_the_page(y, number, zone):
    pages = [Page([Text("甲", 72, 400)]), Page([Text("乙", 72, 400)])]
    pages[number - 1].texts.append(Text("内部文件", 72, y))
    found = [item for item in _fragments(Pdf(pages).build()) if item.text == "内部文件"]
    assert found == [Fragment("内部文件", page=number, zone=zone)]


@pytest.mark.parametrize(
    ("turn", "x", "y", "matrix"),
    [(90, 40, 72, (0, 1, -1, 0)), (180, 500, 40, (-1, 0, 0, -1)), (270, 555, 770, (0, -1, 1, 0))],
)
def test_a_turned_page_is_read_as_it_is_shown(turn, x, y, matrix):
    page = Page([Text("秘密★长期", x, y, matrix=matrix)], extra=f"/Rotate {turn}")
    assert _fragments(Pdf([Page(lines("首页")), page]).build())[-1] == Fragment("秘密★长期", page=2, zone="page_top")


def test_a_page_set_sideways_without_being_turned():
    texts = [Text(f"第{n}行的文字", 60 + 24 * n, 72, matrix=(0, 1, -1, 0)) for n in range(1, 12)]
    page = Page([Text("工作秘密", 40, 72, matrix=(0, 1, -1, 0)), *texts])
    found = _fragments(Pdf([Page(lines("首页")), page]).build())
    assert found[1] == Fragment("工作秘密", page=2, zone="page_top")
    assert found[-1].zone == "body"


def test_the_crop_box_is_the_page():
    page = Page([Text("机密", 72, 560), Text("外", 72, 800)], extra="/CropBox[0 0 595 600]")
    assert Fragment("机密", page=1, zone="first_page_top") in _fragments(Pdf([page]).build())


def test_spaced_letters_and_several_objects_are_one_line():
    texts = [Text(c, 72 + 24 * n, 780) for n, c in enumerate("机密★1年")]
    found = _fragments(Pdf([Page([*texts, Text("000123", 450, 780)])]).build())
    assert [item.text for item in found] == ["机 密 ★ 1 年\t000123"]
    mark, evidence = _only_evidence(Pdf([Page(texts)]).build())
    assert (mark.level, mark.period, evidence.zone) == ("secret", "P1Y", "first_page_top")


def test_a_line_drawn_in_pieces_at_different_times_is_one_line():
    texts = [Text("密级：", 72, 780), Text("标题在后面", 72, 740), Text("机密", 120, 780), Text("★5年", 144, 780)]
    assert [item.text for item in _fragments(Pdf([Page(texts)]).build())] == ["密级： 机密★5年", "标题在后面"]


def test_vertical_text():
    texts = [Text(c, 500, 780 - 14 * n) for n, c in enumerate("机密★长期")]
    found = _fragments(Pdf([Page([*lines("关于某事的通知"), *texts])]).build())
    assert "机密★长期" in [item.text for item in found]


def test_a_watermark_lies_askew_or_is_faint():
    diagonal = Text("内部资料", 150, 300, 60, matrix=(0.7, 0.7, -0.7, 0.7))
    grey = Text("机密", 150, 500, 60, before="q 0.8 g", after="Q")
    large = Text("大标题", 150, 200, 60)
    found = _fragments(Pdf([Page([*lines("正文一行"), diagonal, grey, large])] * 2).build())
    assert [item.text for item in found if item.part == "watermark"] == ["内部资料", "机密"]
    assert "大标题" in [item.text for item in found if item.part == "document"]


def test_running_headers_and_footers_are_said_once():
    pages = [
        Page([*lines("秘密★10年"), Text(f"第{n}章 {'一二三四五六'[n]}事", 72, 500), Text(f"- {n} -", 280, 30)])
        for n in range(6)
    ]
    found = _fragments(Pdf(pages).build())
    assert found[:2] == [Fragment("秘密★10年", part="header"), Fragment("- 0 -", part="footer")]
    assert [item.text for item in found].count("秘密★10年") == 1
    assert sum("事" in item.text for item in found) == 6
    mark, evidence = _only_evidence(Pdf(pages).build())
    assert (mark.level, evidence.zone) == ("confidential", "header")


def test_wrapped_lines_are_their_paragraph():
    wrapped = lines("现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，国家", "秘密", step=18, top=600)
    assert [item.text for item in _fragments(Pdf([Page(wrapped)]).build())] == [
        "现将有关工作安排通知如下，请各单位结合实际认真贯彻执行，国家秘密"
    ]


def test_columns_are_divided_by_tabs():
    texts = [Text("份号：000001", 72, 780), Text("密级：机密", 400, 780)]
    assert [item.text for item in _fragments(Pdf([Page(texts)]).build())] == ["份号：000001\t密级：机密"]


def test_invisible_text_counts():
    mark, _ = _only_evidence(Pdf([Page([Text("绝密★长期", 72, 780, before="3 Tr")])]).build())
    assert (mark.level, mark.period) == ("top_secret", "long_term")


def test_text_in_a_form_object():
    inner = b"BT /F 12 Tf 72 780 Td <%s> Tj ET" % "机密★5年".encode("utf-16-be").hex().encode()
    form = stream(inner, "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>")
    page = Page([], raw=b"/X Do\n", xobjects="/X 20 0 R")
    mark, evidence = _only_evidence(Pdf([page], objects=[form]).build())
    assert (mark.period, evidence.zone) == ("P5Y", "first_page_top")


def test_characters_beyond_the_first_plane_shift_nothing():
    found = _fragments(document("😀机密", "𠮷机密★5年"))
    assert [item.text for item in found] == ["😀机密", "𠮷机密★5年"]


def test_info_with_custom_keys():
    key = "MSIP_Label_0f0f0f0f-1111-2222-3333-444444444444_Name"
    found = _fragments(document("正文", info={"Title": "标题", "密级": "机密★3年", key: "Confidential"}))
    properties = {item.key: item.text for item in found if item.part == "property"}
    assert properties == {"Title": "标题", "密级": "机密★3年", key: "Confidential"}
    assert found[0].part == "property"


@pytest.mark.parametrize("packed", [False, True])
def test_the_xmp_packet(packed):
    found = _fragments(document("正文", xmp=XMP, xmp_packed=packed))
    assert Fragment("SECRET", part="property", key="Classification") in found


def test_annotations():
    notes = [
        "/Type/Annot/Subtype/FreeText/Rect[100 500 300 550]/Contents(SECRET//NOFORN)",
        "/Type/Annot/Subtype/Stamp/Rect[100 400 300 450]/Name/TopSecret",
        "/Type/Annot/Subtype/Text/Rect[10 10 20 20]/Contents(a remark)",
        "/Type/Annot/Subtype/Link/Rect[10 10 20 20]/Contents(no word)",
    ]
    found = [item for item in _fragments(Pdf([Page(lines("正文"), annotations=notes)]).build()) if item.text != "正文"]
    assert [(item.part, item.text) for item in found] == [
        ("annotation", "SECRET//NOFORN"),
        ("annotation", "TOP SECRET"),
        ("note", "a remark"),
    ]


def test_what_a_stamp_shows():
    shown = b"BT /F 12 Tf 5 5 Td <%s> Tj ET" % "机密★5年".encode("utf-16-be").hex().encode()
    form = stream(shown, "/Type/XObject/Subtype/Form/BBox[0 0 200 50]/Resources<</Font<</F 3 0 R>>>>")
    note = "/Type/Annot/Subtype/Stamp/F 4/Rect[100 400 300 450]/AP<</N 20 0 R>>"
    found = _fragments(Pdf([Page(lines("正文"), annotations=[note])], objects=[form]).build())
    assert Fragment("机密★5年", part="annotation", page=1) in found


def test_a_filled_field_stands_on_its_line():
    shown = b"/Tx BMC BT /F 12 Tf 2 5 Td <%s> Tj ET EMC" % "机密★5年".encode("utf-16-be").hex().encode()
    form = stream(shown, "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 3 0 R>>>>")
    note = "/Type/Annot/Subtype/Widget/FT/Tx/T(level)/V(x)/F 4/Rect[120 695 320 715]/AP<</N 20 0 R>>"
    page = Page([Text("密级：", 72, 700)], annotations=[note])
    found = _fragments(Pdf([page], objects=[form], catalog="/AcroForm<</Fields[]>>").build())
    assert Fragment("密级： 机密★5年", page=1, zone="first_page_top") in found
    assert Fragment("level\tx", part="table", page=1) in found


def test_bookmarks_and_remarks_come_last():
    outline = b"<</Type/Outlines/First 21 0 R/Last 21 0 R/Count 1>>"
    item = b"<</Title(chapter)/Parent 20 0 R>>"
    found = _fragments(Pdf([Page(lines("正文"))], objects=[outline, item], catalog="/Outlines 20 0 R").build())
    assert found[-1] == Fragment("chapter", part="note")


def _with_attachment(content):
    names = "/Names<</EmbeddedFiles<</Names[(a.txt) 20 0 R]>>>>"
    file = b"<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 21 0 R>>>>"
    body = stream(content, f"/Type/EmbeddedFile/Params<</Size {len(content)}>>", packed=True)
    return Pdf([Page(lines("正文"))], objects=[file, body], catalog=names).build()


def test_files_inside_are_given_out():
    _, inside, reasons = read_all(pdf, _with_attachment("机密★5年".encode()))
    assert (inside, reasons) == ([("a.txt", "机密★5年".encode())], [])
    found = _examine(_with_attachment("机密★5年\n".encode()))
    assert found.mark.level == "secret"


def test_files_pinned_to_a_page_are_given_out():
    note = "/Type/Annot/Subtype/FileAttachment/Rect[10 10 20 20]/Contents(pinned)/FS 20 0 R"
    file = b"<</Type/Filespec/F(b.txt)/UF(b.txt)/EF<</F 21 0 R>>>>"
    body = stream(b"inside", "/Type/EmbeddedFile")
    content = Pdf([Page(lines("正文"), annotations=[note])] * 9, objects=[file, body]).build()
    found, inside, reasons = read_all(pdf, content)
    assert inside == [("b.txt", b"inside")] * 8
    assert reasons == ["too_many"]
    assert Fragment("pinned", part="note", page=1) in found


def test_a_file_inside_is_not_to_be_had_afterwards():
    (reading,) = pdf.read(BytesSource(_with_attachment(b"x")), Limits(), lambda _reason: None)
    *_, embedded = reading
    with pytest.raises(StopReading):
        next(embedded.content())


def test_a_password_is_needed():
    found, _, reasons = read_all(pdf, base64.b64decode(USER_PASSWORD))
    assert (found, reasons) == ([], ["encrypted"])
    assert _examine(base64.b64decode(USER_PASSWORD)).inspected == "none"


def test_an_empty_password_is_none():
    found = _fragments(base64.b64decode(EMPTY_PASSWORD))
    assert {(item.part, item.key, item.text) for item in found} >= {
        ("property", "密级", "机密"),
        ("document", "", "机密★5年"),
    }


_IMAGE = stream(b"\x80", "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")


def _scanned(pages=1):
    page = Page([], raw=b"q 595 0 0 842 0 0 cm /X Do Q\n", xobjects="/X 20 0 R")
    return Pdf([page] * pages, objects=[_IMAGE]).build()


def test_a_picture_of_a_page_is_not_read_in_silence():
    found = _examine(_scanned())
    assert (found.inspected, found.reason) == ("none", "unsupported")


class _PageReader:
    """Stands for OCR; its time is up after so many pages."""

    def __init__(self, pages=99):
        self.seen = []
        self._pages = pages

    def is_spent(self):
        return len(self.seen) >= self._pages

    def pixels(self, pixels, width, height, page):
        self.seen.append((page, width, height, len(pixels), pixels[0]))
        yield Fragment("机密★5年", page=page, zone="first_page_top")


def test_pictures_of_pages_go_to_ocr_where_it_is_on(monkeypatch):
    reader = _PageReader()
    monkeypatch.setattr(ocr, "start", lambda _limits, _report: reader)
    found = _examine(_scanned(6))
    assert (found.inspected, found.reason, found.mark.period) == ("full", "", "P5Y")
    assert [page for page, *_ in reader.seen] == [1, 2, 3, 4, 5, 6]
    assert reader.seen[0][1:] == (1652, 2338, 1652 * 2338, 0x80)


def test_pictures_of_pages_that_there_was_no_time_for(monkeypatch):
    monkeypatch.setattr(ocr, "start", lambda _limits, _report: _PageReader(pages=2))
    found = _examine(_scanned(6))
    assert (found.inspected, found.reason, found.mark.period) == ("partial", "timed_out", "P5Y")


def test_a_scanned_cover_before_text_is_not_passed_over():
    cover = Page([], raw=b"q 595 0 0 842 0 0 cm /X Do Q\n", xobjects="/X 20 0 R")
    found = _examine(Pdf([cover, Page(lines("正文"))], objects=[_IMAGE]).build())
    assert (found.inspected, found.reason) == ("partial", "unsupported")


def test_in_the_cage_without_a_font_on_the_machine(tmp_path):
    warm.warm_up()
    (tmp_path / "x.pdf").write_bytes(document("机密★5年", info={"密级": "机密"}, xmp=XMP))
    found = scan.inspect_file(tmp_path / "x.pdf")
    assert (found["type"], found["inspected"], found["reason"]) == ("pdf", "full", "")
    assert (found["mark"]["level"], found["mark"]["period"]) == ("secret", "P5Y")


def test_a_blank_page_is_just_blank():
    found = _examine(Pdf([Page([])]).build())
    assert (found.inspected, found.reason) == ("full", "")


def test_a_font_without_meanings_is_a_picture():
    content = Pdf([Page(lines("机密★5年"))], unicode_map=False).build()
    assert _examine(content).reason == "unsupported"

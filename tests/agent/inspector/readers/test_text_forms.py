"""Forms of text: front matter, rows of values, markup, LaTeX - and what looks like them and is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import text_forms
from gapwatch_agent.inspector.readers.source import BytesSource


def _mark(text):
    return examine(BytesSource(text.encode()), "x", Limits()).mark


@pytest.mark.parametrize(
    "text",
    [
        "**机密★5年**\n\n# 通知\n\n正文\n",
        "# 机密★5年\n\n正文\n",
        "*机密★5年*\n\n正文\n",
        "`机密★5年`\n\n正文\n",
        "~~~\n机密★5年\n~~~\n正文\n",
        "| 密级 | 机密★5年 |\n|------|----------|\n",
        "<b>机密★5年</b> \n\n正文\n"[:0] + "通知 \n<b>机密★5年</b>\n\n正文\n",
        "---\ntitle: 通知\n密级: 机密★5年\n---\n正文\n",
        '+++\n密级 = "机密★5年"\n+++\n正文\n',
        "---\n" + "".join(f"key{n}: value\n" for n in range(20)) + "---\n机密★5年\n\n正文\n",
        "密级,机密★5年\n名称,方案\n",
        '"密级";"机密★5年"\n"名称";"方案"\n',
        "机密★5年,,\n名称,数量,单价\n笔,1,2\n",
        "密级\t机密★5年\n名称\t方案\n",
        "/*\n * 机密★5年\n */\nint main(void) { return 0; }\n",
        "// 机密★5年\nint main(void) { return 0; }\n",
        "#!/bin/sh\n# 机密★5年\necho\n",
        "-- 机密★5年\nSELECT 1;\n",
        "\\documentclass{ctexart}\n\\usepackage{fancyhdr}\n\\fancyhead[L]{\\textbf{机密★5年}}\n\\begin{document}\n正文\n",
        "\\documentclass{ctexart}\n"
        + "\\usepackage{a}\n" * 60
        + "\\begin{document}\n\\noindent\\textbf{机密★5年}\n\n正文\n",
        "\\documentclass{ctexart}\n\\SetWatermarkText{机密★5年}\n\\begin{document}\n正文\n",
    ],
)
def test_marks_in_every_form_of_text(text):
    found = _mark(text)
    assert (found.axis, found.level, found.period) == ("state", "secret", "P5Y")


@pytest.mark.parametrize(
    "text",
    [
        "编号,密级\n1,机密★3年\n2,机密★5年\n3,秘密★1年\n",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\n",
        "---\napiVersion: v1\nkind: Secret\n---\napiVersion: v1\nkind: Secret\n",
        "- `机密`: 二十年\n- `秘密`: 十年\n",
        "SECRET_KEY = 'abc'\nCLASSIFIED = 1\n",
    ],
)
def test_what_only_looks_like_a_mark(text):
    assert _mark(text).axis == ""


def test_a_foreign_level_in_front_matter_is_a_property():
    found = _mark("---\nclassification: SECRET\n---\nbody\n")
    assert (found.axis, found.level, found.evidence[0].part) == ("foreign", "secret", "property")


def test_front_matter_without_an_end_is_text():
    found = list(text_forms.fragments("---\n" + "key: value\n" * 200, 1))
    assert [fragment.part for fragment in found] == ["document"]


@given(st.text(alphabet='-+:=,;"\t\n密级机★\\{}*|#a', max_size=200))
def test_every_text_is_read(text):
    for fragment in text_forms.fragments(text, 1):
        assert fragment.part in {"document", "table", "property", "header", "footer", "watermark"}

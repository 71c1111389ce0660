"""Comments before the first element: a mark's place; those of a page's maker push nothing aside."""

import pytest

from gapwatch_agent.inspector.examine import examine
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import prologue
from gapwatch_agent.inspector.readers.source import BytesSource

XML = '<?xml version="1.0" encoding="{}"?>\n<!DOCTYPE a>\n<!-- 机密★5年 -->\n<a:b xmlns:a="urn:a">食堂</a:b>'
HTML = "<!DOCTYPE html>\n<!--\n * 机密★5年\n * 食堂\n-->\n<html><body><p>食堂</p></body></html>"


def lines(text):
    return [fragment.text for fragment in prologue.fragments(text)]


def test_only_what_stands_before_the_first_element_and_may_be_a_mark():
    assert lines(HTML) == ["机密★5年"]
    assert lines(XML) == ["机密★5年"]
    assert lines("<a><!-- 机密★5年 --></a>") == []
    assert lines("<!-- a page of ours -->" * 9 + "<!-- 机密★5年 --><a/>") == []
    assert lines("<!-- 机密★5年") == lines("") == lines("<" * 9000) == lines("<!--" * 3000) == []


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_in_a_file(encoding):
    found = examine(BytesSource(XML.format(encoding).encode(encoding)), "x", Limits())
    assert (found.type, found.mark.axis, found.mark.level, found.mark.period) == ("xml", "state", "secret", "P5Y")
    assert found.mark.evidence[0].zone == "first_page_top"
    found = examine(BytesSource(HTML.encode(encoding)), "x", Limits())
    assert (found.type, found.mark.axis) == ("html", "state")

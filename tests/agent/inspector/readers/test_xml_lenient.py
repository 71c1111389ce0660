"""XML from anywhere: encodings, document types, entities that would explode, characters no XML may hold, torn ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from gapwatch_agent.inspector.readers.xml_lenient import LenientXml


class _Texts:
    """A handler that keeps everything."""

    def __init__(self):
        self.seen = []

    def start(self, name, attributes):
        self.seen.append((name, dict(attributes)))

    def end(self, name):
        pass

    def characters(self, text):
        self.seen.append(text)

    def take(self):
        return []


def _read(content, limits=None):
    problems = []
    document = LenientXml(BytesSource(content), limits or Limits(), problems.append)
    handler = _Texts()
    assert list(document.fragments(handler)) == []
    text = "".join(piece for piece in handler.seen if isinstance(piece, str))
    return text, problems, b"".join(document.rest)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb2312", "gbk", "gb18030", "big5", "utf-16", "utf-16-le"])
def test_every_encoding_that_is_declared(encoding):
    content = f'<?xml version="1.0" encoding="{encoding}"?><a>秘密文件的通知</a>'.encode(encoding)
    assert _read(content) == ("秘密文件的通知", [], b"")


def test_an_encoding_that_is_declared_wrongly():
    content = '<?xml version="1.0" encoding="UTF-8"?><a>现将有关工作安排通知如下</a>'.encode("gb18030")
    assert _read(content)[:2] == ("现将有关工作安排通知如下", [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<a/>", ("", "a")),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><!-- <b> --><x:a xmlns:x='u'/>", ("u", "a")),
        (b'<!DOCTYPE html PUBLIC "x" "y"><html xmlns="h">', ("h", "html")),
        (b"text", ("", "")),
        (b"", ("", "")),
    ],
)
def test_the_root(content, expected):
    assert LenientXml(BytesSource(content), Limits(), [].append).root() == expected


def test_an_innocent_document_type():
    declared = '<!ENTITY m "机密"><!ENTITY n "<b>粗</b>">'
    content = f'<!DOCTYPE svg PUBLIC "x" "y.dtd" [{declared}]><svg a="&m;">&m;&n;&nbsp;&amp;&none;</svg>'
    document = LenientXml(BytesSource(content.encode()), Limits(), [].append)
    handler = _Texts()
    assert list(document.fragments(handler)) == []
    assert handler.seen[0] == ("svg", {"a": "机密"})
    assert "".join(handler.seen[1:]) == "机密粗\xa0&"


def test_entities_without_a_document_type():
    assert _read(b"<a>x&nbsp;y&copy;</a>") == ("x\xa0y©", [], b"")


def test_entities_that_would_explode_do_not():
    nested = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text, problems, _ = _read(f'<!DOCTYPE a [<!ENTITY e0 "x">{nested}]><a>&e11;&e0;</a>'.encode())
    assert (text, problems) == ("x", [])


def test_one_large_entity_over_and_over():
    content = f'<!DOCTYPE a [<!ENTITY e "{"x" * 5000}">]><a>' + "&e;" * 100_000
    with pytest.raises(StopReading, match="too_large"):
        _read(content.encode())


def test_an_entity_in_an_attribute_over_and_over():
    content = f'<!DOCTYPE a [<!ENTITY e "{"x" * 100_000}">]><a b="{"&e;" * 100_000}"/>'
    assert _read(content.encode())[1] == ["damaged"]


def test_a_file_that_an_entity_names_is_not_read():
    content = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY % p SYSTEM "p">%p;]><a>1&e;2</a>'
    assert _read(content)[:2] == ("12", [])


def test_characters_no_xml_may_hold():
    assert _read(b"<a>x\x01\x0by\x1f</a>") == ("x  y ", [], b"")


def test_what_breaks_leaves_its_rest():
    assert _read("<a>一<b>二</a>三</b>".encode()) == ("一二", ["damaged"], "a>三</b>".encode())
    assert _read("<a>一".encode())[:2] == ("一", ["damaged"])
    assert _read(b"") == ("", ["damaged"], b"")


def test_nesting_without_end():
    with pytest.raises(StopReading, match="too_deep"):
        _read(b"<a>" * 1000)


def test_what_takes_too_long_is_left_at_that():
    text, problems, _ = _read(b"<a>" + b"x" * 300_000 + b"</a>", Limits(cpu_s=0))
    assert problems == ["timed_out"]
    assert 0 < len(text) < 300_000


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60).map(lambda tail: b"<?xml version='1.0'?><a>\xe5\xaf\x86<b/>" + tail))
def test_nothing_is_too_odd(content):
    _, problems, _ = _read(content)
    assert set(problems) <= {"damaged"}

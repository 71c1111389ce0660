"""Properties of Outlook messages and the names of those that have one."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import msg_properties
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.msg_properties import Properties
from gapwatch_agent.inspector.readers.source import BytesSource
from support.compound_documents import compound, message


def _opened(streams):
    file = CompoundFile(BytesSource(compound(streams)), Limits(), print)
    return file, Properties(file, file.root)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("head_bytes", [32, 24])
def test_strings_of_both_kinds(wide, head_bytes):
    _, found = _opened(message({0x0037: "机密★5年"}, wide=wide, head_bytes=head_bytes))
    assert found.text(0x0037, 1000) == "机密★5年"
    assert found.text(0x1000, 1000) == ""
    assert found.codepage == 936
    assert found.number(0x3FFD) == 936
    assert found.number(0x0001) == 0


def test_without_a_code_page_it_is_western_or_its_owners():
    streams = message({0x0037: "x"}, wide=False)
    del streams["__properties_version1.0"]
    file, found = _opened(streams)
    assert found.codepage == 1252
    assert Properties(file, file.root, 950).codepage == 950


def test_named_properties():
    streams = message({}, named={"密级": "机密", "Keywords": "x"})
    streams["__substg1.0_8001101F"] = b"\x04\0\0\0"
    streams["__substg1.0_8001101F-00000000"] = "多值".encode("utf-16-le")
    streams["__substg1.0_8009001F"] = "without a name".encode("utf-16-le")
    streams["__substg1.0_zzzz001F"] = b"no number"
    file, found = _opened(streams)
    names = msg_properties.names(file)
    assert names == {0x8000: "密级", 0x8001: "Keywords"}
    assert sorted(found.named(names, 1000)) == [("Keywords", "x"), ("Keywords", "多值"), ("密级", "机密")]


def test_no_names():
    assert msg_properties.names(_opened({"x": b""})[0]) == {}

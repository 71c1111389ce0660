"""Expat with the dangers shut off."""

import pytest

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.readers import xml_stream
from gapwatch_agent.inspector.readers.source import StopReading


class Collecting:
    def __init__(self):
        self.seen = []

    def start(self, name, attributes):
        self.seen.append((name, attributes))

    def end(self, name):
        self.seen.append(name)

    def characters(self, text):
        self.seen.append(text)

    def take(self):
        ready, self.seen = [Fragment(str(item)) for item in self.seen], []
        return ready


def _texts(content, depth_max=16):
    problems = []
    found = [item.text for item in xml_stream.fragments([content], Collecting(), depth_max, problems.append)]
    return found, problems


def test_names_lose_their_prefix_and_attributes_are_found_by_local_name():
    assert _texts(b'<w:p xmlns:w="x"><w:t>a</w:t></w:p>')[0][1:] == ["('t', {})", "a", "t", "p"]
    assert xml_stream.attribute({"w:val": "1", "other": "2"}, "val") == "1"
    assert xml_stream.attribute({"w:val": "1"}, "type") is None


def test_what_stands_before_a_break_is_given():
    found, problems = _texts(b"<a><b>text</b><c")
    assert "text" in found
    assert problems == ["damaged"]


@pytest.mark.parametrize(
    "content",
    [b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b"<!DOCTYPE a><a/>"],
)
def test_document_types_stop_the_part(content):
    with pytest.raises(StopReading, match="damaged"):
        _texts(content)


def test_depth_is_bounded():
    with pytest.raises(StopReading, match="too_deep"):
        _texts(b"<a>" * 17)


def test_an_unknown_encoding_is_damage():
    assert _texts(b'<?xml version="1.0" encoding="x-none"?><a/>')[1] == ["damaged"]


def test_a_handler_hears_of_the_elements_it_wants_only():
    handler = Collecting()
    handler.wanted = frozenset({"t"})
    found = xml_stream.fragments([b"<w:p><w:t>a</w:t>b<w:/></w:p>"], handler, 16, lambda _: None)
    assert [item.text for item in found] == ["('t', {})", "a", "t", "b"]

"""The library behind our callbacks: breaks of the source, reasons, no library."""

import pytest

from gapwatch_agent.inspector.readers import libarchive
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.archives import cab, rar5

NEEDS_LIBRARY = pytest.mark.skipif(not libarchive.AVAILABLE, reason="libarchive13 is not installed")


class Failing(BytesSource):
    """A medium that fails behind its first bytes."""

    def read(self, offset, count):
        if offset + count > 100:
            raise StopReading("unreadable")
        return super().read(offset, count)


def _entries(source, *formats):
    archive = libarchive.Archive(libarchive.SourceInput(source), formats)
    try:
        return [(entry, b"".join(archive.data())) for entry in archive.entries()]
    finally:
        archive.close()


@NEEDS_LIBRARY
def test_entries_say_what_they_are():
    ((entry, content),) = _entries(BytesSource(rar5({"资料.txt": b"hello"})), "rar5")
    assert (entry.name.decode(), entry.size, entry.regular, entry.encrypted) == ("资料.txt", 5, True, False)
    assert content == b"hello"


@NEEDS_LIBRARY
def test_a_failing_medium_keeps_its_reason():
    with pytest.raises(StopReading, match="unreadable"):
        _entries(Failing(cab({"a": bytes(10_000)})), "cab")


@NEEDS_LIBRARY
@pytest.mark.parametrize("content", [b"", b"no archive at all", bytes(40_000)])
def test_what_is_no_archive_is_damaged(content):
    with pytest.raises(StopReading, match="damaged"):
        _entries(BytesSource(content), "7zip", "rar", "rar5", "cab", "iso9660")


@NEEDS_LIBRARY
def test_a_cabinet_is_left_where_it_breaks():
    content = bytearray(cab({"a": b"x" * 100, "b": b"y"}))
    # The only block of data says that it unpacks to less than it holds.
    content[-103] = 0
    archive = libarchive.Archive(libarchive.SourceInput(BytesSource(bytes(content))), ("cab",))
    reasons = []
    entries = archive.entries()
    try:
        for _ in entries:
            try:
                list(archive.data())
            except StopReading as stop:
                reasons.append(stop.reason)
    except StopReading as stop:
        reasons.append(stop.reason)
    archive.close()
    assert set(reasons) == {"damaged"}


def test_without_the_library_nothing_opens(monkeypatch):
    monkeypatch.setattr(libarchive, "_library", None)
    with pytest.raises(StopReading, match="unsupported"):
        libarchive.Archive(libarchive.SourceInput(BytesSource(b"")), ("cab",))


def test_names_come_in_utf_8_whatever_the_locale(monkeypatch):
    set_to = []
    monkeypatch.setattr(libarchive.locale, "nl_langinfo", lambda _: "ANSI_X3.4-1968")
    monkeypatch.setattr(libarchive.locale, "setlocale", lambda *given: set_to.append(given))
    if libarchive.AVAILABLE:
        _entries(BytesSource(rar5({"资料.txt": b"hello"})), "rar5")
        assert set_to == [(libarchive.locale.LC_CTYPE, "C.UTF-8")]

"""Tar as a stream: hostile headers, old and new name fields, sparse files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import tar_archive
from gapwatch_agent.inspector.readers.byte_stream import PieceStream, SourceStream
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.archives import TAR_END, pax, tar_file, tar_header


def _read(content, limits=None, *, as_stream=False):
    problems, found = [], []
    stream = PieceStream(iter([content])) if as_stream else SourceStream(BytesSource(content))
    try:
        for member in tar_archive.members(stream, limits or Limits(), problems.append):
            try:
                found.append((member.name, b"".join(member.content())))
            except StopReading as stop:
                found.append((member.name, stop.reason))
    except StopReading as stop:
        problems.append(stop.reason)
    return found, problems


@pytest.mark.parametrize("as_stream", [False, True])
def test_files_one_after_another(as_stream):
    content = tar_file(b"a/b", b"one") + tar_file(b"dir/", b"", b"5") + tar_file(b"c", b"2" * 600) + TAR_END
    assert _read(content, as_stream=as_stream) == ([("a/b", b"one"), ("c", b"2" * 600)], [])


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_links_and_devices_have_no_content(kind):
    content = tar_header(b"link", 1 << 30, kind) + tar_file(b"a", b"one") + TAR_END
    assert _read(content) == ([("a", b"one")], [])


@pytest.mark.parametrize(
    "size_field",
    [b"\xff" * 12, b"\xff" + bytes(11), b"-0000000001\0", b"9999999999\0\0", b"garbage-----"],
)
def test_negative_and_senseless_sizes_are_damage(size_field):
    content = tar_header(b"a", 0, size_field=size_field) + tar_file(b"b", b"two") + TAR_END
    found, problems = _read(content)
    assert ("b", b"two") in found
    assert problems[0] == "damaged"


@pytest.mark.parametrize("as_stream", [False, True])
def test_a_size_beyond_the_end_is_damage(as_stream):
    content = tar_header(b"a", 0, size_field=b"\x80" + b"\x7f" * 11) + b"text" * 200
    found, problems = _read(content, as_stream=as_stream)
    assert found == [("a", "damaged")]
    assert problems[0] == "damaged"


def test_extended_headers_may_claim_any_size():
    content = tar_header(b"x", 0, b"x", size_field=b"\x80" + b"\x7f" * 11) + tar_file(b"b", b"two") + TAR_END
    assert _read(content)[1][0] == "damaged"


def test_a_header_of_nothing_but_extensions_ends():
    content = tar_file(b"x", b"", b"x") * 300
    assert _read(content)[1] == ["damaged"]


def test_names_of_every_kind():
    long = ("长" * 60 + "/名.txt").encode()
    gnu = tar_file(b"././@LongLink", long + b"\0", b"L") + tar_file(b"short", b"1")
    wide = pax(path=long) + tar_file(b"short", b"2")
    old = tar_file("机密.txt".encode("gb18030"), b"3")
    prefixed = bytearray(tar_header(b"name", 0))
    prefixed[345:351] = b"folder"
    prefixed[148:156] = b" " * 8
    prefixed[148:156] = b"%06o\0 " % sum(prefixed)
    found, problems = _read(gnu + wide + old + bytes(prefixed) + TAR_END)
    assert [name for name, _ in found] == [long.decode(), long.decode(), "机密.txt", "folder/name"]
    assert problems == []


def test_a_broken_header_does_not_hide_what_follows():
    content = tar_file(b"a", b"1") + b"\x55" * 1024 + tar_file(b"b", b"2") + TAR_END
    assert _read(content) == ([("a", b"1"), ("b", b"2")], ["damaged"])


def test_a_second_archive_behind_the_first_is_read():
    content = tar_file(b"a", b"1") + TAR_END + tar_file(b"b", b"2") + TAR_END
    assert _read(content) == ([("a", b"1"), ("b", b"2")], [])


def test_sparse_files_of_pax_and_of_gnu():
    stored = b"5\n"[:0] + b"2\n0\n3\n10\n2\n"
    new = pax(**{"GNU.sparse.major": b"1", "GNU.sparse.name": b"s1", "GNU.sparse.realsize": b"14"})
    new += tar_file(b"x", stored.ljust(512, b"\0") + b"abcde")
    map_in_header = pax(**{"GNU.sparse.size": b"14", "GNU.sparse.map": b"0,3,10,2"}) + tar_file(b"s2", b"abcde")
    old = bytearray(tar_header(b"s3", 5, b"S", magic=b"ustar  \0"))
    old[386:410] = b"%011o\0%011o\0" % (0, 3)
    old[410:434] = b"%011o\0%011o\0" % (10, 2)
    old[483:495] = b"%011o\0" % 14
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    content = new + map_in_header + bytes(old) + b"abcde".ljust(512, b"\0") + TAR_END
    whole = b"abc" + bytes(7) + b"de" + bytes(2)
    assert _read(content) == ([("s1", whole), ("s2", whole), ("s3", whole)], [])


def test_too_many_members_are_cut():
    found, problems = _read(tar_file(b"a", b"") * 20 + TAR_END, Limits(members_max=10))
    assert len(found) == 10
    assert problems == ["too_many"]


@given(st.binary(max_size=1500), st.integers(0, 2600), st.booleans())
def test_any_bytes_end(noise, at, as_stream):
    whole = pax(path=b"a") + tar_file(b"a", b"one") + TAR_END
    for content in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        found, problems = _read(content, as_stream=as_stream)
        assert len(found) <= 10
        assert set(problems) <= {"damaged"}

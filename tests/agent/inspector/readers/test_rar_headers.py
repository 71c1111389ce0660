"""Which files of a RAR 5 archive are encrypted, and whether all of it is there."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import rar_headers
from gapwatch_agent.inspector.readers.source import BytesSource
from support.archives import rar4, rar5

MEMBERS = {"a/机密.txt": b"one" * 100, "b.txt": b"two"}


def test_encrypted_files_are_named():
    assert rar_headers.walk(BytesSource(rar5(MEMBERS, encrypted=True))).encrypted == {name.encode() for name in MEMBERS}


def test_plain_and_older_archives_have_none():
    assert rar_headers.walk(BytesSource(rar5(MEMBERS))) == rar_headers.Headers()
    assert rar_headers.walk(BytesSource(rar4(MEMBERS, file_flags=4))) == rar_headers.Headers()


def test_an_archive_that_breaks_off_is_not_whole():
    content = rar5(MEMBERS)
    cut = [length for length in range(8, len(content)) if rar_headers.walk(BytesSource(content[:length])).whole]
    assert all(length > len(content) - 8 for length in cut)  # within the end's own header


def test_a_header_longer_than_most_is_read_whole():
    assert rar_headers.walk(BytesSource(rar5({"n" * 6000: b"x"}, encrypted=True))).encrypted == {b"n" * 6000}


@given(st.integers(0, 400), st.binary(max_size=20))
def test_any_damage_ends(at, patch):
    whole = rar5(MEMBERS, encrypted=True)
    rar_headers.walk(BytesSource(whole[:at] + patch + whole[at + len(patch) :]))
    rar_headers.walk(BytesSource(whole[: 8 + at] + patch))

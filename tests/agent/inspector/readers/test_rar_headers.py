"""Which files of a RAR 5 archive are encrypted."""

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers import rar_headers
from gapwatch_agent.inspector.readers.source import BytesSource
from support.archives import rar4, rar5

MEMBERS = {"a/机密.txt": b"one" * 100, "b.txt": b"two"}


def test_encrypted_files_are_named():
    assert rar_headers.encrypted_names(BytesSource(rar5(MEMBERS, encrypted=True))) == {
        name.encode() for name in MEMBERS
    }


def test_plain_and_older_archives_have_none():
    assert rar_headers.encrypted_names(BytesSource(rar5(MEMBERS))) == frozenset()
    assert rar_headers.encrypted_names(BytesSource(rar4(MEMBERS, file_flags=4))) == frozenset()


@given(st.integers(0, 400), st.binary(max_size=20))
def test_any_damage_ends(at, patch):
    whole = rar5(MEMBERS, encrypted=True)
    rar_headers.encrypted_names(BytesSource(whole[:at] + patch + whole[at + len(patch) :]))
    rar_headers.encrypted_names(BytesSource(whole[: 8 + at] + patch))

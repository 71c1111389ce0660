"""Binary records however their bytes arrive."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector.readers.xlsb_records import RECORD_BYTES_MAX, number_at, records, text_at
from support.binary_workbooks import record, text

_KINDS = [0, 7, 19, 127, 128, 156, 479, 16383]


def _read(content, wanted, chunk):
    reasons = []
    chunks = [content[at : at + chunk] for at in range(0, len(content), chunk)]
    return list(records(chunks, frozenset(wanted), reasons.append)), reasons


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(_KINDS), st.binary(max_size=300)), max_size=20),
    st.sets(st.sampled_from(_KINDS)),
    st.integers(1, 64),
)
def test_the_wanted_ones_come_in_their_order(written, wanted, chunk):
    content = b"".join(record(kind, payload) for kind, payload in written)
    assert _read(content, wanted, chunk) == ([(kind, load) for kind, load in written if kind in wanted], [])


@given(st.integers(1, 10))
def test_one_that_breaks_off_is_damage(missing):
    content = record(7, b"x") + record(19, b"0123456789")
    assert _read(content[:-missing], {7, 19}, 5) == ([(7, b"x")], ["damaged"])
    assert _read(content[:-missing], {7}, 5) == ([(7, b"x")], ["damaged"])


def test_one_longer_than_any_can_be_is_left_out():
    content = record(19, b"x" * (RECORD_BYTES_MAX + 1)) + record(19, b"y")
    assert _read(content, {19}, 1 << 16) == ([(19, b"y")], ["damaged"])


@given(st.binary(max_size=400), st.integers(1, 30))
def test_any_bytes_are_read_to_their_end(content, chunk):
    found, _ = _read(content, _KINDS, chunk)
    assert sum(len(payload) for _, payload in found) <= len(content)


def test_strings_never_reach_past_the_record():
    assert text_at(text("机密"), 0) == ("机密".encode(), 8)
    assert text_at(text(None), 0) == (b"", 4)
    assert text_at(b"\xff\xff\0\0" + "机".encode("utf-16-le"), 0) == ("机".encode(), 6)
    assert text_at(b"\1", 0) == (b"", 1)
    assert number_at(b"\1\0\0\0", 0) == 1
    assert number_at(b"\1\0\0", 0) is None

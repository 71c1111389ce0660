"""winmail.dat: files and their names, damage."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.inspector.examine import Examination, Terms
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import tnef
from gapwatch_agent.inspector.readers.source import BytesSource
from support.mails import mail, multipart, part


def _attribute(kind, data, level=2):
    return struct.pack("<BLL", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _winmail(*files):
    found = tnef.SIGNATURE + b"\x01\x00" + _attribute(0x00089006, b"\x00\x00\x01\x00", 1)
    for name, content in files:
        found += (
            _attribute(0x00069002, bytes(14)) + _attribute(0x00018010, name + b"\0") + _attribute(0x0006800F, content)
        )
    return found


WHOLE = _winmail(("方案.txt".encode("gbk"), "机密★5年".encode()), (b"b.bin", b"two"))


def _inside(raw):
    return [(one.name, raw[one.start : one.end]) for one in tnef.files(raw)[0]]


def test_files_and_their_names():
    assert _inside(WHOLE) == [("方案.txt".encode("gbk"), "机密★5年".encode()), (b"b.bin", b"two")]
    assert tnef.files(WHOLE)[1]


def test_the_text_of_the_message_has_no_name():
    assert _inside(_winmail() + _attribute(0x0002800C, b"text", 1)) == [(b"", b"text")]


def test_what_was_cut_is_incomplete():
    assert tnef.files(WHOLE[:-5])[1] is False
    assert _inside(WHOLE[:-5])[0][1] == "机密★5年".encode()
    assert tnef.files(b"anything else") == ([], False)


def test_files_in_a_mail_are_examined():
    kind, body = multipart(
        "mixed", part(b"text"), part(WHOLE, "application/ms-tnef; name=winmail.dat", encoding="base64")
    )
    members = {}
    examination = Examination(
        Limits(), Terms(sum_up=False), on_member=lambda found: members.update({found.path: found.inspection})
    )
    found = examination.examine(BytesSource(mail(content_type=kind, body=body)), "x")
    assert members["winmail.dat/方案.txt"].mark.axis == "state"
    assert (found.inspected, found.mark.axis) == ("full", "state")


@given(st.integers(0, 200), st.binary(max_size=9))
def test_any_damage_ends(at, patch):
    raw = WHOLE[:at] + patch + WHOLE[at + len(patch) :]
    assert all(one.start <= one.end <= len(raw) for one in tnef.files(raw)[0])

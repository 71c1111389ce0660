"""Archives through the whole engine: members, names, encryption, bombs, damage, tricks."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_agent.inspector import examine as engine
from gapwatch_agent.inspector.examine import Examination, Terms
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import MIB, Limits
from gapwatch_agent.inspector.readers import archive, libarchive
from gapwatch_agent.inspector.readers.source import BytesSource, Embedded, StopReading
from support.archives import TAR_END, cab, iso, lzip, pax, rar4, rar5, tar_file
from support.documents import zipped

MARKED = "机密★5年\n关于开展检查工作的通知\n".encode()
NAME = "资料/方案.txt"
SAMPLES = Path(engine.__file__).parent / "samples"
NEEDS_LIBRARY = pytest.mark.skipif(not libarchive.AVAILABLE, reason="libarchive13 is not installed")


def _tar(name=NAME, content=MARKED):
    return pax(path=name.encode()) + tar_file(b"x", content) + TAR_END


CONTAINERS = {
    "zip": zipped({NAME: MARKED}),
    "tar": _tar(),
    "gzip": gzip.compress(_tar()),
    "bzip2": bz2.compress(_tar()),
    "xz": lzma.compress(_tar()),
    "lzip": lzip(_tar()),
}
BY_LIBRARY = {
    "rar": rar4({NAME: MARKED}),
    "rar-5": rar5({NAME: MARKED}),
    "cab": cab({NAME: MARKED}),
    "cab-mszip": cab({NAME: MARKED}, packed=True),
}


def _examine(content, limits=None):
    """(the archive's verdict, {path: verdict} of its members)."""
    members = {}
    examination = Examination(
        limits or Limits(), Terms(sum_up=False), on_member=lambda found: members.update({found.path: found.inspection})
    )
    return examination.examine(BytesSource(content), "outer"), members


def _read(kind, content, limits=None):
    """([(name, content or reason)], problems); everything is taken as the engine takes it."""
    problems, found = [], []
    try:
        for reading in archive.READERS[kind](BytesSource(content), limits or Limits(), problems.append):
            found.extend(_taken(item) for item in reading)
    except StopReading as stop:
        problems.append(stop.reason)
    return found, problems


def _taken(item):
    if isinstance(item, Fragment):
        return ("", item.text)
    if item.reason:
        return (item.name, item.reason)
    try:
        return (item.name, b"".join(item.content()))
    except StopReading as stop:
        return (item.name, stop.reason)


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_marked_member_is_found(kind):
    found, members = _examine(CONTAINERS[kind])
    assert (found.type, found.inspected, found.mark.axis) == (kind, "full", "")
    assert [(path, one.mark.axis, one.mark.period) for path, one in members.items()] == [(NAME, "state", "P5Y")]


@NEEDS_LIBRARY
@pytest.mark.parametrize("kind", BY_LIBRARY)
def test_a_marked_member_is_found_by_the_library(kind):
    found, members = _examine(BY_LIBRARY[kind])
    assert (found.type, found.inspected) == (kind.partition("-")[0], "full")
    assert [(path, one.mark.axis, one.mark.period) for path, one in members.items()] == [(NAME, "state", "P5Y")]


@NEEDS_LIBRARY
@pytest.mark.parametrize("sample", ["7z", "zstd", "iso"])
def test_samples_of_real_packers_are_read(sample):
    found, members = _examine((SAMPLES / f"{sample}.bin").read_bytes())
    assert (found.type, found.inspected) == (sample, "full")
    assert [one.mark.level for one in members.values()] == ["secret"]


@NEEDS_LIBRARY
def test_a_disc_gives_its_long_names():
    found, problems = _read("iso", iso("机密★5年-会议纪要.txt", MARKED))
    assert found == [("机密★5年-会议纪要.txt", MARKED)]
    assert problems == []


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lzip])
def test_what_is_no_tar_is_one_member(pack):
    _, members = _examine(pack(MARKED))
    assert [(path, one.mark.level) for path, one in members.items()] == [("outer", "secret")]


def test_gzip_names_its_member_and_may_carry_a_comment():
    head = b"\x1f\x8b\x08\x1c" + bytes(6) + b"\x02\x00ab" + "（秘密）方案.txt".encode() + b"\0" + b"note\0"
    packed = zlib.compress(MARKED, wbits=-15)
    found, problems = _read("gzip", head + packed + struct.pack("<2L", zlib.crc32(MARKED), len(MARKED)))
    assert found == [("", "note"), ("（秘密）方案.txt", MARKED)]
    assert problems == []


def test_archives_in_archives_are_examined():
    _, members = _examine(zipped({"a.tgz": gzip.compress(_tar("b.zip", zipped({NAME: MARKED})))}))
    assert members[f"a.tgz!b.zip!{NAME}"].mark.axis == "state"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "cp950"])
def test_names_in_zip_without_a_declaration(encoding):
    name = "【機密】會議資料.txt" if encoding == "cp950" else "【机密】会议资料.txt"
    raw = name.encode(encoding)
    content = zipped({"x" * len(raw): MARKED}).replace(b"x" * len(raw), raw)
    found, _ = _read("zip", content)
    assert found == [(name, MARKED)]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_methods_of_zip(method):
    assert _read("zip", zipped({NAME: MARKED * 100}, method)) == ([(NAME, MARKED * 100)], [])


def test_a_zip_comment_is_a_note():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as written:
        written.comment = "内部资料".encode("gb18030")
        written.writestr("a", "b")
    assert _read("zip", buffer.getvalue())[0][0] == ("", "内部资料")


def test_encrypted_and_strange_members_do_not_hide_the_others():
    content = bytearray(zipped({"a.txt": MARKED, "b.txt": MARKED, "c.txt": MARKED}))
    first = content.find(b"PK\x01\x02")
    content[first + 8] |= 1
    second = content.find(b"PK\x01\x02", first + 4)
    content[second + 10] = 9
    found, members = _examine(bytes(content))
    assert [(one.inspected, one.reason) for one in members.values()] == [
        ("none", "encrypted"),
        ("none", "unsupported"),
        ("full", ""),
    ]
    assert (found.inspected, found.reason) == ("partial", "encrypted")


@NEEDS_LIBRARY
@pytest.mark.parametrize("content", [rar4({NAME: MARKED}, file_flags=4), rar5({NAME: MARKED}, encrypted=True)])
def test_encrypted_members_of_rar(content):
    found, members = _examine(content)
    assert (found.inspected, found.reason) == ("none", "encrypted")
    assert list(members) == [NAME]


@NEEDS_LIBRARY
@pytest.mark.parametrize("content", [rar4({NAME: MARKED}, archive_flags=0x80), rar5({}, encrypted_headers=True)])
def test_encrypted_lists_of_rar(content):
    found, members = _examine(content)
    assert (found.inspected, found.reason, members) == ("none", "encrypted", {})


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\..\\b", "a\nb", "x" * 4000, "a//b", "."])
def test_tricks_in_paths_are_only_names(name):
    assert _read("tar", _tar(name))[0] == [(name.replace("\\", "/"), MARKED)]


def test_without_the_library_a_format_is_unsupported(monkeypatch):
    monkeypatch.setattr(libarchive, "_library", None)
    found, _ = _examine(rar5({NAME: MARKED}))
    assert (found.type, found.inspected, found.reason) == ("rar", "none", "unsupported")


# --- bombs


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("gzip", gzip.compress(bytes(20 * MIB))),
        ("bzip2", bz2.compress(bytes(20 * MIB))),
        ("xz", lzma.compress(bytes(20 * MIB), preset=0)),
        ("zip", zipped({str(number): bytes(5 * MIB) for number in range(4)})),
    ],
)
def test_what_unpacks_to_more_than_allowed_is_too_large(kind, content):
    found, _ = _examine(content, Limits(expansion_factor_max=1))
    assert (found.type, found.reason) == (kind, "too_large")


def test_marks_before_a_bomb_are_still_found():
    content = zipped({"a.txt": MARKED, "b": bytes(20 * MIB), "c.txt": MARKED})
    found, members = _examine(content, Limits(expansion_factor_max=1))
    assert members["a.txt"].mark.axis == "state"
    assert (found.inspected, found.reason) == ("partial", "too_large")


def test_bombs_in_bombs_share_one_budget():
    inner = zipped({str(number): bytes(MIB) for number in range(8)})
    middle = zipped({str(number): inner for number in range(8)})
    found, members = _examine(zipped({str(number): middle for number in range(8)}))
    assert found.reason == "too_large"
    assert len(members) < 100


def test_archives_in_archives_end_somewhere():
    content = MARKED
    for _ in range(20):
        content = zipped({"a": content})
    found, members = _examine(content)
    assert found.reason == "too_deep"
    assert len(members) == Limits().nesting_max + 1


def test_members_that_overlap_share_the_budget():
    kernel = zlib.compress(bytes(MIB), wbits=-15)
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, zlib.crc32(bytes(MIB)), len(kernel), MIB, 1, 0)
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, zlib.crc32(bytes(MIB)), len(kernel), MIB, 1, 0, 0, 0, 0, 0, 0
    )
    body = local + b"a" + kernel
    directory = b"".join(entry + bytes([97 + number % 26]) for number in range(1000))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), len(body), 0)
    found, members = _examine(body + directory + end)
    assert found.reason == "too_large"
    assert all(one.reason for one in members.values())


def test_a_directory_of_a_million_members_is_cut():
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(directory), 0, 0)
    found, problems = _read("zip", directory + end, Limits(members_max=100))
    assert len(found) <= 100
    assert problems[0] == "too_many"


def test_a_sparse_file_of_ten_gigabytes_is_too_large():
    size = b"%d" % (10 << 30)
    records = {"GNU.sparse.major": b"0", "GNU.sparse.size": size, "GNU.sparse.map": b"0,5"}
    content = pax(**records) + tar_file(b"hole", b"hello") + TAR_END
    found, _ = _examine(content)
    assert (found.inspected, found.reason) == ("partial", "too_large")


# --- damage


@pytest.mark.parametrize("kind", CONTAINERS)
def test_a_cut_archive_is_damaged_and_what_is_there_is_read(kind):
    whole = CONTAINERS[kind]
    found, members = _examine(whole[: len(whole) * 6 // 10])
    assert (found.type, found.reason) == (kind, "damaged")
    assert found.inspected == ("none" if not members else "partial") or kind in {"bzip2", "xz", "lzip"}


def _mutated(content, patches, cut):
    changed = bytearray(content)
    for at, value in patches:
        changed[at % len(changed)] = value
    return bytes(changed[: len(changed) - cut % len(changed)])


@settings(max_examples=150)
@given(
    st.sampled_from(sorted({**CONTAINERS, **BY_LIBRARY})),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6),
    st.one_of(st.just(0), st.integers(0, 1 << 16)),
)
def test_any_damage_ends_in_members_or_a_reason(kind, patches, cut):
    content = _mutated({**CONTAINERS, **BY_LIBRARY}[kind], patches, cut)
    found, members = _examine(content)
    for one in (found, *members.values()):
        assert one.reason != "crashed"
        assert (one.inspected == "full") == (not one.reason)


@given(st.sampled_from(sorted(archive.READERS)), st.binary(max_size=400))
def test_any_bytes_behind_a_magic_are_bounded(kind, noise):
    magics = {"zip": b"PK\x03\x04", "gzip": b"\x1f\x8b\x08", "bzip2": b"BZh9", "xz": b"\xfd7zXZ\0", "lzip": b"LZIP\x01"}
    found, _ = _read(kind, magics.get(kind, b"") + noise)
    assert all(len(content) <= 16 * MIB for _, content in found)


def test_real_tars_are_read():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as written:
        for name in ("短.txt", "长" * 80 + "/" + "名" * 80 + ".txt"):
            entry = tarfile.TarInfo(name)
            entry.size = len(MARKED)
            written.addfile(entry, io.BytesIO(MARKED))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        written.addfile(link)
    found, problems = _read("tar", buffer.getvalue())
    assert [content for _, content in found] == [MARKED, MARKED]
    assert found[1][0] == "长" * 80 + "/" + "名" * 80 + ".txt"
    assert problems == []


def test_members_nobody_takes_are_passed_over():
    content = tar_file(b"a", b"1" * 2000) + tar_file(b"b", b"2") + TAR_END
    names = [
        item.name for reading in archive.read_tar(BytesSource(content), Limits(), lambda _: None) for item in reading
    ]
    assert names == ["a", "b"]
    assert all(
        isinstance(item, Embedded)
        for reading in archive.read_tar(BytesSource(content), Limits(), print)
        for item in reading
    )

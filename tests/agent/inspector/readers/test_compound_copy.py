"""A storage taken out of its file is a file of its own."""

import pytest

from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import compound_copy
from gapwatch_agent.inspector.readers.compound import CompoundFile
from gapwatch_agent.inspector.readers.compound_names import root_names
from gapwatch_agent.inspector.readers.source import BytesSource, StopReading
from support.compound_documents import compound


def _opened(content):
    reports = []
    return CompoundFile(BytesSource(content), Limits(), reports.append), reports


@pytest.mark.parametrize("size", [0, 5, 512, 70_000, 8_000_000])
def test_the_streams_of_the_storage_and_no_others(size):
    inner = {"WordDocument": b"w" * size, "deep/er/stream": b"inner", "名字": b"n" * 600}
    outer, _ = _opened(
        compound({"Secret": b"outer", **{f"Pool/_1/{path}": content for path, content in inner.items()}})
    )
    copied = b"".join(compound_copy.standalone(outer, outer.find("Pool", "_1")))
    file, reports = _opened(copied)
    assert set(file.root.children) == {"worddocument", "deep", "名字"}
    assert file.content("WordDocument", bytes_max=1 << 30) == b"w" * size
    assert file.content("deep", "er", "stream", bytes_max=99) == b"inner"
    assert file.content("名字", bytes_max=999) == b"n" * 600
    assert reports == []
    assert set(root_names(BytesSource(copied))) == {"WordDocument", "deep", "名字"}


def test_streams_that_share_their_sectors_without_end_are_damage():
    content = bytearray(compound({f"a/{number:02}": b"x" * 5000 for number in range(20)}))
    for number in range(20):
        at = content.index(f"{number:02}".encode("utf-16-le") + bytes(60))
        content[at + 116 : at + 124] = (0).to_bytes(4, "little") + (90_000).to_bytes(4, "little")
    outer, _ = _opened(bytes(content))
    with pytest.raises(StopReading) as stopped:
        list(compound_copy.standalone(outer, outer.find("a")))
    assert stopped.value.reason == "damaged"


def test_an_empty_storage():
    outer, _ = _opened(compound({"a/b": b""}))
    file, _ = _opened(b"".join(compound_copy.standalone(outer, outer.find("a"))))
    assert file.find("b").size == 0

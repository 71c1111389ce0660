"""The index of fingerprints: what it finds, what it does not take for content, and how it is kept."""

import os
import sqlite3
import stat

import pytest

from gapwatch_agent.errors import AgentError, ConfigError
from gapwatch_agent.inspector import fingerprint, fingerprint_index
from gapwatch_agent.inspector.fingerprint import Sampler
from gapwatch_agent.inspector.fingerprint_index import Document, create_or_open, open_existing
from support import prose

KEY = bytes(range(32))
KEY_ID = fingerprint.key_id(KEY)


def print_of(text, key=KEY):
    sampler = Sampler(key)
    sampler.feed(text)
    return sampler.finish()


def document(path, text, **facts):
    return Document(path, len(text), 1, fingerprint=print_of(text), **facts)


@pytest.fixture
def index(tmp_path):
    with create_or_open(tmp_path / "i.db", KEY_ID) as made:
        yield made


def fill(index, texts):
    for name, text in texts.items():
        index.replace(f"/d/{name}", [document(f"/d/{name}", text)])
    index.commit()


def names(matches):
    return [one.path.removeprefix("/d/") for match in matches for one in match.documents]


def with_template(office, seed):
    """A document two fifths of which its whole office uses."""
    template = prose.paragraphs(50_000 + office, 800)
    return "\n".join([*template[:2], prose.document(seed, 1200), *template[2:]])


def test_a_text_is_found_with_its_mark(index):
    text = prose.document(1)
    index.replace("/d/a", [document("/d/a", text, sha256="ab" * 32, axis="state", level="secret", level_text="机密")])
    fill(index, {"b": prose.document(2), "c": prose.document(3)})
    (match,) = index.lookup(print_of(text.replace("\n", " ")))
    assert match.documents == (Document("/d/a", len(text), 1, "ab" * 32, "state", "secret", "机密"),)
    assert (match.found, match.covered, match.score) == (1.0, 1.0, 1.0)
    assert index.lookup(print_of(prose.document(4))) == []


def test_the_best_match_is_first(index):
    one, other = prose.document(1), prose.document(2)
    fill(index, {"one": one, "other": other, "both": one + other})
    assert names(index.lookup(print_of(one))) == ["one", "both"]
    assert names(index.lookup(print_of(one[:2000] + prose.document(3))))[0] == "one"
    assert set(names(index.lookup(print_of(one + other)))) == {"one", "other", "both"}


@pytest.mark.parametrize("times", [1, 4, 16])
def test_a_third_of_a_known_document_is_found_inside_another(index, times):
    known = {f"{seed}": prose.office_document(seed) for seed in range(30)}
    fill(index, known)
    for seed in range(8):
        host = prose.office_document(900 + seed, 3000 * times)
        middle = len(host) // 2
        pasted = host[:middle] + known[f"{seed}"][1000:2000] + host[middle:]
        assert names(index.lookup(print_of(pasted))) == [f"{seed}"]


@pytest.mark.parametrize(("offices", "each"), [(1, 12), (4, 40), (20, 8)])
def test_what_an_office_has_in_common_is_not_content(index, offices, each):
    fill(index, {f"{o}-{n}": with_template(o, o * 1000 + n) for o in range(offices) for n in range(each)})
    for seed in range(20):
        new = with_template(seed % offices, 90_000 + seed)
        assert index.lookup(print_of(new)) == []
    known = with_template(0, 3)
    assert names(index.lookup(print_of(known[300:]))) == ["0-3"]


def test_versions_of_one_text_stay_recognisable(index):
    base = prose.paragraphs(7, 3000)
    versions = {
        f"v{n}": "\n".join([*base[:n], prose.document(600 + n, 150), *base[n + 1 :]]) for n in range(min(10, len(base)))
    }
    fill(index, versions | {f"{n}": prose.document(n) for n in range(20, 60)})
    third = "\n".join(base[-len(base) // 3 :])
    found = names(index.lookup(print_of(prose.document(800, 6000) + third)))
    assert set(found) == set(versions)


def test_copies_count_once(index):
    text = prose.document(1)
    fill(index, {f"copy{n}": text for n in range(40)} | {"other": prose.document(2)})
    assert index.counts() == (41, 2)
    (match,) = index.lookup(print_of(text[:1500]))
    assert match.score > 0.95
    assert len(match.documents) == 20


def test_a_hash_of_very_many_texts_is_worth_nothing(index):
    clause = prose.document(1, 1000)
    count = fingerprint_index.COMMON_MAX + 5
    fill(index, {f"{n}": clause + prose.document(n, 600) for n in range(100, 100 + count)})
    assert index.lookup(print_of(clause)) == []


def test_replacing_and_removing(index):
    old, new = prose.document(1), prose.document(2)
    fill(index, {"a": old, "b": new})
    fill(index, {"a": new})
    assert index.lookup(print_of(old)) == []
    assert sorted(names(index.lookup(print_of(new)))) == ["a", "b"]
    index.remove("/d/a")
    assert names(index.lookup(print_of(new))) == ["b"]
    index.remove("/d/b")
    index.remove("/d/absent")
    index.commit()
    assert index.counts() == (0, 0)


def test_members_and_texts_too_short_for_a_fingerprint(index):
    text = prose.document(1)
    index.replace("/d/z.zip", [Document("/d/z.zip", 9, 5), document("/d/z.zip", text, member="in/a.txt")])
    index.replace("/d/s.txt", [Document("/d/s.txt", 3, 6, member="")])
    (match,) = index.lookup(print_of(text))
    assert [(one.path, one.member) for one in match.documents] == [("/d/z.zip", "in/a.txt")]
    assert index.known("/d/s.txt") == (3, 6)
    assert index.known("/d/absent") is None
    assert index.counts() == (3, 1)


def test_any_bytes_may_be_a_name(index):
    odd = os.fsdecode(b"/d/\xff\xfe/a")
    index.replace(odd, [document(odd, prose.document(1), member="\udcff", level_text="\udcfe")])
    fill(index, {"b": prose.document(2)})
    assert index.known(odd) is not None
    assert list(index.paths_under("/d")) == ["/d/b", odd]
    assert list(index.paths_under(os.fsdecode(b"/d/\xff\xfe"))) == [odd]
    assert list(index.paths_under("/")) == ["/d/b", odd]
    assert list(index.paths_under("/d/b")) == []
    (match,) = index.lookup(print_of(prose.document(1)))
    assert match.documents[0].path == odd


def test_it_is_the_owners_alone_and_lasts_after_a_commit(tmp_path):
    path = tmp_path / "i.db"
    old = os.umask(0)
    try:
        with create_or_open(path, KEY_ID) as index:
            fill(index, {"a": prose.document(1)})
            index.replace("/d/b", [document("/d/b", prose.document(2))])
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open_existing(path, KEY_ID) as index:
        assert index.counts() == (1, 1)
        assert names(index.lookup(print_of(prose.document(1)))) == ["a"]


def test_another_key_is_refused(tmp_path):
    path = tmp_path / "i.db"
    create_or_open(path, KEY_ID).__exit__(None, None, None)
    for attempt in (create_or_open, open_existing):
        with pytest.raises(ConfigError, match="another key"):
            attempt(path, fingerprint.key_id(bytes(32)))


def test_what_is_no_index_is_refused(tmp_path):
    absent = tmp_path / "absent.db"
    with pytest.raises(ConfigError, match="no index"):
        open_existing(absent, KEY_ID)
    assert not absent.exists()
    text = tmp_path / "text.db"
    text.write_text("this is a text, " * 100, encoding="utf-8")
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE meta (version INTEGER)")
    connection.close()
    for path in (text, other):
        with pytest.raises(ConfigError, match="not a fingerprint index"):
            create_or_open(path, KEY_ID)
    with pytest.raises((ConfigError, AgentError)):
        open_existing(tmp_path, KEY_ID)


def test_another_version_is_refused(tmp_path):
    path = tmp_path / "i.db"
    create_or_open(path, KEY_ID).__exit__(None, None, None)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE meta SET version = 2")
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match="version 2"):
        open_existing(path, KEY_ID)


@pytest.mark.parametrize("damage", ["DELETE FROM texts", "UPDATE texts SET fingerprint = x'01'", "DROP TABLE postings"])
def test_a_damaged_index_is_said_to_be_one(tmp_path, damage):
    path = tmp_path / "i.db"
    with create_or_open(path, KEY_ID) as index:
        fill(index, {"a": prose.document(1)})
    connection = sqlite3.connect(path)
    connection.execute(damage)
    connection.commit()
    connection.close()

    def use():
        with open_existing(path, KEY_ID) as index:
            index.lookup(print_of(prose.document(1)))

    with pytest.raises(AgentError, match="damaged"):
        use()

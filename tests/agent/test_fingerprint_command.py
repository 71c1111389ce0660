"""``gapwatch-agent fingerprint`` as its user meets it: real files, the caged inspector, what is said, exit codes."""

import io
import json
import os
import stat

import pytest

from gapwatch_agent import cli, config
from support import prose
from support.documents import zipped

MARK = "机密★10年\n"


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "absent.toml")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def write(tmp_path):
    def do(name, text, encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding=encoding)
        os.utime(path, (1_600_000_000, 1_600_000_000))
        return path

    return do


def run(*words):
    return cli.main(["fingerprint", *map(str, words)])


def said(capsys, *words):
    code = run(*words, "--json")
    return code, json.loads(capsys.readouterr().out)


# --- compare


def test_a_text_is_the_same_without_its_mark_in_another_form(write, capsys):
    text = prose.office_document(1)
    one = write("one.txt", MARK + text)
    flowed = text.replace("\n", "")
    other = write("other.html", "\n".join(flowed[i : i + 35] for i in range(0, len(flowed), 35)), encoding="gb18030")
    assert run("compare", one, other) == 0
    assert "100 % of the smaller text stands in the other" in capsys.readouterr().out
    code, values = said(capsys, "compare", one, other)
    assert code == 0
    assert values["same_content"] is True
    assert values["identical"] is False
    assert values["resemblance"] == 1.0
    assert values["shared"] == values["first"]["samples"] == values["second"]["samples"] > 100


def test_a_third_inside_another_is_the_same_content(write, capsys):
    text = prose.document(1)
    one = write("one.txt", text)
    other = write("other.txt", prose.document(2, 6000) + text[1000:2050] + prose.document(3, 6000))
    code, values = said(capsys, "compare", one, other)
    assert (code, values["same_content"]) == (0, True)
    assert 0.25 < values["first_in_second"] < 0.5
    assert values["second_in_first"] < 0.2


def test_two_documents_of_one_office_are_not(write, capsys):
    one, other = (write(f"{seed}.txt", MARK + prose.office_document(seed)) for seed in (1, 2))
    assert run("compare", one, other, "--lang", "zh") == 1
    assert "两个文件内容不同" in capsys.readouterr().out
    code, values = said(capsys, "compare", one, other)
    assert (code, values["same_content"]) == (1, False)


def test_files_inside_files_are_compared_too(write, tmp_path, capsys):
    text = prose.document(1)
    (tmp_path / "z.zip").write_bytes(zipped({"a.txt": "little", "in/b.txt": MARK + text}))
    code, values = said(capsys, "compare", write("one.txt", text), "z.zip")
    assert code == 0
    assert values["second"]["member"] == "in/b.txt"
    assert run("compare", "one.txt", "z.zip") == 0
    assert "z.zip!in/b.txt" in capsys.readouterr().out


def test_identical_files_are_the_same_however_short(write, tmp_path, capsys):
    one, other = write("one.txt", "short"), write("other.txt", "short")
    assert run("compare", one, other) == 0
    assert "byte for byte" in capsys.readouterr().out


def test_of_a_short_text_nothing_is_said(write, capsys):
    one, other = write("one.txt", prose.document(1)), write("other.txt", "short")
    assert run("compare", one, other) == 1
    assert "too little text" in capsys.readouterr().out
    code, values = said(capsys, "compare", one, other)
    assert (code, values["same_content"], values["second"]["too_short"]) == (1, None, True)


def test_a_file_that_cannot_be_inspected_is_not_said_to_differ(write, tmp_path, capsys):
    one = write("one.txt", prose.document(1))
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 8)
    code, values = said(capsys, "compare", one, "b.bin")
    assert (code, values["same_content"], values["second"]["reason"]) == (2, None, "unsupported")
    assert run("compare", one, "b.bin") == 2
    assert "not inspected: unsupported" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("compare", "absent", "one.txt"), ("compare", ".", "one.txt"), ("lookup", ".")])
def test_names_that_are_no_files(write, capsys, words):
    write("one.txt", "text")
    assert run(*words) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "no such file or folder" in err or "is a folder" in err


def test_wrong_usage():
    for words in ((), ("compare", "a"), ("forget", "a")):
        with pytest.raises(SystemExit) as wrong:
            run(*words)
        assert wrong.value.code == 3


# --- index and lookup


@pytest.fixture
def indexed(write, capsys):
    for seed in range(8):
        write(f"d/{seed}.txt", MARK + prose.office_document(seed))
    code, values = said(capsys, "index", "d", "--db", "i.db", "--jobs", "2")
    assert code == 0
    assert (values["documents"], values["texts"], values["read"]) == (8, 8, 8)


def test_a_known_document_is_found_by_a_third_of_it(indexed, write, capsys):
    known = prose.office_document(3)
    pasted = write("pasted.txt", prose.document(50, 5000) + known[1100:2200] + prose.document(51, 5000))
    code, values = said(capsys, "lookup", pasted, "--db", "i.db")
    assert code == 0
    (match,) = values["matches"]
    (document,) = match["documents"]
    assert document["path"].endswith("/d/3.txt")
    assert (document["axis"], document["level"], document["level_text"]) == ("state", "secret", "机密")
    assert match["found"] < match["covered"] < 0.6
    assert run("lookup", pasted, "--db", "i.db") == 0
    out = capsys.readouterr().out
    assert "/d/3.txt" in out
    assert "Content known from 1 document(s)" in out


def test_an_unrelated_document_of_the_office_is_not_found(indexed, write, capsys):
    other = write("other.txt", prose.office_document(90))
    assert run("lookup", other, "--db", "i.db", "--lang", "zh") == 1
    assert "没有已知文档与此文件内容重合（已知 8 份）" in capsys.readouterr().out
    code, values = said(capsys, "lookup", other, "--db", "i.db")
    assert (code, values["matches"]) == (1, [])


def test_looking_up_what_cannot_be_inspected_or_is_short(indexed, write, tmp_path, capsys):
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 8)
    assert run("lookup", "b.bin", "--db", "i.db") == 2
    assert "not inspected" in capsys.readouterr().out
    assert run("lookup", write("s.txt", "short"), "--db", "i.db") == 1
    assert "too little text" in capsys.readouterr().out


def test_an_index_follows_its_folder(indexed, write, tmp_path, capsys):
    code, values = said(capsys, "index", "d", "--db", "i.db")
    assert (code, values["read"], values["unchanged"]) == (0, 0, 8)
    (tmp_path / "d" / "0.txt").unlink()
    write("d/1.txt", MARK + prose.office_document(70, 2500))
    (tmp_path / "d" / "b.bin").write_bytes(bytes(range(256)) * 8)
    assert run("index", "d", "--db", "i.db") == 2
    assert "2 files read, 6 unchanged, 1 gone, 1 not fully inspected" in capsys.readouterr().out
    code, values = said(capsys, "index", "d", "--db", "i.db")
    assert (code, [os.path.split(path)[1] for path in values["incomplete"]]) == (2, ["b.bin"])
    assert run("lookup", write("new.txt", prose.office_document(70, 2500)), "--db", "i.db") == 0
    assert run("lookup", write("old.txt", prose.office_document(0)), "--db", "i.db") == 1


def test_index_and_key_are_the_users_own(write, tmp_path, capsys):
    write("d/a.txt", MARK + prose.document(1))
    assert run("index", "d") == 0
    kept = tmp_path / "XDG_STATE_HOME" / "gapwatch"
    assert {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in kept.iterdir()} == {
        "fingerprint.key": 0o600,
        "fingerprints.db": 0o600,
    }
    assert run("lookup", "d/a.txt") == 0
    (tmp_path / "other.key").write_bytes(bytes(32))
    assert run("lookup", "d/a.txt", "--key-file", "other.key") == 3
    assert "another key" in capsys.readouterr().err


def test_what_is_no_index(write, tmp_path, capsys):
    one = write("one.txt", prose.document(1))
    assert run("lookup", one, "--db", "absent.db") == 3
    assert "there is no index" in capsys.readouterr().err
    assert run("lookup", one, "--db", one) == 3
    assert "not a fingerprint index" in capsys.readouterr().err


def test_progress_is_shown_on_a_terminal_only(write, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    write("d/a.txt", prose.document(1))
    assert run("index", "d") == 0
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    write("d/b.txt", prose.document(2))
    assert run("index", "d") == 0
    assert "1/2 files" in terminal.getvalue() or "2/2 files" in terminal.getvalue()
    assert terminal.getvalue().endswith("\x1b[K")


def test_names_cannot_move_the_cursor(write, capsys):
    text = prose.document(1)
    one, other = write("a\x1b[2J.txt", text), write("b.txt", MARK + text)
    assert run("compare", one, other) == 0
    assert "\x1b" not in capsys.readouterr().out

"""``gapwatch-agent scan`` as its user meets it: what it prints, where, and how it exits."""

import io
import json
import os
import subprocess
import sys
import time

import pytest

from gapwatch_agent import cli, config, scan_command
from gapwatch_agent.inspector import tree
from gapwatch_agent.scan_command import Tally, _Progress
from support.documents import zipped

MARKED = "机密★5年\n关于工作的通知\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "absent.toml")
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    made = tmp_path / "folder"
    made.mkdir()
    (made / "a.txt").write_text(MARKED, encoding="utf-8")
    (made / "b.txt").write_text("nothing here\n", encoding="utf-8")
    return made


def scan(*words):
    return cli.main(["scan", *map(str, words)])


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_exit_codes(folder, capsys):
    assert scan("--jsonl", folder) == 1
    assert scan("--jsonl", folder / "b.txt") == 0
    (folder / "c.bin").write_bytes(bytes(range(256)))
    assert scan("--jsonl", folder / "b.txt", folder / "c.bin") == 2
    assert scan("--jsonl", folder) == 1
    capsys.readouterr()
    assert scan("--jsonl", folder / "b.txt", folder / "absent") == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "absent: no such file or folder" in err
    with pytest.raises(SystemExit) as wrong:
        scan()
    assert wrong.value.code == 3


def test_one_record_a_file_and_one_for_each_file_inside(folder, capsys):
    (folder / "z.zip").write_bytes(zipped({"in/c.txt": MARKED, "d.txt": "plain"}))
    assert scan("--jsonl", folder) == 1
    found = {os.path.relpath(record["path"], folder): record for record in lines(capsys)}
    assert set(found) == {"a.txt", "b.txt", "z.zip", "z.zip!in/c.txt", "z.zip!d.txt"}
    assert found["z.zip!in/c.txt"]["level"] == "secret"
    assert (found["z.zip"]["axis"], found["z.zip"]["inspected"]) == (None, "full")


def test_a_table_for_people_in_both_languages(folder, capsys):
    assert scan("--lang", "en", folder) == 1
    english = capsys.readouterr().out
    assert "机密★5年" in english
    assert "2 files" in english
    assert "b.txt" not in english
    assert scan("--lang", "zh", "--all", folder) == 1
    chinese = capsys.readouterr().out
    assert "国家秘密" in chinese
    assert "b.txt" in chinese
    assert "共 2 个文件" in chinese


def test_a_name_cannot_move_the_terminal(folder, capsys):
    (folder / "\x1b[2J\r\n【机密】x.bin").write_bytes(b"\0\1")
    scan(folder)
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"\x1b[2J\r\n【机密】x.bin" in out


def test_an_unchanged_folder_is_not_read_again(folder, capsys):
    time.sleep(0.06)  # a file is settled once the kernel's clock has moved on
    scan("--lang", "en", folder)
    scan("--lang", "en", folder)
    assert "(2 unchanged, not read again)" in capsys.readouterr().out
    scan("--lang", "en", "--no-cache", folder)
    assert "not read again" not in capsys.readouterr().out


def test_a_cache_or_key_that_cannot_be_used_is_said(folder, capsys):
    assert scan("--cache", folder / "a.txt" / "db", folder) == 2
    assert "cannot keep verdicts" in capsys.readouterr().err
    (folder / "key").write_text("too short")
    assert scan("--key-file", folder / "key", folder) == 3
    assert "is not a key" in capsys.readouterr().err


def test_a_configuration_named_by_mistake_is_said(folder, capsys):
    assert scan("--config", folder / "absent.toml", folder) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_without_a_home_a_scan_goes_on(folder, capsys, monkeypatch):
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / "a.txt"))
    assert scan("--jsonl", folder / "a.txt") == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["fingerprint"] is None
    assert "--key-file" in err


def test_what_is_in_an_inner_archive_stands_after_it(folder, capsys):
    (folder / "z.zip").write_bytes(zipped({"y.zip": zipped({"x.zip": zipped({"c.txt": MARKED}), "d.txt": "plain"})}))
    scan("--jsonl", folder / "z.zip")
    names = [os.path.relpath(record["path"], folder) for record in lines(capsys)]
    assert names == [
        "z.zip", "z.zip!y.zip", "z.zip!y.zip!x.zip", "z.zip!y.zip!x.zip!c.txt", "z.zip!y.zip!d.txt"
    ]  # fmt: skip


def test_without_standard_streams(folder):
    command = f"exec {sys.executable} -m gapwatch_agent scan --no-cache --jsonl {folder} 0<&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 1


def test_whoever_reads_may_stop_reading(folder):
    for number in range(300):
        (folder / f"{number}.txt").write_text(MARKED, encoding="utf-8")
    command = [sys.executable, "-m", "gapwatch_agent", "scan", "--no-cache", "--jsonl", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 1


def test_a_bar_on_a_terminal_and_nothing_elsewhere(folder):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    words = scan_command._TEXTS["zh"]
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        progress = _Progress([str(folder)], tree.Mounts(b""), words, stream)
        progress.show(Tally(files=1, bytes=2048))
        progress.clear()
    assert "1/2 个文件  2.0 KiB" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert file.getvalue() == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 << 30, "5.0 GiB"), (1 << 60, "1048576.0 TiB")],
)
def test_sizes_as_people_say_them(size, text):
    assert scan_command.size_text(size) == text

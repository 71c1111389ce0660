"""`keys create`: the set is made, never twice."""

from __future__ import annotations

from pathlib import Path

from gapwatch_collector.authority.keys import load_collector_keys, load_private_key
from support.collectors import CommandLine


def test_a_set_is_made_once(collector: CommandLine, tmp_path: Path) -> None:
    out = str(tmp_path / "keys")
    rows = collector.json("keys", "create", "--out", out, "--development")
    assert f"{out}/offline/root.key" in {row["file"] for row in rows}
    assert load_collector_keys(tmp_path / "keys" / "collector").development
    collector("keys", "create", "--out", out, code=1)
    assert "never overwritten" in collector.complaint


def test_people_are_told_where_each_key_belongs(collector: CommandLine, tmp_path: Path) -> None:
    secret = tmp_path / "words"
    secret.write_text("long words\n")
    plain = collector("keys", "create", "--out", str(tmp_path / "a"), "--officer", "li", "--officer", "wang")
    assert "belongs in a safe" in plain
    assert "not encrypted" in plain
    guarded = collector("keys", "create", "--out", str(tmp_path / "b"), "--passphrase-file", str(secret))
    assert "not encrypted" not in guarded
    assert load_private_key(tmp_path / "b" / "offline" / "root.key", b"long words")


def test_one_officer_is_not_enough(collector: CommandLine, tmp_path: Path) -> None:
    collector("keys", "create", "--out", str(tmp_path / "a"), "--officer", "li", code=1)
    assert "two" in collector.complaint

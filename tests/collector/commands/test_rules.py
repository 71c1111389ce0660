"""Reading and proving rules from the command line."""

from __future__ import annotations

from pathlib import Path

from support.collectors import CommandLine


def test_the_shipped_rules_load_and_are_listed(collector: CommandLine) -> None:
    assert "every rule loads" in collector("rules", "check")
    names = {row["rule"] for row in collector.json("rules", "list")}
    assert {"MED-01", "FIL-17", "NET-03", "SYS-05"} <= names


def test_the_shipped_rules_prove_themselves(collector: CommandLine) -> None:
    assert ", 0 failed" in collector("rules", "test")
    assert all(row["passed"] for row in collector.json("rules", "test"))


def test_a_broken_rule_is_named_with_file_and_line(collector: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "broken.yml").write_text("title: x\ndetection: [\n")
    text = collector("rules", "check", str(folder), code=1)
    assert "broken.yml:" in text
    assert collector.json("rules", "check", str(folder), code=1)[0]["line"] >= 1
    assert "no rule could be loaded" in collector("rules", "list", str(folder))
    collector("rules", "test", str(folder), code=1)
    collector("rules", "check", str(tmp_path / "none"), code=1)
    assert "not a folder" in collector.complaint

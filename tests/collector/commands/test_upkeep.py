"""Checking the configuration, the schema and the whole record."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from support.collectors import CommandLine
from support.zones import zone_keys_dir


def test_a_good_configuration_says_where_it_will_listen(collector: CommandLine) -> None:
    assert "good; ingest on 127.0.0.1:0" in collector("check-config")
    assert collector.json("check-config")["faults"] == []


def test_every_fault_of_configuration_and_keys_is_named_at_once(collector: CommandLine, tmp_path: Path) -> None:
    keys = shutil.copytree(zone_keys_dir() / "collector", tmp_path / "keys")
    (keys / "ca.key").chmod(0o644)
    (keys / "log.key").unlink()
    text = collector.config.read_text().replace(str(zone_keys_dir() / "collector"), str(keys))
    collector.config.write_text(text + 'tls_key = "none"\ntls_certificate = "none"\n')
    faults = collector.json("check-config", code=3)["faults"]
    assert len(faults) == 4
    assert any("chmod 600" in fault for fault in faults)
    collector("check-config", code=3)
    assert "4 mistake(s)" in collector.complaint


def test_the_schema_and_the_record_are_checked(collector: CommandLine) -> None:
    assert "up to date" in collector("migrate")
    collector("accounts", "create", "li")
    assert "everything is as it was written" in collector("verify")
    assert collector.json("verify")["entries"] == 1


def test_a_record_that_was_changed_is_found(collector: CommandLine) -> None:
    collector("accounts", "create", "li")
    database = sqlite3.connect(collector.config.parent / "data" / "collector.sqlite3")
    (table,) = database.execute(
        "SELECT name FROM sqlite_master WHERE name GLOB 'log_[0-9]*' AND type='table'"
    ).fetchone()
    database.execute(f"UPDATE {table} SET payload = ?", (b"{}",))
    database.commit()
    database.close()
    assert "not hold" in collector("verify", code=1)

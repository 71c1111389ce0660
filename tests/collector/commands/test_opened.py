"""Finding hosts by name or id, reading ceilings, and saying who acts."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from gapwatch_collector.commands.opened import acting, find_host, opened, parse_ceilings
from gapwatch_collector.errors import ConfigError, RefusedError
from gapwatch_collector.model import Host
from support.collectors import CommandLine, write_config


def test_a_host_is_found_by_name_or_beginning_of_its_id(tmp_path: Path) -> None:
    with opened(Namespace(config=write_config(tmp_path))) as at:
        for host in (
            Host(b"\xab\xcd" + bytes(14), "one"),
            Host(b"\xab\xce" + bytes(14), "twin"),
            Host(b"z" * 16, "twin"),
        ):
            at.store.registers.put_host(host, by="test", now_ns=1)
        assert find_host(at.store, "one").name == "one"
        assert find_host(at.store, "ABCD").name == "one"
        for wanted, words in (("twin", "2 hosts answer"), ("abc", "no host"), ("none", "no host")):
            with pytest.raises(RefusedError, match=words):
                find_host(at.store, wanted)


def test_ceilings_are_pairs_of_known_words() -> None:
    assert parse_ceilings(["state=secret", "work="]) == {"state": "secret", "work": ""}
    for wrong in ("secret", "sky=secret", "state=blue"):
        with pytest.raises(RefusedError, match="axis=level"):
            parse_ceilings([wrong])


def test_who_acts_stands_in_the_log() -> None:
    assert acting(Namespace(by="li")) == "li"
    assert acting(Namespace(by="")).endswith("@localhost")


def test_missing_keys_are_named_before_anything_is_made(tmp_path: Path) -> None:
    config = tmp_path / "c.toml"
    config.write_text('[collector]\nkeys_dir = "none"\ndata_dir = "data"\n')
    with pytest.raises(ConfigError, match=r"ca\.key"), opened(Namespace(config=config)):
        pass
    assert not (tmp_path / "data").exists()


def test_a_configuration_with_three_mistakes_names_all_of_them(collector: CommandLine, tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text('[collector]\ntick_interval_s = 0\nzone = 5\n[ingest]\nlistn = "x"\n')
    collector("hosts", "list", "--config", str(config), code=3)
    assert "3 mistake(s)" in collector.complaint
    for words in ("collector.tick_interval_s", "collector.zone", "did you mean listen?"):
        assert words in collector.complaint

"""The agent's configuration: every mistake named at once, nothing guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent import config
from gapwatch_agent.errors import ConfigError

GOOD = """
[paths]
state = "/var/lib/gapwatch"
[collector]
address = "collector.zone:7443"
enrolment_address = "[fd00::1]:7444"
[spool]
bytes_max = 67108864
[watch]
sensors = ["media", "files"]
extra_media = ["/dev/sdb1"]
[zone]
name = "red"
"""


def test_values_arrive_where_they_belong() -> None:
    read = config.parse(GOOD, "agent.toml")
    assert read.collector.address == "collector.zone:7443"
    assert read.collector.enrolment_address == "[fd00::1]:7444"
    assert read.spool.bytes_max == 64 * 1024 * 1024
    assert read.watch == config.Watch(("media", "files"), ("/dev/sdb1",))
    assert read.zone == "red"
    assert read.inspector == config.InspectorLimits()


def test_three_mistakes_are_named_at_once() -> None:
    text = '[collector]\naddress = "no-port"\n[spool]\nbytes_max = "big"\n[watch]\nsensors = ["media", "smell"]\n'
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "/etc/gapwatch/agent.toml")
    message = str(caught.value)
    assert len(caught.value.faults) == 3
    assert "/etc/gapwatch/agent.toml: 3 mistake(s)" in message
    assert "collector.address: 'no-port' is not an address; write \"host:port\"" in message
    assert "spool.bytes_max: 'big' is not a whole number" in message
    assert "watch.sensors: unknown sensor 'smell'; known are devices, media" in message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[paths]\nstate = 3", "paths.state: 3 is not an absolute path"),
        ('[paths]\nstate = "relative"', "paths.state: 'relative' is not an absolute path"),
        ("[colector]\n", "[colector]: unknown section; known are paths, collector"),
        ('[collector]\nadress = "a:1"', "collector.adress: unknown key; known are address"),
        ("spool = 1", "spool: is a value; write a section [spool]"),
        ("", "collector.address: missing"),
        ('[collector]\naddress = "h:70000"', "is not an address"),
        ('[collector]\naddress = ":1"', "is not an address"),
        ("[spool]\nbytes_max = 1", "spool.bytes_max: 1 is out of range"),
        ("[inspector]\nwall_s = true", "inspector.wall_s: True is not a whole number"),
        ('[watch]\nextra_media = ["/etc/passwd"]', "'/etc/passwd' is not a device node"),
        ("[watch]\nextra_media = 5", "watch.extra_media: is not a list of texts"),
        ("[zone]\nname = 1", "zone.name: is not a text"),
        ("this is = = not", "this is not TOML"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, "agent.toml")
    assert complaint in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = config.parse(text, "agent.toml")
    except ConfigError as error:
        faults = error.faults
    else:
        faults = ("read",) if read.collector.address else ()
    assert faults


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        config.load(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"\xe4")
    with pytest.raises(ConfigError, match=r"is not UTF-8 \(byte 0\)"):
        config.load(tmp_path / "latin.toml")
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    assert config.load(tmp_path / "good.toml").zone == "red"


def test_without_a_collector_only_what_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "absent")
    assert config.load_unconnected(tmp_path / "absent") == config.Config()
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load_unconnected(tmp_path / "mistyped")
    (tmp_path / "own").write_text('[labels]\nkeys = ["代码"]\n', encoding="utf-8")
    assert config.load_unconnected(tmp_path / "own").labels.keys == ("代码",)

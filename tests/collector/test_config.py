"""collector.toml as a whole: every mistake at once, contradictions too."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.config import Address, Config, check_files, load_config, parse_config
from gapwatch_collector.errors import ConfigError


def parse(text: str) -> Config:
    return parse_config(text, source="collector.toml", relative_to=Path("/etc/gapwatch"))


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.faults


def test_an_empty_file_is_a_good_configuration() -> None:
    config = parse("")
    assert config.collector.tick_interval_s == 60
    assert config.store_path == Path("/var/lib/gapwatch-collector/collector.sqlite3")
    assert config.console.listen.loopback
    assert not config.enrolment.auto_confirm


def test_paths_stand_relative_to_the_file() -> None:
    config = parse('[collector]\ndata_dir = "state"\n[store]\npath = "/srv/x.db"\n[evaluate]\nrules_dir = "rules"')
    assert config.collector.data_dir == Path("/etc/gapwatch/state")
    assert config.store_path == Path("/srv/x.db")
    assert config.evaluate.rules_dir == Path("/etc/gapwatch/rules")


def test_three_mistakes_are_named_at_once() -> None:
    found = faults(
        """
        [collector]
        tick_interval_s = "often"
        [ingest]
        lisen = "0.0.0.0:8443"
        [console]
        listen = "everywhere"
        """
    )
    assert len(found) == 3
    assert any(fault.startswith("collector.tick_interval_s: 'often' will not do; write a whole") for fault in found)
    assert any(fault.startswith("ingest.lisen: unknown key; did you mean listen?") for fault in found)
    assert any(fault.startswith("console.listen: 'everywhere' will not do; write \"host:port\"") for fault in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[ingest]\nlisten = "127.0.0.1:1"\n[enrolment]\nlisten = "127.0.0.1:1"', "share a port"),
        ('[console]\nlisten = "0.0.0.0:443"', "reached from elsewhere"),
        ('[console]\ntls_key = "x"', "write both or neither"),
        ("[ingest]\ncredits_total_max = 600", "smaller than"),
        ("[collector", "not TOML"),
    ],
)
def test_contradictions_are_faults(text: str, words: str) -> None:
    (fault,) = faults(text)
    assert words in fault


def test_ports_the_system_chooses_do_not_collide() -> None:
    text = "".join(f'[{name}]\nlisten = "127.0.0.1:0"\n' for name in ("ingest", "enrolment", "console"))
    assert parse(text).ingest.listen == Address("127.0.0.1", 0)


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_config(tmp_path / "bytes.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(ConfigError, match="larger than"):
        load_config(tmp_path / "large.toml")


def test_what_only_the_disk_knows(tmp_path: Path) -> None:
    config = parse('[collector]\nkeys_dir = "/none"\n[evaluate]\nrules_dir = "/none"\n[console]\ntls_key = "/none"\n'
                   'tls_certificate = "/none"')  # fmt: skip
    found = check_files(config)
    assert [fault.split(":")[0] for fault in found] == [
        "collector.keys_dir",
        "console.tls_certificate",
        "console.tls_key",
        "evaluate.rules_dir",
    ]


@given(st.text(max_size=200))
def test_no_text_raises_anything_but_a_configuration_error(text: str) -> None:
    try:
        parse(text)
    except ConfigError as error:
        assert error.faults  # noqa: PT017 - either outcome is right, another exception is not


def test_an_address_is_written_as_it_is_read() -> None:
    assert (str(Address("::1", 5)), str(Address("127.0.0.1", 5))) == ("[::1]:5", "127.0.0.1:5")

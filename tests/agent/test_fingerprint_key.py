"""The key of fingerprints: the zone's where there is one, else this user's own, never a wrong one."""

import stat

import pytest

from gapwatch_agent.config import Config, Fingerprints
from gapwatch_agent.errors import ConfigError, UnavailableError
from gapwatch_agent.fingerprint_key import configured_key, kept_key, read_key, zone_key


def test_raw_or_hex(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(range(32)))
    (tmp_path / "hex").write_text(bytes(range(32)).hex() + "\n")
    assert read_key(tmp_path / "raw") == read_key(tmp_path / "hex") == bytes(range(32))


@pytest.mark.parametrize("content", [b"", b"short", b"0" * 63, b"\xff" * 64, b"x" * 5000])
def test_anything_else_says_what_to_write(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ConfigError, match="write 32 random bytes, or 64 hex digits"):
        read_key(tmp_path / "key")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key(tmp_path / "absent")


def test_a_kept_key_is_made_once_and_for_its_user_alone(tmp_path):
    path = tmp_path / "folder" / "key"
    key = kept_key(path)
    assert kept_key(path) == key
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_named_before_configured_before_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "named").write_bytes(b"n" * 32)
    (tmp_path / "zone").write_bytes(b"z" * 32)
    zone = Config(fingerprints=Fingerprints(tmp_path / "zone"))
    assert zone_key(tmp_path / "named", zone) == b"n" * 32
    assert zone_key(None, zone) == configured_key(zone) == b"z" * 32
    assert configured_key(Config()) == b""
    assert zone_key(None, Config()) == kept_key(tmp_path / "state" / "gapwatch" / "fingerprint.key")


def test_nowhere_to_keep_a_key(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(UnavailableError, match="--key-file"):
        zone_key(None, Config())

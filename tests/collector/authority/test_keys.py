"""Loading the collector's keys: every fault at once, and nothing that does not fit together."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gapwatch_collector.authority.keys import load_certificate, load_collector_keys, load_private_key
from gapwatch_collector.errors import ConfigError, RefusedError
from support.zones import zone_keys_dir


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(zone_keys_dir() / "collector", tmp_path / "keys"))


def faults(directory: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_collector_keys(directory)
    return "\n".join(caught.value.faults)


def test_a_good_set_loads(keys_dir: Path) -> None:
    keys = load_collector_keys(keys_dir)
    assert keys.development
    assert keys.root_pem == (keys_dir / "root.pem").read_bytes()


def test_every_missing_file_is_named_at_once(keys_dir: Path) -> None:
    for name in ("ca.key", "tls.pem", "log.key"):
        (keys_dir / name).unlink()
    complaints = faults(keys_dir)
    for name in ("ca.key", "tls.pem", "log.key"):
        assert name in complaints


def test_a_key_that_others_may_read_is_refused_with_the_cure(keys_dir: Path) -> None:
    (keys_dir / "ca.key").chmod(0o644)
    assert f"chmod 600 {keys_dir / 'ca.key'}" in faults(keys_dir)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("root.pem", "ca.pem was not issued by root.pem"),
        ("ca.key", "ca.key does not belong to ca.pem"),
        ("tls.key", "tls.key does not belong to tls.pem"),
        ("tls.pem", "tls.pem was not issued by ca.pem"),
    ],
)
def test_files_of_another_zone_do_not_fit(keys_dir: Path, name: str, words: str) -> None:
    shutil.copy2(zone_keys_dir("foreign") / "collector" / name, keys_dir / name)
    assert words in faults(keys_dir)


@pytest.mark.parametrize(("name", "words"), [("log.key", "not an Ed25519"), ("ca.key", "not an elliptic curve")])
def test_keys_of_another_kind_are_named(keys_dir: Path, name: str, words: str) -> None:
    shutil.copy2(keys_dir / ("ca.key" if name == "log.key" else "log.key"), keys_dir / name)
    assert words in faults(keys_dir)


def test_what_is_no_certificate_or_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"-----BEGIN nothing")
    with pytest.raises(RefusedError, match="not a PEM certificate"):
        load_certificate(tmp_path / "x")
    with pytest.raises(RefusedError, match="not a PEM private key"):
        load_private_key(tmp_path / "x")

"""Making a zone's keys: the whole set, once, private."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_collector.authority.certificates import is_development
from gapwatch_collector.authority.creation import create_zone_keys
from gapwatch_collector.authority.keys import load_collector_keys, load_private_key
from gapwatch_collector.errors import RefusedError

OFFICERS = ["li", "wang"]


def test_the_set_is_complete_and_keys_are_private(tmp_path: Path) -> None:
    files = create_zone_keys(tmp_path, zone="z", officers=OFFICERS, development=False)
    assert {path.relative_to(tmp_path).as_posix() for path in files} == {
        "offline/root.key",
        *(f"officers/{name}.{kind}" for name in OFFICERS for kind in ("key", "pem")),
        *(f"collector/{name}" for name in ("root.pem", "ca.pem", "ca.key", "tls.pem", "tls.key", "log.key", "log.pub")),
    }
    for path in files:
        assert path.stat().st_mode & 0o777 == (0o600 if path.suffix == ".key" else 0o644)
    assert not is_development(load_collector_keys(tmp_path / "collector").root)


def test_a_second_set_never_goes_over_the_first(tmp_path: Path) -> None:
    create_zone_keys(tmp_path, zone="", officers=OFFICERS, development=True)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RefusedError, match="never overwritten"):
        create_zone_keys(tmp_path, zone="", officers=OFFICERS, development=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("officers", "words"), [(["li"], "two"), (["li", "li"], "two"), (["li", "../wang"], "small letters")]
)
def test_officers_must_be_two_with_plain_names(tmp_path: Path, officers: list[str], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        create_zone_keys(tmp_path, zone="", officers=officers, development=True)
    assert list(tmp_path.iterdir()) == []


def test_a_passphrase_guards_the_root_and_the_officers_but_not_what_starts_unattended(tmp_path: Path) -> None:
    create_zone_keys(tmp_path, zone="", officers=OFFICERS, development=True, passphrase=b"long words")
    load_collector_keys(tmp_path / "collector")
    for path in (tmp_path / "offline" / "root.key", tmp_path / "officers" / "li.key"):
        with pytest.raises(RefusedError, match="--passphrase-file"):
            load_private_key(path)
        with pytest.raises(RefusedError, match="passphrase is wrong"):
            load_private_key(path, b"other")
        assert load_private_key(path, b"long words")

"""Two officers sign, the administrator publishes, anybody may look."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.collectors import CommandLine
from support.zones import zone_keys_dir

POLICY = 'version = {version}\nzone = "{zone}"\n[controls]\nusb_storage = "observe"\n'


def sign(collector: CommandLine, source: Path, officers: tuple[int, ...], out: Path, *, code: int = 0) -> str:
    arguments = ["policy", "sign", str(source), "--out", str(out)]
    for number in officers:
        base = zone_keys_dir() / "officers" / f"officer-{number}"
        arguments += ["--key", f"{base}.key", "--certificate", f"{base}.pem"]
    return collector(*arguments, code=code)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(POLICY.format(version=2, zone=""))
    return path


def test_the_way_of_a_policy(collector: CommandLine, source: Path, tmp_path: Path) -> None:
    collector("policy", "show", code=1)
    half, whole = tmp_path / "half.policy", tmp_path / "v2.policy"
    assert "second officer" in sign(collector, source, (1,), half)
    collector("policy", "publish", str(half), code=1)
    assert "1 did" in collector.complaint
    assert "officer-1, officer-2" in sign(collector, half, (2,), whole)
    assert "within seconds" in collector("policy", "publish", str(whole))
    collector("policy", "publish", str(whole), code=1)
    assert "not newer" in collector.complaint
    shown = collector.json("policy", "show")
    assert (shown["version"], shown["officers"]) == (2, ["officer-1", "officer-2"])
    assert "usb_storage = observe" in collector("policy", "show", str(half))


def test_mistakes_get_a_sentence(collector: CommandLine, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.policy"
    sign(collector, source, (1, 1), out, code=1)
    assert "another officer" in collector.complaint
    assert not out.exists()
    sign(collector, source, (1, 2), out)
    sign(collector, source, (1, 2), out, code=1)
    assert "never overwritten" in collector.complaint
    key = str(zone_keys_dir() / "officers" / "officer-1.key")
    collector("policy", "sign", str(source), "--key", key, "--certificate", key, "--out", "x", code=1)
    assert "not a PEM certificate" in collector.complaint
    collector("policy", "publish", str(source), code=1)
    assert "not a signed policy" in collector.complaint
    source.write_text("version = -1\ncolour = 3")
    sign(collector, source, (1, 2), tmp_path / "new", code=3)
    assert "2 mistake(s)" in collector.complaint


def test_a_policy_for_another_zone_is_not_published(collector: CommandLine, source: Path, tmp_path: Path) -> None:
    source.write_text(POLICY.format(version=1, zone="elsewhere"))
    sign(collector, source, (1, 2), tmp_path / "p")
    text = collector.config.read_text().replace("[collector]", '[collector]\nzone = "here"')
    collector.config.write_text(text)
    collector("policy", "publish", str(tmp_path / "p"), code=1)
    assert "'elsewhere'" in collector.complaint

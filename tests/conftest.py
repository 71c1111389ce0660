"""What holds for every suite: what a test may need of the machine, and that a skip is never quiet.

A test that needs something carries a marker; where the machine lacks it, the test is skipped with what to install. With
CI=true any skip fails the run: continuous integration proves everything or nothing.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# gRPC's fork handlers start threads again inside fork(); a fork into a new pid namespace (the inspector's cage) forbids
# that, and the process would abort. No program of ours has both; one process that runs every suite does.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

# These machines are noisy: a slow example is not a wrong one. How many examples is a matter of budget, not of luck.
settings.register_profile("gapwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("gapwatch")


def _root() -> str:
    return "" if os.geteuid() == 0 else "root; run `sudo make test`"


def _command(name: str, package: str) -> str:
    return "" if shutil.which(name) else f"{name}; apt-get install {package}"


def _guest() -> str:
    cache = (
        os.environ.get("VM_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "gapwatch-guest"
    )
    missing = _root() or _command("qemu-system-x86_64", "qemu-system-x86") or _command("mcopy", "mtools")
    return missing or ("" if (Path(cache) / "stamp").exists() else "the guest's image; run `make guest-image`")


NEEDS: dict[str, Callable[[], str]] = {
    "kernel": _root,
    "browser": lambda: _command("chromium", "chromium"),
    "umockdev": lambda: _command("umockdev-wrapper", "umockdev gir1.2-umockdev-1.0 python3-gi"),
    "guest": _guest,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {marker: need() for marker, need in NEEDS.items()}
    for item in items:
        for marker, lack in missing.items():
            if lack and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=f"this test needs {lack}"))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("CI") == "true" and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"CI=true and {len(skipped)} test(s) were skipped: that is a failure", red=True, bold=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def root_logger_as_it_was() -> Iterator[None]:
    """A command line under test logs to a stderr that only this test has; the next one must not inherit it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)

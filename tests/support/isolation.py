"""Tests that run in a child process of their own: in fresh kernel namespaces, or under umockdev with no real devices.

The body of such a test is run by a child that imports the test's module anew and calls the function; it takes no
fixtures. What fails in the child fails the test with the child's output. The machine's own network, mounts and devices
are never touched.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_INSIDE = "GAPWATCH_TEST_INSIDE"
_TESTS = Path(__file__).resolve().parents[1]
_SYSTEM_PACKAGES = "/usr/lib/python3/dist-packages"
_SECONDS_MAX = 110
_CALL = """
import importlib.util, sys
sys.path.insert(0, {tests!r})
{after}
spec = importlib.util.spec_from_file_location("inside", {file!r})
module = importlib.util.module_from_spec(spec)
sys.modules["inside"] = module
spec.loader.exec_module(module)
getattr(module, {name!r})()
print("reached the end")
"""


def _child(test: Callable[[], None], wrapper: list[str], after: str) -> None:
    file = test.__code__.co_filename
    code = _CALL.format(tests=str(_TESTS), file=file, name=test.__name__, after=after)
    command = [*wrapper, sys.executable, "-X", "faulthandler", "-c", code]
    done = subprocess.run(
        command, env={**os.environ, _INSIDE: "1"}, capture_output=True, text=True, timeout=_SECONDS_MAX, check=False
    )
    if done.returncode or "reached the end" not in done.stdout:
        pytest.fail(f"in the child (exit code {done.returncode}):\n{done.stdout}\n{done.stderr}", pytrace=False)


def in_namespaces(test: Callable[[], None]) -> Callable[[], None]:
    """Run the test as root in network and mount namespaces of its own, with /sys showing that network."""
    if os.environ.get(_INSIDE):
        return test

    @pytest.mark.kernel
    @functools.wraps(test)
    def outside() -> None:
        if os.geteuid() != 0:
            pytest.skip("needs root, to make namespaces")
        mount_sys = "import subprocess; subprocess.run(['mount', '-t', 'sysfs', 'sysfs', '/sys'], check=True)"
        _child(test, ["unshare", "--net", "--mount", "--propagation", "private"], mount_sys)

    del outside.__wrapped__
    return outside


def in_testbed(test: Callable[[], None]) -> Callable[[], None]:
    """Run the test under umockdev: /sys and udev are what the test builds with ``support.testbed``."""
    if os.environ.get(_INSIDE):
        return test

    @pytest.mark.umockdev
    @functools.wraps(test)
    def outside() -> None:
        if shutil.which("umockdev-wrapper") is None or not Path(_SYSTEM_PACKAGES, "gi").exists():
            pytest.skip("needs umockdev: apt install umockdev gir1.2-umockdev-1.0 python3-gi")
        # Last on the path: only gi comes from there, everything else from our own environment.
        _child(test, ["umockdev-wrapper"], f"sys.path.append({_SYSTEM_PACKAGES!r})")

    del outside.__wrapped__
    return outside

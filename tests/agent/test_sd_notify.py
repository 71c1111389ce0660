"""sd_notify: the words systemd expects, and never an obstacle."""

from __future__ import annotations

import socket
from pathlib import Path

from gapwatch_agent.sd_notify import Notifier


def test_the_manager_hears_each_state(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notifier.ready()
        notifier.alive()
        notifier.stopping()
        notifier.close()
        assert [manager.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0gapwatch-test-notify")
        notifier = Notifier({"NOTIFY_SOCKET": "@gapwatch-test-notify"})
        notifier.ready()
        notifier.close()
        assert manager.recv(64) == b"READY=1"


def test_without_a_manager_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).ready()
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    notifier.alive()
    notifier.close()

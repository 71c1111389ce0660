"""What the service manager is told."""

from __future__ import annotations

import socket
from pathlib import Path

from gapwatch_collector.sd_notify import Notifier


def test_states_reach_the_manager(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        notifier = Notifier({"NOTIFY_SOCKET": address})
        notifier.ready()
        notifier.alive()
        notifier.stopping()
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
        notifier.close()
        notifier.alive()


def test_without_a_manager_or_with_a_gone_one_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).ready()
    gone = Notifier({"NOTIFY_SOCKET": str(tmp_path / "none")})
    gone.ready()
    gone.close()

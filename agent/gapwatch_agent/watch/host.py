"""What AGENT_STARTED says about this machine, and whether the last watch process said goodbye."""

from __future__ import annotations

import logging
import os
import platform
import socket
from hashlib import sha256
from pathlib import Path
from typing import Final

from gapwatch_proto.events import AgentStarted

_MARKER: Final = "watch.state"
_RUNNING: Final = b"running\n"
_STOPPED: Final = b"stopped\n"
_MACHINE_ID_TAG: Final = b"gapwatch machine id v1\x00"

_log = logging.getLogger(__name__)


class RunMarker:
    """A small file that tells a crash from an orderly stop. Survives power loss: it is on disk before we go on."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / _MARKER

    def begin(self) -> bool:
        """Note that we run; True when the one before said goodbye (or there was none).

        A state folder that cannot be written is no reason to watch nothing: the next start is then called unclean or
        clean by what was written last.
        """
        try:
            clean = self._path.read_bytes() == _STOPPED
        except FileNotFoundError:
            clean = True
        except OSError:
            clean = False
        self._write(_RUNNING)
        return clean

    def end(self) -> None:
        """Note an orderly stop."""
        self._write(_STOPPED)

    def _write(self, content: bytes) -> None:
        beside = self._path.with_suffix(".new")
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            _log.warning("cannot note in %s whether this process ends in order: %s", self._path, error)


def describe(agent_version: str, *, clean: bool, etc: Path = Path("/etc")) -> AgentStarted:
    """This machine, as it introduces itself. The machine id is hashed: it is a secret of the host."""
    return AgentStarted(
        agent_version=agent_version,
        hostname=socket.gethostname(),
        kernel=platform.release(),
        os_name=_os_name(etc / "os-release"),
        machine_id_hash=_machine_id_hash(etc / "machine-id"),
        clean=clean,
        user_mode=os.geteuid() != 0,
    )


def _os_name(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    names = (line.partition("=")[2].strip("\"'") for line in lines if line.startswith("PRETTY_NAME="))
    return next(names, "")[:256]


def _machine_id_hash(path: Path) -> str:
    try:
        machine_id = path.read_bytes().strip()
    except OSError:
        return ""
    return sha256(_MACHINE_ID_TAG + machine_id).hexdigest() if machine_id else ""

"""Who did it: a captured process made into an ``Actor`` with names of accounts and the login session.

Sessions are read where systemd-logind writes them, without asking it: the process's cgroup names the session, else the
audit session does. What was made for a process is kept for a while, because a burst asks for the same few.
"""

from __future__ import annotations

import pwd
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

from gapwatch_agent.kernel.procfs import Who
from gapwatch_proto.events import Actor, Process, Session, User

SESSIONS: Final = Path("/run/systemd/sessions")
_SCOPE: Final = re.compile(r"/session-([A-Za-z0-9]{1,32})\.scope(?:/|$)")
_FILE_BYTES_MAX: Final = 8192
_KEPT_MAX: Final = 256


def act_of(boot_id: bytes, who: Who | None, pid: int) -> str:
    """The name of an act: everything one process does in one run. Empty when not even the pid is known."""
    if pid <= 0:
        return ""
    ticks = who.start_ticks if who else 0
    return sha256(boot_id + pid.to_bytes(8, "big") + ticks.to_bytes(8, "big")).hexdigest()


def account_name(uid: int) -> str:
    """The account's name by the host's database, empty when it has none."""
    if uid < 0:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return ""


class Actors:
    """Makes actors; remembers the accounts and sessions of the last processes so that a burst stays cheap."""

    def __init__(self, sessions: Path = SESSIONS, name_of: Callable[[int], str] = account_name) -> None:
        self._sessions = sessions
        self._name_of = name_of
        self._kept: dict[Who, Actor] = {}

    def actor(self, who: Who | None, pid: int, captured: str) -> Actor:
        """``captured`` is ``held`` or ``event``; without a capture it becomes ``gone`` (pid known) or ``none``."""
        if who is None:
            return Actor(process=Process(pid=max(pid, 0), captured="gone" if pid > 0 else "none"))
        kept = self._kept.get(who)
        if kept is None or kept.process.captured != captured:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            kept = self._kept[who] = self._make(who, captured)
        return kept

    def _make(self, who: Who, captured: str) -> Actor:
        # A login uid stays with the person through su and sudo; services have none.
        person = who.login_uid if who.login_uid >= 0 else who.uid
        return Actor(
            process=Process(
                pid=who.pid,
                start_ticks=who.start_ticks,
                name=who.name,
                path=who.exe,
                cmd_line=who.cmd_line,
                parent_pid=who.parent_pid,
                parent_name=who.parent_name,
                captured=captured,
            ),
            user=User(person, self._name_of(person)),
            effective_user=User(who.euid, self._name_of(who.euid)),
            session=self._session(who),
        )

    def _session(self, who: Who) -> Session:
        scope = _SCOPE.search(who.cgroup)
        if scope:
            name = scope[1]
        elif who.audit_session >= 0:
            name = str(who.audit_session)
        else:
            return Session()
        fields = _fields(self._sessions / name)
        return Session(uid=name, seat=fields.get("SEAT", "")[:64], terminal=fields.get("TTY", "")[:64])


def _fields(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES_MAX).decode("utf-8", "replace")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value for key, equals, value in pairs if equals}

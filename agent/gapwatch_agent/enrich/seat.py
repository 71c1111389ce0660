"""Who sits at the machine: the active local session, as systemd-logind writes it under /run/systemd/sessions.

Nobody can prove who pushed a stick into a socket. The person at the active seat is the best guess there is, and every
event that names it says that it is inferred.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gapwatch_agent.enrich.device import bounded
from gapwatch_agent.kernel import sysfs
from gapwatch_proto.events import Actor, Session, User

SESSIONS: Final = Path("/run/systemd/sessions")
SESSIONS_MAX: Final = 256


def active_seat_actor(sessions: Path = SESSIONS) -> Actor | None:
    """The person of the active local session, or None when nobody is signed in at a seat.

    A greeter is not a person; seat0 goes before other seats, and a session with a seat before one without.
    """
    found = [
        (fields.get("SEAT") != "seat0", not fields.get("SEAT"), name, fields)
        for name in sysfs.entries(sessions)[:SESSIONS_MAX]
        if not name.endswith(".ref") and _is_person_at_seat(fields := _fields(sessions, name))
    ]
    if not found:
        return None
    _, _, name, fields = min(found, key=lambda entry: entry[:3])
    return Actor(
        user=User(uid=int(fields["UID"]), name=bounded(fields.get("USER", ""))),
        session=Session(uid=name, seat=bounded(fields.get("SEAT", "")), terminal=bounded(fields.get("TTY", ""))),
    )


def _fields(sessions: Path, name: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in sysfs.attribute(sessions, name).split("\n"))
    return {key: value for key, separator, value in pairs if separator and not key.startswith("#")}


def _is_person_at_seat(fields: dict[str, str]) -> bool:
    uid = fields.get("UID", "")
    return (
        fields.get("ACTIVE") == "1"
        and fields.get("REMOTE") == "0"
        and fields.get("CLASS", "user") in ("user", "user-early", "user-light")
        and uid.isascii()
        and uid.isdigit()
        and len(uid) <= 10
    )

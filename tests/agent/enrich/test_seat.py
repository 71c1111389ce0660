"""Who sits at the machine, by logind's session files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.enrich.seat import active_seat_actor

PERSON = "# private\nUID=1000\nUSER=liming\nACTIVE=1\nREMOTE=0\nSEAT=seat0\nTTY=tty2\nCLASS=user\n"


def write(folder, **sessions):
    for name, text in sessions.items():
        (folder / name).write_text(text)
    return active_seat_actor(folder)


def test_the_person_at_the_seat(tmp_path):
    actor = write(tmp_path, c2=PERSON)
    assert (actor.user.uid, actor.user.name) == (1000, "liming")
    assert (actor.session.uid, actor.session.seat, actor.session.terminal) == ("c2", "seat0", "tty2")
    assert actor.process.captured == "none"


@pytest.mark.parametrize(
    ("old", "new"),
    [("ACTIVE=1", "ACTIVE=0"), ("REMOTE=0", "REMOTE=1"), ("CLASS=user", "CLASS=greeter"), ("UID=1000", "UID=x"),
     ("UID=1000\n", ""), ("ACTIVE=1\n", "")],
)  # fmt: skip
def test_who_is_nobody(tmp_path, old, new):
    assert write(tmp_path, c2=PERSON.replace(old, new)) is None


def test_the_first_seat_goes_before_others(tmp_path):
    other = PERSON.replace("seat0", "seat1").replace("liming", "other")
    nowhere = PERSON.replace("SEAT=seat0\n", "").replace("liming", "nowhere")
    assert write(tmp_path, a=nowhere, b=other, c=PERSON).user.name == "liming"
    (tmp_path / "c").unlink()
    assert active_seat_actor(tmp_path).user.name == "other"


def test_no_logind_no_person(tmp_path):
    assert active_seat_actor(tmp_path / "missing") is None


@given(data=st.binary(max_size=300))
def test_any_file_is_a_session_or_none(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("sessions")
    (folder / "1").write_bytes(data)
    assert active_seat_actor(folder) is None

"""Captured processes as actors: whose login, which session, which act."""

from __future__ import annotations

from pathlib import Path

import pytest

from gapwatch_agent.enrich.actor import Actors, account_name, act_of
from gapwatch_agent.kernel.procfs import Who
from gapwatch_proto.events import Actor, Process, Session, User

WHO = Who(
    pid=4711,
    start_ticks=99,
    name="cp",
    exe="/usr/bin/cp",
    cmd_line="cp a b",
    parent_pid=42,
    parent_name="bash",
    uid=0,
    euid=0,
    login_uid=1000,
    audit_session=7,
    cgroup="/user.slice/user-1000.slice/session-3.scope",
)
NAMES = {0: "root", 1000: "operator"}


@pytest.fixture
def actors(tmp_path: Path) -> Actors:
    (tmp_path / "3").write_text("UID=1000\nSEAT=seat0\nTTY=tty2\n")
    (tmp_path / "7").write_bytes(b"# a comment\nTTY=pts/4\nbroken\n\xff\n")
    return Actors(tmp_path, lambda uid: NAMES.get(uid, ""))


def test_the_person_who_logged_in_stays_the_user_through_sudo(actors: Actors) -> None:
    assert actors.actor(WHO, 4711, "held") == Actor(
        process=Process(4711, 99, "cp", "/usr/bin/cp", "cp a b", 42, "bash", "held"),
        user=User(1000, "operator"),
        effective_user=User(0, "root"),
        session=Session("3", "seat0", "tty2"),
    )


def test_without_a_login_the_real_user_counts(actors: Actors) -> None:
    service = WHO._replace(login_uid=-1, audit_session=-1, cgroup="/system.slice/cron.service", uid=1000)
    actor = actors.actor(service, 4711, "held")
    assert (actor.user, actor.session) == (User(1000, "operator"), Session())


def test_a_process_outside_its_scope_is_found_by_the_audit_session(actors: Actors) -> None:
    desktop = WHO._replace(cgroup="/user.slice/user-1000.slice/user@1000.service/app.slice/app.scope")
    assert actors.actor(desktop, 4711, "held").session == Session("7", "", "pts/4")
    unknown = desktop._replace(audit_session=8)
    assert actors.actor(unknown, 4711, "held").session == Session("8")


def test_a_scope_name_cannot_lead_elsewhere(actors: Actors) -> None:
    crafted = WHO._replace(cgroup="/session-../../etc/passwd.scope", audit_session=-1)
    assert actors.actor(crafted, 4711, "held").session == Session()


def test_who_was_not_captured_is_gone_or_nobody(actors: Actors) -> None:
    assert actors.actor(None, 4711, "event") == Actor(process=Process(pid=4711, captured="gone"))
    assert actors.actor(None, 0, "event") == Actor(process=Process(captured="none"))


def test_captures_are_remembered_but_not_for_ever(actors: Actors) -> None:
    first = actors.actor(WHO, 4711, "held")
    assert actors.actor(WHO, 4711, "held") is first
    assert actors.actor(WHO, 4711, "event").process.captured == "event"
    for pid in range(1, 1000):
        actors.actor(WHO._replace(pid=pid), pid, "held")
    assert len(actors._kept) <= 256


def test_an_act_is_one_run_of_one_process_in_one_boot() -> None:
    boot = bytes(16)
    act = act_of(boot, WHO, 4711)
    assert len(act) == 64
    assert act == act_of(boot, WHO._replace(cmd_line="other"), 4711)
    others = {act_of(b"x" * 16, WHO, 4711), act_of(boot, WHO._replace(start_ticks=1), 4711), act_of(boot, None, 4711)}
    assert act not in others
    assert act_of(boot, None, 0) == ""


def test_account_names_come_from_the_hosts_database() -> None:
    assert account_name(0) == "root"
    assert account_name(-1) == ""
    assert account_name(2**31 + 5) == ""
    assert account_name(2**70) == ""

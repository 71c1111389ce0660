"""Tokens, hosts and media from the command line; every change stands in the log."""

from __future__ import annotations

from argparse import Namespace

import pytest

from gapwatch_collector.commands.opened import opened
from gapwatch_collector.ingest.enrolment import token_hash
from gapwatch_collector.model import ActKind, Host, HostState, Origin, PendingEnrolment
from gapwatch_collector.store.entries import read_act
from support.collectors import CommandLine

HOST = Host(b"h" * 16, "station-17")


@pytest.fixture
def with_host(collector: CommandLine) -> CommandLine:
    with opened(Namespace(config=collector.config)) as at:
        at.store.registers.put_host(HOST, by="enrolment", now_ns=1)
    return collector


def acts(collector: CommandLine) -> list[tuple[ActKind, str]]:
    with opened(Namespace(config=collector.config)) as at:
        entries = [one.entry for one in at.store.log.read(0, 100) if one.entry.origin is Origin.ACT]
    return [(ActKind(entry.kind), read_act(entry)[0]) for entry in entries]


def test_a_token_is_shown_once_and_only_its_hash_is_kept(collector: CommandLine) -> None:
    token = collector("token", "create", "--by", "li").strip()
    assert len(token) >= 40
    with opened(Namespace(config=collector.config)) as at:
        pending = PendingEnrolment(b"h" * 16, token_hash(token), b"csr", b"k" * 32, "host", "m", 1)
        assert at.store.enrolments.spend_token(token_hash(token), pending, at.clock.now_ns()) == ""
    assert token.encode() not in (collector.config.parent / "data" / "collector.sqlite3").read_bytes()
    assert acts(collector) == [(ActKind.TOKEN_CREATED, "li")]
    collector("token", "create", "--hours", "0", code=1)
    assert "--hours" in collector.complaint


def test_an_officers_yes_and_no(with_host: CommandLine) -> None:
    assert "confirmed" in with_host("hosts", "confirm", "station-17", "--by", "wang")
    with_host("hosts", "confirm", "station-17", code=1)
    assert "enrolled" in with_host.complaint
    assert with_host.json("hosts", "list", "--state", "enrolled")[0]["name"] == "station-17"
    assert "within seconds" in with_host("hosts", "revoke", "6868", "--by", "wang")
    with_host("hosts", "revoke", "station-17", code=1)
    assert with_host.json("hosts", "list")[0]["state"] == HostState.REVOKED
    assert acts(with_host) == [(ActKind.HOST_CONFIRMED, "wang"), (ActKind.HOST_REVOKED, "wang")]


def test_what_the_register_says_can_be_changed(with_host: CommandLine) -> None:
    with_host("hosts", "set", "station-17", "--ceiling", "state=secret", "--ceiling", "work=work", code=1)
    assert "axis=level" in with_host.complaint
    with_host("hosts", "set", "station-17", "--ceiling", "state=secret", "--unit", "档案室", "--person", "wang")
    row = with_host.json("hosts", "list")[0]
    assert (row["ceilings"], row["unit"], row["person"]) == ({"state": "secret"}, "档案室", "wang")
    with_host("hosts", "set", "station-17", "--ceiling", "state=")
    assert with_host.json("hosts", "list")[0]["ceilings"] == {}
    with_host("hosts", "set", "station-17", code=1)
    assert "nothing would change" in with_host.complaint
    with_host("hosts", "set", "nobody", "--unit", "x", code=1)
    assert "no host 'nobody'" in with_host.complaint


def test_media_are_registered_once_a_label(collector: CommandLine) -> None:
    assert "no medium" in collector("media", "list")
    add = ("media", "add", "--label", "M-1", "--serial", "4C53")
    collector(*add, "--zone", "z", "--ceiling", "state=confidential", "--holder", "wang")
    row = collector.json("media", "list")[0]
    assert (row["label"], row["serial"], row["ceilings"]) == ("M-1", "4C53", {"state": "confidential"})
    collector(*add, code=1)
    assert "already" in collector.complaint


def test_an_empty_register_says_what_to_do(collector: CommandLine) -> None:
    assert "token create" in collector("hosts", "list")

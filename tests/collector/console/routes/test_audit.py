"""The auditor's page."""

from __future__ import annotations

import json
import re

from gapwatch_collector.console.routes.audit import act_row
from gapwatch_collector.model import ActKind, LogEntry, NewEntry, Origin, Role
from gapwatch_collector.store.entries import RegisterKind

AUDITOR = Role.SECURITY_AUDITOR


def test_acts_are_newest_first_with_who_and_what(browser, world) -> None:
    world.audit.act(ActKind.TOKEN_CREATED, by="运维岗甲", detail={"name": "涉机-001"}, now_ns=1)
    world.audit.act(ActKind.ALERT_ACKNOWLEDGED, by="保密岗甲", detail={"reason": "核实"}, now_ns=2)
    page = browser(AUDITOR).get("/audit").text
    assert page.index("确认告警") < page.index("签发登记令牌")
    assert "理由" in page
    assert "核实" in page
    assert "审计岗甲" in page


def test_a_register_change_shows_what_it_was_and_what_it_became(browser, world) -> None:
    before = {"name": "涉机-001", "zone": "内网", "unit": "总体室"}
    body = {"by": "运维岗甲", "before": before, "after": {**before, "zone": "涉密网"}}
    world.audit.append(Origin.REGISTER_CHANGE, RegisterKind.HOST, body, 5)
    page = browser(AUDITOR).get("/audit").text
    assert "变更终端台账" in page
    assert re.search(r"<s><bdi>内网</bdi></s> → <bdi>涉密网</bdi>", page)
    assert "总体室" not in page


def test_a_new_row_of_a_register_shows_only_what_it_says() -> None:
    body = {"by": "x", "before": None, "after": {"name": "涉机-001", "zone": "", "enrolled_ns": 0, "unit": "总体室"}}
    entry = NewEntry(Origin.REGISTER_CHANGE, RegisterKind.HOST, 1, 0, 0, json.dumps(body).encode())
    row = act_row(LogEntry(1, 0, entry))
    assert row.changes == (("name", "", "涉机-001"), ("unit", "", "总体室"))
    assert row.subject == "涉机-001"


def test_an_entry_that_cannot_be_read_still_stands_there() -> None:
    for payload in (b"", b"\xff", b"[1]", b'"x"'):
        row = act_row(LogEntry(7, 3, NewEntry(Origin.ACT, 999, 1, 0, 0, payload)))
        assert (row.log_index, row.key, row.by) == (7, "act.999", "")


def test_long_values_are_cut() -> None:
    body = json.dumps({"by": "x", "detail": {"reason": "长" * 1000}}).encode()
    row = act_row(LogEntry(1, 0, NewEntry(Origin.ACT, 1, 1, 0, 0, body)))
    assert len(row.details[0][1]) == 301


def test_pages_of_the_log_follow_each_other(browser, world) -> None:
    for number in range(250):
        world.audit.act(ActKind.SIGNED_IN, by=f"账号{number}", detail={}, now_ns=number)
    client, address, seen = browser(AUDITOR), "/audit", []
    while address:
        page = client.get(address).text
        seen += [int(n) for n in re.findall(r'<td class="number">(\d+)</td>', page)]
        older = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = older[1] if older else ""
    assert seen == list(range(251, 0, -1))

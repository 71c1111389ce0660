"""Machines and their condition."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gapwatch_collector.console.deps import HostReport
from gapwatch_collector.console.routes.hosts import host_rows
from gapwatch_collector.model import HostState, Role
from support.console_alerts import SECOND, host_id, make_host

ADMINISTRATOR = Role.SYSTEM_ADMINISTRATOR


@pytest.mark.parametrize(
    ("state", "heard_before_s", "condition"),
    [
        (HostState.ENROLLED, 10, "online"),
        (HostState.ENROLLED, 180, "online"),
        (HostState.ENROLLED, 181, "silent"),
        (HostState.ENROLLED, None, "never"),
        (HostState.AWAITING, None, "awaiting"),
        (HostState.REVOKED, 10, "revoked"),
        (HostState.RETIRED, 9999, "retired"),
    ],
)
def test_condition(world, state, heard_before_s, condition) -> None:
    world.registers.by_id = {host_id(1): make_host(1, state, heartbeat_interval_s=60)}
    heard = world.clock.now_ns() - (heard_before_s or 0) * SECOND
    world.reports.by_id = {} if heard_before_s is None else {host_id(1): HostReport(host_id(1), heard)}
    (row,) = host_rows(world.deps())
    assert row.condition == condition


def test_the_worst_come_first(browser, world) -> None:
    page = browser(ADMINISTRATOR).get("/hosts").text
    names = re.findall(r"涉机-\d+", page)
    assert names[0] == "涉机-009"
    assert names[1] == "涉机-012"
    assert "失联" in page
    assert "0.1.0" in page


def test_conditions_and_text_narrow(browser, world) -> None:
    client = browser(ADMINISTRATOR)
    assert set(re.findall(r"涉机-\d+", client.get("/hosts?condition=silent").text)) == {"涉机-009"}
    assert set(re.findall(r"涉机-\d+", client.get("/hosts?q=bm-0003").text)) == {"涉机-003"}
    assert "没有符合条件的终端" in client.get("/hosts?q=none").text
    assert len(re.findall(r"涉机-\d+", client.get("/hosts?condition=odd").text)) == 12


def test_an_empty_register_says_how_to_fill_it(browser, world) -> None:
    world.registers.by_id.clear()
    assert "gapwatch-agent enrol" in browser(ADMINISTRATOR).get("/hosts").text


def test_degraded_sensors_are_named(browser, world) -> None:
    report = world.reports.by_id[host_id(1)]
    world.reports.by_id[host_id(1)] = replace(report, degraded_sensors=("files", "media"))
    assert "files, media" in browser(ADMINISTRATOR).get("/hosts").text


def test_a_large_register_is_cut_worst_first_and_says_so(browser, world) -> None:
    world.add_hosts(500)
    page = browser(ADMINISTRATOR).get("/hosts").text
    assert page.count('<td><span class="condition') == 200
    assert "共 500 台" in page

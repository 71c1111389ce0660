"""A day without the mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from gapwatch_collector.model import AlertState, Role
from support.console_alerts import many_alerts

pytestmark = pytest.mark.browser


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def test_walk_open_acknowledge_and_return(open_page, world) -> None:
    world.alerts.add(*many_alerts(5))
    page = open_page(Role.SECRECY_ADMINISTRATOR)
    ids = [f"open-{alert.alert_id.hex()}" for alert in reversed(world.alerts.kept)]
    page.keyboard.press("j")
    assert focused(page) == ids[0]
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == ids[2]
    page.keyboard.press("k")
    assert focused(page) == ids[1]
    page.keyboard.press("Enter")
    page.wait_for_url("**/alerts/*")
    page.keyboard.press("a")
    assert focused(page) == "reason"
    page.keyboard.type("已电话核实 jk/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".state-now")).to_have_text("已确认")
    assert world.alerts.kept[3].state is AlertState.ACKNOWLEDGED
    assert world.alerts.acknowledged[0][2] == "已电话核实 jk/"
    # The words stand before the page's script has loaded that listens for keys.
    page.wait_for_load_state("load")
    page.keyboard.press("u")
    expect(page.locator("#rows tr")).to_have_count(4)


def test_search_and_help(open_page, world) -> None:
    world.alerts.add(*many_alerts(30))
    page = open_page(Role.SECRECY_ADMINISTRATOR)
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("phy0")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=phy0*")
    expect(page.locator("#rows tr").first).to_contain_text("DEV-01")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_every_control_is_reached_by_tab_and_can_be_seen_there(open_page, world) -> None:
    world.alerts.add(*many_alerts(1))
    page = open_page(Role.SECRECY_ADMINISTRATOR)
    seen = set()
    for _ in range(36):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
                 const row = e.closest('tr');
                 return [e.id || e.textContent.trim(),
                         s.outlineStyle !== 'none' || Boolean(row), r.width > 0 && r.height > 0]; }"""
        )
        if page.evaluate("document.activeElement === document.body"):
            continue  # the browser's own controls come between the last link and the first
        seen.add(place[0])
        assert place[1], f"{place[0]} shows no focus"
        assert place[2], f"{place[0]} cannot be seen"
    assert {"告警", "终端", "EN", "退出", "search", "help"} <= seen

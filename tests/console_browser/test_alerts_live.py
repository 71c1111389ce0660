"""The list as an officer lives in it: new rows arrive, states change, connections break and mend."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gapwatch_collector.model import Role
from support.console_alerts import make_alert, many_alerts

pytestmark = pytest.mark.browser
OFFICER = Role.SECRECY_ADMINISTRATOR


def test_a_new_alert_arrives_by_itself_and_the_counts_follow(open_page, world) -> None:
    world.alerts.add(*many_alerts(20, now_ns=world.clock.now_ns()))
    page = open_page(OFFICER)
    expect(page.locator("#live")).to_have_text("实时更新")
    loads = []
    page.on("request", lambda request: loads.append(request.url) if request.is_navigation_request() else None)
    page.keyboard.press("j")
    chosen = page.evaluate("document.activeElement.id")
    critical = page.locator("#counts a.s5 b")
    before = int(critical.inner_text())
    world.alerts.add(make_alert(0, "net-07", now_ns=world.clock.now_ns()))
    newest = page.locator("#rows tr").first
    expect(newest).to_contain_text("NET-07")
    expect(newest).to_contain_text("usb0")
    expect(critical).to_have_text(str(before + 1))
    assert page.evaluate("document.activeElement.id") == chosen, "a new row must not move the officer's place"
    assert loads == []


def test_a_filtered_list_receives_only_what_it_asks_for(open_page, world) -> None:
    page = open_page(OFFICER, "/alerts?severity=3")
    expect(page.locator("#live")).to_have_text("实时更新")
    expect(page.locator(".empty")).to_contain_text("没有符合条件的告警")
    world.alerts.add(make_alert(1, "med-01"), make_alert(2, "sys-05"))
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("SYS-05")
    expect(page.locator(".empty")).to_be_hidden()


def test_what_another_officer_acknowledges_leaves_the_open_list(open_page, world) -> None:
    world.alerts.add(make_alert(1), make_alert(2, "med-01"))
    page = open_page(OFFICER)
    expect(page.locator("#live")).to_have_text("实时更新")
    world.alerts.acknowledge(world.alerts.kept[1].alert_id, by="保密岗乙", reason="核实", now_ns=0)
    expect(page.locator("#rows tr")).to_have_count(1)
    world.alerts.add(make_alert(3, "dev-01"))
    expect(page.locator("#rows tr")).to_have_count(2)


def test_a_storm_of_alerts_ends_in_one_page(open_page, world) -> None:
    page = open_page(OFFICER)
    expect(page.locator("#live")).to_have_text("实时更新")
    world.alerts.add(*many_alerts(500))
    expect(page.locator("#rows tr")).to_have_count(50)
    expect(page.get_by_role("link", name="更早 →")).to_be_visible()


def test_ten_thousand_alerts_are_paged_and_searched(open_page, world) -> None:
    world.alerts.add(*many_alerts(10_000, now_ns=world.clock.now_ns()))
    page = open_page(OFFICER)
    expect(page.locator("#rows tr")).to_have_count(50)
    first = page.locator("#rows tr").first.get_attribute("id")
    page.get_by_role("link", name="更早 →").click()
    expect(page.locator("#rows tr")).to_have_count(50)
    assert page.locator("#rows tr").first.get_attribute("id") != first
    page.get_by_role("link", name="回到最新").click()
    expect(page.locator("#rows tr").first).to_have_attribute("id", first)
    page.get_by_role("searchbox").fill("rndis_host")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr").first).to_contain_text("NET-07")
    page.get_by_role("link", name="清除筛选").first.click()
    expect(page.locator("#rows tr").first).to_have_attribute("id", first)


def test_one_alert_and_then_none(open_page, world) -> None:
    page = open_page(OFFICER)
    expect(page.locator(".empty")).to_contain_text("没有未处置的告警")
    world.alerts.add(make_alert(1))
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator(".empty")).to_be_hidden()
    world.alerts.acknowledge(world.alerts.kept[0].alert_id, by="x", reason="y", now_ns=0)
    expect(page.locator(".empty")).to_be_visible()


def test_a_session_that_ends_leads_to_the_sign_in(open_page, world) -> None:
    page = open_page(OFFICER)
    expect(page.locator("#live")).to_have_text("实时更新")
    world.accounts.sessions.clear()
    world.alerts.add(make_alert(1))
    page.wait_for_url("**/sign-in")
    assert "高密低流" not in page.content()

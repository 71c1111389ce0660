"""Signing in as a person does, for each duty."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from gapwatch_collector.model import Role

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("role", "heading", "rooms"),
    [
        (Role.SECRECY_ADMINISTRATOR, "告警", ["告警", "终端"]),
        (Role.SYSTEM_ADMINISTRATOR, "终端", ["终端"]),
        (Role.SECURITY_AUDITOR, "审计", ["告警", "终端", "审计"]),
    ],
)
def test_each_duty_signs_in_and_finds_its_rooms(open_page, world, role, heading, rooms) -> None:
    world.add_hosts(3)
    page = open_page(role)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    assert page.locator("nav.rooms a").all_inner_texts() == rooms
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_label("一次性登录码")).to_be_focused()
    page.goto("/alerts")
    assert page.url.endswith("/sign-in")


def test_a_link_with_a_code_needs_one_press(open_page, world) -> None:
    page = open_page(None, f"/sign-in?code={world.code(Role.SECRECY_ADMINISTRATOR)}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("告警")


def test_a_used_code_is_refused_in_words_in_both_languages(open_page, world) -> None:
    page = open_page(None, "/sign-in")
    page.get_by_label("一次性登录码").fill("WRONG")
    with page.expect_response(lambda answer: answer.status == 403):
        page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("无效、已使用或已过期")
    page.get_by_role("link", name="EN").click()
    page.get_by_label("One-time code").fill("WRONG")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong, used or expired")

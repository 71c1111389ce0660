"""Who is asking, and did the form come from a page of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gapwatch_collector.model import Role
from support.console import ConsoleWorld
from support.console_client import ConsoleClient

OFFICER = Role.SECRECY_ADMINISTRATOR


def acknowledge(client: ConsoleClient, world: ConsoleWorld, **fields: str) -> int:
    path = f"/alerts/{world.alerts.kept[0].alert_id.hex()}/acknowledge"
    return client.post(path, reason="核查中", **fields).status_code


@pytest.mark.parametrize("token", ["", "0" * 64, "★"])
def test_a_form_without_our_token_changes_nothing(browser, world, token) -> None:
    assert acknowledge(browser(OFFICER), world, token=token) == 403
    assert world.alerts.acknowledged == []


def test_another_sessions_token_does_not_serve(browser, world) -> None:
    theirs = browser(OFFICER).token()
    assert acknowledge(browser(OFFICER), world, token=theirs) == 403


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_form_from_another_site_is_refused_even_with_the_token(browser, world, origin) -> None:
    assert acknowledge(browser(OFFICER), world, origin=origin) == 403
    assert acknowledge(browser(OFFICER), world, origin="same-origin") == 303


def test_a_form_without_any_cookie_is_refused(browser) -> None:
    assert browser().post("/sign-in", token="0" * 64, code="x").status_code == 403


def test_a_disabled_account_is_nobody_at_once(browser, world) -> None:
    client = browser(OFFICER)
    world.accounts.put(replace(world.account(OFFICER), disabled=True))
    assert client.get("/alerts").headers["location"] == "/sign-in"


def test_an_account_that_lost_its_role_is_nobody(browser, world) -> None:
    client = browser(OFFICER)
    world.accounts.put(replace(world.account(OFFICER), role=None))
    assert client.get("/alerts").headers["location"] == "/sign-in"


def test_a_session_ends_with_the_working_day(browser, world) -> None:
    client = browser(OFFICER)
    world.clock.advance(8 * 3600 - 1)
    assert client.get("/alerts").status_code == 200
    world.clock.advance(2)
    assert client.get("/alerts").status_code == 303


@pytest.mark.parametrize("cookie", ["x", "x" * 5000, '"', "%00"])
def test_odd_cookies_are_nobody(browser, cookie) -> None:
    client = browser()
    client.cookies.set("gapwatch-session", cookie)
    assert client.get("/alerts").status_code == 303


def test_htmx_and_programs_are_told_in_their_own_way(browser) -> None:
    client = browser()
    fragment = client.get("/alerts", **{"hx-request": "true"})
    assert (fragment.status_code, fragment.headers["hx-redirect"]) == (401, "/sign-in")
    assert client.get("/api/alerts").json() == {"error": "sign_in_needed", "status": 401}


def test_an_odd_theme_or_language_falls_back(browser) -> None:
    client = browser()
    client.cookies.set("gapwatch-theme", "<b>")
    client.cookies.set("gapwatch-language", "xx")
    page = client.get("/sign-in").text
    assert 'data-theme="auto"' in page
    assert 'lang="zh-CN"' in page

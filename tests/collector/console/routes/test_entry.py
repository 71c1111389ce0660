"""Signing in and out. Every act of either leaves a record."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console.routes.entry import local_path
from gapwatch_collector.model import ActKind, Role
from support.console import ConsoleWorld
from support.console_client import ConsoleClient

OFFICER = Role.SECRECY_ADMINISTRATOR


def refusals(world: ConsoleWorld) -> list[str]:
    kinds = [entry.entry for entry in world.audit.kept if entry.entry.kind == ActKind.SIGN_IN_FAILED]
    return [entry.payload.decode().split('"reason": "')[1].split('"')[0] for entry in kinds]


def test_looking_at_the_form_spends_nothing(browser, world) -> None:
    code = world.code(OFFICER)
    client = browser()
    for _ in range(3):
        page = client.get(f"/sign-in?code={code}")
        assert f'value="{code}"' in page.text
    assert client.get("/alerts").status_code == 303
    assert world.audit.kept == []
    assert client.post("/sign-in", code=code).status_code == 303


@pytest.mark.parametrize(
    ("role", "landing"),
    [(OFFICER, "/alerts"), (Role.SYSTEM_ADMINISTRATOR, "/hosts"), (Role.SECURITY_AUDITOR, "/audit")],
)
def test_each_duty_lands_on_its_first_question(browser, world, role, landing) -> None:
    client = browser()
    assert client.post("/sign-in", code=world.code(role)).headers["location"] == landing
    assert client.get("/").headers["location"] == landing
    assert world.audit.kinds() == [ActKind.SIGNED_IN]


def test_a_code_serves_once(browser, world) -> None:
    code = world.code(OFFICER)
    assert browser().post("/sign-in", code=code).status_code == 303
    again = browser().post("/sign-in", code=code)
    assert again.status_code == 403
    assert "无效、已使用或已过期" in again.text
    assert world.audit.kinds() == [ActKind.SIGNED_IN, ActKind.SIGN_IN_FAILED]


@pytest.mark.parametrize("code", ["", "WRONG", "'; DROP TABLE accounts", "★" * 100, "x" * 1000])
def test_a_wrong_code_opens_nothing(browser, world, code) -> None:
    client = browser()
    assert client.post("/sign-in", code=code).status_code == 403
    assert world.accounts.sessions == {}
    assert refusals(world) == ["code_not_valid"]


def test_an_expired_code_opens_nothing(browser, world) -> None:
    code = world.code(OFFICER, lifetime_s=60)
    world.clock.advance(61)
    assert browser().post("/sign-in", code=code).status_code == 403


def test_an_account_without_a_duty_cannot_sign_in(browser, world) -> None:
    answer = browser().post("/sign-in", code=world.code(None))
    assert answer.status_code == 403
    assert "尚未授权" in answer.text
    assert refusals(world) == ["no_role"]


def test_hammering_is_slowed_and_recorded_once(browser, world) -> None:
    client = browser()
    token = client.token()
    statuses = [client.post("/sign-in", token=token, code="WRONG").status_code for _ in range(15)]
    assert statuses == [403] * 10 + [429] * 5
    assert refusals(world) == ["code_not_valid"] * 10 + ["too_many_tries"]
    code = world.code(OFFICER)
    refused = client.post("/sign-in", token=token, code=code)
    assert int(refused.headers["retry-after"]) > 0
    world.clock.advance(61)
    assert client.post("/sign-in", code=code).status_code == 303


@pytest.mark.parametrize("secure", [False, True])
def test_the_session_cookie_is_out_of_reach(world, secure) -> None:
    world.secure_cookies = secure
    with ConsoleClient(world) as client:
        answer = client.post("/sign-in", code=world.code(OFFICER))
        (cookie,) = [line for line in answer.headers.get_list("set-cookie") if "session=" in line]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie
        assert ("Secure" in cookie) == secure
        assert cookie.startswith("__Host-") == secure
        assert client.get("/alerts").status_code == 200


def test_only_hashes_of_sessions_are_kept(browser, world) -> None:
    client = browser(OFFICER)
    session = client.cookies["gapwatch-session"]
    assert all(session.encode() not in name for name in world.accounts.sessions)


def test_signing_in_again_ends_the_session_before(browser, world) -> None:
    client = browser(OFFICER)
    first = dict(world.accounts.sessions)
    client.sign_in(Role.SECURITY_AUDITOR)
    assert len(world.accounts.sessions) == 1
    assert not set(first) & set(world.accounts.sessions)


def test_signing_out_ends_the_session_everywhere(browser, world) -> None:
    client = browser(OFFICER)
    session = client.cookies["gapwatch-session"]
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert world.accounts.sessions == {}
    assert world.audit.kinds() == [ActKind.SIGNED_IN, ActKind.SIGNED_OUT]
    client.cookies.set("gapwatch-session", session)
    assert client.get("/alerts").status_code == 303


def test_language_and_theme_are_remembered_and_lead_back(browser) -> None:
    client = browser()
    answer = client.get("/preference/language/en?back=/sign-in")
    assert answer.headers["location"] == "/sign-in"
    assert ">Sign in<" in client.get("/sign-in").text
    client.get("/preference/theme/dark?back=/sign-in")
    assert 'data-theme="dark"' in client.get("/sign-in").text
    assert client.get("/preference/theme/pink").headers.get_list("set-cookie") == []


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "x", "/é"])
def test_nobody_is_led_away(browser, world, path) -> None:
    assert local_path(path) == ""
    assert browser().get(f"/preference/language/en?back={quote(path)}").headers["location"] == "/"
    answer = browser().post("/sign-in", code=world.code(OFFICER), next=path)
    assert answer.headers["location"] == "/alerts"


@given(st.text(max_size=60))
def test_a_local_path_stays_local(path) -> None:
    kept = local_path(path)
    assert kept in {"", path}
    assert not kept or (kept[0] == "/" and kept[1:2] not in {"/", "\\"})

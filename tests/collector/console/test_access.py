"""Every route, asked for by every duty and by nobody (C12)."""

from __future__ import annotations

import pytest

from gapwatch_collector.console.access import ALLOWED, LANDING, PUBLIC, may
from gapwatch_collector.console.app import create_app
from gapwatch_collector.model import Role
from support.console import ConsoleWorld

OFFICER, ADMINISTRATOR, AUDITOR = Role.SECRECY_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_AUDITOR
# Written out by hand, so that a slip in the table itself is caught: what each duty may and the others may not.
EXPECTED = {
    ("GET", "/"): {OFFICER, ADMINISTRATOR, AUDITOR},
    ("POST", "/sign-out"): {OFFICER, ADMINISTRATOR, AUDITOR},
    ("GET", "/alerts"): {OFFICER, AUDITOR},
    ("GET", "/alerts/live"): {OFFICER, AUDITOR},
    ("GET", "/alerts/{alert_id}"): {OFFICER, AUDITOR},
    ("POST", "/alerts/{alert_id}/acknowledge"): {OFFICER},
    ("GET", "/hosts"): {OFFICER, ADMINISTRATOR, AUDITOR},
    ("GET", "/audit"): {AUDITOR},
    ("GET", "/api/openapi.json"): {OFFICER, ADMINISTRATOR, AUDITOR},
    ("GET", "/api/counts"): {OFFICER, ADMINISTRATOR, AUDITOR},
    ("GET", "/api/alerts"): {OFFICER, AUDITOR},
    ("GET", "/api/alerts/{alert_id}"): {OFFICER, AUDITOR},
    ("GET", "/api/hosts"): {OFFICER, ADMINISTRATOR, AUDITOR},
}
ROUTES = sorted(EXPECTED)
ENDLESS = ("GET", "/alerts/live")  # an open stream has no end to wait for; test_live and the browser read it


def test_every_route_of_the_app_is_decided_and_every_decision_has_a_route() -> None:
    schema_routes = set()
    for route in create_app(ConsoleWorld().deps()).routes:
        for inner in getattr(getattr(route, "original_router", None), "routes", [route]):
            schema_routes |= {(method, inner.path) for method in getattr(inner, "methods", None) or ()}
    assert schema_routes == set(ALLOWED) | PUBLIC


def test_the_table_says_what_was_meant() -> None:
    assert {route: set(roles) for route, roles in ALLOWED.items()} == EXPECTED


def test_unknown_routes_are_nobodys() -> None:
    assert not any(may(role, "GET", "/elsewhere") for role in Role)


def test_every_duty_may_open_its_landing_page() -> None:
    assert all(may(role, "GET", path) for role, path in LANDING.items())
    assert set(LANDING) == set(Role)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "route"), [route for route in ROUTES if route != ENDLESS])
def test_the_server_enforces_it(browser, world, role, method, route) -> None:
    client = browser(role)
    alert = world.alerts.kept[0]
    path = route.format(alert_id=alert.alert_id.hex())
    answer = client.get(path) if method == "GET" else client.post(path, reason="核查中")
    if role in EXPECTED[method, route]:
        assert answer.status_code in {200, 303}, answer.text
    else:
        assert answer.status_code == 403
        assert str(alert.facts["host.name"]) not in answer.text
        assert world.alerts.acknowledged == []


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_nobody_gets_nothing(browser, world, method, route) -> None:
    client = browser()
    path = route.format(alert_id=world.alerts.kept[0].alert_id.hex())
    answer = client.get(path) if method == "GET" else client.post(path, reason="核查中")
    assert answer.status_code in {303, 401}
    assert answer.headers.get("location", "/sign-in") == "/sign-in"
    assert "涉机" not in answer.text
    assert world.alerts.acknowledged == []


def test_live_is_closed_to_the_administrator(browser) -> None:
    assert browser(ADMINISTRATOR).get("/alerts/live").status_code == 403


def test_the_administrators_page_carries_counts_and_no_content(browser, world) -> None:
    page = browser(ADMINISTRATOR).get("/hosts").text
    assert "未处置告警" in page
    assert 'href="/alerts' not in page
    for alert in world.alerts.kept:
        assert str(alert.facts.get("file.name", "总体方案")) not in page
        assert alert.alert_id.hex() not in page


def test_the_auditor_sees_alerts_and_is_offered_nothing_to_change(browser, world) -> None:
    page = browser(AUDITOR).get(f"/alerts/{world.alerts.kept[0].alert_id.hex()}").text
    assert "/acknowledge" not in page
    assert "您的职责只可查看" in page

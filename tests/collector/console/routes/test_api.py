"""The JSON interface."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console.routes.api import encodable
from gapwatch_collector.model import Role
from support.console_alerts import make_alert

OFFICER = Role.SECRECY_ADMINISTRATOR


def test_pages_of_alerts(browser, world) -> None:
    client, before, seen = browser(OFFICER), 0, []
    while before is not None:
        page = client.get(f"/api/alerts?limit=7&before={before}").json()
        seen += [alert["number"] for alert in page["alerts"]]
        before = page["next_before"]
    assert seen == list(range(30, 0, -1))


def test_filters(browser, world) -> None:
    client = browser(OFFICER)
    severities = {alert["severity"] for alert in client.get("/api/alerts?severity=5&severity=3").json()["alerts"]}
    assert severities == {3, 5}
    assert client.get("/api/alerts?state=closed").json() == {"alerts": [], "next_before": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "before=-1", "state=odd", "severity=x", f"q={'x' * 300}"])
def test_wrong_questions_are_refused(browser, query) -> None:
    assert browser(OFFICER).get(f"/api/alerts?{query}").status_code == 422


def test_one_alert_carries_its_facts_and_members(browser, world) -> None:
    alert = make_alert(900, **{"file.name": "caf\udce9\n"})
    world.alerts.add(alert)
    answer = browser(OFFICER).get(f"/api/alerts/{alert.alert_id.hex()}")
    body = answer.json()
    assert body["facts"]["file.name"] == "caf\\udce9\n"
    assert body["members"] == [1000, 1001]
    assert body["case"] == [alert.alert_id.hex()]
    assert body["time_uncertainty_ms"] == 400
    assert body["time"].endswith("Z")
    assert browser(OFFICER).get("/api/alerts/00").status_code == 404


def test_counts_and_hosts_are_for_every_duty(browser, world) -> None:
    client = browser(Role.SYSTEM_ADMINISTRATOR)
    assert sum(row["count"] for row in client.get("/api/counts").json()) == 30
    hosts = client.get("/api/hosts").json()
    assert len(hosts) == 12
    assert hosts[0]["condition"] == "silent"
    assert hosts[0]["agent_version"] == "0.1.0"
    assert next(host for host in hosts if host["condition"] == "awaiting")["last_heard_time"] is None


def test_the_description_is_for_signed_in_users_and_covers_every_path(browser) -> None:
    assert browser().get("/api/openapi.json").status_code == 401
    description = browser(OFFICER).get("/api/openapi.json").json()
    assert set(description["paths"]) == {"/api/alerts", "/api/alerts/{alert_id}", "/api/counts", "/api/hosts"}
    assert all(set(methods) == {"get"} for methods in description["paths"].values())


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_anything_encodes_as_utf_8(value) -> None:
    json.dumps(encodable(value), ensure_ascii=False).encode()

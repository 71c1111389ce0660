"""The list, the alert in full, the acknowledgement."""

from __future__ import annotations

import re

import pytest

from gapwatch_collector.model import AlertState, Role
from support.console_alerts import make_alert, many_alerts

OFFICER = Role.SECRECY_ADMINISTRATOR
_ROW = re.compile(r'<tr id="row-([0-9a-f]+)"')


def rows(page: str) -> list[str]:
    return _ROW.findall(page)


def test_the_list_is_newest_first_and_open_only(browser, world) -> None:
    done = world.alerts.kept[-1]
    world.alerts.acknowledge(done.alert_id, by="x", reason="y", now_ns=0)
    page = browser(OFFICER).get("/alerts").text
    wanted = [alert.alert_id.hex() for alert in reversed(world.alerts.kept) if alert.state is AlertState.OPEN]
    assert rows(page) == wanted
    assert done.alert_id.hex() not in page


def test_filters_narrow_by_severity_state_text_and_machine(browser, world) -> None:
    client = browser(OFFICER)
    alert = world.alerts.kept[3]
    critical = [a for a in world.alerts.kept if a.severity == 5]
    assert len(rows(client.get("/alerts?severity=5").text)) == len(critical)
    assert len(rows(client.get("/alerts?severity=5&severity=3").text)) >= len(critical)
    assert rows(client.get("/alerts?state=closed").text) == []
    assert set(rows(client.get(f"/alerts?state=all&host={alert.host_id.hex()}").text)) == {
        a.alert_id.hex() for a in world.alerts.kept if a.host_id == alert.host_id
    }
    found = client.get("/alerts").text
    assert len(rows(found)) == 30
    assert rows(client.get("/alerts?q=nothing-like-it").text) == []


def test_a_search_is_kept_in_its_field_and_escaped(browser) -> None:
    page = browser(OFFICER).get("/alerts?q=%22%3E%3Cscript%3E").text
    assert "<script>" not in page.replace("<script src", "")
    assert 'value="&#34;&gt;&lt;script&gt;"' in page
    assert "没有符合条件的告警" in page


def test_every_count_is_a_link_to_its_rows(browser, world) -> None:
    client = browser(OFFICER)
    page = client.get("/alerts").text
    counted = re.findall(r'<a href="([^"]+)" class="s\d"[^>]*>.*?<b>(\d+)</b></a>', page, re.DOTALL)
    assert len(counted) == 5
    for address, count in counted:
        assert len(rows(client.get(address).text)) == int(count)


def test_pages_follow_each_other_without_overlap_or_gap(browser, world) -> None:
    world.alerts.add(*[make_alert(1000 + n) for n in range(130)])
    client, address, seen = browser(OFFICER), "/alerts", []
    while address:
        page = client.get(address).text
        seen += rows(page)
        older = re.search(r'<a href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert seen == [alert.alert_id.hex() for alert in reversed(world.alerts.kept)]


def test_only_the_newest_page_receives_rows_by_itself(browser) -> None:
    client = browser(OFFICER)
    assert 'sse-swap="alert"' in client.get("/alerts").text
    assert 'sse-swap="alert"' not in client.get("/alerts?before=9").text


def test_the_stream_begins_where_the_page_ends(browser, world) -> None:
    page = browser(OFFICER).get("/alerts?severity=5").text
    assert f'sse-connect="/alerts/live?severity=5&amp;after={len(world.alerts.kept)}&amp;revision=0"' in page


@pytest.mark.parametrize("state", ["open", "acknowledged", "all"])
def test_an_empty_list_says_what_would_be_here(browser, world, state) -> None:
    world.alerts.kept.clear()
    page = browser(OFFICER).get(f"/alerts?state={state}").text
    assert "新告警会自动出现在这里" in page


def test_the_detail_holds_everything_the_officer_needs(browser, world) -> None:
    alert = make_alert(77, **{"medium.product_name": "Cruzer <Blade>"})
    world.alerts.add(alert)
    page = browser(OFFICER).get(f"/alerts/{alert.alert_id.hex()}").text
    for wanted in (
        "机密★5年",
        "首页顶端",
        "/usr/bin/cp",
        "cp 文档/总体方案-77.docx",
        "结构岗37",
        "/home/u37/文档/总体方案-77.docx",
        "/media/u37/KINGSTON/总体方案-77.docx",
        str(alert.facts["file.sha256"]),
        "SanDisk",
        "Cruzer &lt;Blade&gt;",
        str(alert.facts["medium.serial_number"]),
        "6A1F-09C2",
        "第三十一条",
        "建设保密自监管设施",
        "file.exceeds_medium",
        "处置建议",
        "± 400 ms",
        "MED-06",
    ):
        assert wanted in page, wanted


def test_the_other_alerts_of_the_act_are_linked(browser, world) -> None:
    first, second = make_alert(500), make_alert(500, "med-01")
    assert first.case_id == second.case_id
    world.alerts.add(first, second)
    page = browser(OFFICER).get(f"/alerts/{first.alert_id.hex()}").text
    assert f'href="/alerts/{second.alert_id.hex()}"' in page
    assert f'href="/alerts/{first.alert_id.hex()}"' not in page


def test_acknowledging_takes_a_reason_and_happens_once(browser, world) -> None:
    client, alert = browser(OFFICER), world.alerts.kept[0]
    path = f"/alerts/{alert.alert_id.hex()}/acknowledge"
    missing = client.post(path, reason="   ")
    assert missing.status_code == 422
    assert "请写明理由" in missing.text
    assert client.post(path, reason="已电话核实").status_code == 303
    assert world.alerts.acknowledged == [(alert.alert_id, "保密岗甲", "已电话核实")]
    assert "已电话核实" in client.get(f"/alerts/{alert.alert_id.hex()}").text
    again = client.post(path, reason="再次")
    assert again.status_code == 409
    assert "可能已有人确认" in again.text
    assert len(world.alerts.acknowledged) == 1


def test_a_long_reason_is_cut_to_its_bound(browser, world) -> None:
    alert = world.alerts.kept[0]
    browser(OFFICER).post(f"/alerts/{alert.alert_id.hex()}/acknowledge", reason="长" * 5000)
    assert len(world.alerts.acknowledged[0][2]) == 2000


def test_ten_thousand_alerts_make_no_longer_page(browser, world) -> None:
    client = browser(OFFICER)
    short = len(client.get("/alerts").text)
    world.alerts.add(*many_alerts(10_000, seed=3))
    page = client.get("/alerts").text
    assert len(rows(page)) == 50
    assert len(page) < 3 * short


def test_a_full_house_refuses_another_stream(browser, monkeypatch) -> None:
    client = browser(OFFICER)
    monkeypatch.setattr("gapwatch_collector.console.live.STREAMS_MAX", 0)
    assert client.get("/alerts/live").status_code == 503

"""The console's view of alerts: every filter, pages without repeats or holes, acknowledgement."""

from __future__ import annotations

import itertools

import pytest

from gapwatch_collector.model import ActKind, Alert, AlertFilter, AlertState, Origin
from gapwatch_collector.store import Store
from gapwatch_collector.store.entries import read_act
from gapwatch_collector.store.ports import Evaluation
from support.stores import make_alert

STORED = 120


@pytest.fixture
def filled(store: Store) -> Store:
    alerts = [make_alert(n, catalogue_id=("MED-01", "FIL-17", "NET-03")[n % 3]) for n in range(STORED)]
    resolutions = [(make_alert(n).alert_id, AlertState.EXPLAINED, "") for n in range(0, STORED, 4)]
    store.evaluation.save(Evaluation(0, 1, alerts, resolutions=resolutions))
    return store


def pages(store: Store, wanted: AlertFilter) -> list[Alert]:
    found: list[Alert] = []
    while page := store.alerts.alerts(wanted):
        found += page
        wanted = AlertFilter(
            wanted.severities,
            wanted.states,
            wanted.catalogue_id,
            wanted.host_id,
            wanted.text,
            page[-1].number,
            wanted.limit,
        )
    return found


def matches(alert: Alert, wanted: AlertFilter) -> bool:
    return (
        (not wanted.severities or alert.severity in wanted.severities)
        and (not wanted.states or alert.state in wanted.states)
        and (not wanted.catalogue_id or alert.catalogue_id == wanted.catalogue_id)
        and (not wanted.host_id or alert.host_id == wanted.host_id)
        and wanted.text.casefold() in str(alert.facts["file.path"]).casefold()
    )


FILTERS = [
    AlertFilter(frozenset(severities), frozenset(states), catalogue, host, text, limit=11)
    for severities, states, catalogue, host, text in itertools.product(
        [(), (5,), (1, 4)],
        [(), (AlertState.OPEN,), (AlertState.OPEN, AlertState.EXPLAINED)],
        ["", "FIL-17"],
        [b"", bytes([3]) * 16],
        ["", "文件-1", "DOCX"],
    )
]


def test_pages_hold_what_the_filter_asks_newest_first(filled: Store) -> None:
    everything = filled.alerts.alerts(AlertFilter(limit=1000))
    assert [a.number for a in everything] == list(range(STORED, 0, -1))
    for wanted in FILTERS:
        assert pages(filled, wanted) == [alert for alert in everything if matches(alert, wanted)], wanted


def test_text_is_taken_as_it_stands(store: Store) -> None:
    odd = "/a/50%_b'c\"d\\e"
    store.evaluation.save(Evaluation(0, 1, [make_alert(1), make_alert(2, facts={"file.path": odd})]))
    for text in ("%", "_", "%_", "'", '"', "\\", "50%_B"):
        assert [alert.number for alert in store.alerts.alerts(AlertFilter(text=text))] == [2], text
    for text in ("50_", "a%", "\udcff", "x" * 5000):
        assert store.alerts.alerts(AlertFilter(text=text)) == [], text


def test_an_alert_is_found_by_its_id_as_it_was_raised(store: Store) -> None:
    facts = {
        "file.path": "/媒体/绝密.docx",
        "mark": {"level": "top_secret"},
        "n": 3,
        "list": ["a", None],
        "odd": "\udc80\0",
    }
    alert = make_alert(7, facts=facts, late=True, members=(3, 4, 5), number=1)
    store.evaluation.save(Evaluation(0, 1, [alert]))
    assert store.alerts.alert(alert.alert_id) == alert
    assert store.alerts.alert(b"?" * 32) is None


def test_a_case_leads_with_its_gravest(store: Store) -> None:
    case = b"c" * 32
    store.evaluation.save(Evaluation(0, 1, [make_alert(n, case_id=case) for n in (0, 4, 2)] + [make_alert(3)]))
    assert [alert.severity for alert in store.alerts.case(case)] == [5, 3, 1]
    assert store.alerts.case(b"?" * 32) == []


def test_counts_are_those_of_the_rows(filled: Store) -> None:
    rows = filled.alerts.alerts(AlertFilter(limit=1000))
    expected: dict[tuple[AlertState, int], int] = {}
    for alert in rows:
        expected[alert.state, alert.severity] = expected.get((alert.state, alert.severity), 0) + 1
    assert filled.alerts.counts() == expected


def test_acknowledging_is_an_act_in_the_log(store: Store) -> None:
    alert = make_alert(1)
    store.evaluation.save(Evaluation(0, 1, [alert]))
    revision = store.alerts.revision()

    assert store.alerts.acknowledge(alert.alert_id, by="officer", reason="known stick", now_ns=77)

    stored = store.alerts.alert(alert.alert_id)
    assert stored is not None
    assert (stored.state, stored.explanation) == (AlertState.ACKNOWLEDGED, "known stick")
    assert store.alerts.revision() > revision
    (entry,) = store.log.read(0, 10)
    assert (entry.entry.origin, entry.entry.kind) == (Origin.ACT, ActKind.ALERT_ACKNOWLEDGED)
    assert read_act(entry.entry) == ("officer", {"alert_id": alert.alert_id.hex(), "reason": "known stick"})


def test_only_an_open_alert_can_be_acknowledged(store: Store) -> None:
    alert = make_alert(1)
    store.evaluation.save(Evaluation(0, 1, [alert]))
    assert store.alerts.acknowledge(alert.alert_id, by="officer", reason="", now_ns=1)
    assert not store.alerts.acknowledge(alert.alert_id, by="other", reason="", now_ns=2)
    assert not store.alerts.acknowledge(b"?" * 32, by="other", reason="", now_ns=2)
    assert len(store.log.read(0, 10)) == 1

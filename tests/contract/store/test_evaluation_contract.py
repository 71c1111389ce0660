"""One pass of the evaluator is written whole or not at all, and once (C8)."""

from __future__ import annotations

from dataclasses import replace

from gapwatch_collector.model import AlertFilter, AlertState
from gapwatch_collector.store import Store
from gapwatch_collector.store.ports import Evaluation, Sighting
from support.stores import Engine, make_alert


def test_a_new_store_begins_at_the_beginning(store: Store) -> None:
    assert store.evaluation.cursor() == 0
    assert store.evaluation.load_state() == {}
    assert store.alerts.newest_number() == 0


def test_a_pass_is_kept_over_reopening(engine: Engine) -> None:
    alert = make_alert(1)
    state = {"silence:ab": {"due_ns": 5, "words": ["机密", "\udcff", "\0"]}, "n": 3}
    assert engine.open().evaluation.save(Evaluation(0, 9, [alert], state))
    engine.close()
    again = engine.open()
    assert again.evaluation.cursor() == 9
    assert again.evaluation.load_state() == state
    assert again.alerts.alert(alert.alert_id) == replace(alert, number=1)


def test_a_pass_that_expects_another_cursor_writes_nothing(store: Store) -> None:
    assert store.evaluation.save(Evaluation(0, 5))
    late = Evaluation(0, 7, [make_alert(1)], {"key": 1}, (), [Sighting("m", b"h" * 16, 1, 1)])
    assert not store.evaluation.save(late)
    assert store.evaluation.cursor() == 5
    assert store.alerts.alerts(AlertFilter()) == []
    assert store.evaluation.load_state() == {}
    assert store.evaluation.sightings("m") == []


def test_an_alert_that_is_there_already_is_left_alone(store: Store) -> None:
    alert = make_alert(1)
    store.evaluation.save(Evaluation(0, 1, [alert]))
    store.alerts.acknowledge(alert.alert_id, by="officer", reason="seen", now_ns=1)
    store.evaluation.save(Evaluation(1, 2, [replace(alert, severity=5), make_alert(2), make_alert(2)]))
    stored = store.alerts.alert(alert.alert_id)
    assert stored is not None
    assert (stored.severity, stored.state) == (alert.severity, AlertState.ACKNOWLEDGED)
    assert [alert.number for alert in store.alerts.alerts(AlertFilter())] == [2, 1]
    assert sum(store.alerts.counts().values()) == 2


def test_numbers_count_up_over_passes(store: Store) -> None:
    store.evaluation.save(Evaluation(0, 1, [make_alert(5), make_alert(4)]))
    store.evaluation.save(Evaluation(1, 2, [make_alert(3)]))
    assert [a.alert_id for a in store.alerts.alerts(AlertFilter())] == [make_alert(n).alert_id for n in (3, 4, 5)]
    assert store.alerts.newest_number() == 3


def test_state_is_replaced_and_deleted_key_by_key(store: Store) -> None:
    store.evaluation.save(Evaluation(0, 1, state={"a": 1, "b": 2, "c": 3}))
    store.evaluation.save(Evaluation(1, 2, state={"a": [9], "b": None, "never": None}))
    assert store.evaluation.load_state() == {"a": [9], "c": 3}


def test_an_explained_alert_leaves_the_queue(store: Store) -> None:
    waiting, other = make_alert(1), make_alert(2)
    store.evaluation.save(Evaluation(0, 1, [waiting, other]))
    revision = store.alerts.revision()
    resolution = (waiting.alert_id, AlertState.EXPLAINED, "records arrived late")
    unknown = (b"?" * 32, AlertState.EXPLAINED, "")
    store.evaluation.save(Evaluation(1, 2, resolutions=[resolution, unknown]))
    stored = store.alerts.alert(waiting.alert_id)
    assert stored is not None
    assert (stored.state, stored.explanation) == (AlertState.EXPLAINED, "records arrived late")
    assert store.alerts.counts() == {(AlertState.EXPLAINED, 2): 1, (AlertState.OPEN, 3): 1}
    assert store.alerts.revision() > revision

    revision = store.alerts.revision()
    store.evaluation.save(Evaluation(2, 3, resolutions=[(waiting.alert_id, AlertState.CLOSED, "again")]))
    assert store.alerts.revision() == revision


def test_an_alert_raised_and_explained_in_one_pass(store: Store) -> None:
    alert = make_alert(1)
    store.evaluation.save(Evaluation(0, 1, [alert], resolutions=[(alert.alert_id, AlertState.EXPLAINED, "late")]))
    assert store.alerts.counts() == {(AlertState.EXPLAINED, alert.severity): 1}


def test_a_sighting_widens_and_remembers_the_latest_person(store: Store) -> None:
    host, other = b"h" * 16, b"i" * 16
    store.evaluation.save(Evaluation(0, 1, sightings=[Sighting("m", host, 50, 60, "one"), Sighting("m", other, 9, 9)]))
    store.evaluation.save(Evaluation(1, 2, sightings=[Sighting("m", host, 70, 80, "two"), Sighting("m", host, 85, 90)]))
    store.evaluation.save(Evaluation(2, 3, sightings=[Sighting("m", host, 10, 20, "late to arrive")]))
    assert store.evaluation.sightings("m") == [Sighting("m", other, 9, 9), Sighting("m", host, 10, 90, "two")]


def test_one_evaluator_leads(engine: Engine) -> None:
    first, second = engine.open(), engine.open()
    with first.evaluation.lead() as leads:
        assert leads
        with second.evaluation.lead() as also:
            assert not also
        with first.evaluation.lead() as twice:
            assert not twice
    with second.evaluation.lead() as leads:
        assert leads

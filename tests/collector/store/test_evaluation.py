"""A pass of any size, and one that fails half-way."""

from __future__ import annotations

import pytest

from gapwatch_collector.model import AlertState
from gapwatch_collector.store import Store
from gapwatch_collector.store.ports import Evaluation, Sighting
from support.stores import make_alert


def test_a_pass_larger_than_a_query_may_name(store: Store) -> None:
    everything = [make_alert(seed) for seed in range(1_700)]
    state = {str(number): number for number in range(1_700)}
    assert store.evaluation.save(Evaluation(0, 1, everything[:900], state))
    assert store.evaluation.save(Evaluation(1, 2, everything, dict.fromkeys(state)))
    assert store.alerts.newest_number() == 1_700
    assert sum(store.alerts.counts().values()) == 1_700
    assert store.evaluation.load_state() == {}


def test_a_pass_that_fails_half_way_leaves_nothing(store: Store) -> None:
    alert = make_alert(1)
    with pytest.raises(TypeError, match="no JSON form"):
        store.evaluation.save(
            Evaluation(
                0,
                5,
                [alert],
                {"good": 1, "bad": object()},
                [(alert.alert_id, AlertState.EXPLAINED, "")],
                [Sighting("m", b"h" * 16, 1, 1)],
            )
        )
    assert store.evaluation.cursor() == 0
    assert store.alerts.alert(alert.alert_id) is None
    assert store.alerts.counts() == {}
    assert store.evaluation.load_state() == {}
    assert store.evaluation.sightings("m") == []

"""Replay is the live path over given entries, and says the same every time."""

from __future__ import annotations

from gapwatch_collector.evaluate import EvaluationSettings, Evaluator, replay
from gapwatch_collector.model import AlertState
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_collector.rules.load import RuleSet
from gapwatch_proto.events import RadioState
from gapwatch_proto.kinds import Kind
from support.evaluation import MemoryStore, Story

RULES = load(shipped_folder())


def story() -> Story:
    written = Story().host().record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "up"))
    for _ in range(6):
        written.wait(60).tick()
    for ago in range(300, -1, -60):
        written.beat(ago_s=ago)
    return written


def test_twice_the_same() -> None:
    assert replay(story().entries, RULES) == replay(story().entries, RULES)


def test_the_same_as_the_running_evaluator() -> None:
    store = MemoryStore(story().entries)
    evaluator = Evaluator(store, store, RULES)
    while evaluator.pass_once():
        pass
    assert replay(story().entries, RULES) == list(store.alerts.values())


def test_alerts_are_in_the_state_they_end_in() -> None:
    states = {alert.catalogue_id: alert.state for alert in replay(story().entries, RULES)}
    assert states == {"DEV-01": AlertState.OPEN, "SYS-05": AlertState.EXPLAINED}


def test_another_pack_or_other_parameters_give_other_alerts() -> None:
    assert replay(story().entries, RuleSet(())) == []
    patient = replay(story().entries, RULES, EvaluationSettings(silence_after_s=3600))
    assert {alert.catalogue_id for alert in patient} == {"DEV-01"}

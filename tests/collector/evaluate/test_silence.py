"""Silence: who is noticed, when, once; and which later records explain it."""

from __future__ import annotations

import pytest

from gapwatch_collector.evaluate import Core, EvaluationSettings, replay
from gapwatch_collector.model import Alert, AlertState, HostState
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto.events import AgentStarted, AgentStopped
from gapwatch_proto.kinds import Kind
from support.evaluation import HOST, Story

RULES = load(shipped_folder())
OTHER = b"o" * 16


def silences(story: Story, **settings: int) -> list[Alert]:
    return [
        alert
        for alert in replay(story.entries, RULES, EvaluationSettings(**settings))
        if alert.catalogue_id == "SYS-05"
    ]


def ticks(story: Story, seconds: int, every_s: int = 30) -> Story:
    for _ in range(seconds // every_s):
        story.wait(every_s).tick()
    return story


def test_a_host_that_beats_is_not_silent() -> None:
    story = Story().host()
    for _ in range(30):
        story.wait(60).beat().tick()
    assert silences(story) == []


def test_a_silence_is_one_alert_however_long_it_lasts() -> None:
    story = ticks(Story().host().beat(), 3_600)
    (alert,) = silences(story)
    assert alert.facts["silence.threshold_s"] == 180
    assert alert.facts["silence.duration_s"] == 180
    assert alert.members == (1, 7)
    assert alert.state is AlertState.OPEN


def test_each_silence_is_its_own() -> None:
    story = ticks(Story().host().beat(), 300)
    story.wait(1_000).tick()  # the collector was away meanwhile, see below
    story = ticks(story.beat(), 300)
    assert len(silences(story)) == 2
    assert len({alert.alert_id for alert in silences(story)}) == 2


@pytest.mark.parametrize(
    ("interval_s", "settings", "noticed_after_s"),
    [
        (60, {}, 180),
        (300, {}, 900),
        (10, {}, 180),
        (10, {"silence_after_s": 30}, 30),
        (60, {"silence_after_s": 3600}, 3600),
    ],
)
def test_the_threshold_is_the_larger_of_ours_and_three_beats(
    interval_s: int, settings: dict[str, int], noticed_after_s: int
) -> None:
    story = ticks(Story().host().beat(interval_s=interval_s), 7_200)
    (alert,) = silences(story, **settings)
    assert alert.facts["silence.threshold_s"] == noticed_after_s
    assert alert.facts["silence.duration_s"] == noticed_after_s


def test_an_enrolled_host_that_never_speaks_is_silent() -> None:
    assert len(silences(ticks(Story().host(), 600))) == 1


@pytest.mark.parametrize("state", [HostState.AWAITING, HostState.REVOKED, HostState.RETIRED])
def test_hosts_that_need_not_speak_are_not_waited_for(state: HostState) -> None:
    assert silences(ticks(Story().host().beat().host(state=state), 600)) == []


def test_strangers_are_not_waited_for() -> None:
    assert silences(ticks(Story().beat(OTHER), 600)) == []


def test_the_silence_of_one_host_is_not_covered_by_another() -> None:
    story = Story().host().host(OTHER, name="涉机-018").beat().beat(OTHER)
    for _ in range(10):
        story.wait(60).beat(OTHER).tick()
    assert [alert.host_id for alert in silences(story)] == [HOST]


def test_time_without_the_collector_is_nobodys_silence() -> None:
    story = ticks(Story().host().beat(), 60).wait(86_400).tick()
    story = ticks(story, 150)
    assert silences(story) == []
    assert len(silences(ticks(story, 60))) == 1


def test_an_orderly_stop_is_told() -> None:
    story = Story().host().beat().record(Kind.AGENT_STOPPED, AgentStopped("shutdown"))
    (alert,) = silences(ticks(story, 600))
    assert alert.facts["silence.stopped_cleanly"] is True
    assert alert.facts["silence.stop_reason"] == "shutdown"
    again = Story().host().record(Kind.AGENT_STOPPED, AgentStopped("upgrade"))
    again.record(Kind.AGENT_STARTED, AgentStarted(clean=True))
    (alert,) = silences(ticks(again, 600))
    assert alert.facts["silence.stopped_cleanly"] is False


def cut_off(story: Story, seconds: int) -> Story:
    """The host runs on without a connection, then delivers everything at once."""
    ticks(story, seconds)
    for ago in range(seconds - 60, -1, -60):
        story.beat(ago_s=ago)
    return story


def test_a_host_that_was_only_cut_off_is_explained() -> None:
    (alert,) = silences(cut_off(Story().host().beat(), 3_600))
    assert alert.state is AlertState.EXPLAINED
    assert "失联期间终端一直在运行" in alert.explanation
    assert "ran on" in alert.explanation


def test_an_explained_host_can_be_silent_again() -> None:
    story = cut_off(Story().host().beat(), 600)
    first, second = silences(ticks(story, 600))
    assert (first.state, second.state) == (AlertState.EXPLAINED, AlertState.OPEN)


def test_a_host_that_was_off_is_not_explained_by_coming_back() -> None:
    story = ticks(Story().host().beat(), 600).beat()
    for _ in range(5):
        story.wait(60).beat().tick()
    (alert,) = silences(story)
    assert alert.state is AlertState.OPEN


def test_a_hole_as_long_as_the_threshold_is_not_explained_away() -> None:
    """Agent killed for half an hour, then started again without a connection: the half hour stands."""
    story = ticks(Story().host().beat(), 3_600)
    for ago in range(1_740, -1, -60):
        story.beat(ago_s=ago)
    (alert,) = silences(story)
    assert alert.state is AlertState.OPEN


def test_proof_that_stops_short_of_the_alert_does_not_explain() -> None:
    story = ticks(Story().host().beat(), 3_600)
    story.beat(ago_s=3_540)
    (alert,) = silences(story)
    assert alert.state is AlertState.OPEN


def test_late_proof_in_several_batches_explains() -> None:
    story = ticks(Story().host().beat(), 600)
    for ago in (540, 480, 420, 360):
        story.beat(ago_s=ago).tick()
    (alert,) = silences(story)
    assert alert.state is AlertState.EXPLAINED


def test_the_same_silence_has_the_same_name_whatever_the_ticks() -> None:
    names = {silences(ticks(Story().host().beat(), 900, every))[0].alert_id for every in (10, 30, 45)}
    assert len(names) == 1


def test_what_people_enter_while_the_collector_is_down_does_not_make_it_have_run() -> None:
    story = Story().host().beat().tick()
    for _ in range(10):  # the command line writes into the same log
        story.wait(60).host(unit="总体室")
    story.tick().wait(30).beat().tick()
    assert silences(story) == []


def test_hosts_noticed_by_one_tick_are_told_in_the_same_order_after_a_restart() -> None:
    story = Story().host(OTHER).host().beat(OTHER).beat()
    state: dict[str, object] = {}
    told = []
    for entries in (story.entries, ticks(story, 300).entries[4:]):
        core = Core(RULES, saved=dict(reversed(state.items())))
        for entry in entries:
            core.step(entry)
        outcome = core.take_outcome()
        told += [alert.host_id for alert in outcome.alerts]
        state |= outcome.state
    assert told == [alert.host_id for alert in silences(story)] == sorted((HOST, OTHER))

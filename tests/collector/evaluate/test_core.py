"""Entries to alerts: dedupe, cases, lateness, sightings, poison; one step at a time, no store."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gapwatch_collector.evaluate import Core, EvaluationSettings, replay
from gapwatch_collector.model import Alert, HostState, LogEntry, NewEntry, Origin
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto.events import (
    Actor,
    DefaultRouteState,
    File,
    FileActivity,
    Inspection,
    LinkState,
    Mark,
    MarkEvidence,
    Medium,
    MediumActivity,
    NetworkInterface,
    Payload,
    Process,
    RadioState,
    User,
)
from gapwatch_proto.kinds import Kind
from support.evaluation import HOST, Story

RULES = load(shipped_folder())
STICK = Medium(serial_number="60A44C3FAE22", filesystem_id="77AA-10B2", vendor_name="SanDisk")
EVIDENCE = MarkEvidence("document", 1, "top_left", "机密★5年")
MARK = Mark("state", "secret", "机密", "P5Y", "5年", 0.98, (EVIDENCE,))


def copied(name: str = "a.docx", act: str = "act-1", medium: Medium = STICK, sha: str = "ab") -> FileActivity:
    return FileActivity(
        action="closed_write",
        file=File(f"/media/u/{name}", name, 10, sha),
        medium=medium,
        inspection=Inspection("full", "", "docx", MARK),
        actor=Actor(Process(name="cp"), User(1000, "zhang")),
        act=act,
    )


def ids(story: Story) -> list[str]:
    return [alert.catalogue_id for alert in replay(story.entries, RULES)]


def alerts(story: Story) -> list[Alert]:
    return replay(story.entries, RULES)


# --- one act, one insertion, one affair ------------------------------------------------------------------------------


def test_the_alerts_of_one_act_are_one_case() -> None:
    story = Story().host()
    for name in ("a.docx", "b.docx"):
        story.record(Kind.MARKED_FILE_WRITTEN, copied(name))
    story.record(Kind.MARKED_FILE_WRITTEN, copied("c.docx", act="act-2"))
    raised = alerts(story)
    assert [alert.catalogue_id for alert in raised] == ["FIL-17", "MED-06"] * 3
    assert len({alert.case_id for alert in raised[:4]}) == 1
    assert raised[4].case_id == raised[5].case_id != raised[0].case_id


def test_an_insertion_and_its_mount_are_one_alert_and_one_case() -> None:
    story = Story().host()
    story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_MOUNTED, MediumActivity(medium=STICK))
    found = FileActivity(
        action="listed", file=File("/m/x", "x", 1, "cd"), medium=STICK, inspection=Inspection(mark=MARK)
    )
    story.record(Kind.MARKED_FILE_FOUND, found)
    raised = alerts(story)
    assert [alert.catalogue_id for alert in raised] == ["MED-01", "MED-06"]
    assert raised[0].case_id == raised[1].case_id


def test_plugged_in_again_is_a_new_alert_and_a_new_case() -> None:
    story = Story().host()
    for _ in range(2):
        story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
        story.record(Kind.MEDIUM_REMOVED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))  # the removal was missed
    raised = alerts(story)
    assert [alert.catalogue_id for alert in raised] == ["MED-01"] * 4
    assert len({alert.case_id for alert in raised}) == 4


def test_the_list_at_an_agents_start_repeats_nothing() -> None:
    story = Story().host()
    story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    wifi = RadioState("wifi", "phy0", "present", "absent")
    story.record(Kind.RADIO_STATE, wifi)
    for _ in range(3):
        story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK, present_at_start=True))
        story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "present", "absent", present_at_start=True))
    assert ids(story) == ["MED-01", "DEV-01"]


def test_a_file_found_on_a_medium_is_told_once_by_each_machine_it_is_carried_to() -> None:
    other = b"o" * 16
    story = Story().host().host(other, name="外网-009", ceilings={}, profile="internet")
    listed = FileActivity("listed", File("/m/x", "x", 1, "cd"), medium=STICK, inspection=Inspection(mark=MARK))
    for host_id in (HOST, HOST, other, other):
        story.record(Kind.MARKED_FILE_FOUND, listed, host_id)
    assert [(alert.catalogue_id, alert.host_id) for alert in alerts(story)] == [("MED-06", HOST), ("MED-06", other)]


def test_a_fork_is_alarmed_once_a_spool() -> None:
    story = Story().host()
    payload = b'{"branch":[],"branch_left_out":3,"next_seq":58,"seq":41}'
    for number in (41, 42):
        fork = NewEntry(Origin.FORK, Kind.GAP, 5, story.now_ns, 0, payload, HOST, b"s" * 16, number)
        story.entries.append(LogEntry(len(story.entries), story.now_ns, fork))
    (alert,) = alerts(story)
    assert (alert.catalogue_id, alert.severity, alert.facts["fork.seq"]) == ("SYS-07", 5, 41)


def test_a_radio_that_goes_and_comes_back_is_reported_again() -> None:
    story = Story().host()
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "up", "absent"))
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "present", "up"))
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "absent", "present"))
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "up", "absent"))
    assert ids(story) == ["DEV-02", "DEV-02"]


def test_a_radio_that_came_back_while_its_going_was_missed_is_reported_too() -> None:
    story = Story().host()
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "up", "absent"))
    story.record(Kind.RADIO_STATE, RadioState("bluetooth", "hci0", "up", "absent"))
    assert ids(story) == ["DEV-02", "DEV-02"]


def test_wifi_switched_on_is_worse_than_wifi_there() -> None:
    story = Story().host()
    for state, previous in (("present", "absent"), ("up", "present"), ("associated", "up"), ("present", "associated")):
        story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", state, previous))
    story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "up", "present"))
    assert [(alert.catalogue_id, alert.severity) for alert in alerts(story)] == [
        ("DEV-01", 4),
        ("DEV-01", 5),
        ("DEV-01", 5),
    ]


def test_a_usb_network_adapter_with_a_default_route() -> None:
    interface = NetworkInterface("usb0", 3, "02:00:00:00:00:01", "ethernet", "rndis_host", "usb", tethered=True)
    story = Story().host()
    for state, previous in (("present", "absent"), ("up", "present"), ("carrier", "up")):
        story.record(Kind.LINK_STATE, LinkState(interface, state, previous))
    story.record(Kind.DEFAULT_ROUTE_STATE, DefaultRouteState(interface, "192.168.42.129", "ipv4", 254, 100, "present"))
    assert ids(story) == ["NET-07", "NET-03"]


def test_a_file_written_twice_by_one_act_is_one_alert_but_other_content_is_another() -> None:
    story = Story().host()
    for sha in ("ab", "ab", "cd"):
        story.record(Kind.MARKED_FILE_WRITTEN, copied(sha=sha))
    story.record(Kind.MARKED_FILE_WRITTEN, copied(act="act-2"))
    assert ids(story) == ["FIL-17", "MED-06"] * 3


def test_two_hosts_never_share_an_alert() -> None:
    other = b"o" * 16
    story = Story().host().host(other, name="涉机-018")
    for host_id in (HOST, other):
        story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "present"), host_id)
        story.record(Kind.MARKED_FILE_WRITTEN, copied(), host_id)
    raised = alerts(story)
    assert len(raised) == 6
    assert len({alert.alert_id for alert in raised}) == 6
    assert len({alert.case_id for alert in raised}) == 4


# --- what an alert holds ---------------------------------------------------------------------------------------------


def test_an_alert_holds_what_the_rule_saw() -> None:
    story = Story().host().wait(5).record(Kind.MARKED_FILE_WRITTEN, copied())
    alert = alerts(story)[1]
    assert alert.catalogue_id == "MED-06"
    assert alert.severity == 5
    assert alert.host_id == HOST
    assert alert.members == (1,)
    assert alert.raised_ns == story.now_ns
    assert alert.facts["mark.text"] == "机密★5年"
    assert alert.facts["actor.user.name"] == "zhang"
    assert alert.late is False
    assert len(alert.alert_id) == len(alert.case_id) == 16


def test_severity_goes_by_the_host_at_that_moment() -> None:
    story = Story().host(ceilings={}).record(Kind.MARKED_FILE_WRITTEN, copied(act="1"))
    story.host().record(Kind.MARKED_FILE_WRITTEN, copied(act="2"))
    assert [alert.severity for alert in alerts(story)] == [3, 4, 4, 5]


def test_history_sees_the_register_as_it_was() -> None:
    story = Story().host().record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    story.medium(STICK.serial_number).record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    assert ids(story) == ["MED-01"]
    assert ids(Story().host().medium(STICK.serial_number).record(Kind.MEDIUM_ATTACHED, MediumActivity(STICK))) == []


@pytest.mark.parametrize(("ago_s", "late"), [(0, False), (299, False), (301, True), (86_400 * 30, True)])
def test_records_that_arrive_long_after_their_time_are_late(ago_s: float, late: bool) -> None:
    story = Story().host().record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "present"), ago_s=ago_s)
    (alert,) = alerts(story)
    assert alert.late is late
    assert alert.event_ns == story.now_ns - int(ago_s * 1e9)


def test_lateness_changes_no_identity() -> None:
    names = {
        replay(Story().host().record(Kind.MARKED_FILE_WRITTEN, copied(), ago_s=ago).entries, RULES)[0].alert_id
        for ago in (0, 86_400)
    }
    assert len(names) == 1


def test_long_texts_are_cut_in_what_is_kept() -> None:
    payload = RadioState("wifi", "phy0" + "x" * 100_000, "present")
    (alert,) = alerts(Story().host().record(Kind.RADIO_STATE, payload))
    assert len(str(alert.facts["name"])) < 5_000


# --- sightings, poison, memory ---------------------------------------------------------------------------------------


def test_a_sighting_is_one_row_for_medium_and_host_and_grows() -> None:
    story = Story().host().wait(10).record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK), ago_s=3)
    story.wait(10).record(Kind.MARKED_FILE_WRITTEN, copied())
    core = Core(RULES)
    for entry in story.entries:
        core.step(entry)
    (seen,) = core.take_outcome().sightings.values()
    assert seen.medium_key == "60A44C3FAE22/77AA-10B2"
    assert seen.person == "zhang"
    assert seen.last_ns - seen.first_ns == 13_000_000_000


@pytest.mark.parametrize(
    "poison",
    [
        NewEntry(Origin.RECORD, Kind.RADIO_STATE, 4, 1, 0, b"\xff\xff\xff", HOST, b"s" * 16, 1),
        NewEntry(Origin.RECORD, 9_999, 4, 1, 0, b"", HOST, b"s" * 16, 1),
        NewEntry(Origin.REGISTER_CHANGE, 1, 1, 1, 0, b"not json"),
        NewEntry(Origin.REGISTER_CHANGE, 77, 1, 1, 0, b"{}"),
        NewEntry(Origin.REGISTER_CHANGE, 1, 1, 1, 0, b'{"by":"x","before":null,"after":{"host_id":"zz"}}'),
    ],
)
def test_what_cannot_be_understood_is_skipped_counted_and_shown(poison: NewEntry) -> None:
    story = Story().host()
    story.entries.append(LogEntry(1, story.now_ns, poison))
    story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "present"))
    core = Core(RULES)
    for entry in story.entries:
        core.step(entry)
    outcome = core.take_outcome()
    assert core.skipped == 1
    assert len(outcome.alerts) == 1
    skipped = outcome.state["skipped"]
    assert isinstance(skipped, dict)
    assert skipped["recent"][0]["log_index"] == 1
    assert skipped["recent"][0]["reason"]


def test_only_the_last_skipped_entries_are_kept_but_all_are_counted() -> None:
    core = Core(RULES)
    for number in range(50):
        core.step(LogEntry(number, 1, NewEntry(Origin.RECORD, 9_999, 4, 1, 0, b"", HOST)))
    skipped = core.take_outcome().state["skipped"]
    assert isinstance(skipped, dict)
    assert skipped["count"] == core.skipped == 50
    assert [row["log_index"] for row in skipped["recent"]] == list(range(30, 50))


def test_an_evicted_payload_says_nothing_but_that_the_host_lives() -> None:
    entry = NewEntry(Origin.RECORD, Kind.RADIO_STATE, 4, 1, 0, b"", HOST, b"s" * 16, 1, payload_evicted=True)
    core = Core(RULES)
    core.step(LogEntry(0, 1, entry))
    assert core.skipped == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(Kind)), st.binary(max_size=60)), max_size=10))
def test_no_bytes_stop_the_evaluator(records: list[tuple[Kind, bytes]]) -> None:
    story = Story().host()
    for kind, payload in records:
        story.raw(kind, payload)
    story.record(Kind.RADIO_STATE, RadioState("wifi", "last one", "present"))
    assert any(alert.facts.get("name") == "last one" for alert in alerts(story))


def busy_story() -> Story:
    story = Story().host(state=HostState.AWAITING).host()
    payloads: list[tuple[Kind, Payload]] = [
        (Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK)),
        (Kind.MEDIUM_MOUNTED, MediumActivity(medium=STICK)),
        (Kind.MARKED_FILE_WRITTEN, copied("a.docx")),
        (Kind.MARKED_FILE_WRITTEN, copied("b.docx")),
        (Kind.RADIO_STATE, RadioState("wifi", "phy0", "present")),
        (Kind.MEDIUM_REMOVED, MediumActivity(medium=STICK)),
        (Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK)),
        (Kind.RADIO_STATE, RadioState("wifi", "phy0", "up")),
    ]
    for kind, payload in payloads:
        story.wait(20).record(kind, payload).beat()
    for _ in range(6):
        story.wait(60).tick()
    story.wait(5)
    for ago in range(360, 0, -60):
        story.beat(ago_s=ago)
    return story


def test_memory_saved_at_any_point_continues_as_if_nothing_had_happened() -> None:
    story = busy_story()
    whole = replay(story.entries, RULES)
    assert len(whole) == 9
    for cut in range(len(story.entries)):
        state: dict[str, object] = {}
        found: dict[bytes, Alert] = {}
        for part in (story.entries[:cut], story.entries[cut:]):
            core = Core(RULES, EvaluationSettings(), state)
            for entry in part:
                core.step(entry)
            outcome = core.take_outcome()
            found |= {alert.alert_id: alert for alert in outcome.alerts}
            state |= outcome.state
            state = {key: value for key, value in state.items() if value is not None}
        assert list(found) == [alert.alert_id for alert in whole], cut

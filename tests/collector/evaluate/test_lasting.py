"""What stands on a host is judged again when the register changes: no alert missed for the order, none doubled."""

from __future__ import annotations

import pytest

from gapwatch_collector.evaluate import Core, replay
from gapwatch_collector.evaluate.lasting import HOST_FACTS_MAX, LastingFacts
from gapwatch_collector.evaluate.state import Memory
from gapwatch_collector.model import Alert, HostState, LogEntry
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto.events import (
    AgentStarted,
    DefaultRouteState,
    LinkState,
    Medium,
    MediumActivity,
    NetworkInterface,
    Payload,
    RadioState,
)
from gapwatch_proto.kinds import Kind
from support.evaluation import HOST, Story

RULES = load(shipped_folder())
STICK = Medium(serial_number="60A44C3FAE22", filesystem_id="77AA-10B2", vendor_name="SanDisk")
DEVICE = Medium(serial_number="60A44C3FAE22", vendor_name="SanDisk")
WIFI = RadioState("wifi", "phy0", "up", "absent", present_at_start=True)
USB = NetworkInterface("usb0", 3, "02:00:00:00:00:01", "ethernet", "rndis_host", "usb", tethered=True)
ROUTE = DefaultRouteState(USB, "192.168.42.129", "ipv4", 254, 100, "present", present_at_start=True)


def alerts(story: Story) -> list[Alert]:
    return replay(story.entries, RULES)


def names(story: Story) -> list[str]:
    return [alert.catalogue_id for alert in alerts(story)]


def unclassified() -> Story:
    return Story().host(ceilings={}, profile="internet").record(Kind.AGENT_STARTED, AgentStarted())


def with_everything() -> Story:
    story = unclassified().record(Kind.RADIO_STATE, WIFI)
    story.record(Kind.LINK_STATE, LinkState(USB, "carrier", "absent", present_at_start=True))
    story.record(Kind.DEFAULT_ROUTE_STATE, ROUTE)
    return story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK, present_at_start=True))


def test_a_host_that_becomes_classified_later_gets_the_alerts_of_what_stands() -> None:
    story = with_everything()
    assert names(story) == []
    story.wait(3600).host()
    assert names(story) == ["DEV-01", "DEV-01", "NET-07", "NET-03", "MED-01"]
    raised = alerts(story)
    assert {alert.raised_ns for alert in raised} == {story.now_ns}
    assert {alert.event_ns for alert in raised} == {story.now_ns - 3600 * 10**9}
    assert not any(alert.late for alert in raised)
    assert [alert.members for alert in raised] == [(2, 6), (2, 6), (3, 6), (4, 6), (5, 6)]
    assert all(alert.facts["host.classified"] for alert in raised)


def test_the_alerts_have_the_names_they_would_have_had_in_the_other_order() -> None:
    early = Story().host().record(Kind.RADIO_STATE, WIFI)
    late = Story().host(ceilings={}).record(Kind.RADIO_STATE, WIFI).wait(60).host()
    assert [alert.alert_id for alert in alerts(early)] == [alert.alert_id for alert in alerts(late)]


def test_nothing_is_said_twice() -> None:
    story = with_everything().host().host(unit="总体室").host(ceilings={}).host(ceilings={"state": "top_secret"})
    story.record(Kind.RADIO_STATE, WIFI).record(Kind.DEFAULT_ROUTE_STATE, ROUTE)
    assert names(story) == ["DEV-01", "DEV-01", "NET-07", "NET-03", "MED-01"]


def test_what_an_alert_stands_for_already_is_not_raised_by_a_change() -> None:
    story = Story().host().record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "present", "absent"))
    story.record(Kind.RADIO_STATE, RadioState("wifi", "phy0", "blocked", "present")).host(unit="总体室")
    assert names(story) == ["DEV-01"]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        (Kind.RADIO_STATE, RadioState("wifi", "phy0", "absent", "up")),
        (Kind.LINK_STATE, LinkState(USB, "absent", "carrier")),
        (Kind.DEFAULT_ROUTE_STATE, DefaultRouteState(USB, "192.168.42.129", "ipv4", 254, 100, "absent")),
        (Kind.MEDIUM_REMOVED, MediumActivity(medium=STICK)),
        (Kind.MEDIUM_REMOVED, MediumActivity(medium=DEVICE)),
    ],
)
def test_what_has_gone_is_not_judged_again(kind: Kind, gone: Payload) -> None:
    before = names(with_everything().host())
    after = names(with_everything().record(kind, gone).host())
    assert len(after) < len(before)
    assert set(after) < set(before)


def test_a_renamed_interface_is_the_same_one() -> None:
    story = unclassified().record(Kind.LINK_STATE, LinkState(USB, "carrier", "absent"))
    renamed = NetworkInterface("enx020000000001", 3, USB.mac, "ethernet", "rndis_host", "usb", tethered=True)
    story.record(Kind.LINK_STATE, LinkState(renamed, "carrier", "up"))
    assert [alert.facts["interface.name"] for alert in alerts(story.host())] == ["enx020000000001"]
    story = unclassified().record(Kind.LINK_STATE, LinkState(USB, "carrier", "absent"))
    assert names(story.record(Kind.LINK_STATE, LinkState(renamed, "absent", "up")).host()) == []


def test_an_agent_that_starts_lists_anew_what_stands() -> None:
    assert names(with_everything().record(Kind.AGENT_STARTED, AgentStarted()).host()) == []


def test_other_hosts_are_left_alone() -> None:
    other = b"o" * 16
    story = with_everything().host(other, ceilings={}, profile="internet").record(Kind.RADIO_STATE, WIFI, other)
    story.host(other)
    assert {alert.host_id for alert in alerts(story)} == {other}


def test_a_host_that_may_not_speak_is_not_judged() -> None:
    assert names(with_everything().host(state=HostState.REVOKED)) == []
    assert names(with_everything().host(state=HostState.RETIRED)) == []


def test_a_medium_taken_out_of_use_while_it_is_plugged_in() -> None:
    story = Story().host().medium(STICK.serial_number)
    story.record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_MOUNTED, MediumActivity(medium=STICK))
    assert names(story) == []
    story.medium("ANOTHERSTICK").medium(STICK.serial_number, holder="责任人甲")
    assert names(story) == []
    story.medium(STICK.serial_number, status="destroyed")
    (alert,) = alerts(story)
    assert (alert.catalogue_id, alert.facts["medium.status"]) == ("MED-01", "destroyed")


def test_an_unmounted_filesystem_is_forgotten_and_the_stick_is_not() -> None:
    story = Story().host(ceilings={}).record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=DEVICE))
    story.record(Kind.MEDIUM_MOUNTED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_UNMOUNTED, MediumActivity(medium=STICK)).host()
    (alert,) = alerts(story)
    assert alert.facts["medium.activity"] == "attached"


def test_the_case_is_that_of_the_insertion() -> None:
    story = Story().host(ceilings={}).record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    story.record(Kind.MEDIUM_MOUNTED, MediumActivity(medium=STICK))
    early = Story().host().record(Kind.MEDIUM_ATTACHED, MediumActivity(medium=STICK))
    assert alerts(story.host())[0].case_id == alerts(early)[0].case_id


def test_it_survives_a_restart_at_any_entry() -> None:
    entries = with_everything().host().host(ceilings={}).entries
    whole = [alert.alert_id for alert in replay(entries, RULES)]
    for cut in range(len(entries)):
        state: dict[str, object] = {}
        found: list[bytes] = []
        for part in (entries[:cut], entries[cut:]):
            core = Core(RULES, saved=dict(reversed(state.items())))
            for entry in part:
                core.step(entry)
            outcome = core.take_outcome()
            found += [alert.alert_id for alert in outcome.alerts]
            state |= outcome.state
            state = {key: value for key, value in state.items() if value is not None}
        assert found == whole, cut


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_host_that_makes_up_radios_without_end_keeps_the_newest() -> None:
    story = unclassified()
    for number in range(HOST_FACTS_MAX + 10):
        story.record(Kind.RADIO_STATE, RadioState("bluetooth", f"hci{number}", "up", "present"))
    story.host()
    found = [alert.facts["name"] for alert in alerts(story)]
    assert found == [f"hci{number}" for number in range(10, HOST_FACTS_MAX + 10)]


def test_all_hosts_together_are_bounded_and_what_is_left_out_is_counted() -> None:
    memory = Memory({})
    lasting = LastingFacts(memory, facts_max=3)
    story = Story()
    for number in range(5):
        story.record(Kind.RADIO_STATE, WIFI, bytes([number]) * 16)
    for entry in story.entries:
        lasting.saw(entry, "radio", {"technology": "wifi", "name": "phy0", "state": "up"})
    assert len(list(memory.under("lasting/"))) == 3
    assert memory.get("given_up") == {"lasting/": 2}


def test_a_payload_of_absurd_size_is_not_kept() -> None:
    story = unclassified().record(Kind.RADIO_STATE, RadioState("wifi", "phy0" + "x" * 60_000, "up")).host()
    assert names(story) == []
    core = Core(RULES)
    for entry in story.entries:
        core.step(entry)
    assert core.take_outcome().state["given_up"] == {"lasting/": 1}


def test_an_entry_comes_back_as_it_was() -> None:
    (entry,) = Story().record(Kind.RADIO_STATE, WIFI).entries
    memory = Memory({})
    LastingFacts(memory).saw(entry, "radio", {"technology": "wifi", "name": "phy0", "state": "up"})
    again: list[LogEntry] = LastingFacts(Memory(memory.take_changes())).of_host(HOST)
    assert again == [entry]

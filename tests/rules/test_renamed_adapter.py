"""A USB network adapter that the host renames (usb0 becomes enx…) stays one affair: its address names it."""

from __future__ import annotations

from gapwatch_collector.evaluate import Core
from gapwatch_collector.rules import load, shipped_folder
from gapwatch_proto.events import DefaultRouteState, LinkState, NetworkInterface
from gapwatch_proto.kinds import Kind
from support.evaluation import Story


def alerts(*macs_and_names: tuple[str, str]) -> list[str]:
    story = Story().host()
    for number, (mac, name) in enumerate(macs_and_names):
        interface = NetworkInterface(name=name, index=5, mac=mac, kind="ethernet", driver="cdc_subset", tethered=True)
        previous = "up" if number else "absent"
        story.record(Kind.LINK_STATE, LinkState(interface, "carrier", previous))
        route = DefaultRouteState(interface, "10.0.0.2", "ipv4", 254, 100, "present", present_at_start=bool(number))
        story.record(Kind.DEFAULT_ROUTE_STATE, route)
    core = Core(load(shipped_folder()))
    for entry in story.entries:
        core.step(entry)
    return [alert.catalogue_id for alert in core.take_outcome().alerts]


def test_a_renamed_adapter_is_one_alert_of_each_rule() -> None:
    assert alerts(("40:41:42:43:44:45", "usb0"), ("40:41:42:43:44:45", "enx404142434445")) == ["NET-07", "NET-03"]


def test_another_adapter_of_the_same_name_is_another() -> None:
    found = alerts(("40:41:42:43:44:45", "usb0"), ("40:41:42:43:44:46", "usb0"))
    assert found == ["NET-07", "NET-03", "NET-07", "NET-03"]

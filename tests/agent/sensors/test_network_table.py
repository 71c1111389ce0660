"""What each message changes, and what the kernel leaves for us to find out."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_agent.kernel.rtnetlink import AddressMessage, DoneMessage, LinkMessage, NextHop, RouteMessage
from gapwatch_agent.sensors.network_table import (
    AddressChange,
    LinkChange,
    NetworkTable,
    RouteChange,
    link_state,
)

LO = LinkMessage(False, 1, 0x9, 772, "lo", "", 0, "")
DOWN = LinkMessage(False, 7, 0x2, 1, "eth0", "00:01", 2, "")
UP = replace(DOWN, flags=0x3)
CARRIER = replace(DOWN, flags=0x10003, operstate=6)
ADDRESS = AddressMessage(False, 7, "10.0.0.1", 24)
ROUTE = RouteMessage(False, False, 2, "", 0, 254, 100, 1, (NextHop(7, "10.0.0.9"),))


def fed(*messages):
    table = NetworkTable()
    for message in messages:
        table.apply(message)
    return table


def test_states_of_a_link():
    assert [link_state(link) for link in (None, DOWN, UP, CARRIER)] == ["absent", "present", "up", "carrier"]


def test_only_changes_of_state_are_told():
    table = fed(DOWN)
    assert table.apply(DOWN) == []
    assert table.apply(replace(DOWN, name="lan0")) == []
    assert table.apply(replace(CARRIER, name="")) == [
        LinkChange(replace(DOWN, name="lan0"), replace(CARRIER, name="lan0"))
    ]
    assert table.apply(DoneMessage(0, False)) == []


def test_loopback_is_left_out_with_everything_on_it():
    table = fed(LO)
    assert table.apply(AddressMessage(False, 1, "127.0.0.1", 8)) == []
    assert table.apply(replace(ROUTE, next_hops=(NextHop(1, ""),))) == []
    assert table.apply(replace(LO, gone=True)) == []


def test_a_lease_renewed_is_no_change_an_address_taken_makes_routes_doubtful():
    table = fed(DOWN, ADDRESS)
    assert table.apply(ADDRESS) == []
    assert not table.routes_stale
    (change,) = table.apply(replace(ADDRESS, gone=True))
    assert isinstance(change, AddressChange)
    assert not change.present
    assert table.routes_stale


def test_a_link_that_loses_its_carrier_makes_routes_doubtful_and_asking_settles_it():
    table = fed(CARRIER, ROUTE)
    table.apply(UP)
    assert table.routes_stale
    (change,) = table.replace_routes([])
    assert (change.route.gateway, change.present, table.routes_stale) == ("10.0.0.9", False, False)


def test_a_replacing_route_takes_the_place_of_the_old_one():
    table = fed(CARRIER, ROUTE)
    new = replace(ROUTE, replaces=True, next_hops=(NextHop(7, "10.0.0.8"),))
    assert [(change.route.gateway, change.present) for change in table.apply(new)] == [
        ("10.0.0.9", False),
        ("10.0.0.8", True),
    ]
    other_metric = replace(new, metric=5)
    assert [change.present for change in table.apply(other_metric)] == [True]


def test_what_is_no_default_route():
    table = fed(CARRIER)
    for other in (
        replace(ROUTE, prefix_length=24),
        replace(ROUTE, route_type=7),
        replace(ROUTE, table=255),
        replace(ROUTE, family=28),
    ):
        assert table.apply(other) == []


def test_two_halves_are_a_default_route():
    halves = [replace(ROUTE, destination=half, prefix_length=1) for half in ("0.0.0.0", "128.0.0.0")]
    table = fed(CARRIER)
    assert [len(table.apply(half)) for half in halves] == [1, 1]


def test_a_link_that_goes_takes_everything_on_it_along():
    table = fed(CARRIER, ADDRESS, ROUTE)
    changes = table.apply(replace(CARRIER, gone=True))
    assert [type(change) for change in changes] == [RouteChange, AddressChange, LinkChange]
    assert table.replace([], [], []) == []


links = st.builds(
    lambda index, flags: replace(DOWN, index=index, flags=flags), st.integers(2, 4), st.sampled_from([0, 1, 0x10001])
)
addresses = st.builds(
    lambda index, host: AddressMessage(False, index, f"10.0.0.{host}", 24), st.integers(2, 4), st.integers(1, 3)
)
routes = st.builds(
    lambda index, host, metric: replace(ROUTE, metric=metric, next_hops=(NextHop(index, f"10.0.0.{host}"),)),
    st.integers(2, 4), st.integers(1, 3), st.integers(0, 2),
)  # fmt: skip
dumps = st.tuples(st.lists(links, unique_by=lambda m: m.index), st.lists(addresses), st.lists(routes))


@given(dumps, dumps)
def test_a_second_dump_of_the_same_changes_nothing(first, second):
    table = NetworkTable()
    table.replace(*first)
    table.replace(*second)
    assert table.replace(*second) == []


@given(dumps, dumps)
def test_what_appears_and_what_disappears_is_told_in_balance(first, second):
    table = NetworkTable()
    present = set()
    for dump in (first, second):
        for change in table.replace(*dump):
            if isinstance(change, RouteChange):
                assert (change.route in present) != change.present
                (present.add if change.present else present.remove)(change.route)
    assert len(present) == len({(route.metric, route.next_hops) for route in second[2]})

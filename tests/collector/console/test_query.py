"""Views of the list as links."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from gapwatch_collector.console.query import AlertQuery, is_id, number
from gapwatch_collector.model import AlertState


def read(address: str) -> AlertQuery:
    return AlertQuery.read(QueryParams(urlsplit(address).query))


def test_the_plain_address_shows_what_is_open() -> None:
    query = read("/alerts")
    assert query == AlertQuery()
    assert query.filter(50).states == frozenset({AlertState.OPEN})
    assert query.url() == "/alerts"
    assert not query.is_narrowed


@given(
    st.builds(
        AlertQuery,
        severities=st.frozensets(st.integers(1, 5)),
        state=st.sampled_from(["open", "acknowledged", "explained", "closed", "all"]),
        text=st.text(st.characters(exclude_categories=["Cs"]), max_size=50).map(str.strip),
        host=st.binary(min_size=1, max_size=16).map(bytes.hex),
        before=st.integers(0, 10**9),
    )
)
def test_every_view_survives_its_own_address(query) -> None:
    assert read(query.url()) == query


@given(st.text(max_size=80))
def test_any_address_is_read(text) -> None:
    query = AlertQuery.read(QueryParams([(name, text) for name in ("severity", "state", "q", "host", "before")]))
    assert query.filter(10).limit == 10


def test_toggling_and_paging() -> None:
    query = read("/alerts?severity=5&before=9")
    assert query.toggled(5) == AlertQuery()
    assert query.toggled(4).severities == {4, 5}
    assert query.older(7).before == 7
    assert query.with_state("all").state == "all"
    assert query.with_state("all").filter(1).states == frozenset()
    assert read("/alerts?q=x&host=ab").bare() == AlertQuery()
    assert read("/alerts?host=ab").without_host() == AlertQuery()


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("", 0), ("-1", 0), ("٣", 0), ("9" * 30, 0), ("1e3", 0)])
def test_numbers(text, value) -> None:
    assert number(text) == value


@pytest.mark.parametrize(("text", "yes"), [("ab", True), ("AB", False), ("a", False), ("", False), ("zz", False)])
def test_ids(text, yes) -> None:
    assert is_id(text) is yes

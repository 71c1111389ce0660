"""The text that the search looks through is bounded and can be stored anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.store.alert_rows import SEARCH_TEXT_MAX, fold, search_text
from support.stores import make_alert

VALUES = st.one_of(st.text(st.characters(), max_size=400), st.integers(), st.none(), st.lists(st.text(max_size=5)))


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=20))
def test_the_text_is_bounded_and_storable(facts: dict[str, object]) -> None:
    text = search_text(make_alert(1, facts=facts))
    assert len(text) <= SEARCH_TEXT_MAX
    assert "\0" not in text
    text.encode()


def test_words_of_facts_and_rule_are_in_it_once() -> None:
    alert = make_alert(
        1, facts={"a": "机密 Report", "b": ["one", 2, "two"], "c": True, "d": "one"}, catalogue_id="MED-01"
    )
    assert search_text(alert).split("\n") == ["med-01", fold(alert.rule_id), "机密 report", "one", "two"]


def test_what_is_searched_is_folded_as_what_is_stored() -> None:
    assert fold("Straße\udcff\0") == "strasse\\udcff"

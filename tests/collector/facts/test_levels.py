"""The comparison of levels, as a table (C16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.facts.levels import AXES, RANKS, any_exceeds, exceeds, is_classified, rank

ORDER = ["unclassified", "internal", "restricted", "confidential", "secret", "top_secret"]


@pytest.mark.parametrize(
    ("axis", "level", "ceilings", "above"),
    [
        ("state", "secret", {"state": "secret"}, False),
        ("state", "secret", {"state": "confidential"}, True),
        ("state", "confidential", {"state": "top_secret"}, False),
        ("state", "confidential", {}, True),
        ("enterprise", "internal", {"state": "top_secret"}, True),
        ("work", "internal", {"work": "internal"}, False),
        ("commercial", "secret", {"commercial": "restricted", "state": "top_secret"}, True),
        ("", "secret", {}, False),
        ("", "", {}, False),
        ("foreign", "unclassified", {}, False),
        ("foreign", "restricted", {"foreign": "unclassified"}, True),
        ("state", "cosmic", {"state": "top_secret"}, True),
        ("state", "confidential", {"state": "rather high"}, True),
        ("unheard-of", "confidential", {"state": "top_secret"}, True),
        ("exam", "top_secret", {"exam": "top_secret"}, False),
    ],
)
def test_a_level_against_ceilings(axis: str, level: str, ceilings: dict[str, str], above: bool) -> None:
    assert exceeds(axis, level, ceilings) is above


def test_ranks_stand_in_order() -> None:
    assert sorted(RANKS, key=rank) == ORDER
    assert rank("whatever") > rank("top_secret")


@given(st.sampled_from(AXES), st.sampled_from(ORDER[1:]), st.sampled_from(ORDER))
def test_only_the_rank_decides_within_an_axis(axis: str, level: str, ceiling: str) -> None:
    assert exceeds(axis, level, {axis: ceiling}) is (ORDER.index(level) > ORDER.index(ceiling))


@given(st.sampled_from(ORDER[1:]), st.dictionaries(st.sampled_from(AXES[1:]), st.sampled_from(ORDER)))
def test_other_axes_never_help(level: str, others: dict[str, str]) -> None:
    assert exceeds("state", level, others)


def test_one_level_too_high_is_enough() -> None:
    assert any_exceeds({"state": "confidential", "work": "internal"}, {"state": "secret"})
    assert not any_exceeds({"state": "confidential"}, {"state": "secret"})
    assert not any_exceeds({}, {})


@pytest.mark.parametrize(
    ("ceilings", "classified"),
    [
        ({"state": "confidential"}, True),
        ({"state": "top_secret"}, True),
        ({"state": "internal"}, False),
        ({"state": "unclassified"}, False),
        ({"enterprise": "top_secret"}, False),
        ({}, False),
        ({"state": "a word nobody knows"}, True),
    ],
)
def test_classified_is_about_state_secrets(ceilings: dict[str, str], classified: bool) -> None:
    assert is_classified(ceilings) is classified

"""The two catalogues, and the choice between them."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gapwatch_collector.console.access import ALLOWED
from gapwatch_collector.console.pages import NAVIGATION, SEVERITY_KEYS
from gapwatch_collector.console.words import LANGUAGES, catalogue, choose, translate, word
from gapwatch_collector.model import ActKind, AlertState, HostState, Role
from gapwatch_collector.store.entries import RegisterKind

HAN = re.compile("[\u4e00-\u9fff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_catalogues_have_the_same_keys_and_placeholders() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert set(zh) == set(en)
    assert {key for key in zh if placeholders(zh[key]) != placeholders(en[key])} == set()


def test_nothing_is_empty_and_each_language_is_itself() -> None:
    assert all(text.strip() for language in LANGUAGES for text in catalogue(language).values())
    chinese_on_purpose = ("level.", "axis.", "language.")
    english = {key: text for key, text in catalogue("en").items() if not key.startswith(chinese_on_purpose)}
    assert [key for key, text in english.items() if HAN.search(text)] == []


def test_english_levels_always_show_the_chinese_word() -> None:
    levels = [text for key, text in catalogue("en").items() if key.startswith(("level.", "axis."))]
    assert all(HAN.search(text) for text in levels)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_that_a_page_prints_by_name_has_a_word(language) -> None:
    wanted = [f"state.{state.value}" for state in AlertState]
    wanted += [f"role.{role.value}" for role in Role]
    wanted += [f"audit.act.{kind.name.lower()}" for kind in ActKind]
    wanted += [f"audit.register.{kind.name.lower()}" for kind in RegisterKind]
    wanted += [f"severity.{key}" for key in SEVERITY_KEYS.values()]
    wanted += [f"nav.{key}" for key, _ in NAVIGATION]
    wanted += [f"condition.{state.value}" for state in HostState if state is not HostState.ENROLLED]
    assert [key for key in wanted if key not in catalogue(language)] == []
    assert all(("GET", path) in ALLOWED for _, path in NAVIGATION)


def test_a_missing_key_is_a_bug_and_a_missing_word_is_the_value() -> None:
    with pytest.raises(KeyError):
        translate("zh", "no.such.key")
    assert word("zh", "level", "secret") == "机密"
    assert word("zh", "level", "浅密") == "浅密"


@pytest.mark.parametrize(
    ("cookie", "header", "language"),
    [
        ("en", "zh-CN", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "fr,zh;q=0.2,en;q=0.7", "en"),
        (None, "fr", "zh"),
        (None, None, "zh"),
        ("xx", "en", "en"),
        (None, "en;q=x,zh;q=0.1", "zh"),
    ],
)
def test_the_visitors_choice_comes_before_the_browsers(cookie, header, language) -> None:
    assert choose(cookie, header) == language


@given(st.none() | st.text(), st.none() | st.text())
def test_any_header_gives_a_language(cookie, header) -> None:
    assert choose(cookie, header) in LANGUAGES

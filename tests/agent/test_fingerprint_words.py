"""The words of the command in both languages, and its columns."""

import string

from gapwatch_agent import fingerprint_words


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things():
    english, chinese = fingerprint_words.TEXTS["en"], fingerprint_words.TEXTS["zh"]
    assert english.keys() == chinese.keys()
    assert {name: fields(text) for name, text in english.items()} == {
        name: fields(text) for name, text in chinese.items()
    }


def test_columns_are_as_wide_as_the_screen_shows_them():
    assert fingerprint_words.row(("机密", "a", "path"), (8, 4, 0)) == "机密    a   path"
    assert fingerprint_words.row(("secret", "a", "path"), (8, 4, 0)) == "secret  a   path"
    assert fingerprint_words.row(("\x1b[2J", "b"), (4, 0)) == "\\x1b[2J  b"


def test_parts():
    assert [fingerprint_words.percent(part) for part in (0, 0.333, 1)] == ["0 %", "33 %", "100 %"]

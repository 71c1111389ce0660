"""Foreign banners apart from position."""

import pytest

from gapwatch_agent.inspector import foreign
from gapwatch_agent.inspector.grammar import Strength
from gapwatch_agent.inspector.normalise import normalise


@pytest.mark.parametrize(
    ("text", "level", "strength"),
    [
        ("TOP SECRET", "top_secret", Strength.BANNER),
        ("TOP SECRET//NOFORN", "top_secret", Strength.STRONG),
        ("ＳＥＣＲＥＴ", "secret", Strength.BANNER),
        ("CUI", "restricted", Strength.BANNER),
        ("NATO UNCLASSIFIED", "unclassified", Strength.STRONG),
        ("OFFICIAL", "internal", Strength.BANNER),
        ("OFFICIAL - SENSITIVE", "restricted", Strength.STRONG),
        ("OFFICIAL-SENSITIVE COMMERCIAL", "restricted", Strength.STRONG),
        ("RESTREINT UE/EU RESTRICTED", "restricted", Strength.STRONG),
        ("SECRET DÉFENSE", "secret", Strength.STRONG),
        ("VS-NUR FÜR DEN DIENSTGEBRAUCH", "restricted", Strength.STRONG),
        ("GEHEIM", "secret", Strength.BANNER),
        ("SEC=PROTECTED", "confidential", Strength.STRONG),
        ("NATO DIFFUSION RESTREINTE", "restricted", Strength.STRONG),
        ("OTAN CONFIDENTIEL", "confidential", Strength.STRONG),
        ("TOP SECRET STRAP1 UK EYES ONLY", "top_secret", Strength.STRONG),
        ("OFFICIAL: Sensitive//Personal privacy", "restricted", Strength.STRONG),
    ],
)
def test_banners(text, level, strength):
    found = foreign.match(normalise(text))
    assert (found.axis, found.level, found.strength) == ("foreign", level, strength)


@pytest.mark.parametrize(
    "text", ["Secret", "SECRET GARDEN", "TOP SECRET FILES", "SECRET_KEY", "", "CONFIDENTIALITY", "机密"]
)
def test_no_banners(text):
    assert foreign.match(normalise(text)) is None


@pytest.mark.parametrize(
    ("text", "level", "strength"),
    [
        ("Classification: SECRET", "secret", Strength.LABELLED),
        ("Protective Marking: OFFICIAL-SENSITIVE", "restricted", Strength.LABELLED),
        ("S E C R E T", "secret", Strength.BANNER),
        ("T O P  S E C R E T", "top_secret", Strength.BANNER),
        ("TS//SI//NF", "top_secret", Strength.STRONG),
        ("Très Secret Défense", "top_secret", Strength.BANNER),
        ("Streng Geheim", "top_secret", Strength.BANNER),
        ("PROTECTED C", "confidential", Strength.STRONG),
        ("SEC=OFFICIAL:Sensitive", "restricted", Strength.STRONG),
        ("NATO SECRET / SECRET OTAN", "secret", Strength.STRONG),
    ],
)
def test_fields_phrases_and_spread_letters(text, level, strength):
    found = foreign.match(normalise(text))
    assert (found.level, found.strength) == (level, strength)


@pytest.mark.parametrize("text", ["secret défense", "Classification: Public", "CLASSIFICATION: MAMMALS", "(C) 2020"])
def test_more_that_is_no_banner(text):
    assert foreign.match(normalise(text)) is None


def test_the_mark_in_a_subject():
    assert [match.level for match in foreign.in_subject("Agenda [SEC=PROTECTED]")] == ["confidential"]
    assert foreign.in_subject("Agenda [SEC=UNKNOWN]") == []

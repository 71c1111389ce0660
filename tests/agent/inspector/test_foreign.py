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

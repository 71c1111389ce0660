"""First set of foreign banners (domain §3.4): US, CUI, NATO, UK, EU, German, French, Australian. Pure.

Banners are capitals on a line of their own; ``Confidential`` in a slide theme or a mail footer is boilerplate.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gapwatch_agent.inspector.grammar import FIELD_CHARACTERS_MAX, Match, Strength
from gapwatch_agent.inspector.normalise import Normal

_LEVELS: Final = {
    "TOP SECRET": "top_secret",
    "COSMIC TOP SECRET": "top_secret",
    "FOCAL TOP SECRET": "top_secret",
    "SECRET": "secret",
    "CONFIDENTIAL": "confidential",
    "RESTRICTED": "restricted",
    "UNCLASSIFIED": "unclassified",
    "CUI": "restricted",
    "CONTROLLED": "restricted",
    "OFFICIAL": "internal",
    "OFFICIAL-SENSITIVE": "restricted",
    "TRES SECRET": "top_secret",
    "SECRET DEFENSE": "secret",
    "CONFIDENTIEL DEFENSE": "confidential",
    "DIFFUSION RESTREINTE": "restricted",
    "STRENG GEHEIM": "top_secret",
    "GEHEIM": "secret",
    "VS-VERTRAULICH": "confidential",
    "VS-NFD": "restricted",
    "VS-NUR FUR DEN DIENSTGEBRAUCH": "restricted",
    "PROTECTED": "confidential",
}
_CAVEATS: Final = r"(?:\s*/{1,2}\s*[A-Z0-9][A-Z0-9 ,&\-/]{0,60})"
_US: Final = re.compile(
    rf"(?P<level>TOP SECRET|SECRET|CONFIDENTIAL|UNCLASSIFIED|CUI|CONTROLLED)(?P<caveat>{_CAVEATS})?"
)
_NATO: Final = re.compile(
    rf"(?:(?P<top>(?:COSMIC|FOCAL) TOP SECRET)|NATO (?P<level>SECRET|CONFIDENTIAL|RESTRICTED|UNCLASSIFIED))"
    rf"(?:[ -](?:ATOMAL|BOHEMIA))?{_CAVEATS}?"
)
_UK: Final = re.compile(
    r"(?P<country>UK )?(?P<level>OFFICIAL ?- ?SENSITIVE|OFFICIAL|TOP SECRET|SECRET)"
    r"(?P<caveat>\s*[-:\[(]?\s*(?:COMMERCIAL|PERSONAL|LOCSEN|UK EYES ONLY|[A-Z]{2,4} EYES ONLY)[\])]?)?"
)
_EU: Final = re.compile(
    r"(?:TRES SECRET UE/EU (?P<top>TOP SECRET)|SECRET UE/EU (?P<secret>SECRET)"
    r"|CONFIDENTIEL UE/EU (?P<confidential>CONFIDENTIAL)|RESTREINT UE/EU (?P<restricted>RESTRICTED))"
)
_OTHER: Final = re.compile(
    r"(?P<strong>TRES SECRET(?: DEFENSE)?|SECRET DEFENSE|CONFIDENTIEL DEFENSE|DIFFUSION RESTREINTE|STRENG GEHEIM"
    r"|VS ?- ?VERTRAULICH|VS ?- ?NFD|VS ?- ?NUR FUR DEN DIENSTGEBRAUCH)|(?P<bare>GEHEIM|PROTECTED)"
)
_AU: Final = re.compile(r"\[?SEC=(?P<level>TOP[- ]SECRET|SECRET|PROTECTED|OFFICIAL:SENSITIVE|OFFICIAL)\]?")
_CAPITALS: Final = re.compile(r"[A-Z0-9 ,&/\-\[\]():=]{2,90}")
CORROBORATION: Final = re.compile(r"^\s*(?:Classified By|Derived From|Declassify On|Controlled by)\s*:", re.IGNORECASE)
TRAINING: Final = re.compile(
    r"for (?:training|exercise|instructional|illustration) (?:use|purposes?) only", re.IGNORECASE
)
PORTION: Final = re.compile(r"\((?:TS|S|C|U|CUI|CTS|NS|NC|NR|NU)(?://[A-Z0-9/ ,\-]{1,40})?\)\s")


def match(normal: Normal) -> Match | None:
    """What this whole line says as a foreign banner, None when it is none."""
    text = " ".join(_without_accents(normal.text).split())
    if not text or len(text) > FIELD_CHARACTERS_MAX:
        return None
    text = text.replace("VS-NfD", "VS-NFD").replace("VS - NfD", "VS-NFD")
    if not _CAPITALS.fullmatch(text):
        return None
    found = _nato_or_eu(text) or _national(text)
    if found is None:
        return None
    level, form, strength = found
    whole = normal.raw(0, len(normal.text))
    return Match("foreign", level, form, strength, level_text=whole, text=whole)


def _nato_or_eu(text: str) -> tuple[str, str, Strength] | None:
    nato = _NATO.fullmatch(text)
    if nato:
        return _LEVELS[nato["top"] or nato["level"]], "banner_nato", Strength.STRONG
    union = _EU.fullmatch(text)
    if union:
        word = next(word for word in union.groups() if word)
        return _LEVELS[word], "banner_eu", Strength.STRONG
    return None


def _national(text: str) -> tuple[str, str, Strength] | None:
    american = _US.fullmatch(text)
    if american:
        return _LEVELS[american["level"]], "banner_us", Strength.STRONG if american["caveat"] else Strength.BANNER
    british = _UK.fullmatch(text)
    if british:
        word = british["level"].replace(" - ", "-").replace("OFFICIAL SENSITIVE", "OFFICIAL-SENSITIVE")
        word = re.sub(r"\s*-\s*", "-", word)
        certain = british["country"] or british["caveat"] or word == "OFFICIAL-SENSITIVE"
        return _LEVELS[word], "banner_uk", Strength.STRONG if certain else Strength.BANNER
    australian = _AU.fullmatch(text)
    if australian:
        word = australian["level"].replace("TOP-SECRET", "TOP SECRET").replace(":", "-")
        return _LEVELS[word], "banner_au", Strength.STRONG
    other = _OTHER.fullmatch(text)
    if other:
        word = re.sub(r"\s*-\s*", "-", other.group())
        word = "TRES SECRET" if word.startswith("TRES SECRET") else word
        return _LEVELS[word], "banner_national", Strength.STRONG if other["strong"] else Strength.BANNER
    return None


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))

"""Foreign and alliance banners (domain §3.4): US, CUI, NATO, UK, EU, German, French, Australian, Canadian. Pure.

Banners are capitals on a line of their own; ``Confidential`` in a slide theme or a mail footer is boilerplate. German
and French phrases of several words are marks in small letters too. Other scripts are in ``foreign_east``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gapwatch_agent.inspector import foreign_east
from gapwatch_agent.inspector.grammar import FIELD_CHARACTERS_MAX, Match, Strength
from gapwatch_agent.inspector.normalise import Normal, normalise

_TOP, _SECRET, _CONFIDENTIAL, _RESTRICTED = "top_secret", "secret", "confidential", "restricted"
_LEVELS: Final = {
    "TOP SECRET": _TOP,
    "COSMIC TOP SECRET": _TOP,
    "FOCAL TOP SECRET": _TOP,
    "COSMIC TRES SECRET": _TOP,
    "SECRET": _SECRET,
    "CONFIDENTIAL": _CONFIDENTIAL,
    "CONFIDENTIEL": _CONFIDENTIAL,
    "RESTRICTED": _RESTRICTED,
    "RESTREINT": _RESTRICTED,
    "DIFFUSION RESTREINTE": _RESTRICTED,
    "UNCLASSIFIED": "unclassified",
    "CUI": _RESTRICTED,
    "CONTROLLED": _RESTRICTED,
    "OFFICIAL": "internal",
    "OFFICIAL-SENSITIVE": _RESTRICTED,
    "TS": _TOP,
    "S": _SECRET,
    "C": _CONFIDENTIAL,
    "U": "unclassified",
}
_CAVEATS: Final = r"(?:\s*/{1,2}\s*[A-Z0-9][A-Z0-9 ,&/\-]{0,80})"
_US_WORDS: Final = (
    r"(?:NOFORN|ORCON|IMCON|PROPIN|SI|TK|HCS|COMINT|SCI|FGI|FISA|RD|FRD|NF|OC|FOUO|LES|SBU|ACCM|SAR"
    r"|REL(?: TO)? [A-Z][A-Z, ]{1,60}|EYES ONLY|SENSITIVE COMPARTMENTED INFORMATION|SPECIAL ACCESS REQUIRED)"
)
_US: Final = re.compile(
    rf"(?P<level>TOP SECRET|SECRET|CONFIDENTIAL|UNCLASSIFIED|CUI|CONTROLLED)"
    rf"(?P<caveat>{_CAVEATS}|\s*[\-/( ]\s*{_US_WORDS}(?:[/ \-]+{_US_WORDS}){{0,4}}\)?)?"
)
_US_SHORT: Final = re.compile(rf"(?P<level>TS|S|C|U)//{_US_WORDS}(?:[A-Z0-9 ,&/\-]{{0,60}})")
_FOUO: Final = re.compile(r"(?:UNCLASSIFIED ?[/-]{1,2} ?)?FOR OFFICIAL USE ONLY(?: ?\(FOUO\))?")
_NATO: Final = re.compile(
    r"(?:(?P<top>(?:COSMIC|FOCAL) TOP SECRET|COSMIC TRES SECRET)"
    r"|(?:NATO(?:/[A-Z]{3,5})?|ISAF|KFOR|EAPC|RSM|OTAN) (?P<level>SECRET|CONFIDENTIAL|RESTRICTED|UNCLASSIFIED)"
    r"|(?:NATO|OTAN) (?:(?P<none>SANS CLASSIFICATION)|(?P<mixed>CONFIDENTIEL|DIFFUSION RESTREINTE))"
    r"|(?P<french>SECRET|CONFIDENTIEL|DIFFUSION RESTREINTE) OTAN)"
    r"(?:[ /-]+(?:ATOMAL|BOHEMIA|CRYPTO|EYES ONLY|EXCLUSIVE))*"
    rf"(?:[ ,/-]*(?:RELEASABLE|REL)(?: TO)? [A-Z][A-Z0-9 ,/&-]{{1,60}}|{_CAVEATS})?"
)
_NATO_PAIR: Final = re.compile(
    r"NATO (?P<level>SECRET|CONFIDENTIAL|RESTRICTED) ?/ ?(?:SECRET|CONFIDENTIEL|DIFFUSION RESTREINTE) OTAN"
)
_UK: Final = re.compile(
    r"(?P<country>UK )?(?P<level>OFFICIAL ?[-: ] ?SENSITIVE|OFFICIAL|TOP SECRET|SECRET|CONFIDENTIAL|RESTRICTED)"
    r"(?P<caveat>\s*[-:,/\[(]*\s*(?:COMMERCIAL|PERSONAL(?: DATA)?|PERSONNEL|LOCSEN|STAFF"
    r"|LEGAL(?: PRIVILEGE)?|MARKET SENSITIVE"
    r"|INVESTIGATION|POLICY|HR ?/ ?MANAGEMENT|MANAGEMENT|MEDICAL|HMG USE ONLY|RECIPIENTS ONLY|ORGANISATIONAL USE ONLY"
    r"|CONTRACTS?|APPOINTMENTS|EMBARGOED|CLOSED|STRAP ?[1-3]?|ATOMIC|DESCRIPTOR"
    r"|(?:NATIONAL )?CABINET|[A-Z]{2,4} EYES ONLY"
    r"|ACCOUNTABLE MATERIAL|LIMDIS)[\])]?(?:\s+(?:COMINT|[A-Z]{2,4} EYES ONLY))?"
    r"(?:\s*[-/,]\s*[A-Z][A-Z ]{1,30}[\])]?)?)?"
)
_EU: Final = re.compile(
    r"(?:TRES SECRET UE(?: ?/ ?EU (?P<top>TOP SECRET))?|SECRET UE(?: ?/ ?EU (?P<secret>SECRET))?"
    r"|CONFIDENTIEL UE(?: ?/ ?EU (?P<confidential>CONFIDENTIAL))?|RESTREINT UE(?: ?/ ?EU (?P<restricted>RESTRICTED))?"
    r"|EU (?P<english>TOP SECRET|SECRET|CONFIDENTIAL|RESTRICTED))"
)
_FRANCE: Final = r"(?:\s*[-–/,( ]+\s*(?P<france>SPECIAL FRANCE|DIFFUSION LIMITEE|CRYPTO|ACSSI)\)?)?"
_PHRASES: Final = (
    (re.compile(rf"TRES SECRET(?:[ -]DEFENSE)?{_FRANCE}(?:\s*[-/ ]+\s*CLASSIFICATION [A-Z]+)?"), _TOP),
    (re.compile(rf"SECRET[ -]DEFENSE{_FRANCE}"), _SECRET),
    (re.compile(r"SECRET\s*[-–/,( ]+\s*SPECIAL FRANCE\)?"), _SECRET),
    (re.compile(rf"CONFIDENTIEL[ -]DEFENSE{_FRANCE}"), _CONFIDENTIAL),
    (re.compile(rf"DIFFUSION RESTREINTE{_FRANCE}"), _RESTRICTED),
    (re.compile(r"(?:STRENG GEHEIM|STR\. ?GEHEIM)(?:\s*[-/ ]+\s*AMTLICH GEHEIM ?GEHALTEN)?"), _TOP),
    (re.compile(r"GEHEIM\s*[-/ ]+\s*AMTLICH GEHEIM ?GEHALTEN"), _SECRET),
    (re.compile(r"VS ?- ?VERTRAULICH(?:\s*[-/ ]+\s*AMTLICH GEHEIM ?GEHALTEN)?"), _CONFIDENTIAL),
    (
        re.compile(r"VS ?- ?(?:NFD|NUR FUR DEN DIENSTGEBRAUCH)|VERSCHLUSSSACHE - NUR FUR DEN DIENSTGEBRAUCH"),
        _RESTRICTED,
    ),
)
"""National phrases of several words: hardly ever anything else, in capitals or not."""
_CANADA: Final = re.compile(r"(?:PROTECTED|PROTEGE) (?P<grade>[ABC])(?: ?[/|-] ?(?:PROTECTED|PROTEGE) [ABC])?")
_GRADES: Final = {"A": _RESTRICTED, "B": _RESTRICTED, "C": _CONFIDENTIAL}
_BARE: Final = {"GEHEIM": _SECRET, "PROTECTED": _CONFIDENTIAL, "PROTECTED//CABINET": _CONFIDENTIAL}
_PROTECTED: Final = re.compile(
    r"PROTECTED\s*(?://|[-,])\s*(?:SH:|ACCESS=|CAVEAT=)?[A-Z][A-Z:\- ]{2,40}|HIGHLY PROTECTED"
)
_AU: Final = re.compile(
    r"\[?(?:VER=[\d.]+, ?)?(?:NS=[A-Z.]+, ?)?SEC=(?P<level>TOP[- ]SECRET|SECRET|CONFIDENTIAL|PROTECTED"
    r"|OFFICIAL ?: ?SENSITIVE|OFFICIAL"
    r"|UNCLASSIFIED)(?:[,:;] ?[A-Z0-9=:.@,\- /]{1,120})?\]?"
)
_SENSITIVE: Final = re.compile(r"OFFICIAL ?: ?SENSITIVE(?:\s*//\s*(?:SH:)?[A-Z][A-Z\- ]{2,30}){0,3}")
_FIELD: Final = re.compile(
    r"(?:(?:security|overall|document|derivative) )?classification\s*[:=]\s*|protective marking\s*[:=]\s*",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(r"\[SEC=[A-Za-z0-9:=,. \-]{4,80}\]")
_SPREAD: Final = re.compile(r"(?:[A-Z] ){5,11}[A-Z]|(?:[A-Z] ){2}[A-Z]\s{2,}(?:[A-Z] ){5}[A-Z]")
"""S E C R E T, as teleprinters write it."""
_CAPITALS: Final = re.compile(r"[A-Z0-9 ,&/\-\[\]():=.@|]{1,200}")
CORROBORATION: Final = re.compile(
    r"^\s*(?:Classified By|Derived From|Declassify On|Controlled by|CUI Category"
    r"|Distribution/Dissemination Control"
    r"|Limited Dissemination Control|Downgrade to)\s*:",
    re.IGNORECASE,
)
TRAINING: Final = re.compile(
    r"(?:for|are for) (?:training|exercise|instructional|illustration|demonstration)(?: use| purposes?)? only"
    r"|markings? (?:are|is) (?:for|shown for|notional)|(?:sample|example) markings?\b",
    re.IGNORECASE,
)
_PORTION: Final = re.compile(
    r"\s*\((?P<level>TS|S|C|U|CUI|CTS|NS|NC|NR|NU)(?P<caveat>//[A-Z0-9/ ,\-]{1,40})?\)\s+(?=[^\W\d_])"
)
PORTION: Final = re.compile(r"\((?:TS|S|C|U|CUI|CTS|NS|NC|NR|NU)(?://[A-Z0-9/ ,\-]{1,40})?\)\s")
_PORTION_LEVELS: Final = {
    "TS": _TOP, "S": _SECRET, "C": _CONFIDENTIAL, "U": "unclassified", "CUI": _RESTRICTED,
    "CTS": _TOP, "NS": _SECRET, "NC": _CONFIDENTIAL, "NR": _RESTRICTED, "NU": "unclassified",
}  # fmt: skip


def match(normal: Normal) -> Match | None:
    """What this whole line says as a foreign mark, None when it is none."""
    east = foreign_east.match(normal)
    if east is not None:
        return east
    text = _without_accents(normal.text)
    if _SPREAD.fullmatch(text):
        text = " ".join(word.replace(" ", "") for word in re.split(r"\s{2,}", text))
    text = " ".join(text.split())
    if not text or len(text) > FIELD_CHARACTERS_MAX * 2:
        return None
    field = _FIELD.match(text)
    if field:
        named = _banner(text[field.end() :])
        found = (named[0], "label_abroad", Strength.LABELLED) if named else None
    else:
        found = _banner(text)
    if found is None:
        return None
    level, form, strength = found
    shown = normal.raw(0, len(normal.text))
    return Match("foreign", level, form, strength, level_text=shown, text=shown)


def _banner(text: str) -> tuple[str, str, Strength] | None:
    found = _phrase(text) or _australian(text.upper())
    if found is None and len(text) <= FIELD_CHARACTERS_MAX and _CAPITALS.fullmatch(text):
        found = _nato_or_eu(text) or _national(text)
    return found


def in_subject(text: str) -> list[Match]:
    """``Agenda [SEC=PROTECTED]``: the Australian mark at the end of a mail's subject."""
    found = _SUBJECT.search(text[:500])
    told = match(normalise(found.group())) if found else None
    return [] if told is None else [told]


def portion(text: str) -> Match | None:
    """``(S//NF) The text``: a paragraph that begins with a portion mark."""
    found = _PORTION.match(text)
    if found is None:
        return None
    shown = found.group().strip()
    form = "portion_abroad_caveat" if found["caveat"] else "portion_abroad"
    return Match("foreign", _PORTION_LEVELS[found["level"]], form, Strength.PORTION, shown, text=shown)


def _phrase(text: str) -> tuple[str, str, Strength] | None:
    capitals = text.upper()
    for pattern, level in _PHRASES:
        if pattern.fullmatch(capitals):
            if not text[:1].isupper() or re.search(r" defense|-defense| restreinte", text):
                return None
            sure = text == capitals or capitals.startswith("VS") or "AMTLICH" in capitals
            return level, "banner_national", Strength.STRONG if sure else Strength.BANNER
    return None


def _australian(text: str) -> tuple[str, str, Strength] | None:
    found = _AU.fullmatch(text)
    if found:
        word = re.sub(r" ?: ?", "-", found["level"].replace("TOP-SECRET", "TOP SECRET"))
        return _LEVELS.get(word, _CONFIDENTIAL), "banner_au", Strength.STRONG
    return (_RESTRICTED, "banner_au", Strength.STRONG) if _SENSITIVE.fullmatch(text) else None


def _nato_or_eu(text: str) -> tuple[str, str, Strength] | None:
    nato = _NATO_PAIR.fullmatch(text)
    if nato:
        return _LEVELS[nato["level"]], "banner_nato", Strength.STRONG
    nato = _NATO.fullmatch(text)
    if nato:
        word = nato["top"] or nato["level"] or nato["french"] or nato["mixed"]
        return _LEVELS[word] if word else "unclassified", "banner_nato", Strength.STRONG
    union = _EU.fullmatch(text)
    if union:
        word = next((word for word in union.groups() if word), text.split(" UE", maxsplit=1)[0])
        return _LEVELS.get(word, _TOP), "banner_eu", Strength.STRONG
    return None


def _national(text: str) -> tuple[str, str, Strength] | None:
    american = _US.fullmatch(text) or _US_SHORT.fullmatch(text)
    if american:
        certain = american.re is _US_SHORT or american["caveat"]
        return _LEVELS[american["level"]], "banner_us", Strength.STRONG if certain else Strength.BANNER
    if _FOUO.fullmatch(text):
        strength = Strength.STRONG if text.startswith("UN") else Strength.BANNER
        return "unclassified" if text.startswith("UN") else _RESTRICTED, "banner_us", strength
    british = _UK.fullmatch(text)
    if british:
        word = re.sub(r" ?[-: ] ?SENSITIVE", "-SENSITIVE", british["level"])
        certain = british["country"] or british["caveat"] or word == "OFFICIAL-SENSITIVE"
        return _LEVELS[word], "banner_uk", Strength.STRONG if certain else Strength.BANNER
    canadian = _CANADA.fullmatch(text)
    if canadian:
        return _GRADES[canadian["grade"]], "banner_ca", Strength.STRONG
    if _PROTECTED.fullmatch(text):
        return _CONFIDENTIAL, "banner_au", Strength.STRONG
    return (_BARE[text], "banner_national", Strength.BANNER) if text in _BARE else None


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))

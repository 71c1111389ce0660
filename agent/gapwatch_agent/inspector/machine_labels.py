"""Machine-readable labels (domain §3.5) as they reach the decision: properties whose keys name their system. Pure.

``MachineLabels`` takes every property, keeps the labels as they stood and says which level they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from gapwatch_agent.inspector import foreign, grammar, level_names
from gapwatch_agent.inspector.grammar import Match, Strength
from gapwatch_agent.inspector.label_policy import LabelPolicy
from gapwatch_agent.inspector.normalise import join_cjk, normalise
from gapwatch_proto.events import Label

LABELS_MAX: Final = 16
LABEL_CHARACTERS_MAX: Final = 200
CARRIERS: Final = frozenset({"purview", "titus", "boldon_james", "stanag4774", "ofd", "odf", "property", "mail"})
"""The systems a label can come from; a closed list."""
LABEL_KEYS: Final = frozenset(
    {"密级", "密級", "保密等级", "保密等級", "保密级别", "保密級別", "秘密等级", "涉密等级", "涉密级别", "定密级别"}
    | {"密级标识", "密级标志", "文件密级", "文档密级", "资料密级", "数据密级", "保密密级"}
    | {"secretlevel", "seclevel", "securitylevel", "secrecylevel", "secretgrade", "miji", "confidentiallevel"}
    | {"confidentialitylevel", "secret_level", "sec_level", "security_level", "secrecy_level", "securitygrade"}
)
"""Property names that are labels, lower case, without spaces."""
PERIOD_KEYS: Final = frozenset(
    {"保密期限", "保密年限", "密期", "secretperiod", "secperiod", "secrecyperiod", "secret_period"}
)

_PURVIEW: Final = re.compile(r"msip_label_\{?(?P<guid>[0-9a-f-]{8,40})\}?_(?P<field>[a-z]+)")
_PURVIEW_SHOWN: Final = frozenset({"enabled", "name", "method"})
_PAIR: Final = re.compile(r"(MSIP_Label_[0-9A-Za-z_{}-]{8,60})\s*=\s*([^;]{0,200})", re.IGNORECASE)
_KEYS: Final = (
    (re.compile(r"stanag4774\."), "stanag4774"),
    (re.compile(r"bjdocument|bj(?:header|footer)\w*docproperty"), "boldon_james"),
    (re.compile(r"titus|.*classification$"), "titus"),
    (re.compile(r"urn:bails:"), "odf"),
    (re.compile(r"(?:protective-marking|security-label|sio-label)$"), "mail"),
)
_STATED: Final = re.compile(
    r"classification\s*(?:is|:|=)\s*(?P<level>[A-Za-z :&/-]{3,40}?)\s*(?:[.;,]|$)", re.IGNORECASE
)
_ATTRIBUTE_VALUE: Final = re.compile(r"\bvalue\s*=\s*[\"']([^\"'<>]{2,80})[\"']")
_SEC: Final = re.compile(r"\bSEC\s*=\s*([A-Za-z: -]{3,30})")
_MARKING: Final = re.compile(r"\bmarking\s*=\s*\"?([^\";]{2,80})")
_TYPE_CARRIERS: Final = {
    "ofd": "ofd", "odt": "odf", "ods": "odf", "odp": "odf", "eml": "mail", "msg": "mail", "mbox": "mail",
}  # fmt: skip


@dataclass(slots=True)
class _Purview:
    enabled: bool = False
    name: str = ""


@dataclass(slots=True)
class MachineLabels:
    """The labels of one file. ``kind`` is the file's type: it names the carrier of a plain property."""

    policy: LabelPolicy
    kind: str = ""
    _labels: list[Label] = field(default_factory=list)
    _purview: dict[str, _Purview] = field(default_factory=dict)
    _stanag_policy: str = ""

    def labels(self) -> tuple[Label, ...]:
        """As they stood, the first ``LABELS_MAX``."""
        return tuple(self._labels)

    def take(self, key: str, value: str) -> list[Match] | None:
        """What this property says by itself: an empty list is a label that says nothing, None is no label."""
        plain = "".join(key.lower().split()).removeprefix("x-")
        value = value.strip()
        if plain.startswith("msip_label"):
            self._take_purview(key, plain, value)
            return []
        carrier = self._carrier(plain)
        if not carrier:
            return None
        self._keep(carrier, key, value)
        if plain == "stanag4774.policy":
            self._stanag_policy = value
            return []
        if plain in {"stanag4774.category", "titusguid", "sensitivity"} or plain in PERIOD_KEYS:
            return []
        found = self._read(carrier, plain, value)
        return [] if found is None else [replace(found, form=carrier, strength=Strength.LABELLED)]

    def close(self) -> list[tuple[Match, str]]:
        """(what it says, its key) of the labels that only all their properties together make."""
        found = []
        for guid, entry in self._purview.items():
            if not entry.enabled:
                continue
            told = self.policy.level_of(guid)
            if told is not None:
                axis, level = told
                match: Match | None = Match(axis, level, "purview", Strength.LABELLED, entry.name or guid)
            else:
                match = level_names.match(entry.name, "enterprise")
            if match is not None:
                shown = entry.name or guid
                match = replace(match, form="purview", strength=Strength.LABELLED, text=match.text or shown)
                found.append((match, f"MSIP_Label_{guid}_Name"))
        return found

    def _carrier(self, plain: str) -> str:
        for pattern, carrier in _KEYS:
            if pattern.match(plain):
                in_mail = carrier == "titus" and self.kind in {"eml", "mbox"} and not plain.startswith("titus")
                return "mail" if in_mail else carrier
        if plain in LABEL_KEYS or plain in PERIOD_KEYS or plain == "sensitivity" or self.policy.has_key(plain):
            return _TYPE_CARRIERS.get(self.kind, "property")
        return ""

    def _keep(self, carrier: str, key: str, value: str) -> None:
        label = Label(carrier, key[:LABEL_CHARACTERS_MAX], value[:LABEL_CHARACTERS_MAX])
        if len(self._labels) < LABELS_MAX and label not in self._labels:
            self._labels.append(label)

    def _take_purview(self, key: str, plain: str, value: str) -> None:
        single = _PURVIEW.fullmatch(plain)
        pairs = [(key, value)] if single else _PAIR.findall(value)[:64]
        for name, told in pairs:
            one = _PURVIEW.fullmatch("".join(name.lower().split()))
            if one is None or (len(self._purview) >= LABELS_MAX and one["guid"] not in self._purview):
                continue
            if one["field"] in _PURVIEW_SHOWN:
                self._keep("purview", name, told.strip())
            entry = self._purview.setdefault(one["guid"], _Purview())
            if one["field"] == "enabled":
                entry.enabled = told.strip().lower() in {"true", "1"}
            elif one["field"] == "name":
                entry.name = told.strip()

    def _read(self, carrier: str, plain: str, value: str) -> Match | None:
        """The level a value means on the axis its system speaks of."""
        told = self.policy.level_of(value)
        if told is not None:
            return Match(told[0], told[1], carrier, Strength.LABELLED, value, text=value)
        axis = "enterprise" if carrier in {"property", "ofd", "odf"} else "foreign"
        if carrier == "stanag4774" and self._stanag_policy:
            both = normalise(f"{self._stanag_policy} {value}".upper())
            found = foreign.match(both)
            if found is not None and found.form in {"banner_nato", "banner_eu"}:
                return replace(found, level_text=value, text=both.raw_text)
        if plain.startswith("bjdocumentlabelxml"):
            inner = _ATTRIBUTE_VALUE.findall(value)
            return next((m for m in (level_names.match(one, axis) for one in inner or [value]) if m is not None), None)
        for pattern in (_SEC, _MARKING, _STATED):
            stated = pattern.search(value)
            if stated:
                return level_names.match(stated[stated.lastindex or 1], axis)
        return level_names.match(value, axis)


def period_of(value: str) -> tuple[str, str]:
    """(period, words) of a property that holds a period."""
    from_field = grammar.period_alone(join_cjk(normalise(value)))
    return from_field or ("", "")

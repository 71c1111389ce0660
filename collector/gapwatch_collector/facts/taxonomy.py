"""Which record kind belongs to which Sigma category, and which facts its payload gives.

A field's fact has the field's path: ``FileActivity.file.path`` is ``file.path``, ``RadioState.state`` is ``state``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin, get_type_hints

from gapwatch_proto.events import (
    AddressState,
    AgentStarted,
    DefaultRouteState,
    DeviceActivity,
    FileActivity,
    Gap,
    LinkState,
    MediumActivity,
    RadioState,
    SensorState,
)
from gapwatch_proto.kinds import Kind

PRODUCT: Final = "gapwatch"
SILENCE: Final = "host_silence"
FORK: Final = "fork"

CATEGORIES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.AGENT_STARTED: "agent_started",
        Kind.SENSOR_STATE: "sensor_state",
        Kind.GAP: "gap",
        Kind.DEVICE_ATTACHED: "device",
        Kind.DEVICE_REMOVED: "device",
        Kind.MEDIUM_ATTACHED: "medium",
        Kind.MEDIUM_MOUNTED: "medium",
        Kind.MEDIUM_UNMOUNTED: "medium",
        Kind.MEDIUM_REMOVED: "medium",
        Kind.FILE_WRITTEN: "file",
        Kind.MARKED_FILE_WRITTEN: "file",
        Kind.UNINSPECTED_FILE_WRITTEN: "file",
        Kind.FILE_FOUND: "file",
        Kind.MARKED_FILE_FOUND: "file",
        Kind.UNINSPECTED_FILE_FOUND: "file",
        Kind.RADIO_STATE: "radio",
        Kind.LINK_STATE: "link",
        Kind.ADDRESS_STATE: "address",
        Kind.DEFAULT_ROUTE_STATE: "default_route",
    }
)
"""The kinds that rules can see. Anchors, witnesses, heartbeats and orderly stops only feed the account of silence."""

ACTIVITY: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.DEVICE_ATTACHED: "attached",
        Kind.DEVICE_REMOVED: "removed",
        Kind.MEDIUM_ATTACHED: "attached",
        Kind.MEDIUM_MOUNTED: "mounted",
        Kind.MEDIUM_UNMOUNTED: "unmounted",
        Kind.MEDIUM_REMOVED: "removed",
    }
)
"""What happened to a device or medium, where the kind alone says it."""

PAYLOAD_OF: Final[Mapping[str, type]] = MappingProxyType(
    {
        "agent_started": AgentStarted,
        "sensor_state": SensorState,
        "gap": Gap,
        "device": DeviceActivity,
        "medium": MediumActivity,
        "file": FileActivity,
        "radio": RadioState,
        "link": LinkState,
        "address": AddressState,
        "default_route": DefaultRouteState,
    }
)

TEXT, WHOLE, NUMBER, TRUTH, TEXTS = "text", "whole number", "number", "true or false", "list of texts"
_TYPES: Final[Mapping[Any, str]] = MappingProxyType({str: TEXT, int: WHOLE, float: NUMBER, bool: TRUTH})


@dataclass(frozen=True, slots=True)
class PayloadFact:
    """A fact taken as it stands from a payload: its path there, which is its name, and its type in the words above."""

    name: str
    type: str


@cache
def payload_facts(payload_class: type) -> tuple[PayloadFact, ...]:
    """The facts a payload of this class gives, in the order of its fields."""
    return tuple(_walk(payload_class, ""))


def _walk(value_class: type, prefix: str) -> Iterator[PayloadFact]:
    hints = get_type_hints(value_class)
    for field in fields(value_class):
        annotation, path = hints[field.name], f"{prefix}{field.name}"
        if get_origin(annotation) is tuple:
            if not is_dataclass(get_args(annotation)[0]):  # lists of values have facts of their own (``mark.*``)
                yield PayloadFact(path, TEXTS)
        elif isinstance(annotation, type) and is_dataclass(annotation):
            yield from _walk(annotation, f"{path}.")
        elif annotation is not bytes:  # a fingerprint is compared, never read by a rule
            yield PayloadFact(path, _TYPES[annotation])

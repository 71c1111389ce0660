"""The numbers of what a record can say, and how severe each is.

Numbers are reserved by subject, a hundred apiece, so that later kinds arrive without moving old ones. A number is
never reused. Severity (1 low .. 5 critical, equal to Sigma's levels and OCSF's severity_id) is a property of the kind
alone, because the spool decides by it what to give up first and must not depend on anything it cannot verify (C3).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Kind(IntEnum):
    """Record kinds. 1-99 the stream itself, then a hundred for each subject."""

    ANCHOR = 1
    WITNESS = 2
    GAP = 3
    HEARTBEAT = 4
    AGENT_STARTED = 5
    SENSOR_STATE = 6
    AGENT_STOPPED = 7

    DEVICE_ATTACHED = 100
    DEVICE_REMOVED = 101

    MEDIUM_ATTACHED = 200
    MEDIUM_MOUNTED = 201
    MEDIUM_UNMOUNTED = 202
    MEDIUM_REMOVED = 203

    FILE_WRITTEN = 300
    MARKED_FILE_WRITTEN = 301
    UNINSPECTED_FILE_WRITTEN = 302
    FILE_FOUND = 310
    MARKED_FILE_FOUND = 311
    UNINSPECTED_FILE_FOUND = 312

    RADIO_STATE = 400

    LINK_STATE = 500
    ADDRESS_STATE = 501
    DEFAULT_ROUTE_STATE = 502

    # Reserved by subject: 600 sessions, 700 processes, 800 output, 900 platform, 1000 policy and controls.


SEVERITY: Final[Mapping[Kind, int]] = MappingProxyType(
    {
        Kind.ANCHOR: 1,
        Kind.WITNESS: 1,
        Kind.GAP: 4,
        Kind.HEARTBEAT: 1,
        Kind.AGENT_STARTED: 3,
        Kind.SENSOR_STATE: 3,
        Kind.AGENT_STOPPED: 3,
        Kind.DEVICE_ATTACHED: 3,
        Kind.DEVICE_REMOVED: 2,
        Kind.MEDIUM_ATTACHED: 4,
        Kind.MEDIUM_MOUNTED: 3,
        Kind.MEDIUM_UNMOUNTED: 2,
        Kind.MEDIUM_REMOVED: 3,
        Kind.FILE_WRITTEN: 2,
        Kind.MARKED_FILE_WRITTEN: 5,
        Kind.UNINSPECTED_FILE_WRITTEN: 4,
        Kind.FILE_FOUND: 1,
        Kind.MARKED_FILE_FOUND: 4,
        Kind.UNINSPECTED_FILE_FOUND: 3,
        Kind.RADIO_STATE: 4,
        Kind.LINK_STATE: 3,
        Kind.ADDRESS_STATE: 2,
        Kind.DEFAULT_ROUTE_STATE: 4,
    }
)
"""Severity of every kind; a kind without one cannot be appended."""

"""What the alert list was asked for: an address's query to a filter and back, so every view is a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from gapwatch_collector.model import AlertFilter, AlertState

PAGE_ROWS: Final = 50
TEXT_LENGTH_MAX: Final = 200
ALL_STATES: Final = "all"
SEVERITIES: Final = (5, 4, 3, 2, 1)
_NUMBER_MAX: Final = 2**62


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """``state`` is one state or ``all``; no severity chosen means every severity."""

    severities: frozenset[int] = frozenset()
    state: str = AlertState.OPEN.value
    text: str = ""
    host: str = ""
    before: int = 0

    @classmethod
    def read(cls, params: QueryParams) -> AlertQuery:
        """From an address; what makes no sense is left out rather than refused, because people edit addresses."""
        state = params.get("state", AlertState.OPEN.value)
        host = params.get("host", "")
        return cls(
            severities=frozenset(int(s) for s in params.getlist("severity") if s in {"1", "2", "3", "4", "5"}),
            state=state if state in {ALL_STATES, *AlertState} else AlertState.OPEN.value,
            text=params.get("q", "").strip()[:TEXT_LENGTH_MAX],
            host=host if is_id(host) else "",
            before=number(params.get("before", "")),
        )

    def filter(self, limit: int) -> AlertFilter:
        """As the store wants it."""
        return AlertFilter(
            severities=self.severities,
            states=frozenset() if self.state == ALL_STATES else frozenset({AlertState(self.state)}),
            host_id=bytes.fromhex(self.host),
            text=self.text,
            before_number=self.before,
            limit=limit,
        )

    def url(self, path: str = "/alerts", **extra: int | str) -> str:
        """The address of this view; defaults are left out of it."""
        pairs: list[tuple[str, str]] = [("severity", str(s)) for s in SEVERITIES if s in self.severities]
        values: Mapping[str, str] = {
            "state": "" if self.state == AlertState.OPEN else self.state,
            "q": self.text,
            "host": self.host,
            "before": str(self.before or ""),
            **{name: str(value) for name, value in extra.items()},
        }
        pairs += [(name, value) for name, value in values.items() if value]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def with_state(self, state: str) -> AlertQuery:
        """The same view of another state, from its newest."""
        return replace(self, state=state, before=0)

    def toggled(self, severity: int) -> AlertQuery:
        """With this severity added to or taken from the chosen ones."""
        return replace(self, severities=self.severities ^ {severity}, before=0)

    def older(self, number: int) -> AlertQuery:
        """The page after the one that ends with this number."""
        return replace(self, before=number)

    def without_host(self) -> AlertQuery:
        """The same view of every machine."""
        return replace(self, host="", before=0)

    def bare(self) -> AlertQuery:
        """Only the state chosen."""
        return AlertQuery(state=self.state)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the state was chosen."""
        return bool(self.severities or self.text or self.host)


def number(text: str) -> int:
    """A non-negative whole number from an address, 0 for anything else."""
    return min(int(text), _NUMBER_MAX) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def is_id(text: str) -> bool:
    """Whether the text is an id as addresses carry it: hex, of a sane length."""
    return 2 <= len(text) <= 64 and len(text) % 2 == 0 and all(c in "0123456789abcdef" for c in text)

"""The auditor's page: every act of the other two duties and every change of a register, newest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.guard import visitor_of
from gapwatch_collector.console.pages import Pages
from gapwatch_collector.console.query import number
from gapwatch_collector.model import ActKind, LogEntry, Origin
from gapwatch_collector.store.entries import RegisterKind

PAGE_ROWS: Final = 100
_VALUE_LENGTH_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class ActRow:
    """An entry of the log as the page prints it. ``changes``: (field, before, after); ``details``: (field, value)."""

    log_index: int
    moment_ns: int
    key: str
    by: str
    subject: str
    details: tuple[tuple[str, str], ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()


class AuditRoutes:
    """The audit page."""

    def __init__(self, deps: ConsoleDeps, pages: Pages) -> None:
        self._deps, self._pages = deps, pages

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/audit", self.acts, methods=["GET"])
        return router

    def acts(self, request: Request) -> Response:
        """One page, by log index downwards."""
        before = number(request.query_params.get("before", ""))
        found = self._deps.audit.acts(before, PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        return self._pages.page(
            visitor_of(request),
            "audit.html",
            rows=[act_row(entry) for entry in shown],
            before=before,
            older=shown[-1].log_index if len(found) > PAGE_ROWS else 0,
        )


def act_row(entry: LogEntry) -> ActRow:
    """Read an entry; one that cannot be read still stands in the list, as what it is."""
    new = entry.entry
    try:
        body = json.loads(new.payload)
    except ValueError:
        body = {}
    body = body if isinstance(body, dict) else {}
    if new.origin is Origin.REGISTER_CHANGE:
        key = f"register.{_name(RegisterKind, new.kind)}"
        after = body.get("after") or {}
        subject = str(after.get("name") or after.get("label") or "")
        changes = _changes(body.get("before") or {}, after)
        return ActRow(entry.log_index, entry.recorded_ns, key, str(body.get("by", "")), subject, changes=changes)
    detail = body.get("detail") or {}
    details = tuple((name, _value(value)) for name, value in sorted(detail.items()))
    key = f"act.{_name(ActKind, new.kind)}"
    return ActRow(entry.log_index, entry.recorded_ns, key, str(body.get("by", "")), "", details)


def _name(kinds: type[ActKind | RegisterKind], kind: int) -> str:
    try:
        return kinds(kind).name.lower()
    except ValueError:
        return str(kind)


def _changes(before: dict[str, Any], after: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    names = [
        name for name in sorted(after) if before.get(name) != after[name] and (before or after[name] not in _BLANK)
    ]
    return tuple((name, _value(before.get(name)), _value(after[name])) for name in names)


_BLANK: Final[tuple[object, ...]] = ("", None, {}, [], 0)


def _value(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _VALUE_LENGTH_MAX else text[:_VALUE_LENGTH_MAX] + "…"

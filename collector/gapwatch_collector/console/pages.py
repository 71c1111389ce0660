"""Templates to responses. Everything a template prints is escaped and made visible unless it is already markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from gapwatch_collector.console import assets, times
from gapwatch_collector.console.access import may
from gapwatch_collector.console.deps import ConsoleDeps
from gapwatch_collector.console.guard import THEMES, Visitor
from gapwatch_collector.console.rows import SHAPES
from gapwatch_collector.console.visible import visible_markup, visible_text
from gapwatch_collector.console.words import LANGUAGES, catalogue, translator, word

_TEMPLATES: Final = Path(__file__).parent / "templates"
_WHEN: Final = Markup('<time datetime="{iso}" data-ms="{ms}" title="{title}">{text}</time>')
SEVERITY_KEYS: Final = {5: "critical", 4: "serious", 3: "important", 2: "normal", 1: "low"}
NAVIGATION: Final = (("alerts", "/alerts"), ("hosts", "/hosts"), ("audit", "/audit"))


def _finalize(value: object) -> object:
    """Text from outside may stand anywhere; only markup made by us passes as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible_text(value)
    return value


class Pages:
    """The template environment and what every page shares."""

    def __init__(self, deps: ConsoleDeps) -> None:
        self._deps = deps
        self._assets = assets.addresses()
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["shown"] = visible_markup
        self._environment.globals.update(
            shapes=SHAPES,
            severity_keys=SEVERITY_KEYS,
            languages=LANGUAGES,
            themes=THEMES,
            assets=self._assets,
            live=all(name in self._assets for name in assets.VENDOR),
        )

    def page(self, visitor: Visitor, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page as a response."""
        return HTMLResponse(self.fragment(visitor, template, **context), status)

    def fragment(self, visitor: Visitor, template: str, **context: Any) -> str:
        """A template's text; lone surrogates were made visible on the way, so it always encodes."""
        shared = self._shared(visitor)
        return self._environment.get_template(template).render({**shared, **context})

    def _shared(self, visitor: Visitor) -> dict[str, Any]:
        deps, language, now_ns = self._deps, visitor.language, self._deps.clock.now_ns()
        role = visitor.role
        translate = translator(language)
        ages = {str(seconds): catalogue(language)[key] for seconds, key in times.AGE_STEPS}
        return {
            "t": translate,
            "word": lambda table, value: word(language, table, value),
            "when": self._when(now_ns, translate),
            "exact": lambda ns: times.exact(ns, deps.timezone, milliseconds=True),
            "uncertainty": times.uncertainty,
            "visitor": visitor,
            "now_ms": now_ns // 1_000_000,
            "ages": json.dumps({**ages, "0": catalogue(language)["age.now"]}, ensure_ascii=False),
            "zone_label": deps.zone_label,
            "level_label": deps.level_label,
            "unit_name": deps.unit_name,
            "navigation": [item for item in NAVIGATION if role is not None and may(role, "GET", item[1])],
            "may": lambda method, route: role is not None and may(role, method, route),
        }

    def _when(self, now_ns: int, translate: times.Translate) -> Callable[[int, int], Markup]:
        def when(moment_ns: int, spread_ns: int = 0) -> Markup:
            title = times.exact(moment_ns, self._deps.timezone)
            spread = times.uncertainty(spread_ns)
            return _WHEN.format(
                iso=times.machine_readable(moment_ns),
                ms=moment_ns // 1_000_000,
                title=f"{title} {spread}".strip(),
                text=times.relative(moment_ns, now_ns, translate),
            )

        return when

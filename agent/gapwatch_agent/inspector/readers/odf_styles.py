"""What an OpenDocument style says that changes a mark's meaning or place: struck text, page breaks; inherited too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gapwatch_agent.inspector.readers.xml_stream import attribute, local

_STYLES_MAX: Final = 20_000
_ANCESTORS_MAX: Final = 8
_STRIKES: Final = frozenset({"text-line-through-style", "text-line-through-type"})


@dataclass(slots=True)
class Style:
    """One style; None where it leaves the question to its parent."""

    parent: str = ""
    struck: bool | None = None
    breaks_before: bool | None = None
    breaks_after: bool | None = None


_PLAIN: Final = Style(struck=False, breaks_before=False, breaks_after=False)


@dataclass(slots=True)
class Styles:
    """Styles by family and name. Automatic ones belong to one part only; a part's own hide the document's."""

    known: dict[tuple[str, str], Style] = field(default_factory=dict)
    strikes: bool = False
    """Whether any style strikes its text out."""
    _current: Style | None = None

    def child(self) -> Styles:
        """A copy for another part of the document, which may use the same names for other automatic styles."""
        return Styles(dict(self.known), self.strikes)

    def open(self, attributes: dict[str, str]) -> None:
        """A ``style:style`` begins."""
        key = (attribute(attributes, "family") or "", attribute(attributes, "name") or "")
        style = Style(attribute(attributes, "parent-style-name") or "")
        # A paragraph of a page style of its own begins a page.
        if attribute(attributes, "master-page-name"):
            style.breaks_before = True
        self._current = style
        if len(self.known) < _STYLES_MAX:
            self.known[key] = style

    def close(self) -> None:
        self._current = None

    def text_properties(self, attributes: dict[str, str]) -> None:
        if self._current is None:
            return
        for name, value in attributes.items():
            if local(name) in _STRIKES:
                self._current.struck = value != "none"
                self.strikes = self.strikes or self._current.struck

    def paragraph_properties(self, attributes: dict[str, str]) -> None:
        if self._current is None:
            return
        for name, value in attributes.items():
            if name.endswith("break-before"):
                self._current.breaks_before = self._current.breaks_before or value == "page"
            elif name.endswith("break-after"):
                self._current.breaks_after = value == "page"

    def resolve(self, family: str, name: str | None) -> Style:
        """The style with its ancestors applied. ``struck`` stays None where none of them says."""
        if not name:
            return _PLAIN if family == "paragraph" else Style()
        found = Style()
        for _ in range(_ANCESTORS_MAX):
            style = self.known.get((family, name))
            if style is None:
                break
            found.struck = style.struck if found.struck is None else found.struck
            found.breaks_before = style.breaks_before if found.breaks_before is None else found.breaks_before
            found.breaks_after = style.breaks_after if found.breaks_after is None else found.breaks_after
            if not style.parent or style.parent == name:
                break
            name = style.parent
        return found

"""HTML to tags and text, as browsers cut it, in time that grows with the length only. Pure.

The standard library's parser starts over at what is left open and takes quadratic time for it; this one looks at each
character a bounded number of times. What never ends (a comment, a script) ends with the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"/?+[a-zA-Z][^\s/>]*+")
_ATTRIBUTE: Final = re.compile(
    r"[\s/]*+(?:(?P<name>[^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'"
    r"|(?P<bare>[^\s>]*+)))?|(?P<stray>=))"
)
_SPACES: Final = re.compile(r"[\s/]*+")
_TEXT_CHARACTERS_MAX: Final = 1 << 16
_NAME_CHARACTERS_MAX: Final = 200
_ATTRIBUTES_MAX: Final = 256
_RAW: Final = {
    name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)
    for name in ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")
}
_TEXTUAL: Final = frozenset({"title", "textarea", "xmp"})
"""Elements whose content is text whatever it looks like, and is shown."""
_ENTITIES: Final = frozenset({"title", "textarea"})
_CONDITION: Final = re.compile(r"<!--\[if[^\]>]{0,200}(?:mso|vml)[^\]>]{0,200}\]>", re.IGNORECASE)
_WHOLE: Final = re.compile(r"<!--(?:>|->|<!\[endif\]-->)|<!\[endif\]-->|<!\[CDATA\[")
"""Comments that end at once, and what only opens or closes a section."""


@dataclass(slots=True)
class Tag:
    """A start or end tag. ``name`` in lower case, an end tag's with its slash; ``written`` as it stands there.

    Attribute names are in lower case.
    """

    name: str
    written: str
    attributes: dict[str, str]


def tokens(text: str, *, is_xml: bool = False) -> Iterator[Tag | str]:
    """Tags, and text with its entities resolved. Comments, scripts and styles are left out.

    What Office hides from browsers in conditional comments is there for Office to show: it is read. In XHTML
    (``is_xml``) a script may end in its own tag.
    """
    position, end = 0, len(text)
    while position < end:
        at = text.find("<", position)
        if at < 0:
            at = end
        for start in range(position, at, _TEXT_CHARACTERS_MAX):
            yield _plain(text[start : min(start + _TEXT_CHARACTERS_MAX, at)])
        position = at
        if position >= end:
            return
        match = _NAME.match(text, position + 1)
        if match is None:
            following = text[position + 1 : position + 2]
            if following and following in "!?/":
                position = _past_declaration(text, position)
            else:
                yield "<"
                position += 1
            continue
        written = match[0][:_NAME_CHARACTERS_MAX]
        name = written.lower()
        position = match.end()
        attributes: dict[str, str] = {}
        if text.startswith(">", position):
            position += 1
        else:
            attributes, position = _attributes(text, position)
        yield Tag(name, written, attributes)
        if name in _RAW and not (is_xml and text.startswith("/>", position - 2)):
            stop = _RAW[name].search(text, position)
            content = text[position : stop.start() if stop else end]
            position = stop.start() if stop else end
            if name in _TEXTUAL and content:
                yield _plain(content) if name in _ENTITIES else content


def _past_declaration(text: str, position: int) -> int:
    """Where a comment, a document type, a processing instruction or a conditional section ends."""
    condition = _CONDITION.match(text, position, position + 500) or _WHOLE.match(text, position)
    if condition is not None:
        return condition.end()
    return _past(text, "-->", position + 4) if text.startswith("<!--", position) else _past(text, ">", position + 2)


def _past(text: str, ending: str, position: int) -> int:
    at = text.find(ending, position)
    return len(text) if at < 0 else at + len(ending)


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    end = len(text)
    while position < end:
        match = _ATTRIBUTE.match(text, position)
        if match is None:
            break
        position = match.end()
        name = match["name"]
        if name and len(found) < _ATTRIBUTES_MAX:
            value = match["double"] or match["single"] or match["bare"] or ""
            found.setdefault(name[:_NAME_CHARACTERS_MAX].lower(), _plain(value) if "&" in value else value)
    spaces = _SPACES.match(text, position)
    position = spaces.end() if spaces else position
    return found, position + 1 if text.startswith(">", position) else end


def _plain(text: str) -> str:
    return html.unescape(text) if "&" in text else text

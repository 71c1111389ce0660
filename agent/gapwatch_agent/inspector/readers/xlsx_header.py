"""A sheet's header or footer: ``&L…&C…&R…`` with format codes to the lines of its three sections. Pure."""

from __future__ import annotations

import re
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector.fragments import Fragment

ELEMENTS: Final = {
    "oddHeader": where.HEADER,
    "evenHeader": where.HEADER,
    "firstHeader": where.HEADER,
    "oddFooter": where.FOOTER,
    "evenFooter": where.FOOTER,
    "firstFooter": where.FOOTER,
}
CHARACTERS_MAX: Final = 4096
"""Spreadsheet programs allow 255."""
_CODE: Final = re.compile(
    r"&(?:(?P<and>&)|(?P<section>[LCRlcr])|\"[^\"]{0,200}\"?|[Kk](?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})?|\d{1,3} ?"
    r"|(?P<number>[PNpn])(?:[+-]\d+)?|[A-Za-z+\-])"
)


def sections(text: str) -> list[str]:
    """The text of each section that says something. Page and sheet numbers and dates are left out, ``&&`` is ``&``."""
    found = [""]
    position = 0
    for code in _CODE.finditer(text[:CHARACTERS_MAX]):
        found[-1] += text[position : code.start()]
        position = code.end()
        if code["and"]:
            found[-1] += "&"
        elif code["section"]:
            found.append("")
    found[-1] += text[position:CHARACTERS_MAX]
    return [section.strip() for section in found if section.strip()]


def fragments(part: str, text: str, page: int) -> list[Fragment]:
    """One fragment a section: they stand apart on the page."""
    return [Fragment(section, part=part, page=page) for section in sections(text)]

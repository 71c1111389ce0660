"""Mailboxes: messages one after another, each beginning at a line ``From …`` behind a blank one.

Every message is a page: what stands at its top stands at the top of a page. Attachments are named ``number/name``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.readers import mail, mail_parts
from gapwatch_agent.inspector.readers.mail import Mail
from gapwatch_agent.inspector.readers.source import Embedded, Reading, Report, Source

_WINDOW_BYTES: Final = 1 << 20
_LINE_BYTES_MAX: Final = 512
_BODY_BYTES_MAX: Final = 1 << 20
_SEPARATOR: Final = re.compile(rb"\n\r?\nFrom ")
_SEPARATOR_BYTES_MAX: Final = 8


def read(source: Source, limits: Limits, report: Report) -> Iterator[Reading]:
    """Every message's labels and first alternative; the other alternatives; the attachments of all."""
    mails: list[Mail] = []
    yield _first(source, limits, report, mails)
    if any(one.others for one in mails):
        yield _others(mails)
    yield _attached(mails)


def _first(source: Source, limits: Limits, report: Report, mails: list[Mail]) -> Iterator[Fragment]:
    for number, (start, end) in enumerate(_messages(source), start=1):
        if number > limits.members_max:
            report("too_many")
            return
        one = Mail(source, mail_parts.split(source, start, end, limits, report), limits, report)
        mails.append(one)
        for fragment in mail.properties(one.message.header):
            yield replace(fragment, page=number)
        for fragment in one.bodies(one.primary, bytes_max=_BODY_BYTES_MAX):
            yield replace(fragment, page=number)


def _others(mails: list[Mail]) -> Iterator[Fragment]:
    for number, one in enumerate(mails, start=1):
        for fragment in one.bodies(one.others, bytes_max=_BODY_BYTES_MAX):
            yield replace(fragment, page=number)


def _attached(mails: list[Mail]) -> Iterator[Embedded]:
    for number, one in enumerate(mails, start=1):
        yield from one.attached(f"{number}/")


def _messages(source: Source) -> Iterator[tuple[int, int]]:
    """(start, end) of each message, the separating line left out."""
    start = _after_line(source, 0)
    for separator in _separators(source):
        if separator >= start:
            yield start, separator
            start = _after_line(source, separator)
    yield start, source.size


def _separators(source: Source) -> Iterator[int]:
    """Where each line ``From `` behind a blank one begins."""
    position = 0
    while position < source.size:
        window = source.read(position, _WINDOW_BYTES)
        for found in _SEPARATOR.finditer(window):
            yield position + found.end() - len(b"From ")
        if position + len(window) >= source.size:
            return
        # One that the window's end cuts in two is found whole in the next.
        position += max(len(window) - _SEPARATOR_BYTES_MAX, 1)


def _after_line(source: Source, position: int) -> int:
    line = source.read(position, _LINE_BYTES_MAX)
    end = line.find(b"\n")
    return position + (end + 1 if end >= 0 else len(line))

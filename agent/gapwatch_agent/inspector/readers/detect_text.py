"""Whether bytes are text at all, and which of the formats that are written as text: html, xml, a mail, a mailbox."""

from __future__ import annotations

import codecs
import re
from typing import Final

TYPES: Final = frozenset({"text", "html", "xml", "eml", "mbox"})

_CONTROLS: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\b\x1b\x1a")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_OPENING: Final = r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
_HTML: Final = re.compile(
    _OPENING + r"(?:<!doctype\s+html|<(?:html|head|body|title|meta|center|table|div|p|h[1-6])[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_XML: Final = re.compile(
    r"\s*(?:<\?xml[\s?]|(?:<!--.*?-->\s*)*<(?:!DOCTYPE\s+\w|[A-Za-z_][\w.\-]*:[\w.\-]+[\s>]|svg[\s>]))", re.DOTALL
)
_FIELD: Final = re.compile(r"[!-9;-~]{1,76}:[ \t\r\n]?")
_MAIL_FIELDS: Final = re.compile(
    r"^(?:from|to|cc|bcc|subject|date|message-id|mime-version|received|return-path|reply-to|sender|content-type"
    r"|delivered-to|dkim-signature|x-mailer|msip_labels|x-[\w-]+):",
    re.IGNORECASE | re.MULTILINE,
)
_SURE_MAIL_FIELDS: Final = re.compile(
    r"^(?:from|message-id|mime-version|received|return-path|delivered-to):", re.IGNORECASE | re.MULTILINE
)
_MAILBOX: Final = re.compile(r"From \S+.*\d\d:\d\d.*\d{4}\s*\n")
_LOOKED_AT: Final = 4096
HEAD_BYTES: Final = 8192
"""Of a file, what its type is told from."""
_CUT_OFF_MAX: Final = 3
"""Bytes of a character that ends beyond what was read."""


def is_text(head: bytes) -> bool:
    """Hardly a control character - or UTF-16 or -32, where every other byte of ASCII is NUL.

    NULs that strayed into a text, or that fill it up, are forgiven when what they stand in is surely text.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        return True
    text = head.replace(b"\x00", b"")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    if controls * 50 <= len(text) and (len(text) == len(head) or _is_surely_text(text, head)):
        return True
    return _wide_encoding(head) != ""


def _is_surely_text(text: bytes, head: bytes) -> bool:
    """What is left without NULs decodes; few of them stand in it, and those around it are not most of the file."""
    filled = head.strip(b"\x00")
    strayed = len(filled) - len(text)
    if not text or strayed * 10 > len(filled) or (len(head) >= HEAD_BYTES and len(filled) * 2 < len(head)):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text.decode(encoding)
        except UnicodeDecodeError as error:
            if error.start < len(text) - _CUT_OFF_MAX:
                continue
        return True
    return False


def kind(head: bytes) -> str:
    """One of ``TYPES`` for bytes that are text."""
    text = _decoded(head[:_LOOKED_AT])
    if _MAILBOX.match(text) and _is_mail(text.partition("\n")[2]):
        return "mbox"
    if _HTML.match(text):
        return "html"
    if _XML.match(text):
        return "xml"
    return "eml" if _is_mail(text) else "text"


def _is_mail(text: str) -> bool:
    """Begins with a block of header fields, two of which mails have and one of which hardly anything else has."""
    block = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    lines = block.splitlines()[:200]
    if not lines or not _FIELD.match(lines[0]):
        return False
    strange = sum(1 for line in lines if not line.startswith((" ", "\t")) and not _FIELD.match(line))
    if strange > len(lines) // 10 + (0 if len(block) < len(text) else 1):
        return False
    fields = {field.lower() for field in _MAIL_FIELDS.findall(block)}
    return len(fields) >= 2 and bool(_SURE_MAIL_FIELDS.search(block))


def _decoded(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, errors="replace")
    # What tells the formats apart is ASCII, so in wide characters there are NULs; without, ASCII itself looks like CJK.
    return head.decode((b"\x00" in head and _wide_encoding(head)) or "latin-1", errors="replace")


def _wide_encoding(head: bytes) -> str:
    """Which of UTF-16 and UTF-32 bytes without a mark are, empty when none."""
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        if b"\x00" not in head and width == 4:
            continue
        try:
            text = head[: len(head) // width * width].decode(encoding, errors="strict")
        except UnicodeDecodeError:
            continue
        plain = sum(
            1 for c in text if c in "\t\r\n\f" or " " <= c < "\x7f" or "\u2000" <= c <= "\u9fff" or c >= "\uff00"
        )
        if text and plain * 10 >= len(text) * 9:
            return encoding
    return ""

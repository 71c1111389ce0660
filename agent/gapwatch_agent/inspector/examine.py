"""The whole judgement over one source: type by content, the reader for it, the decision, and why not where not.

Runs in the caged child; pure but for the source it reads. Whatever a reader raises becomes a reason. Files inside files
are examined the same way, one after the other, under one budget for all of them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from gapwatch_agent.inspector import fragments as where
from gapwatch_agent.inspector import marks
from gapwatch_agent.inspector.carrier import Load
from gapwatch_agent.inspector.fingerprint import Sampler, takes
from gapwatch_agent.inspector.fragments import Fragment
from gapwatch_agent.inspector.label_policy import LabelPolicy
from gapwatch_agent.inspector.limits import Limits
from gapwatch_agent.inspector.marks import Findings
from gapwatch_agent.inspector.readers import (
    archive,
    cfb,
    detect,
    docx,
    html,
    image,
    mail,
    mbox,
    msg,
    odf,
    ofd,
    pdf,
    pptx,
    rtf,
    text,
    xlsb,
    xlsx,
    xml_document,
)
from gapwatch_agent.inspector.readers.source import (
    BytesSource,
    Embedded,
    Reader,
    Reading,
    Source,
    StopReading,
)
from gapwatch_proto.events import Inspection

READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "cfb": cfb.read,
        "doc": cfb.read,
        "docx": docx.read,
        "eml": mail.read,
        "html": html.read,
        "image": image.read,
        "mbox": mbox.read,
        "msg": msg.read,
        "odp": odf.read,
        "ods": odf.read,
        "odt": odf.read,
        "ofd": ofd.read,
        "pdf": pdf.read,
        "ppt": cfb.read,
        "pptx": pptx.read,
        "rtf": rtf.read,
        "text": text.read,
        "xls": cfb.read,
        "xlsb": xlsb.read,
        "xlsx": xlsx.read,
        "xml": xml_document.read,
        **archive.READERS,
    }
)
"""Type to reader. A type without one is ``unsupported``; its name is still looked at."""
ARCHIVES: Final = frozenset({"zip", "tar", "gzip", "bzip2", "xz", "zstd", "lzip", "7z", "rar", "iso", "cab"})
"""Types that are nothing but the files in them, which get verdicts of their own."""
MEMBER_SEPARATOR: Final = "!"
"""Between a file and the path inside it: ``outer.zip!inner/name.docx``."""
_HASH_CHUNK: Final = 1 << 20
_FIRST_WORD_AFTER_S: Final = 1.0
_FIRST_FRAGMENTS_MAX: Final = 2_000
_FIRST_CHARACTERS_MAX: Final = 1 << 18
_MEMBER_NAME_CHARACTERS_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Terms:
    """What an examination goes by besides its limits. ``key`` empty: no fingerprints. ``sum_up``: an archive's verdict
    speaks for everything in it and members get none of their own, as the file sensor wants it.
    """

    policy: LabelPolicy = field(default_factory=LabelPolicy)
    key: bytes = b""
    sum_up: bool = True


@dataclass(frozen=True, slots=True)
class MemberFound:
    """A file inside the file: ``path`` as ``inner/name.docx``, with ``!`` for every further step down."""

    path: str
    inspection: Inspection
    sha256: str
    size: int


OnMember = Callable[[MemberFound], None]
OnFirstWord = Callable[[Inspection], None]


def examine(source: Source, name: str, limits: Limits, terms: Terms | None = None) -> Inspection:
    """Judge one file with everything in it. Never raises."""
    return Examination(limits, terms or Terms()).examine(source, name)


def sha256_of(source: Source) -> str:
    """The hash of the whole content, in bounded memory; empty when the medium fails half-way."""
    digest = hashlib.sha256()
    offset = 0
    try:
        while piece := source.read(offset, _HASH_CHUNK):
            digest.update(piece)
            offset += len(piece)
    except StopReading:
        return ""
    return digest.hexdigest()


def _ignore_member(_found: MemberFound) -> None:
    """Nobody asked for the members' own verdicts."""


def _ignore_first_word(_found: Inspection) -> None:
    """Nobody waits for a first word."""


class Examination:
    """One file and whatever is in it. ``on_member`` gets each inner file's verdict when it stands; ``on_first_word``
    what the first page alone says, once, when the whole takes longer than a second.
    """

    def __init__(
        self,
        limits: Limits,
        terms: Terms,
        on_member: OnMember = _ignore_member,
        on_first_word: OnFirstWord = _ignore_first_word,
    ) -> None:
        self._limits = limits
        self._terms = terms
        self._on_member = on_member
        self._on_first_word = on_first_word
        self._members_left = limits.members_max
        self._bytes_left = 0
        self._started_s = time.monotonic()
        self._first_word_said = False

    def examine(self, source: Source, name: str) -> Inspection:
        """Judge. Never raises: a failure of ours is ``crashed``, of the file ``damaged`` and the like."""
        self._bytes_left = self._limits.expansion_bytes(source.size)
        return self._examine(source, name, "")

    def _examine(self, source: Source, name: str, path: str) -> Inspection:
        kind = "binary"
        try:
            kind = detect.detect(source, self._limits)
            return self._judge(source, name, kind, path)
        except Exception as failure:  # noqa: BLE001 - the last line before the cage's edge; the verdict says so
            return self._by_name(name, kind, _reason(failure))

    def _judge(self, source: Source, name: str, kind: str, path: str) -> Inspection:
        problems: list[str] = []
        if source.size > self._limits.file_bytes_max:
            problems.append("too_large")
        if kind == "empty":
            return _inspection(kind, self._named(name), problems, read_something=True)
        if kind == "encrypted_office":
            return _inspection(kind, self._named(name), ["encrypted"], read_something=False)
        reader = READERS.get(kind)
        if reader is None:
            return _inspection(kind, self._named(name), ["unsupported"], read_something=False)
        told = _Told(self, name, kind, path, problems)
        findings = self._named(name)
        try:
            for reading in reader(source, self._limits, problems.append):
                findings = marks.merge(findings, self.find(told.follow(reading), name, kind))
        except StopReading as stop:
            problems.append(stop.reason)
        # A text without a single candidate byte was read to its end too.
        judged = _inspection(kind, findings, problems, read_something=told.count > 0 or not problems)
        judged = replace(judged, fingerprint=told.fingerprint())
        if kind not in ARCHIVES:
            return told.load.on_document(judged)
        return told.load.on_archive(judged, sum_up=self._terms.sum_up)

    def find(self, reading: Iterator[Fragment], name: str, kind: str) -> Findings:
        """What a reading says, by this examination's terms."""
        return marks.find_marks(reading, name, self._terms.policy, kind)

    def _named(self, name: str) -> Findings:
        return self.find(iter(()), name, "")

    def sampler(self) -> Sampler | None:
        """A new sampler of a text, None without a key."""
        return Sampler(self._terms.key) if self._terms.key else None

    def _by_name(self, name: str, kind: str, reason: str) -> Inspection:
        """What is left when reading failed: the name."""
        return _inspection(kind, self._named(name), [reason], read_something=False)

    # --- files inside the file

    def take(self, embedded: Embedded, path: str) -> Inspection:
        """Examine a file inside the one at ``path`` ("" the outermost) and give its verdict to whoever waits for it."""
        inner = f"{path}{MEMBER_SEPARATOR if path else ''}{embedded.name[-_MEMBER_NAME_CHARACTERS_MAX:]}"
        found = self._member(embedded, inner)
        self._on_member(found)
        return found.inspection

    def _member(self, embedded: Embedded, path: str) -> MemberFound:
        if embedded.reason:
            return MemberFound(path, self._by_name(embedded.name, "", embedded.reason), "", 0)
        if self._members_left <= 0:
            raise StopReading("too_many")
        self._members_left -= 1
        if path.count(MEMBER_SEPARATOR) >= self._limits.nesting_max:
            return MemberFound(path, self._by_name(embedded.name, "", "too_deep"), "", 0)
        content, reason = self._content(embedded)
        if not content and reason:
            return MemberFound(path, self._by_name(embedded.name, "", reason), "", 0)
        inspection = self._examine(BytesSource(content), embedded.name, path)
        if not reason:
            return MemberFound(path, inspection, hashlib.sha256(content).hexdigest(), len(content))
        incomplete = replace(inspection, reason=reason, inspected="partial")
        return MemberFound(path, incomplete if inspection.inspected == "full" else inspection, "", len(content))

    def _content(self, embedded: Embedded) -> tuple[bytes, str]:
        """A member's bytes, and why there are no more. Raises StopReading when the whole file's budget is spent."""
        pieces: list[bytes] = []
        size = 0
        reason = ""
        try:
            for piece in embedded.content():
                self._bytes_left -= len(piece)
                size += len(piece)
                pieces.append(piece)
                if self._bytes_left < 0 or size > self._limits.member_bytes_max:
                    reason = "too_large"
                    break
        except StopReading as stop:
            reason = stop.reason
        if self._bytes_left < 0:
            raise StopReading("too_large")
        return b"".join(pieces), reason

    # --- a first word

    def first_word(self, name: str, kind: str, seen: list[Fragment]) -> bool:
        """Say what the first page says if this takes long; True once nothing more need be kept for it."""
        if self._first_word_said:
            return True
        if time.monotonic() - self._started_s < _FIRST_WORD_AFTER_S:
            return False
        self._first_word_said = True
        findings = marks.merge(self._named(name), self.find(iter(seen), name, kind))
        self._on_first_word(_inspection(kind, findings, ["timed_out"], read_something=True))
        return True


class _Told:
    """What a reader yields, as it passes: counts fragments, samples the text, takes files out, and turns a reader's
    stop into the end of its reading: what was read is still judged.
    """

    def __init__(self, examination: Examination, name: str, kind: str, path: str, problems: list[str]) -> None:
        self._examination = examination
        self._name = name
        self._kind = kind
        self._path = path
        self._problems = problems
        self._sampler = examination.sampler()
        self._first: list[Fragment] = []
        self._first_characters = 0
        self._first_done = bool(path)
        self._readings = 0
        self.load = Load()
        self.count = 0

    def follow(self, reading: Reading) -> Iterator[Fragment]:
        """The reading's fragments."""
        self._readings += 1
        sampler = self._sampler if self._readings == 1 else None
        try:
            for item in reading:
                self.count += 1
                if isinstance(item, Embedded):
                    named = item if item.name else replace(item, name=PurePosixPath(self._name).stem or "content")
                    self.load.add(self._examination.take(named, self._path))
                    continue
                if sampler is not None and takes(item):
                    sampler.feed(item.text)
                if not self._first_done:
                    self._keep(item)
                yield item
        except Exception as failure:  # noqa: BLE001 - whatever a reader raises ends its reading, not the judgement
            self._problems.append(_reason(failure))

    def fingerprint(self) -> bytes:
        """The text's fingerprint, empty without a key and for a text too short."""
        found = self._sampler.finish() if self._sampler else None
        return found.encode() if found else b""

    def _keep(self, fragment: Fragment) -> None:
        room = len(self._first) < _FIRST_FRAGMENTS_MAX and self._first_characters < _FIRST_CHARACTERS_MAX
        if room and (fragment.page <= 1 or fragment.part != where.DOCUMENT):
            self._first.append(fragment)
            self._first_characters += len(fragment.text)
        if self.count % 64 == 0 and self._examination.first_word(self._name, self._kind, self._first):
            self._first_done = True
            self._first = []


def _reason(failure: Exception) -> str:
    """What a reader's failure is called."""
    if isinstance(failure, StopReading):
        return failure.reason
    if isinstance(failure, MemoryError):
        return "too_large"
    return "too_deep" if isinstance(failure, RecursionError) else "crashed"


def _inspection(kind: str, findings: Findings, problems: list[str], *, read_something: bool) -> Inspection:
    reason = problems[0] if problems else ""
    inspected = "full" if not reason else "partial" if read_something else "none"
    return Inspection(inspected, reason, kind, findings.mark, findings.hints, findings.labels, findings.hint_list)

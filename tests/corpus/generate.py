"""The corpus: every form of a mark × place × format and encoding, and documents that only talk about marks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from corpus import bodies, sheets, texts, word
from corpus.case import Case
from corpus.forms import EXAM, FORMS, Form

_SURVIVES = {
    "odt": {"first_line", "after_copy_number", "split_runs", "header", "footer", "first_header", "even_header"}
    | {"second_section", "cover_table", "text_box", "control", "keywords"},
    "html": {"first_line", "after_copy_number", "split_runs", "cover_table", "control"},
    "ods": set(sheets.SHEET_PLACES),
    "odp": set(sheets.SLIDE_PLACES),
}
_SURVIVES["doc"] = _SURVIVES["odt"] | {"watermark"}
# LibreOffice writes no text boxes and no even headers of this kind as RTF, and content controls as fields in shreds.
_SURVIVES["rtf"] = _SURVIVES["odt"] - {"text_box", "even_header", "control"}
# A document of one page has no even one.
_SURVIVES["pdf"] = _SURVIVES["odt"] - {"even_header"}
_SURVIVES["xls"] = _SURVIVES["ods"]
_SURVIVES["ppt"] = _SURVIVES["odp"]
"""Places that LibreOffice keeps as a place when it converts."""
_FORMATS = (
    ("docx", "odt", "odt"), ("docx", "doc", "doc"), ("docx", "rtf", "rtf"), ("docx", "html", "html"),
    ("docx", "pdf", "pdf"), ("docx", "ott", "odt"), ("xlsx", "ods", "ods"), ("xlsx", "xls", "xls"),
    ("pptx", "odp", "odp"), ("pptx", "ppt", "ppt"), ("pptx", "pdf", "pdf"),
)  # fmt: skip


class Generator:
    """Writes files under ``folder``; the same seed gives the same corpus. ``thin``: every n-th case only."""

    def __init__(self, folder: Path, seed: int = 1, thin: int = 1) -> None:
        self._folder = folder
        self._rng = random.Random(seed)
        self._thin = thin
        self._number = 0

    def cases(self, *, convert: bool = True) -> list[Case]:
        """Everything. ``convert``: also in the formats that LibreOffice writes."""
        written = {"docx": list(self._word()), "xlsx": list(self._workbooks()), "pptx": list(self._slides())}
        flat = list(self._flat())
        found = [case for cases in written.values() for case in cases] + flat
        found += list(self._archives([*flat, *written["docx"]]))
        if convert:
            for source, suffix, kind in _FORMATS:
                keeps = _SURVIVES[kind]
                chosen = [
                    case for case in written[source] if case.form is None or self._kept(source, kind, case, keeps)
                ]
                found += texts.converted(chosen, suffix, kind, self._folder / f"{source}-{suffix}")
        return found

    @staticmethod
    def _kept(source: str, kind: str, case: Case, keeps: set[str]) -> bool:
        if source == "pptx" and kind == "pdf":
            return case.place in {"first_box", "footer_box", "labelled_table"}
        return case.place in keeps

    def _next(self, kind: str) -> Path:
        self._number += 1
        folder = self._folder / kind
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self._number:05}"

    def _combinations(
        self, places: list[str], fits: Callable[[str, Form], bool], each: int
    ) -> Iterator[tuple[str, Form]]:
        """Every form in ``each`` places and every place with forms of every axis, in turn."""
        turn = 0
        for number, form in enumerate(FORMS):
            fitting = [place for place in places if fits(place, form)]
            for step in range(min(each, len(fitting))):
                turn += 1
                if turn % self._thin == 0:
                    yield fitting[(number * each + step) % len(fitting)], form

    def _word(self) -> Iterator[Case]:
        for place, form in self._combinations(list(word.PLACES), word.fits, 5):
            path = self._next("docx").with_suffix(".docx")
            word.write(path, place, form, self._rng)
            yield Case(path, "docx", place, form)
        for form in EXAM:
            path = self._next("docx").with_suffix(".docx")
            word.write(path, "first_line", form, self._rng)
            yield Case(path, "docx", "first_line", form)
        for _ in range(max(60 // self._thin, 4)):
            path = self._next("docx").with_suffix(".docx")
            word.write(path, "", None, self._rng)
            yield Case(path, "docx", "", None)

    def _workbooks(self) -> Iterator[Case]:
        for place, form in self._combinations(list(sheets.SHEET_PLACES), sheets.fits, 3):
            path = self._next("xlsx").with_suffix(".xlsx")
            sheets.write_workbook(path, place, form, self._rng)
            yield Case(path, "xlsx", place, form)
        for _ in range(max(30 // self._thin, 3)):
            path = self._next("xlsx").with_suffix(".xlsx")
            sheets.write_workbook(path, "", None, self._rng)
            yield Case(path, "xlsx", "", None)

    def _slides(self) -> Iterator[Case]:
        for place, form in self._combinations(list(sheets.SLIDE_PLACES), sheets.fits, 3):
            path = self._next("pptx").with_suffix(".pptx")
            sheets.write_slides(path, place, form, self._rng)
            yield Case(path, "pptx", place, form)
        for _ in range(max(30 // self._thin, 3)):
            path = self._next("pptx").with_suffix(".pptx")
            sheets.write_slides(path, "", None, self._rng)
            yield Case(path, "pptx", "", None)

    def _flat(self) -> Iterator[Case]:
        for number, form in enumerate((*FORMS, *EXAM)):
            if number % self._thin:
                continue
            for encoding in texts.ENCODINGS:
                content = texts.text(form, self._rng, encoding)
                if content is not None:
                    yield self._flat_case(content, f"text {encoding}", "first_line", form, ".txt")
            yield self._flat_case(texts.html(form, self._rng), "html", "first_line", form, ".html")
            if not form.label and form.axis in {"state", "enterprise"}:
                yield self._flat_case(texts.xml(form, self._rng), "xml", "element", form, ".xml")
            for place in ("first_line", "subject", "html", "attachment"):
                if (place != "subject" or form.axis == "state") and form.axis != "exam":
                    yield self._flat_case(texts.mail(form, self._rng, place), "eml", place, form, ".eml")
            for place in ("first_line", "custom_data"):
                if form.axis != "exam" and (place == "first_line" or (form.axis == "state" and not form.label)):
                    yield self._flat_case(texts.ofd(form, self._rng, place), "ofd", place, form, ".ofd")
            path = self._next("mbox").with_suffix(".mbox")
            texts.mailbox_of(form, self._rng, path)
            yield Case(path, "mbox", "second_mail", form)
        yield from self._unmarked()

    def _flat_case(self, content: bytes, kind: str, place: str, form: Form | None, suffix: str) -> Case:
        path = self._next(kind.replace(" ", "-")).with_suffix(suffix)
        path.write_bytes(content)
        return Case(path, kind, place, form)

    def _unmarked(self) -> Iterator[Case]:
        for _ in range(max(40 // self._thin, 4)):
            lines = [bodies.title(self._rng), "", *bodies.paragraphs(self._rng, 5)]
            lines += self._rng.sample(bodies.TALK_OF_LEVELS, 4)
            encoding = self._rng.choice(["utf-8", "gb18030", "utf-16"])
            yield self._flat_case("\n".join(lines).encode(encoding), f"text {encoding}", "", None, ".txt")
            yield self._flat_case(texts.html(None, self._rng), "html", "", None, ".html")
            yield self._flat_case(texts.xml(None, self._rng), "xml", "", None, ".xml")
            yield self._flat_case(texts.mail(None, self._rng), "eml", "", None, ".eml")
            yield self._flat_case(texts.ofd(None, self._rng, ""), "ofd", "", None, ".ofd")
        for number, talk in enumerate(bodies.TALK_OF_LEVELS):
            if number % self._thin == 0:
                lines = [bodies.title(self._rng), talk, *bodies.paragraphs(self._rng, 4)]
                yield self._flat_case("\n".join(lines).encode(), "text utf-8", "", None, ".txt")

    def _archives(self, cases: list[Case]) -> Iterator[Case]:
        for number, kind in enumerate(texts.ARCHIVES):
            for case in cases[number :: max(len(cases) // (24 // min(self._thin, 6)), 1)]:
                if case.kind.startswith("text") or case.kind == "docx":
                    folder = self._folder / "archives"
                    folder.mkdir(parents=True, exist_ok=True)
                    yield texts.archived(case, kind, folder)

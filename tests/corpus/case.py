"""A file of the corpus and what is to be found in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from corpus.forms import Form


@dataclass(frozen=True)
class Case:
    """``form`` None: nothing is marked. ``place`` is where the writer put the mark; ``kind`` the format. ``inner``: the
    path inside the file that the expectation is about (a member of an archive).
    """

    path: Path
    kind: str
    place: str
    form: Form | None
    inner: str = ""

    @property
    def axis(self) -> str | None:
        return self.form.axis if self.form else None

    def moved(self, path: Path, kind: str, inner: str = "") -> Case:
        """The same content in another file."""
        return replace(self, path=path, kind=kind, inner=inner)

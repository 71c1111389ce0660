"""``clauses.yaml``: the clauses rules cite, quoted as printed, with our English beside them."""

from __future__ import annotations

from typing import Any, Final

from gapwatch_collector.rules.model import Clause, Problem, Text
from gapwatch_collector.rules.yaml_lines import Document, YamlFaultError, read_documents

FILE: Final = "clauses.yaml"
CONFIDENCES: Final = ("read", "quoted", "public")
"""``read``: in the source document itself; ``quoted``: from the text of a law; ``public``: public page, plausible."""

_KEYS: Final = ("source_zh", "source_en", "article_zh", "article_en", "text_zh", "text_en", "confidence")


def read_clauses(data: bytes, file: str) -> tuple[dict[str, Clause], list[Problem]]:
    """Clauses by id, and what is wrong with the file."""
    try:
        documents = read_documents(data)
    except YamlFaultError as error:
        return {}, [Problem(file, error.line, error.complaint)]
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        return {}, [Problem(file, 1, "a clause file is one mapping from clause id to clause")]
    clauses: dict[str, Clause] = {}
    problems: list[Problem] = []
    for clause_id, body in documents[0].value.items():
        clause = _clause(str(clause_id), body, documents[0], file, problems)
        if clause is not None:
            clauses[clause.clause_id] = clause
    return clauses, problems


def _clause(clause_id: str, body: Any, document: Document, file: str, problems: list[Problem]) -> Clause | None:
    if not isinstance(body, dict):
        problems.append(Problem(file, document.line(clause_id), f"clause {clause_id}: must be a mapping"))
        return None
    faults = [(key, f"no key {key!r} is known") for key in body if key not in _KEYS]
    faults += [(key, f"{key} is missing or no text") for key in _KEYS if not isinstance(body.get(key), str)]
    if not faults and body["confidence"] not in CONFIDENCES:
        faults = [("confidence", f"confidence must be one of {', '.join(CONFIDENCES)}")]
    for key, complaint in faults:
        problems.append(Problem(file, document.line(clause_id, key), f"clause {clause_id}: {complaint}"))
    if faults:
        return None
    return Clause(
        clause_id=clause_id,
        source=Text(body["source_zh"], body["source_en"]),
        article=Text(body["article_zh"], body["article_en"]),
        text=Text(body["text_zh"].strip(), body["text_en"].strip()),
        confidence=body["confidence"],
    )

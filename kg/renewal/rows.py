"""The rows that saved questions give on the example cohort; a `*` stands for what changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from kg.catalogue.queries import Question, catalogue
from kg.guideline import load
from kg.rdf.build import build_example
from kg.stores import Answer, Store, Table, open_store
from kg.stores.formats import shown

ANY = "*"
CHANGING: Mapping[str, frozenset[str]] = {  # the columns of a question that no two runs share
    "runs": frozenset({"sha256", "ontology", "version", "started", "ended"})
}


def file_name(question: Question) -> str:
    """Return the name of the file of what a question gives."""
    return f"{question.name}.{'nt' if 'CONSTRUCT' in question.text else 'csv'}"


def files() -> Iterator[tuple[str, str]]:
    """Yield the name and the content of each file: one for each question that is no check."""
    store = open_store(None)
    build_example(load(), store)
    for question in catalogue().values():
        if not question.is_check:
            rows = [*_masked(question, ask(store, question))]
            yield file_name(question), _written(rows, file_name(question))


def ask(store: Store, question: Question) -> list[list[str]]:
    """Return what a question gives with its example values."""
    return lines(question, store.query(question.filled(question.examples)))


def lines(question: Question, answer: Answer) -> list[list[str]]:
    """Return an answer as rows of text, the names of the columns first; triples sorted."""
    if isinstance(answer, Table):
        return [[*answer.variables], *([shown(term) for term in row] for row in answer.rows)]
    if isinstance(answer, bool):
        raise TypeError(f"{question.name} answers yes or no, which has no rows")
    return [[f"{triple} ."] for triple in sorted(answer, key=str)]


def _masked(question: Question, rows: list[list[str]]) -> Iterator[list[str]]:
    changing = CHANGING.get(question.name, frozenset())
    head, *rest = rows
    yield head
    for row in rest:
        yield [ANY if name in changing else cell for name, cell in zip(head, row, strict=True)]


def _written(rows: list[list[str]], name: str) -> str:
    if name.endswith(".nt"):
        return "".join(f"{row[0]}\n" for row in rows)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()

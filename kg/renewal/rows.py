"""The rows that saved questions give on the example cohort; a `*` stands for what changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from kg.catalogue.queries import Question, catalogue
from kg.guideline import load
from kg.rdf.build import example_store
from kg.stores import Answer, Store, Table
from kg.stores.formats import shown

ANY = "*"
CHANGING: Mapping[str, frozenset[str]] = {  # the columns of a question that no two runs share
    "runs": frozenset({"sha256", "ontology", "version", "started", "ended"})
}


def text() -> str:
    """Return what each question that is no check gives, one below the other, by its name."""
    store = example_store(load())
    parts = (_part(one, ask(store, one)) for one in catalogue().values() if not one.is_check)
    return "\n".join(parts)


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


def _part(question: Question, rows: list[list[str]]) -> str:
    told = io.StringIO(f"== {question.name}\n")
    told.seek(0, io.SEEK_END)
    if "CONSTRUCT" in question.text:
        told.writelines(f"{triple}\n" for (triple,) in rows)
    else:
        csv.writer(told, lineterminator="\n").writerows(_masked(question, rows))
    return told.getvalue()

"""The rows that saved questions should give on the example cohort: the files `tests/queries/`.

`hcc-kg renew` writes them.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from kg.catalogue.queries import Question
from kg.guideline import load
from kg.rdf.build import build_example
from kg.renewal.rows import ANY, file_name
from kg.stores import Store, open_store

FOLDER = Path(__file__).with_name("queries")


def example_store() -> Store:
    """Return a store in memory with the guideline and the example cohort."""
    store = open_store(None)
    build_example(load(), store)
    return store


def expected(question: Question) -> list[list[str]]:
    """Return what a question should give, from its file."""
    file = FOLDER / file_name(question)
    text = file.read_text("utf-8")
    if file.suffix == ".nt":
        return [[line] for line in text.splitlines()]
    return list(csv.reader(io.StringIO(text)))


def matches(found: list[list[str]], wanted: list[list[str]]) -> bool:
    """Return whether rows are as wanted, in the same order."""
    return len(found) == len(wanted) and all(
        len(a) == len(b) and all(two in (one, ANY) for one, two in zip(a, b, strict=True))
        for a, b in zip(found, wanted, strict=True)
    )

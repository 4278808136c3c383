"""The rows that saved questions give on the example cohort, as files in `tests/queries/`.

Run it to write them anew (`python tests/expected_rows.py`), then read every change. A `*` stands
for what differs from run to run.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from kg.catalogue.queries import Question, catalogue
from kg.graph.build import build_example
from kg.guideline import load
from kg.stores import Answer, Store, Table, open_store
from kg.stores.formats import shown

FOLDER = Path(__file__).with_name("queries")
ANY = "*"
CHANGING = {"runs": {"sha256", "ontology", "version", "started", "ended"}}


def example_store() -> Store:
    """Return a store in memory with the guideline and the example cohort."""
    store = open_store(None)
    build_example(load(), store)
    return store


def expected_file(question: Question) -> Path:
    """Return the file of what a question should give."""
    forms = {True: ".nt", False: ".csv"}
    return FOLDER / f"{question.name}{forms['CONSTRUCT' in question.text]}"


def lines(question: Question, answer: Answer) -> list[list[str]]:
    """Return an answer as rows of text, the names of the columns first; triples sorted."""
    if not isinstance(answer, Table):
        assert isinstance(answer, list)
        return [[f"{triple} ."] for triple in sorted(answer, key=str)]
    return [list(answer.variables), *([shown(term) for term in row] for row in answer.rows)]


def ask(store: Store, question: Question) -> list[list[str]]:
    """Return what a question gives with its example values."""
    return lines(question, store.query(question.filled(question.examples)))


def expected(question: Question) -> list[list[str]]:
    """Return what a question should give, from its file."""
    text = expected_file(question).read_text("utf-8")
    if expected_file(question).suffix == ".nt":
        return [[line] for line in text.splitlines()]
    return list(csv.reader(io.StringIO(text)))


def matches(found: list[list[str]], wanted: list[list[str]]) -> bool:
    """Return whether rows are as wanted, in the same order."""
    return len(found) == len(wanted) and all(
        len(a) == len(b) and all(two in (one, ANY) for one, two in zip(a, b, strict=True))
        for a, b in zip(found, wanted, strict=True)
    )


def _masked(question: Question, rows: list[list[str]]) -> Iterator[list[str]]:
    changing = CHANGING.get(question.name, set())
    yield rows[0]
    for row in rows[1:]:
        cells = zip(rows[0], row, strict=True) if changing else ()
        yield [ANY if name in changing else cell for name, cell in cells] if changing else row


def main() -> None:
    """Write all files."""
    store = example_store()
    FOLDER.mkdir(exist_ok=True)
    for question in catalogue().values():
        if question.is_check:
            continue
        rows = ask(store, question)
        with expected_file(question).open("w", encoding="utf-8", newline="") as file:
            if expected_file(question).suffix == ".nt":
                file.writelines(f"{row[0]}\n" for row in rows)
            else:
                csv.writer(file, lineterminator="\n").writerows(_masked(question, rows))


if __name__ == "__main__":
    main()

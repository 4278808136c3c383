"""The rows that saved questions should give on the example cohort: `tests/queries/rows.txt`.

`hcc-kg renew` writes them.
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from pathlib import Path

from kg.catalogue.queries import Question
from kg.renewal import ANY

FOLDER = Path(__file__).with_name("queries")


def rows_of(text: str) -> dict[str, list[list[str]]]:
    """Return the rows of each question in the text of the file."""
    parts = re.split(r"^== (\S+)\n", text, flags=re.M)[1:]
    return {
        name: [[line] for line in part.splitlines() if line]
        if part.startswith("<")
        else [row for row in csv.reader(io.StringIO(part)) if row]
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


@cache
def every() -> dict[str, list[list[str]]]:
    """Return what each question should give, by its name."""
    return rows_of((FOLDER / "rows.txt").read_text("utf-8"))


def expected(question: Question) -> list[list[str]]:
    """Return what a question should give."""
    return every()[question.name]


def matches(found: list[list[str]], wanted: list[list[str]]) -> bool:
    """Return whether rows are as wanted, in the same order."""
    return len(found) == len(wanted) and all(
        len(a) == len(b) and all(two in (one, ANY) for one, two in zip(a, b, strict=True))
        for a, b in zip(found, wanted, strict=True)
    )

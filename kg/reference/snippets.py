"""What is shown on a page, as text to run elsewhere: Python, SPARQLWrapper, curl, a notebook."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kg.patients.reading import Options
from kg.texts import NOTE_ON_USE

_WIDE = 70
_OF_THERAPY = ("why-not", "flow", "groups")
ENDPOINT = "http://127.0.0.1:8890"  # of `hcc-kg serve`, unless told otherwise
Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class TableRead:
    """How a table is read: its path, that of its lesions, and what else is said of it.

    Instead of a path there may be the rows themselves.
    """

    patients: str | Rows
    lesions: str | Rows | None
    options: Options
    edition: str
    assume: str | Mapping[str, str] = ""


def of_cohort(read: TableRead, view: str, therapy: str = "", by: str = "") -> str:
    """Return the Python that gives the numbers of a view of a cohort, as `frame`."""
    return _of_open(read, _numbers(view, therapy, by))


def _numbers(view: str, therapy: str, by: str) -> str:
    """Return the Python that gives the numbers of a view of an open cohort."""
    told = {"therapy": therapy if view in _OF_THERAPY else "", "by": by if view == "groups" else ""}
    return f"cohort.view({_given(view, **told)})"


def of_patients(read: TableRead, view: str, therapy: str, chosen: str) -> str:
    """Return the Python that gives the patients that are selected in a view, as `frame`."""
    return _of_open(read, f"cohort.patients({_given(view, therapy=therapy, chosen=chosen)})")


def of_rejected(read: TableRead, what: str) -> str:
    """Return the Python that gives the rows that were rejected: of patients, or of lesions."""
    return _of_open(read, f"cohort.{what}")


def _of_open(read: TableRead, last: str) -> str:
    return f"{_opening(read)}frame = {last}\nprint(frame)\n"


def _opening(read: TableRead) -> str:
    """Return the Python that opens a cohort, with the mapping by which it is read."""
    before, given = _call(read)
    return "\n".join(["import kg", "", *before, f"cohort = kg.open_cohort({', '.join(given)})", ""])


def _call(read: TableRead) -> tuple[list[str], list[str]]:
    """Return what a call says on how a table is read, and the lines that go before it."""
    given = [repr(path) for path in (read.patients, read.lesions) if path]
    told = {**read.options, "assume": read.assume, "edition": read.edition}
    mapping = told.get("mapping")
    written = isinstance(mapping, Mapping)
    before = [f"mapping = {_literal(mapping)}"] if written else []
    given += [
        f"{name}={'mapping' if written and name == 'mapping' else repr(value)}"
        for name, value in told.items()
        if value
    ]
    return before, given


def _literal(value: object, margin: str = "") -> str:
    """Return a value as Python as formatters lay it out: a dict of several, an entry a line."""
    if not isinstance(value, Mapping) or len(str(value)) < _WIDE:
        return repr(value)
    inner = margin + " " * 4
    entries = [f"{inner}{name!r}: {_literal(told, inner)},\n" for name, told in value.items()]
    return f"{{\n{''.join(entries)}{margin}}}"


def _given(first: str, **others: str) -> str:
    return ", ".join([repr(first), *(f"{name}={v!r}" for name, v in others.items() if v)])


def of_comparison(read: TableRead, editions: tuple[str, str], part: str, *where: str) -> str:
    """Return the Python that gives a part of the comparison of two editions on a table.

    `where` are conditions of Polars on the rows of that part.
    """
    before, given = _call(replace(read, edition=""))
    given += [f"before={editions[0]!r}", f"after={editions[1]!r}"]
    lines = [
        "import kg",
        *(["import polars as pl"] if where else []),
        "",
        *before,
        f"comparison = kg.compare({', '.join(given)})",
        f"frame = comparison.{part}" + (f".filter({', '.join(where)})" if where else ""),
        "print(frame)",
    ]
    return "\n".join(lines) + "\n"


def of_query(
    text: str, name: str = "", values: Mapping[str, str] | None = None, *, edition: str = ""
) -> dict[str, str]:
    """Return a query in other words, by what runs them; `name` is that of a saved question.

    SPARQLWrapper and curl ask the endpoint of `hcc-kg serve`.
    """
    quoted = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    told = {**(values or {}), "edition": edition}
    given = "".join(f", {key}={value!r}" for key, value in told.items() if value)
    asked = f"{name!r}{given}" if name else f'"""\n{quoted}"""{given}'
    return {
        "Python": f"import kg\n\nframe = kg.ask({asked})\nprint(frame)\n",
        "pandas": _PANDAS.format(endpoint=ENDPOINT, query=quoted),
        "curl": f"curl {ENDPOINT}/sparql -H 'Accept: text/csv' "
        f"--data-urlencode {shlex.quote(f'query={text}')}\n",
        "SPARQL": text,
    }


_PANDAS = '''import pandas as pd
from SPARQLWrapper import JSON, SPARQLWrapper

client = SPARQLWrapper("{endpoint}/sparql", returnFormat=JSON)
client.setQuery("""
{query}""")
answer = client.queryAndConvert()
types = {{"integer": int, "decimal": float, "double": float}}


def value(term):
    return types.get(term.get("datatype", "").partition("#")[2], str)(term["value"])


rows = [{{n: value(term) for n, term in row.items()}} for row in answer["results"]["bindings"]]
frame = pd.DataFrame(rows, columns=answer["head"]["vars"])
print(frame)
'''


_FIGURES = {  # what stands beside the bars, how long they are, what colours them
    "verdicts": ("therapy_label", "patients", "verdict"),
    "overlaps": ("eligible_for", "patients", ""),
    "why-not": ("reason", "patients", "verdict"),
    "flow": ("reason", "patients", "verdict"),
    "missing": ("variable", "verdicts", ""),
    "groups": ("group", "patients", "verdict"),
    "conflicts": ("conflict", "patients", ""),
}
_FIGURE = """import altair as alt

alt.Chart(frame, title={title!r}).mark_bar().encode(
    x={length!r}, y=alt.Y({beside!r}, sort=None, title=None){colour}
)
"""
_VERDICTS = """verdicts = cohort.frame(keep=cohort.columns).to_pandas()
verdicts
"""


def of_notebook(read: TableRead, title: str, view: str, therapy: str = "", by: str = "") -> str:
    """Return the notebook as the text of its file; a view without a figure is one of verdicts."""
    beside, length, colour = _FIGURES[view]
    figure = _FIGURE.format(
        title=title, length=length, beside=beside, colour=f", color={colour!r}" if colour else ""
    )
    other = read.lesions if read.lesions != read.patients else None  # a sheet of the same file
    files = " and ".join(f"`{path}`" for path in (read.patients, other) if path)
    about = (
        f"# {title}\n\n{NOTE_ON_USE}\n\nPut this notebook beside {files}. It needs hcc-kg and "
        "pandas. The last cell has one row per patient and therapy, with the columns of the table."
    )
    frame = f"frame = {_numbers(view, therapy, by)}\nframe\n"
    code = (f"{_opening(read)}cohort\n", frame, figure, _VERDICTS)
    cells = [_cell("markdown", about, 0), *(_cell("code", t, i) for i, t in enumerate(code, 1))]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    told = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, text: str, place: int) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": kind,
        "id": f"cell-{place}",
        "metadata": {},
        "source": text.rstrip().splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}

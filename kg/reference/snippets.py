"""What is shown on a page, as text to run elsewhere: Python, SPARQLWrapper, curl."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.patients.reading import Options

ENDPOINT = "http://127.0.0.1:8890"  # of `hcc-kg serve`, unless told otherwise
_REPORTS = {
    "overlaps": "eligible = pl.col('verdict').cast(str).str.starts_with('eligible')\n"
    "sets = table.frame.filter(eligible).group_by('patient_id').agg('therapy')\n"
    "result = sets.group_by('therapy').len('patients')",
    "verdicts": 'result = table.frame.group_by("therapy", "verdict").len("patients")',
    "flow": 'result = table.frame.filter(pl.col("therapy") == {therapy})',
    "groups": "result = {{group.value: group.report for group in report.groups}}",
    "why-not": "(result,) = (each for each in report.therapies if each.therapy == {therapy})",
    "missing": "result = pl.DataFrame(report.missing)",
    "conflicts": "result = pl.DataFrame(report.conflicts)",
}


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
    assume: str = ""


def of_cohort(read: TableRead, view: str, therapy: str = "", by: str = "") -> str:
    """Return the Python that gives the numbers of a view of a cohort, as `result`."""
    return _of_table(read, _REPORTS[view].format(therapy=json.dumps(therapy)), by)


def of_rejected(read: TableRead, what: str) -> str:
    """Return the Python that gives the rows that were rejected: of patients, or of lesions."""
    return _of_table(read, f"result = table.{what}")


def of_comparison(read: TableRead, editions: tuple[str, str], part: str, *where: str) -> str:
    """Return the Python that gives a part of the comparison of two editions on a table.

    `where` are conditions of Polars on the rows of that part.
    """
    given = [*_paths(read), *(f"{n}={v!r}" for n, v in _told(read) if n != "edition")]
    given += [f"before={editions[0]!r}", f"after={editions[1]!r}"]
    lines = [
        "import kg",
        *(["import polars as pl"] if where else []),
        f"\ncomparison = kg.compare({', '.join(given)})",
        f"result = comparison.{part}" + (f".filter({', '.join(where)})" if where else ""),
        "print(result)",
    ]
    return "\n".join(lines) + "\n"


def _paths(read: TableRead) -> list[str]:
    return [json.dumps(path, ensure_ascii=False) for path in (read.patients, read.lesions) if path]


def _told(read: TableRead) -> list[tuple[str, object]]:
    told = {**read.options, "assume": read.assume, "edition": read.edition}
    return [(name, value) for name, value in told.items() if value]


def _of_table(read: TableRead, tail: str, by: str = "") -> str:
    is_report = "report" in tail
    given = [*_paths(read), *(f"{name}={value!r}" for name, value in _told(read))]
    given += [f"by={by!r}"] if "groups" in tail else []
    call = "cohort_report" if is_report else "classify_table"
    lines = ["import kg", "import polars as pl", ""] if "pl." in tail else ["import kg", ""]
    lines.append(f"{'report' if is_report else 'table'} = kg.{call}({', '.join(given)})")
    return "\n".join([*lines, tail, "print(result)"]) + "\n"


def of_patients(read: TableRead, view: str, therapy: str, chosen: str) -> str:
    """Return the Python that gives the patients that are selected in a view, as `result`."""
    paths = (f"Path({path})" for path in _paths(read))
    reading = f", reading=reading_of(guideline, {read.options!r})" if read.options else ""
    assuming = f".assuming({read.assume!r})" if read.assume else ""
    return _PATIENTS.format(
        edition=read.edition,
        options="from kg.patients.reading import reading_of\n" if reading else "",
        table=f"open_cohort(guideline, {', '.join(paths)}{reading}){assuming}",
        selection=f"Selection({view!r}, {therapy!r}, {chosen!r})",
    )


_PATIENTS = """from pathlib import Path

import kg
from kg.cohorts.opened import open_cohort
from kg.cohorts.selections import Selection, patients
{options}
guideline = kg.load(edition={edition!r})
cohort = {table}
result = patients(cohort, {selection})
print(result)
"""


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
found = answer["results"]["bindings"]
rows = [{{name: term["value"] for name, term in row.items()}} for row in found]
frame = pd.DataFrame(rows, columns=answer["head"]["vars"])
print(frame)
'''

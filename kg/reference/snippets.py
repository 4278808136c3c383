"""What is shown on a page, as text to run elsewhere: Python, SPARQLWrapper, curl."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from kg.patients.options import Options

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


@dataclass(frozen=True)
class TableRead:
    """How a table is read: its path, that of its lesions, and what else is said of it."""

    patients: str
    lesions: str | None
    options: Options
    edition: str
    assume: str = ""


def of_cohort(read: TableRead, view: str, therapy: str = "", by: str = "") -> str:
    """Return the Python that gives the numbers of a view of a cohort, as `result`."""
    tail = _REPORTS[view].format(therapy=json.dumps(therapy))
    is_report = "report" in tail
    given = [json.dumps(read.patients, ensure_ascii=False)]
    given += [json.dumps(read.lesions, ensure_ascii=False)] if read.lesions else []
    told = {**read.options, "assume": read.assume, "edition": read.edition}
    if view == "groups":
        told["by"] = by
    given += [f"{name}={value!r}" for name, value in told.items() if value]
    call = "cohort_report" if is_report else "classify_table"
    lines = ["import kg", "import polars as pl", ""] if "pl." in tail else ["import kg", ""]
    lines.append(f"{'report' if is_report else 'table'} = kg.{call}({', '.join(given)})")
    return "\n".join([*lines, tail, "print(result)"]) + "\n"


def of_query(text: str, name: str = "", values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a query in other words, by what runs them; `name` is that of a saved question.

    SPARQLWrapper and curl ask the endpoint of `hcc-kg serve`.
    """
    quoted = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    given = "".join(f", {key}={value!r}" for key, value in (values or {}).items())
    asked = f"{name!r}{given}" if name else f'"""\n{quoted}"""'
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

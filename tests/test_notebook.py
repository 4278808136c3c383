"""What Python and notebooks show of an object: a line of it, and a table with signs and reasons."""

from __future__ import annotations

import html.parser

import pytest

import kg
from kg.catalogue.queries import question
from kg.paths import example_cohort
from kg.reasoning.verdicts import VERDICT_SIGNS

RECORD = {"patient_id": "<i>ann</i>", "tumour_count": 1, "portal_vein_thrombus": "vp3"}
PATIENTS = example_cohort()


@pytest.fixture(scope="module")
def shown() -> list[object]:
    """An object of each kind that the API gives."""
    guideline, result, explained = kg.load(), kg.classify(RECORD), kg.explain(RECORD)
    table = kg.classify_table(PATIENTS, PATIENTS.with_name("lesions.csv"))
    rfa = explained.therapies["rfa"]
    return [
        *(guideline, guideline.source, kg.variables()[3], kg.criteria()[0], kg.therapies()[0]),
        *(guideline.recommendations["REC-1"], guideline.statements["S001"]),
        *(result, result.therapies["rfa"], explained, rfa, rfa.criteria[0]),
        *(explained.recommendations[0], table, table.summary, kg.cohort_report(PATIENTS)),
        *(next(iter(table.patients())), question("what-is-missing")),
    ]


def test_an_object_is_one_short_line(shown: list[object]) -> None:
    for one in shown:
        said = repr(one)
        assert said.startswith(f"<{type(one).__name__}")
        assert len(said) < 300
        assert "\n" not in said


class Cells(html.parser.HTMLParser):
    """The texts of a table, row by row."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def cells(one: object) -> Cells:
    return Cells(one._repr_html_())  # type: ignore[attr-defined]


def test_an_explanation_is_a_table_of_verdicts_with_signs_and_reasons() -> None:
    explained = kg.explain(RECORD)
    head, *rows = cells(explained).rows
    assert head == ["therapy", "verdict", "reason"]
    assert len(rows) == len(explained.therapies)
    for (label, verdict, reason), one in zip(rows, explained.therapies.values(), strict=True):
        assert (label, reason) == (one.label, one.reason)
        assert verdict == f"{VERDICT_SIGNS[one.verdict]} {one.verdict_label}"


def test_the_explanation_of_a_therapy_is_a_table_of_its_criteria() -> None:
    rfa = kg.explain(RECORD).therapies["rfa"]
    _, *rows = cells(rfa).rows
    assert [row[1] for row in rows] == [one.id for one in rfa.criteria]
    assert next(row for row in rows if row[1] == "ABL-C2a")[0] == "● met"


def test_a_result_is_a_table_and_no_identifier_is_markup() -> None:
    found = cells(kg.classify(RECORD))
    assert found.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert ["rfa", "✘ contraindicated", "ABL-C2a", ""] in found.rows
    assert "&lt;i&gt;ann&lt;/i&gt;" in kg.classify(RECORD)._repr_html_()


def test_a_table_counts_its_verdicts() -> None:
    table = kg.classify_table(PATIENTS, therapies=["rfa", "tace"])
    _, *rows = cells(table).rows
    assert [sum(map(int, row[1:])) for row in rows] == [table.summary.patients] * 2
    report = kg.cohort_report(PATIENTS)
    assert cells(report).rows[1][1:] == [*map(str, report.therapies[0].verdicts.values())]

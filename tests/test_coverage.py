"""Which clauses of the formulas have a test patient: one in whom the clause alone decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from test_criteria import ROWS, read, record_of

from kg.guideline import Guideline, load
from kg.guideline.formula import And, Formula, Not, Or, manchester
from kg.paths import edition_names, example_cohort, example_lesions, ontology_folder
from kg.patients.records import Record
from kg.patients.tables import PatientTable
from kg.reasoners import every_record
from kg.reasoning.logic import STATE, logic_of
from kg.reasoning.verdicts import EXCLUDED, MET

ROWS_2026 = read("boundaries-2026.csv")
# What no patient can show: above 3 cm every unresectable tumour meets ABL-I1 or ABL-I3; a thrombus
# in the vena cava is one in a hepatic vein, too; and without a thrombus the trunk is not closed.
UNCOVERED = {
    "2011": {("PEI-I2", "ABL-I1 or ABL-I3")},
    "2026": {
        ("VASCULAR26", "vena_cava_thrombus value true"),
        ("NO-VASCULAR26", "vena_cava_thrombus value false"),
        ("SYS26-I2", "TACE26-C3"),
    },
}


def patients(guideline: Guideline) -> list[Record]:
    table = PatientTable(guideline, example_cohort(), example_lesions())
    return [*every_record(table), *(record_of(guideline, row) for row in (*ROWS, *ROWS_2026))]


def choices(formula: Formula) -> Iterator[And | Or]:
    """Yield the unions and intersections in a formula."""
    if isinstance(formula, Not):
        yield from choices(formula.part)
    elif isinstance(formula, And | Or):
        yield formula
        for part in formula.parts:
            yield from choices(part)


def uncovered(guideline: Guideline) -> tuple[int, set[tuple[str, str]]]:
    """Return the number of clauses, and those that decide alone in no test patient.

    A part of a union is to be met where no other is, one of an intersection to fail alone.
    """
    logic, gaps, count = logic_of(guideline), set[tuple[str, str]](), 0
    known = [logic.evaluation(record.known) for record in patients(guideline)]
    terms = (guideline.definitions, guideline.stages, guideline.criteria)
    names = [name for each in (*terms, guideline.recommendations) for name in each]
    for name in (*names, *guideline.responses):
        for choice in choices(guideline.formulas[name]):
            alone = MET if isinstance(choice, Or) else EXCLUDED
            roots = [logic.diagrams.of(part) for part in choice.parts]
            states = [[STATE[each.possible(root)] for root in roots] for each in known]
            decided = {found.index(alone) for found in states if found.count(alone) == 1}
            count += len(roots)
            gaps |= {
                (name, manchester(part, guideline.variables))
                for i, part in enumerate(choice.parts)
                if i not in decided
            }
    return count, gaps


@pytest.mark.parametrize("edition", edition_names(ontology_folder()))
def test_every_clause_decides_alone_in_some_test_patient(edition: str) -> None:
    count, gaps = uncovered(load(edition=edition))
    print(f"{edition}: {count} clauses, {len(gaps)} without a patient of their own: {gaps}")
    assert gaps == UNCOVERED[edition]
    assert count > 100


@pytest.mark.parametrize("row", ROWS_2026, ids=lambda row: f"{row['criterion']}-{row['cells']}")
def test_patient_of_2026_has_the_state_of_the_contract(row: dict[str, str]) -> None:
    guideline = load(edition="2026")
    record = record_of(guideline, row)
    assert not record.conflicts
    assert logic_of(guideline).state(row["criterion"], record.known) == row["state"]

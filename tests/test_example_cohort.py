"""The example cohort shows everything: each verdict that is possible, each conflict, each state.

Which verdicts a therapy can have, over all records, partial ones too. Let I, A and R be the
diagrams of indicated, absolute and relative; each verdict asks for something that some
completion, or some pair of completions, of the record must show:

- contraindicated: A is met, so some completion satisfies A;
- not_indicated: I is excluded and A is not met, so some completion satisfies not I and not A;
- eligible: I is met, A and R are excluded: some completion satisfies I, not A, not R;
- eligible_with_caution: the same with R;
- eligible_unchecked: every completion satisfies I and not A; one satisfies R, another does not.
  Turn the first into the second one variable at a time: every step is a completion too, so at
  some step R changes. Two completions that differ in one variable satisfy I and not A, and
  one of them R;
- undetermined: some completion satisfies I, some does not satisfy A, some fails I or satisfies A.

Where the diagrams have no such completion, no record has the verdict. Where they have one, the
cohort shows a record. So the two sets are equal, and both are exact.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from kg.guideline import Guideline, Therapy, load
from kg.paths import example_cohort
from kg.patients.cells import parse_cell
from kg.patients.records import read_record
from kg.reasoning.diagram import FALSE, TRUE, Diagrams
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, NOT_ASSESSED, UNKNOWN, PatientResult, result

THERAPIES = list(load().therapies)


def rows(name: str) -> list[dict[str, str]]:
    with example_cohort().with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def cohort(guideline: Guideline) -> dict[str, PatientResult]:
    """Return the results of the whole cohort, by patient."""
    logic, lesions = logic_of(guideline), defaultdict(list)
    for row in rows("lesions.csv"):
        lesions[row["patient_id"]].append(row)
    found = {}
    for row in rows("patients.csv"):
        name = row["patient_id"]
        cells = {column: cell for column, cell in row.items() if column != "patient_id"}
        record = read_record(guideline, name, cells, lesions.pop(name, None))
        found[name] = result(guideline, record, logic.states(record), logic.missing, logic.intent)
    assert not lesions, f"lesions of unknown patients: {sorted(lesions)}"
    return found


def possible_verdicts(guideline: Guideline, therapy: Therapy) -> set[str]:
    """Return the verdicts that the diagrams do not rule out; see the head of this module."""
    logic = logic_of(guideline)
    diagrams = logic.diagrams

    def root(aspect: str) -> int:
        return logic.roots[therapy.classes[aspect]] if aspect in therapy.classes else FALSE

    indicated, absolute, relative = map(root, ("indicated", "contraindicated", "cautioned"))
    fit = diagrams.all((indicated, inverse(diagrams, absolute)))
    cautioned = diagrams.all((fit, relative))
    free = diagrams.all((fit, inverse(diagrams, relative)))
    neither = inverse(diagrams, diagrams.any((indicated, absolute)))
    shown = {
        "contraindicated": absolute != FALSE,
        "not_indicated": neither != FALSE,
        "eligible": free != FALSE,
        "eligible_with_caution": cautioned != FALSE,
        "eligible_unchecked": one_step_apart(diagrams, cautioned, free),
        "undetermined": indicated != FALSE and TRUE not in (absolute, fit),
    }
    return {verdict for verdict, seen in shown.items() if seen}


def inverse(diagrams: Diagrams, root: int) -> int:
    return diagrams.combine((root,), negated)


def negated(leaf: int) -> int:
    return 1 - leaf


def one_step_apart(diagrams: Diagrams, first: int, second: int) -> bool:
    """Return whether changing one variable leads from one diagram into the other."""
    fixed = fixer(diagrams)
    for level, name in enumerate(diagrams.order):
        bands = range(diagrams.variables[name].band_count)
        for a in {fixed(first, level, band) for band in bands}:
            for b in {fixed(second, level, band) for band in bands}:
                if diagrams.all((a, b)) != FALSE:
                    return True
    return False


def fixer(diagrams: Diagrams) -> Callable[[int, int, int], int]:
    @cache
    def fixed(root: int, level: int, band: int) -> int:
        """Return a diagram with the variable of a level fixed to one band."""
        here = diagrams.levels[root]
        if here > level:
            return root
        children = diagrams.children[root]
        if here == level:
            return children[band]
        return diagrams.node(here, tuple(fixed(child, level, band) for child in children))

    return fixed


@pytest.mark.parametrize("name", THERAPIES)
def test_cohort_shows_every_possible_verdict_of(guideline: Guideline, name: str) -> None:
    shown = {patient.therapies[name].verdict for patient in cohort(guideline).values()}
    assert shown == possible_verdicts(guideline, guideline.therapies[name])


def test_verdicts_that_no_record_can_have(guideline: Guideline) -> None:
    everything = {
        "contraindicated",
        "not_indicated",
        "eligible",
        "eligible_with_caution",
        "eligible_unchecked",
        "undetermined",
    }
    never = {
        name: everything - possible_verdicts(guideline, therapy)
        for name, therapy in guideline.therapies.items()
    }
    assert {name: verdicts for name, verdicts in never.items() if verdicts} == {
        # It is always palliation (ABL-R7), or in spite of metastases (ABL-R3).
        "local_ablation_palliative": {"eligible", "eligible_unchecked"},
        # The text states no contraindications for surgery.
        "surgical_resection": {
            "contraindicated",
            "eligible_with_caution",
            "eligible_unchecked",
        },
    }


def test_every_conflict_rule_occurs(guideline: Guideline) -> None:
    used = set(guideline.used)  # the rules of another edition are about variables of its own
    rules = {
        r.id
        for r in guideline.derivations
        if used.intersection(r.targets)
        and used.issuperset(n.source for n in r.narrowings)
        and used.issuperset(r.score.components if r.score else ())
    }
    rules |= {r.id for r in guideline.conflict_rules if used.issuperset(dict(r.parts))}
    shown = {c.id for patient in cohort(guideline).values() for c in patient.conflicts}
    assert len(rules) == 11
    assert shown == rules


def test_most_patients_have_no_conflict(guideline: Guideline) -> None:
    disagreeing = [p for p in cohort(guideline).values() if p.conflicts]
    assert len(disagreeing) * 4 < len(cohort(guideline))


def test_every_criterion_and_recommendation_shows_every_state(guideline: Guideline) -> None:
    for name in (*guideline.criteria, *guideline.recommendations, *guideline.responses):
        shown = {patient.states[name] for patient in cohort(guideline).values()}
        assert shown == {MET, EXCLUDED, UNKNOWN}, name


def test_every_response_to_ablation_occurs(guideline: Guideline) -> None:
    shown = {patient.response_to_ablation for patient in cohort(guideline).values()}
    assert shown == {NOT_ASSESSED, *(r.outcome for r in guideline.responses.values())}


def test_some_therapy_is_indicated_by_no_single_indication(guideline: Guideline) -> None:
    joint = [
        (patient.patient_id, name)
        for patient in cohort(guideline).values()
        for name, therapy in guideline.therapies.items()
        if patient.states[therapy.classes["indicated"]] == MET
        and all(patient.states[indication] != MET for indication in therapy.indications)
    ]
    assert ("low-leukocytes-unexplained", "rfa") in joint


def test_caution_is_shown_with_and_without_open_cautions_beside_it(guideline: Guideline) -> None:
    answers = [t for p in cohort(guideline).values() for t in p.therapies.values()]
    cautioned = [t for t in answers if t.verdict == "eligible_with_caution"]
    assert any(t.unchecked for t in cautioned)
    assert any(not t.unchecked for t in cautioned)


def test_every_notation_of_partial_knowledge_occurs() -> None:
    cells = {cell for row in rows("patients.csv") for cell in row.values()}
    for sign in ("|", ">=", "<=", "..", "yes", "no"):
        assert any(sign in cell for cell in cells), sign
    for sign in "<>":
        assert any(cell.startswith(sign) and cell[1] != "=" for cell in cells), sign


def test_some_record_is_almost_empty_and_some_is_almost_full() -> None:
    filled = [sum(map(bool, row.values())) for row in rows("patients.csv")]
    assert min(filled) <= 5
    assert max(filled) >= 45


def test_columns_follow_the_order_of_the_variables_and_none_is_empty(
    guideline: Guideline,
) -> None:
    table = rows("patients.csv")
    columns = list(table[0])
    assert columns == [name for name in guideline.variables if name in columns]
    assert all(any(row[column] for row in table) for column in columns)


def test_patients_are_adults_with_readable_names() -> None:
    table = rows("patients.csv")
    assert 25 <= len(table) <= 45
    assert len({row["patient_id"] for row in table}) == len(table)
    assert all(row["patient_id"] == row["patient_id"].lower() for row in table)
    assert all(18 <= int(row["age_years"]) <= 90 for row in table)


def test_lesion_columns_are_those_of_the_contract(guideline: Guideline) -> None:
    table = rows("lesions.csv")
    assert set(table[0]) <= {"patient_id", "lesion_id", *guideline.lesion_columns}
    assert all(readable(guideline, row) for row in table)


def readable(guideline: Guideline, row: Mapping[str, str]) -> bool:
    columns = guideline.lesion_columns
    return all(parse_cell(columns[c], row[c]) or not row[c] for c in columns if c in row)

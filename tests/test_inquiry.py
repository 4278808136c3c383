"""What to find out next: held against giving each open fact each of its values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.engines.compiled import Compiled
from kg.guideline import Guideline
from kg.guideline.values import Knowledge
from kg.paths import example_cohort, example_lesions
from kg.patients.records import Record, read_record
from kg.patients.tables import PatientTable
from kg.reasoning.logic import missing_variables
from kg.reasoning.verdicts import UNDETERMINED


@pytest.fixture(scope="module")
def patients(guideline: Guideline) -> dict[str, Record]:
    """The records of the example cohort by their identifiers."""
    table = PatientTable(guideline, example_cohort(), example_lesions())
    records = [record for batch in table.batches() for record in table.records(batch)]
    return {record.patient_id: record for record in records}


def values(guideline: Guideline, record: Record, name: str) -> list[Knowledge]:
    variable, mask = guideline.variables[name], record.known[name].mask
    bands = [i for i in range(variable.band_count) if mask >> i & 1]
    if variable.is_number:
        return [variable.from_intervals((variable.bands[i],)) for i in bands]
    return [variable.from_mask(1 << i) for i in bands]


def test_what_a_fact_settles_is_what_trying_its_values_shows(
    guideline: Guideline, patients: dict[str, Record]
) -> None:
    engine, tried = Compiled(guideline), 0
    for record in patients.values():
        result = engine.classify(record)
        facts = missing_variables(guideline, record, result)
        open_ = {t.therapy for t in result.therapies.values() if t.verdict == UNDETERMINED}
        assert {t for fact in facts for t in fact.bears_on} == open_
        for fact in facts[:6]:
            after = [
                engine.classify(replace(record, known={**record.known, fact.variable: value}))
                for value in values(guideline, record, fact.variable)
            ]
            settled = [
                {t for t in fact.bears_on if each.therapies[t].verdict != UNDETERMINED}
                for each in after
            ]
            assert set(fact.settles) == set.intersection(*settled)
            assert set(fact.may_settle) == set.union(*settled)
            tried += 1
    assert tried > 20


def test_the_most_decisive_fact_comes_first(
    guideline: Guideline, patients: dict[str, Record]
) -> None:
    record = patients["low-leukocytes-unexplained"]
    facts = missing_variables(guideline, record, Compiled(guideline).classify(record))
    assert [fact.variable for fact in facts] == ["hypersplenism", "tumour_count"]
    assert len(facts[0].settles) > len(facts[1].settles)


def test_nothing_is_asked_where_nothing_is_open(
    guideline: Guideline, patients: dict[str, Record]
) -> None:
    record = patients["small-single-tumour"]
    assert missing_variables(guideline, record, Compiled(guideline).classify(record)) == ()


def test_of_an_empty_record_every_verdict_is_open(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {})
    facts = missing_variables(guideline, record, Compiled(guideline).classify(record))
    assert {t for fact in facts for t in fact.bears_on} == set(guideline.therapies)

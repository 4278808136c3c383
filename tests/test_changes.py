"""What would have to change: held against trying every other value of every set of facts."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, product

import polars as pl
import pytest

from kg.engines.compiled import Compiled
from kg.explanation.outline import change_words, sentences
from kg.guideline import Guideline, Therapy
from kg.guideline.values import Knowledge
from kg.paths import example_cohort, example_lesions
from kg.patients.records import Record, read_record
from kg.patients.tables import find_patient
from kg.reasoning.changes import MOST, Changes, changes
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import CONTRAINDICATED, ELIGIBLE, NOT_INDICATED, UNDETERMINED

RULED_OUT = (CONTRAINDICATED, NOT_INDICATED)
IDS = pl.read_csv(example_cohort(), infer_schema=False)["patient_id"].to_list()


@pytest.fixture(scope="module")
def engine(guideline: Guideline) -> Compiled:
    return Compiled(guideline)


def other_values(guideline: Guideline, record: Record, name: str) -> list[Knowledge]:
    """Return each band of a variable that is better than what the record says."""
    variable = guideline.variables[name]
    better = variable.better(record.known[name].mask)
    bands = [1 << i for i in range(variable.band_count) if better >> i & 1]
    if variable.is_number:
        return [variable.from_intervals((variable.bands[b.bit_length() - 1],)) for b in bands]
    return [variable.from_mask(band) for band in bands]


def verdicts_of_changes(
    guideline: Guideline, engine: Compiled, record: Record, therapy: Therapy, names: tuple[str, ...]
) -> Iterator[tuple[Mapping[str, Knowledge], str]]:
    """Yield the verdict under each choice of other values of some variables."""
    for choice in product(*(other_values(guideline, record, name) for name in names)):
        changed = dict(zip(names, choice, strict=True))
        other = replace(record, known={**record.known, **changed})
        yield changed, engine.classify(other).therapies[therapy.id].verdict


def smallest_sets(
    guideline: Guideline, engine: Compiled, record: Record, therapy: Therapy, most: int
) -> set[frozenset[str]]:
    """Return the smallest sets of changeable facts that open a therapy, by trying them all."""
    names = [
        name
        for name in logic_of(guideline).answer_variables(therapy)
        if guideline.variables[name].changeable and other_values(guideline, record, name)
    ]
    found: set[frozenset[str]] = set()
    for size in range(1, most + 1):
        for chosen in combinations(names, size):
            if any(each <= set(chosen) for each in found):
                continue
            tried = verdicts_of_changes(guideline, engine, record, therapy, chosen)
            if any(verdict not in RULED_OUT for _, verdict in tried):
                found.add(frozenset(chosen))
    return found


def search(
    guideline: Guideline, engine: Compiled, record: Record, therapy: Therapy
) -> Changes | None:
    given = engine.classify(record).therapies[therapy.id].verdict
    return changes(guideline, record, therapy, given)


@pytest.mark.parametrize("seed", range(8))
def test_single_changes_are_those_that_trying_all_finds(
    guideline: Guideline, engine: Compiled, seed: int
) -> None:
    chance, tried = random.Random(seed), 0  # noqa: S311 - not for secrets
    while not tried:
        cells = {
            name: chance.choice(v.words)
            for name, v in guideline.variables.items()
            if v.words and chance.random() < 0.9
        }
        record = read_record(guideline, "p", cells | {"tumour_count": "1", "ecog": "1"})
        if record.conflicts:
            continue
        for therapy in guideline.therapies.values():
            found = search(guideline, engine, record, therapy)
            if found is None or found.fewest != 1:
                continue
            tried += 1
            sets = {frozenset(change.facts) for change in found.changes}
            every = smallest_sets(guideline, engine, record, therapy, most=1)
            assert {s for s in sets if len(s) == 1} <= every
            assert every


def test_there_are_changes_to_try(guideline: Guideline, engine: Compiled) -> None:
    tried = 0
    for patient in IDS[:8]:
        record = find_patient(guideline, example_cohort(), patient, example_lesions())
        for therapy in guideline.therapies.values():
            found = search(guideline, engine, record, therapy)
            tried += len(found.changes) if found else 0
    assert tried > 10


@pytest.mark.parametrize("patient", IDS)
def test_each_change_gives_the_verdict_that_it_promises(
    guideline: Guideline, engine: Compiled, patient: str
) -> None:
    record = find_patient(guideline, example_cohort(), patient, example_lesions())
    for therapy in guideline.therapies.values():
        found = search(guideline, engine, record, therapy)
        for change in found.changes if found else ():
            assert len(change.facts) <= MOST
            other = replace(record, known={**record.known, **change.facts})
            result = engine.classify(other).therapies[therapy.id]
            assert result.verdict == change.verdict
            assert result.missing == change.missing
            for left_out in change.facts:
                part = {n: k for n, k in change.facts.items() if n != left_out}
                smaller = replace(record, known={**record.known, **part})
                assert engine.classify(smaller).therapies[therapy.id].verdict in RULED_OUT


@pytest.mark.parametrize("patient", ["four-small-tumours", "vp3-thrombus"])
def test_where_no_change_would_do_all_changeable_facts_together_do_not(
    guideline: Guideline, engine: Compiled, patient: str
) -> None:
    record = find_patient(guideline, example_cohort(), patient)
    found = search(guideline, engine, record, guideline.therapies["rfa"])
    assert found is not None
    assert found.fewest is None
    open_ = {n: guideline.variables[n].unknown for n in record.known if _can_change(guideline, n)}
    assert open_
    freed = replace(record, known={**record.known, **open_})
    assert engine.classify(freed).therapies["rfa"].verdict in RULED_OUT
    assert found.standing
    assert not any(_can_change(guideline, name) for name in found.standing)
    assert "would still stand in the way" in sentences(guideline, found)[0]


def _can_change(guideline: Guideline, name: str) -> bool:
    return guideline.variables[name].changeable


@pytest.mark.parametrize(
    ("name", "cell", "better"),
    [
        ("child_pugh_class", "B|C", "A"),
        ("ecog", "3", "<=2"),
        ("cachexia", "true", "false"),
        ("cachexia", "false", None),
        ("tolerates_resection", "false", "true"),
        ("platelets_10e9_l", "50", ">=60"),
        ("surgery_declined", "false", "true"),
        ("surgery_declined", "true", "false"),
    ],
)
def test_better_is_what_the_ontology_says(
    guideline: Guideline, name: str, cell: str, better: str | None
) -> None:
    variable = guideline.variables[name]
    found = variable.better(read_record(guideline, "p", {name: cell}).known[name].mask)
    wanted = read_record(guideline, "p", {name: better}).known[name].mask if better else 0
    assert found == wanted


def test_nobody_has_to_fall_ill_to_be_treated(guideline: Guideline, engine: Compiled) -> None:
    record = find_patient(guideline, example_cohort(), "small-single-tumour")
    found = search(guideline, engine, record, guideline.therapies["tace"])
    assert found is not None
    changed = {name for change in found.changes for name in change.facts}
    assert "ablation_unsuitable_or_declined" in changed
    assert not changed & {"local_tumour_pain", "tumour_rupture_bleeding", "arteriovenous_shunt"}


def test_a_therapy_that_is_open_needs_no_change(guideline: Guideline, engine: Compiled) -> None:
    record = find_patient(guideline, example_cohort(), "small-single-tumour")
    assert engine.classify(record).therapies["rfa"].verdict == ELIGIBLE
    assert search(guideline, engine, record, guideline.therapies["rfa"]) is None
    empty = read_record(guideline, "p", {})
    assert engine.classify(empty).therapies["rfa"].verdict == UNDETERMINED
    assert search(guideline, engine, empty, guideline.therapies["rfa"]) is None


def test_a_change_reads_as_if_and_then(guideline: Guideline, engine: Compiled) -> None:
    record = find_patient(guideline, example_cohort(), "variceal-bleed-low-platelets")
    found = search(guideline, engine, record, guideline.therapies["rfa"])
    assert found is not None
    texts = sentences(guideline, found)
    assert texts == ("If variceal bleeding within one month: no, then eligible.",)
    assert texts == tuple(change_words(guideline, change) for change in found.changes)


def test_what_a_value_was_derived_from_has_to_change_along(
    guideline: Guideline, engine: Compiled
) -> None:
    cells = {"tumour_count": "1", "max_tumour_diameter_cm": "2", "bilirubin_umol_l": "60"}
    cells |= {"albumin_g_l": "20", "inr": "3", "ascites": "mild", "encephalopathy": "none"}
    cells |= {"improvable_to_child_pugh_b": "no"}
    record = read_record(guideline, "p", cells)
    found = search(guideline, engine, record, guideline.therapies["rfa"])
    assert found is not None
    (change,) = found.changes
    assert list(change.facts) == ["child_pugh_class"]
    assert "bilirubin_umol_l" in change.along
    assert "total bilirubin" in change_words(guideline, change)


def test_a_conflict_with_another_fact_makes_that_change_along(
    guideline: Guideline, engine: Compiled
) -> None:
    record = find_patient(guideline, example_cohort(), "kidney-failure")
    found = search(guideline, engine, record, guideline.therapies["rfa"])
    assert found is not None
    (change,) = found.changes
    assert (tuple(change.facts), change.along) == (
        ("organ_failure",),
        ("severe_renal_dysfunction",),
    )

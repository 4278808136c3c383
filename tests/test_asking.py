"""Queries that people type: answered apart, with their line where wrong, and never harmful."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from counting import PATIENCE
from serving import soon_at_work

from kg.catalogue.queries import question
from kg.errors import QueryError
from kg.guideline import Guideline
from kg.paths import example_cohort, example_lesions
from kg.patients.drafts import Draft
from kg.patients.tables import PatientTable
from kg.rdf.build import example_quads
from kg.rdf.memory import THIS_PATIENT, PatientGraph, cohort_quads, draft_graph
from kg.rdf.names import cohort_graph
from kg.server.asking import Asker
from kg.stores import Table

LIMIT = 1.0
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
PATIENTS = "SELECT ?id { ?p <https://w3id.org/hcc-kg/patient_id> ?id } ORDER BY ?id"


@pytest.fixture(scope="module")
def asker(guideline: Guideline) -> Iterator[Asker]:
    made = Asker(example_quads(guideline), LIMIT)
    yield made
    made.close()


@pytest.fixture(scope="module")
def patient(guideline: Guideline) -> PatientGraph:
    return draft_graph(guideline, Draft("mine", {"tumour_count": "1", "age_years": "old"}))


def identifiers(found: object) -> list[str]:
    assert isinstance(found, Table)
    return [term.value for (term,) in found.rows]  # type: ignore[union-attr]


def test_answers_are_rows_truths_and_triples(asker: Asker) -> None:
    assert len(identifiers(asker.ask(PATIENTS))) == 45
    assert asker.ask("ASK { ?s ?p ?o }") is True
    found = asker.ask(question("patient-graph").filled({"patient": "referral-letter-only"}))
    assert isinstance(found, list)
    assert len(found) > 60


def test_fault_has_its_line_and_column(asker: Asker) -> None:
    with pytest.raises(QueryError, match="line 2, column 3") as told:
        asker.ask("SELECT * {\n  ,, ?s ?p ?o }")
    assert (told.value.line, told.value.column) == (2, 3)


def test_fault_of_a_prefix_says_what_to_add(asker: Asker) -> None:
    with pytest.raises(QueryError, match=r"add PREFIX hcc: <https://w3id.org/hcc-kg/>"):
        asker.ask("ASK { ?s a hcc:Patient }")


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        ("{" * 4000, "nests brackets"),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE is refused"),
        ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }", "FROM"),
        ("INSERT DATA { <a:a> <a:b> 1 }", "INSERT is an update"),
        ("SELECT * { ?s ?p ?o }" + " " * 70_000, "longer than"),
        ("ASK { ?s ?p '\ud800' }", "Unicode"),
        ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "larger than|time limit"),
        (ENDLESS, "1 s, the time limit"),
    ],
)
def test_attack_is_refused_with_words(asker: Asker, attack: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        asker.ask(attack)
    assert asker.ask("ASK {}") is True


def test_slow_query_does_not_hold_up_others(guideline: Guideline) -> None:
    with closing(Asker(example_quads(guideline), 600)) as own, ThreadPoolExecutor(1) as pool:
        slow = pool.submit(own.ask, ENDLESS)
        processes = soon_at_work(own._guard.worker.process.pid)
        assert own.ask("ASK {}") is True
        assert not slow.done()
        for pid in processes:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(QueryError, match="needs more memory"):  # so the kernel would end it
            slow.result()


def test_added_patient_is_seen_by_its_query_alone(asker: Asker, patient: PatientGraph) -> None:
    assert identifiers(asker.ask(PATIENTS, patient)) == ["mine"]
    assert "mine" not in identifiers(asker.ask(PATIENTS))
    of = question("verdicts-of-patient").filled({"patient": "mine"})
    verdicts = asker.ask(of, patient)
    assert isinstance(verdicts, Table)
    assert len(verdicts.rows) == 13


def test_query_about_a_patient_cannot_name_the_graphs_of_others(
    asker: Asker, patient: PatientGraph
) -> None:
    graph = f"FROM <{cohort_graph(THIS_PATIENT)}> WHERE"
    own = PATIENTS.replace("{", f"{graph} {{")
    assert identifiers(asker.ask(own, patient)) == ["mine"]
    with pytest.raises(QueryError, match="FROM"):
        asker.ask(own.replace(THIS_PATIENT, "example"), patient)


def test_fault_in_a_draft_is_left_out(guideline: Guideline, patient: PatientGraph) -> None:
    assert "tumour_count" in patient.quads
    assert "/age_years>" not in patient.quads
    unnamed = draft_graph(guideline, Draft("", {}, ({"diameter_cm": "2.4"},)))
    assert unnamed.patients == (THIS_PATIENT,)
    assert "/lesion/1>" in unnamed.quads


def test_cohort_in_memory_holds_its_patients_and_verdicts(guideline: Guideline) -> None:
    table = PatientTable(guideline, example_cohort(), example_lesions())
    asker = Asker(cohort_quads(guideline, table))
    try:
        assert len(identifiers(asker.ask(PATIENTS))) == 45
        (count,) = identifiers(
            asker.ask("SELECT (COUNT(*) AS ?n) { ?v a <https://w3id.org/hcc-kg/TherapyVerdict> }")
        )
        assert int(count) == 45 * len(guideline.therapies)
    finally:
        asker.close()


def test_worker_that_died_is_replaced(asker: Asker) -> None:
    worker = asker._guard.worker.process
    worker.kill()
    worker.wait()
    assert asker.ask("ASK { ?s ?p ?o }") is True


def test_worker_ends_when_nobody_holds_its_asker(guideline: Guideline) -> None:
    asker = Asker(b"<a:a> <a:b> <a:c> .\n")
    process = asker._guard.worker.process
    assert asker.ask("ASK { <a:a> ?p ?o }") is True
    del asker
    assert process.wait(PATIENCE) == 0

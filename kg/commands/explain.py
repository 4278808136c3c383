"""The command `hcc-kg explain`: why a patient gets each verdict, in the terminal."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from kg.commands.explanation_page import ExplanationPage
from kg.commands.inputs import (
    PATIENTS,
    Asked,
    AssumeWords,
    Edition,
    Example,
    Lesions,
    Ontology,
    named_tables,
    one_patient,
    reading_from,
    with_reading,
)
from kg.engines.registry import LocalName, engine_of, reasoner_of
from kg.errors import InputError
from kg.explanation.explanations import TherapyExplanation
from kg.explanation.reasons import explain as explanation_of
from kg.guideline import Guideline, load
from kg.patients.assumptions import assumptions_of
from kg.patients.records import Record
from kg.patients.tables import find_patient
from kg.reasoning.verdicts import CONTRAINDICATED, MET, NOT_INDICATED, UNDETERMINED
from kg.terminal import output


@with_reading
def explain(
    patients: Annotated[str | None, Argument(help=f"{PATIENTS} Left out with --example.")] = None,
    patient: Annotated[str | None, Argument(help="The patient to explain.")] = None,
    therapy: Annotated[
        str | None,
        Argument(help="One therapy, in full; without it all of them, in short."),
    ] = None,
    *,
    example: Example = False,
    lesions: Lesions = None,
    engine: Annotated[
        LocalName, Option(help="Engine: compiled (fast) or hermit (the OWL reasoner).")
    ] = "compiled",
    justify: Annotated[
        bool,
        Option("--justify", help="Add the facts and axioms that HermiT infers the verdict from."),
    ] = False,
    assume: AssumeWords = None,
    ontology: Ontology = None,
    edition: Edition = None,
    asked: Asked,
) -> None:
    """Explain the verdicts on one patient: criteria, facts, places, and what is missing.

    Example: hcc-kg explain --example vp3-thrombus rfa
    """
    table, name, only = one_patient([w for w in (patients, patient, therapy) if w], example)
    guideline = load(ontology, edition)
    if justify and only is None:
        raise InputError("--justify explains one verdict: name a THERAPY after the patient")
    chosen = list(guideline.therapies) if only is None else [guideline.therapy(only).id]
    tables = named_tables(table, lesions, example)
    reading, assumed = reading_from(guideline, asked), assumptions_of(guideline, assume)
    record = find_patient(guideline, tables[0], name, tables[1], reading, assumptions=assumed)
    result = engine_of(engine, guideline).classify(record).narrowed(chosen)
    explanation = explanation_of(guideline, record, result)
    page = ExplanationPage(output(), guideline, record, explanation, full=only is not None)
    page.patient()
    for each in explanation.therapies.values():
        page.therapy(each)
        if justify:
            page.justification(each, *_justification(guideline, record, each))
    page.places()
    page.recommendations()
    page.close()


def _justification(
    guideline: Guideline, record: Record, explanation: TherapyExplanation
) -> tuple[str, list[str]]:
    """Return the conclusion behind a verdict, and the axioms from which HermiT draws it."""
    if explanation.verdict == UNDETERMINED:
        return "", []
    aspects = {CONTRAINDICATED: "contraindicated", NOT_INDICATED: "indicated"}
    classes = guideline.therapies[explanation.therapy].classes
    name = classes[aspects.get(explanation.verdict, "eligible")]
    state, axioms = reasoner_of(guideline).justification(record, name)
    return f"patient Type {name if state == MET else f'not ({name})'}", axioms

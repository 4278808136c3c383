"""`hcc-kg explain`: why a patient gets each verdict, in the terminal, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Annotated

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from kg.commands import inputs
from kg.engines.registry import LocalName, engine_of, reasoner_of
from kg.errors import InputError
from kg.explanation import wording
from kg.explanation.explanations import (
    STATE_SIGNS,
    VERDICT_STYLES,
    CriterionExplanation,
    PatientExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.explanation.outline import of_criterion, of_recommendation, outline
from kg.explanation.reasons import explain as explanation_of
from kg.explanation.whys import parts_of
from kg.guideline import INDICATION, PRECONDITION, Guideline, load
from kg.guideline.taxonomy import recommendations_on
from kg.patients.records import Record
from kg.patients.tables import find_patient
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    UNKNOWN,
)
from kg.terminal import output
from kg.texts import NOTE_ON_USE


@inputs.with_options
def explain(
    patients: Annotated[
        str | None, Argument(help=f"{inputs.PATIENTS} Left out with --example.")
    ] = None,
    patient: Annotated[str | None, Argument(help="The patient to explain.")] = None,
    therapy: Annotated[
        str | None,
        Argument(help="One therapy, in full; without it all of them, in short."),
    ] = None,
    *,
    example: inputs.Example = False,
    lesions: inputs.Lesions = None,
    engine: Annotated[
        LocalName, Option(help="Engine: compiled (fast) or hermit (the OWL reasoner).")
    ] = "compiled",
    justify: Annotated[
        bool,
        Option("--justify", help="Add the facts and axioms that HermiT infers the verdict from."),
    ] = False,
    ontology: inputs.Ontology = None,
    edition: inputs.Edition = None,
    asked: inputs.Asked,
) -> None:
    """Explain the verdicts on one patient: criteria, facts, places, and what is missing.

    Example: hcc-kg explain --example vp3-thrombus rfa
    """
    table, name, only = inputs.one_patient([w for w in (patients, patient, therapy) if w], example)
    guideline = load(ontology, edition)
    if justify and only is None:
        raise InputError("--justify explains one verdict: name a THERAPY after the patient")
    chosen = list(guideline.therapies) if only is None else [guideline.therapy(only).id]
    tables = inputs.named_tables(table, lesions, example)
    reading, assumed = asked.reading(guideline), asked.assumptions(guideline)
    record = find_patient(guideline, tables[0], name, tables[1], reading, assumptions=assumed)
    result = engine_of(engine, guideline).classify(record).narrowed(chosen)
    explanation = explanation_of(guideline, record, result)
    page = ExplanationPage(output(), guideline, record, explanation, full=only is not None)
    page.patient()
    for each in explanation.therapies.values():
        page.therapy(each)
        if justify:
            page.justification(each)
    page.places()
    page.recommendations()
    page.line("")
    page.line(NOTE_ON_USE, style="italic")


_STATE_STYLES = {MET: "bold", EXCLUDED: "dim", UNKNOWN: "yellow"}


class ExplanationPage:
    """Prints one explanation; in full for one therapy, without what is excluded for all."""

    def __init__(
        self,
        console: Console,
        guideline: Guideline,
        record: Record,
        explanation: PatientExplanation,
        full: bool,
    ) -> None:
        self.console, self.guideline, self.record = console, guideline, record
        self.explanation, self.full = explanation, full
        self.told: dict[str, CriterionExplanation] = {}

    def line(self, text: str | Text, indent: int = 0, style: str = "") -> None:
        """Print a line as it is: brackets in notes and identifiers are no markup."""
        plain = Text(text, style=style) if isinstance(text, str) else text
        self.console.print(Padding.indent(plain, indent))

    def heading(self, text: str) -> None:
        """Print a heading."""
        self.console.print()
        self.line(text, style="bold underline")

    def labelled(self, label: str, text: str, indent: int = 2) -> None:
        """Print a line with a label before it."""
        self.line(Text.assemble((f"{label}: ", "bold"), text), indent)

    def patient(self) -> None:
        """Print who the patient is and what the record says."""
        explanation = self.explanation
        self.line(
            f"Patient {explanation.patient_id}: {_count(explanation.facts, 'fact')} known, "
            f"{_count(explanation.conflicts, 'conflict')}",
            style="bold",
        )
        for conflict in explanation.conflicts:
            labels = [self.guideline.variables[name].label for name in conflict.variables]
            names = f" ({wording.listed(labels)})" if labels else ""
            self.line(Text.assemble(("Conflict: ", "bold red"), conflict.message, names), 2)
        if explanation.facts:
            self.line("; ".join(explanation.facts) + ".", 2)
        if explanation.stage:
            self.labelled("Stage", explanation.stage.text)
            known = "; ".join(f"{m.fact} [{m.variable}]" for m in explanation.stage.missing)
            if known:
                self.labelled(wording.MISSING, known, 4)
        if explanation.assumed:
            self.labelled(wording.ASSUMED, "; ".join(explanation.assumed))
        response = explanation.response_to_ablation.replace("_", " ")
        self.labelled("Response to ablation", response)

    # Therapies

    def therapy(self, explanation: TherapyExplanation) -> None:
        """Print the verdict on a therapy with its reason and criteria."""
        self.heading(f"{explanation.label} ({explanation.therapy})")
        style = f"bold {VERDICT_STYLES[explanation.verdict]}"
        word, _ = self.guideline.verdicts[explanation.verdict]
        self.line(Text.assemble((word.capitalize(), style), f": {explanation.clause}."))
        for line in outline(self.guideline, self.record, explanation):
            indent = 0 if line.kind in ("note", "alone", "meaning", "reading") else 2
            style = "bold" if line.kind == "note" else ""
            if self.full or line.brief:
                label = Text(f"{line.label}: " if line.label else "", "bold")
                self.line(Text.assemble(label, (line.text, style)), indent)
        self.criteria(explanation)

    def criteria(self, explanation: TherapyExplanation) -> None:
        """Print the criteria of a therapy, and keep those to tell of."""
        shown = [c for c in explanation.criteria if self.full or c.state != EXCLUDED]
        if shown:
            self.console.print(_table(shown))
        told = (c for c in shown if c.state != EXCLUDED or c.role in (INDICATION, PRECONDITION))
        self.told.update((criterion.id, criterion) for criterion in told)
        excluded = [c.id for c in explanation.criteria if c not in shown]
        if excluded:
            self.labelled("Excluded", ", ".join(excluded))

    def justification(self, explanation: TherapyExplanation) -> None:
        """Print from which facts and axioms HermiT draws a verdict."""
        self.console.print()
        if explanation.verdict == UNDETERMINED:
            self.line("HermiT has no justification: nothing follows about an undetermined verdict.")
            return
        aspects = {CONTRAINDICATED: "contraindicated", NOT_INDICATED: "indicated"}
        classes = self.guideline.therapies[explanation.therapy].classes
        name = classes[aspects.get(explanation.verdict, "eligible")]
        state, axioms = reasoner_of(self.guideline).justification(self.record, name)
        told = f"patient Type {name if state == MET else f'not ({name})'}"
        self.line(f"HermiT concludes {told} from these facts and axioms:", style="bold")
        for axiom in axioms:
            self.line(axiom, 2)

    # What the guideline says

    def places(self) -> None:
        """Print what the guideline says of the criteria that were shown."""
        if self.told:
            self.heading("The criteria in the guideline")
            self.line("Any other criterion: hcc-kg show ID", style="dim")
        for criterion in self.told.values():
            self.line(Text.assemble((criterion.id, "bold"), f" {criterion.label}"))
            for line in of_criterion(criterion):
                self.labelled(line.label, line.text)
                if line.kind == "meaning":
                    self.parts(criterion)

    def parts(self, criterion: CriterionExplanation) -> None:
        """Tell the state of each part of a formula that has several."""
        if not self.full:
            return
        for depth, part in parts_of(self.guideline, self.record, criterion.id).lines():
            if depth:
                signed = (f"{STATE_SIGNS[part.state]} {part.state}", "bold")
                self.line(Text.assemble(signed, f" {part.told}"), 2 + 2 * depth)

    def recommendations(self) -> None:
        """Print the recommendations on what is shown."""
        concerned = [r for r in self.explanation.recommendations if self.concerns(r)]
        met = [r for r in concerned if r.state == MET]
        if concerned:
            self.heading("Recommendations")
        if not met:
            self.line("None is met.")
        for each in met:
            style = "dim" if each.muted else ""
            self.line(f"{each.id} ({each.strength}): {each.advice}", style=style)
            for line in of_recommendation(each):
                if self.full or line.brief:
                    self.line(f"{line.label}: {line.text}" if line.label else line.text, 2, style)
        unknown = [f"{r.id} ({r.label})" for r in concerned if r.state == UNKNOWN]
        if unknown:
            self.labelled("Unknown", "; ".join(unknown), 0)

    def concerns(self, recommendation: RecommendationExplanation) -> bool:
        """Return whether a recommendation bears on a therapy that is shown."""
        shown = self.explanation.therapies
        return not recommendation.concerns or any(
            recommendation.id in recommendations_on(self.guideline, name) for name in shown
        )


def _table(criteria: Iterable[CriterionExplanation]) -> Table:
    """Return a table of criteria, with a section for each role."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False)
    table.add_column("State", no_wrap=True)
    table.add_column("Criterion", ratio=5)
    table.add_column("Facts", ratio=5)
    table.add_column("Place", ratio=2)
    for role, members in groupby(criteria, lambda criterion: criterion.role):
        table.add_section()
        table.add_row("", Text(f"{role}s", style="italic"), "", "")
        for criterion in members:
            style = _STATE_STYLES[criterion.state]
            grade = f" ({criterion.grade})" if criterion.grade else ""
            table.add_row(
                Text(criterion.state, style=style),
                Text.assemble((criterion.id, style), f" {criterion.label}"),
                Text("; ".join(criterion.facts)),
                Text(", ".join(criterion.places) + grade),
            )
    return table


def _count(things: tuple[object, ...], word: str) -> str:
    return f"{len(things) or 'no'} {word}{'' if len(things) == 1 else 's'}"

"""`hcc-kg cohort`: what the verdicts on a table of patients come to, and what blocks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import typer
from rich.bar import Bar
from rich.columns import Columns
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from typer import Option

from kg import terminal
from kg.cohorts.model import CohortReport, Reason, TherapyReport
from kg.cohorts.report import grouping, report_on
from kg.commands import inputs
from kg.engines.rejects import shortened
from kg.explanation.wording import condition
from kg.guideline import Guideline, load
from kg.guideline.taxonomy import notes_on
from kg.patients.cells import parse_cell
from kg.patients.tables import PatientTable
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.verdicts import UNDETERMINED, VERDICTS
from kg.texts import NOTE_ON_USE, counted
from kg.writers.table import sign_of

_Field = Literal["contraindicated_by", "not_indicated_by"]
_WIDTH = 12
_ALONE = "alone: patients for whom it is the only reason"
_SETTLES = (
    "settles verdicts: nothing else is missing, so any value decides them\n"
    "settles patients: so it is with all their undetermined verdicts"
)
_PALLIATIVE = "* of those eligible, with caution or unchecked: on palliative indications only"


@inputs.with_options
def cohort(
    patients: inputs.Patients = None,
    *,
    example: inputs.Example = False,
    lesions: inputs.Lesions = None,
    format: Annotated[
        Literal["text", "json"], Option(help="Tables, or all counts as one JSON object.")
    ] = "text",
    ontology: inputs.Ontology = None,
    edition: inputs.Edition = None,
    top: Annotated[int, Option(min=1, help="How many reasons and variables the tables show.")] = 5,
    by: Annotated[
        str | None,
        Option(metavar="COLUMN", help="Also report by the values of this column."),
    ] = None,
    asked: inputs.Asked,
) -> None:
    """Report on a cohort: verdicts, why not, what is missing, conflicts.

    Example: hcc-kg cohort --example --top 10
    """
    table_path, lesion_path = inputs.named_tables(patients, lesions, example)
    guideline = load(ontology, edition)
    reading = grouping(asked.reading(guideline), by)
    table = PatientTable(guideline, table_path, lesion_path, reading, asked.assumptions(guideline))
    with terminal.progress("counting", table.height) as bar:
        report = report_on(table, bar.watch, by=by)
    if format == "json":
        typer.echo(report.as_json())
    else:
        _print(terminal.output(), guideline, report, top)
    messages = terminal.messages()
    for note, names in notes_on(guideline, guideline.therapies).items():
        messages.print(f"{', '.join(names)}: {note}", markup=False)
    inputs.tell_notes(messages, report.notes)
    if report.rejected or report.rejected_lesions:
        messages.print(f"The first rejected row: {shortened(report.first_reason)}")
        messages.print("'hcc-kg classify' writes all of them to a file, with their reasons.")
    messages.print(NOTE_ON_USE)
    if report.rejected or report.rejected_lesions:
        raise typer.Exit(1)


def _print(console: Console, guideline: Guideline, report: CohortReport, top: int) -> None:
    rejected = f"{counted(report.rejected, 'row')} rejected"
    if report.rejected_lesions:
        rejected += f" and {counted(report.rejected_lesions, 'lesion')}"
    console.print(
        f"{counted(report.patients, 'patient')}; {rejected}; "
        f"{report.with_conflicts:,} with conflicts in the record"
    )
    _section(console, "Verdicts", _verdicts(guideline, report))
    signs = [Text.assemble(sign_of(word), f" {guideline.verdicts[word][0]}") for word in VERDICTS]
    console.print(Columns(signs, padding=(0, 2)))
    console.print(Text(_PALLIATIVE, style="dim"))
    if report.assumed is not None:
        _print_assumed(console, guideline, report, report.assumed)
    against = _reasons(guideline, report, "contraindicated_by", top)
    _section(console, "Why contraindicated", against, _ALONE)
    without = _reasons(guideline, report, "not_indicated_by", top)
    _section(console, "Why not indicated", without, _ALONE)
    label = guideline.verdicts[UNDETERMINED][0]
    title = f"What is missing ({report.undetermined:,} {label})"
    _section(console, title, _missing(report, top), _SETTLES)
    _section(console, "Conflicts in the record", _conflicts(report))
    for group in report.groups:
        value = "(empty)" if group.value is None else group.value
        patients = counted(group.report.patients, "patient")
        title = f"{report.by} = {value}: {patients}"
        _section(console, title, _verdicts(guideline, group.report, percent=True))
    console.print()
    console.print(Text(f"Guideline: {guideline.source.citation}", style="dim"))


def _print_assumed(
    console: Console, guideline: Guideline, report: CohortReport, assumed: Mapping[str, str]
) -> None:
    """Print the verdicts from the records alone, and what the assumptions come to."""
    _section(console, "From the records alone", _verdicts(guideline, report, recorded=True))
    recorded = (each.verdicts_recorded or {} for each in report.therapies)
    open_ = sum(counts[UNDETERMINED] for counts in recorded)
    eligible = sum(each.eligible_if_assumed for each in report.therapies)
    label = guideline.verdicts[UNDETERMINED][0]
    known = {name: parse_cell(guideline.variables[name], cell) for name, cell in assumed.items()}
    told = {name: knowledge for name, knowledge in known.items() if knowledge is not None}
    are = f"{eligible:,} are eligible, with caution or not, {condition(guideline, told)}."
    console.print(Text(f"Of {open_:,} {label} verdicts, {are}"))


def _section(console: Console, title: str, table: Table, note: str = "") -> None:
    console.print()
    console.print(Text(title, style="bold underline"))
    console.print(table if table.row_count else Text("none"))
    if note and table.row_count:
        console.print(Text(note, style="dim"))


def _table(first: str, *numbers: str, bar: bool = True) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    table.add_column(first, overflow="fold", vertical="bottom")
    for name in numbers:
        table.add_column(name, justify="right", vertical="bottom")
    if bar:
        table.add_column("", no_wrap=True, min_width=_WIDTH, vertical="bottom")
    return table


def _bar(count: int, largest: int) -> Bar:
    """Return a bar in eighths of a character; any count that is not zero shows."""
    least = largest / _WIDTH / 8 if count else 0
    return Bar(max(largest, 1), 0, max(count, least), width=_WIDTH, color="cyan")


def _verdicts(
    guideline: Guideline, report: CohortReport, *, percent: bool = False, recorded: bool = False
) -> Table:
    def told(count: int) -> str:
        share = f" {count / report.patients:4.0%}" if percent and count else ""
        return f"{count:,}{share}"

    table = _table("therapy", bar=False)
    for word in VERDICTS:
        table.add_column(sign_of(word), justify="right", min_width=7)
    if not recorded:
        table.add_column(f"{guideline.intents[PALLIATIVE][0]}*", justify="right")
    for each in report.therapies:
        name = guideline.therapies[each.therapy].short_name
        counts = (each.verdicts_recorded or {}) if recorded else each.verdicts
        numbers = [counts[word] for word in VERDICTS]
        numbers += [] if recorded else [sum(each.palliative.values())]
        table.add_row(Text(name), *map(told, numbers))
    return table


def _reasons(guideline: Guideline, report: CohortReport, field: _Field, top: int) -> Table:
    """Return the first reasons of each therapy; therapies with the same ones stand together."""
    table = _table("therapy and reason", "patients", "alone")
    shared: dict[tuple[Reason, ...], list[TherapyReport]] = {}
    for therapy in report.therapies:
        shared.setdefault(getattr(therapy, field), []).append(therapy)
    largest = max((reason.patients for reasons in shared for reason in reasons), default=0)
    for reasons, therapies in shared.items():
        if reasons:
            names = (guideline.therapies[t.therapy].short_name for t in therapies)
            table.add_row(Text(", ".join(names), style="italic"))
            _add(table, reasons, top, largest)
    return table


def _add(table: Table, reasons: Sequence[Reason], top: int, largest: int) -> None:
    for reason in reasons[:top]:
        name = f"{reason.criteria[0]} {reason.label}" if len(reason.criteria) == 1 else reason.label
        numbers = (f"{reason.patients:,}", f"{reason.alone:,}")
        table.add_row(Padding.indent(Text(name), 2), *numbers, _bar(reason.patients, largest))
    if reasons[top:]:
        table.add_row(Padding.indent(Text(f"and {len(reasons) - top} more", style="dim"), 2))


def _missing(report: CohortReport, top: int) -> Table:
    table = _table("variable", "verdicts", "patients", "settles verdicts", "settles patients")
    for column in table.columns[1:-1]:
        column.max_width = 8
    largest = max((each.verdicts for each in report.missing), default=0)
    for each in report.missing[:top]:
        numbers = (each.verdicts, each.patients, each.settles_verdicts, each.settles_patients)
        bar = _bar(each.verdicts, largest)
        table.add_row(Text(each.label), *(f"{number:,}" for number in numbers), bar)
    if report.missing[top:]:
        table.add_row(Text(f"and {len(report.missing) - top} more", style="dim"))
    return table


def _conflicts(report: CohortReport) -> Table:
    table = _table("rule", "patients", bar=False)
    for each in report.conflicts:
        table.add_row(Text(each.message), f"{each.patients:,}")
    return table

"""`hcc-kg certify`: compares engines with HermiT, and prints what was compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from rich.table import Table

from kg.certification.report import Example, Report, Tally
from kg.certification.run import Certification, Settings, Work
from kg.certification.subjects import subjects
from kg.commands.inputs import Edition, Ontology
from kg.engines.registry import LocalName, reasoner_of
from kg.guideline import load
from kg.terminal import messages, output, progress


def certify(
    seed: Annotated[int, typer.Option(help="Seed for the random records.")] = 1,
    records: Annotated[
        int, typer.Option(min=1, help="Number of random records; the other parts scale with it.")
    ] = 50,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, help="Stop asking HermiT after this many minutes.")
    ] = None,
    engine: Annotated[LocalName, typer.Option(help="Engine to certify.")] = "compiled",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Certify an engine: compare its answers with HermiT's, and with the plain formulas.

    Exit status: 0 all answers agree, 1 some differ, 3 no Java for HermiT. A long run is that
    with --records 5000.

    Example: hcc-kg certify --seed 7 --minutes 5
    """
    guideline = load(ontology, edition)
    tested = subjects(engine, guideline)
    settings = Settings(seed, records, minutes)
    messages().print(f"seed {seed}, {records} records; engine {engine}; referee HermiT")
    run = Certification(guideline, tested, reasoner_of(guideline), settings)
    report = run.run(_watched)
    _print(report)
    messages().print(_summary(report))
    if report.disagreements:
        raise typer.Exit(1)


def _watched(work: Sequence[Work]) -> Iterable[Work]:
    with progress("asking HermiT", len(work)) as bar:
        for one in work:
            yield one
            bar.advance()


def _print(report: Report) -> None:
    console = output()
    table = Table("part", "compared with", box=None, pad_edge=False)
    for heading in ("records", "classes", "answers", "differ"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tally in report.tallies:
        counts = (len(tally.classes), tally.comparisons, len(tally.findings))
        table.add_row(tally.part, tally.about, _records(tally), *(f"{n:,}" for n in counts))
    console.print(table)
    if report.example is not None:
        _print_example(report.example)


def _records(tally: Tally) -> str:
    cut = f" of {tally.planned:,}" if tally.records < tally.planned else ""
    return f"{tally.records:,}{cut}"


def _print_example(example: Example) -> None:
    console = output()
    console.print(f"\nThe smallest record that disagrees ({example.part}):", markup=False)
    table = Table("variable", "cell", box=None, pad_edge=False)
    for name, cell in example.cells.items():
        table.add_row(name, cell)
    console.print(table)
    console.print(f"\n{example.question}:", markup=False)
    answers = Table("who", "says", box=None, pad_edge=False)
    for who, says in example.told:
        answers.add_row(who, says)
    console.print(answers)
    if example.note:
        console.print(example.note, markup=False)


def _summary(report: Report) -> str:
    answers = sum(tally.comparisons for tally in report.tallies)
    return f"{answers:,} answers compared, {report.disagreements:,} differ"

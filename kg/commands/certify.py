"""`hcc-kg certify`: compares engines with HermiT, and prints what was compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from typer import Option

from kg.commands.inputs import Edition, Ontology
from kg.engines.registry import LocalName, reasoner_of
from kg.guideline import load, load_all
from kg.terminal import messages, output, progress

if TYPE_CHECKING:
    from kg.certification.run import Case, Certificate, Counterexample


def certify(
    seed: Annotated[int, Option(help="Seed for the random records.")] = 1,
    records: Annotated[
        int, Option(min=1, help="Number of random records; the other parts scale with it.")
    ] = 50,
    minutes: Annotated[
        float | None, Option(min=0.01, help="Stop asking HermiT after this many minutes.")
    ] = None,
    engine: Annotated[LocalName, Option(help="Engine to certify.")] = "compiled",
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Certify an engine: compare its answers with HermiT's, and with the plain formulas.

    Every edition is certified unless one is named. The records are drawn by hypothesis, which
    comes with the extra 'dev'.

    Exit status: 0 all answers agree, 1 some differ, 3 no Java for HermiT, or no hypothesis.
    For a long run, use --records 5000.

    Example: hcc-kg certify --seed 7 --minutes 5
    """
    from kg.certification.answers import subjects  # noqa: PLC0415 - needs hypothesis
    from kg.certification.run import Certification, Extent  # noqa: PLC0415

    guidelines = [load(ontology, edition)] if edition else load_all(ontology)
    extent = Extent(seed, records, minutes and minutes / len(guidelines))
    messages().print(f"seed {seed}, {records} records; engine {engine}; referee HermiT")
    answers = differ = 0
    for guideline in guidelines:
        tested = subjects(engine, guideline)
        run = Certification(guideline, tested, reasoner_of(guideline), extent)
        report = run.run(_watched)
        _print(guideline.edition, report)
        answers += sum(tally.comparisons for tally in report.tallies)
        differ += report.disagreements
    messages().print(f"{answers:,} answers compared, {differ:,} differ")
    if differ:
        raise typer.Exit(1)


def _watched(cases: Sequence[Case]) -> Iterable[Case]:
    with progress("asking HermiT", len(cases)) as bar:
        for one in cases:
            yield one
            bar.advance()


def _print(edition: str, report: Certificate) -> None:
    table = Table("part", "compared with", box=None, pad_edge=False)
    table.title, table.title_justify = f"Edition {edition}", "left"
    for heading in ("records", "classes", "answers", "differ"):
        table.add_column(heading, justify="right", no_wrap=True)
    for tally in report.tallies:
        cut = f" of {tally.planned:,}" if tally.records < tally.planned else ""
        counts = (len(tally.classes), tally.comparisons, len(tally.differences))
        row = (tally.part, tally.about, f"{tally.records:,}{cut}")
        table.add_row(*row, *(f"{n:,}" for n in counts))
    output().print(table)
    if report.example is not None:
        _print_example(report.example)


def _print_example(example: Counterexample) -> None:
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

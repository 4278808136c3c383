"""`hcc-kg bench`: how fast everything is, and what that is compared with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from rich.table import Table
from typer import Option

from kg import api, terminal
from kg.benchmarks.figures import Figure, machine
from kg.benchmarks.page import line, number, page, ratio, target, value
from kg.output import whole_file


class Bench(StrEnum):
    """What can be measured, in this order: a process with Java in it is slower at some queries."""

    START = "start"
    STORE = "store"
    GROWTH = "growth"
    ENGINES = "engines"
    REASONERS = "reasoners"
    ENDPOINT = "endpoint"
    COHORT = "open-cohort"
    EXPLORER = "explorer"


_TITLES = {
    Bench.ENGINES: "Engines: cohorts, single records, HermiT",
    Bench.START: "Start of the commands",
    Bench.REASONERS: "Stock reasoners: one patient, as owlready2 and Protege ask",
    Bench.STORE: "Store: loading and asking, compared with rdflib",
    Bench.GROWTH: "Questions and checks of the catalogue, on four times as many patients",
    Bench.ENDPOINT: "Endpoint: 30 clients on the catalogue, compared with Oxigraph's own server",
    Bench.COHORT: "An open cohort, as the explorer holds it",
    Bench.EXPLORER: "Explorer in a browser, compared with a bare page of Streamlit",
}


def bench(
    part: Annotated[
        list[Bench] | None, Option(help="What to measure; the engines by default.")
    ] = None,
    everything: Annotated[bool, Option("--all", help="Measure every part.")] = False,
    patients: Annotated[int, Option(min=1_000, help="Size of the cohort.")] = 1_000_000,
    runs: Annotated[int, Option(min=1, help="Runs of each figure.")] = 3,
    seed: Annotated[int, Option(help="Seed of the made-up cohort.")] = 1,
    records: Annotated[int, Option(min=1, help="Records that HermiT classifies.")] = 20,
    seconds: Annotated[float, Option(min=1, help="Duration of each load test, in seconds.")] = 30,
    growth: Annotated[
        bool, Option("--growth", help="Also a tenth, and ten times as many patients.")
    ] = False,
    output: Annotated[
        Path | None, Option(help="Write the figures to this file: JSON, or .md for a page.")
    ] = None,
) -> None:
    """Measure engines, commands, stores, endpoint and explorer; ratios are what counts.

    The endpoint is compared with Oxigraph's own server, if it is there (pip install oxigraph). In a
    page that is there already, the tables are renewed, and the words stay.

    Example: hcc-kg bench --patients 100000 --runs 5 --output bench.json
    """
    chosen = list(Bench) if everything else part or [Bench.ENGINES]
    found: list[tuple[str, list[Figure]]] = []
    console = terminal.messages()
    with ExitStack() as kept:  # the file is tried before the measuring, which takes long
        before = output.read_text("utf-8") if output is not None and output.is_file() else ""
        into = kept.enter_context(whole_file(output)) if output is not None else None
        for each in chosen:
            figures: list[Figure] = []
            with _figures(each, patients, runs, seed, records, seconds, growth) as measured:
                for figure in measured:
                    figures.append(figure)
                    console.print(line(figure), style="dim")
            found.append((_TITLES[each], figures))
        for title, figures in found:
            _print(title, figures)
        if into is not None and output is not None:
            text = page(found, seed, before) if output.suffix == ".md" else _text(found, seed)
            into.write_text(text, encoding="utf-8")


@contextmanager
def _figures(
    part: Bench,
    patients: int,
    runs: int,
    seed: int,
    records: int,
    seconds: float,
    growth: bool,
) -> Iterator[Iterator[Figure]]:
    """Give the figures of a part as they are taken; only what is measured is loaded."""
    # ruff: noqa: PLC0415
    guideline = api.load()
    if part is Bench.START:
        from kg.benchmarks.start import start_figures

        yield start_figures(runs)
    elif part is Bench.GROWTH:
        from kg.benchmarks.growth import FEW, growth_figures

        yield growth_figures(guideline, min(patients, FEW))
    elif part is Bench.STORE:
        from kg.benchmarks.store import store_figures

        yield store_figures(guideline, runs)
    elif part is Bench.REASONERS:
        from kg.benchmarks.reasoners import reasoner_figures

        yield reasoner_figures(guideline, runs)
    elif part is Bench.ENDPOINT:
        from kg.benchmarks.endpoint import endpoint_figures

        yield endpoint_figures(seconds)
    elif part is Bench.COHORT:
        from kg.benchmarks.open_cohort import cohort_figures

        yield cohort_figures(guideline, min(patients, 100_000), "csv")
    elif part is Bench.EXPLORER:
        from kg.benchmarks.explorer import explorer_figures

        yield explorer_figures(60)
    else:
        from kg.benchmarks.engines import Cohorts, engine_figures

        with tempfile.TemporaryDirectory() as folder:
            cohorts = Cohorts(guideline, Path(folder), seed, runs)
            yield engine_figures(guideline, cohorts, patients, records, growth)


def _text(found: list[tuple[str, list[Figure]]], seed: int) -> str:
    parts = {title: [asdict(figure) for figure in figures] for title, figures in found}
    told = {"machine": machine(), "seed": seed, "parts": parts}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _print(title: str, figures: list[Figure]) -> None:
    table = Table(title=f"{title}\n{machine()}", title_justify="left", box=None)
    for head, justify in (("figure", "left"), ("median", "right"), ("spread", "right")):
        table.add_column(head, justify=justify)  # type: ignore[arg-type]
    table.add_column("ratio", justify="right")
    table.add_column("target", justify="right")
    for each in figures:
        spread = f"{number(each.least)} to {number(each.most)}"
        table.add_row(each.name, value(each), spread, ratio(each), target(each))
    terminal.output().print(table)

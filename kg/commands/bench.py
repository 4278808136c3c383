"""`hcc-kg bench`: how fast everything is, and what that is compared with."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

from rich.table import Table
from typer import Option

from kg import api, terminal
from kg.benchmarks.figures import Figure, machine
from kg.benchmarks.page import line, number, page, ratio, target, value
from kg.commands.inputs import with_options
from kg.output import whole_file


class Bench(StrEnum):
    """What can be measured: the modules of `kg.benchmarks` that have `figures`, in this order.

    A process with Java in it is slower at some queries.
    """

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


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The options on how much is measured."""

    patients: Annotated[int, Option(min=1_000, help="Size of the cohort.")] = 1_000_000
    runs: Annotated[int, Option(min=1, help="Runs of each figure.")] = 3
    seed: Annotated[int, Option(help="Seed of the made-up cohort.")] = 1
    records: Annotated[int, Option(min=1, help="Records that HermiT classifies.")] = 20
    seconds: Annotated[float, Option(min=1, help="Duration of each load test, in seconds.")] = 30
    growth: Annotated[
        bool, Option("--growth", help="Also a tenth, and ten times as many patients.")
    ] = False


@with_options
def bench(
    part: Annotated[
        list[Bench] | None, Option(help="What to measure; the engines by default.")
    ] = None,
    everything: Annotated[bool, Option("--all", help="Measure every part.")] = False,
    output: Annotated[
        Path | None, Option(help="Write the figures to this file: JSON, or .md for a page.")
    ] = None,
    *,
    extent: Extent,
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
            for figure in _figures(each, extent):
                figures.append(figure)
                console.print(line(figure), style="dim")
            found.append((_TITLES[each], figures))
        for title, figures in found:
            _print(title, figures)
        if into is not None and output is not None:
            is_page = output.suffix == ".md"
            told = page(found, extent.seed, before) if is_page else _text(found, extent.seed)
            into.write_text(told, encoding="utf-8")


def _figures(part: Bench, extent: Extent) -> Iterator[Figure]:
    """Yield the figures of a part as they are taken; only what is measured is loaded."""
    take = import_module(f"kg.benchmarks.{part.replace('-', '_')}").figures
    given = {"guideline": api.load(), **asdict(extent)}
    yield from take(**{name: given[name] for name in inspect.signature(take).parameters})


def _text(found: list[tuple[str, list[Figure]]], seed: int) -> str:
    parts = {title: [asdict(figure) for figure in figures] for title, figures in found}
    told = {"machine": machine(), "seed": seed, "parts": parts}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _print(title: str, figures: list[Figure]) -> None:
    table = Table("figure", title=f"{title}\n{machine()}", title_justify="left", box=None)
    for head in ("median", "spread", "ratio", "target"):
        table.add_column(head, justify="right")
    for each in figures:
        spread = f"{number(each.least)} to {number(each.most)}"
        table.add_row(each.name, value(each), spread, ratio(each), target(each))
    terminal.output().print(table)

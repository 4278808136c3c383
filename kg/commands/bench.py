"""`hcc-kg bench`: how fast the engines are, each beside what it is compared with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kg import api, terminal
from kg.benchmarks.measure import (
    Cohorts,
    Figure,
    cold_start,
    hermit,
    machine,
    single_records,
)
from kg.guideline import Guideline


def bench(
    patients: Annotated[int, typer.Option(min=1_000, help="Size of the cohort.")] = 1_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Runs of each figure.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the made-up cohort.")] = 1,
    records: Annotated[int, typer.Option(min=1, help="Records that HermiT classifies.")] = 20,
    growth: Annotated[
        bool, typer.Option("--growth", help="Also a tenth, and ten times as many patients.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Write the figures as JSON.")] = None,
) -> None:
    """Measure the engines on a made-up cohort; ratios are what counts.

    Example: hcc-kg bench --patients 100000 --runs 5 --output bench.json
    """
    guideline = api.load()
    figures: list[Figure] = []
    console = terminal.messages()
    with tempfile.TemporaryDirectory() as folder:
        cohorts = Cohorts(guideline, Path(folder), seed, runs)
        for found in _figures(guideline, cohorts, patients, records, growth):
            figures.append(found)
            console.print(f"{found.name}: {_value(found)}", style="dim")
    _print(figures, seed)
    if output is not None:
        told = {"machine": machine(), "seed": seed, "figures": [asdict(f) for f in figures]}
        output.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _figures(
    guideline: Guideline, cohorts: Cohorts, size: int, records: int, growth: bool
) -> Iterator[Figure]:
    yield cold_start(cohorts.runs)
    yield single_records(guideline, cohorts.runs)
    yield from cohorts.figures(size)
    if growth:
        yield from cohorts.growth([size // 10, size, size * 10])
    yield from hermit(guideline, cohorts, size, records)


def _value(found: Figure) -> str:
    return f"{found.median:,.3g} {found.unit}"


def _print(figures: list[Figure], seed: int) -> None:
    console = terminal.output()
    table = Table(title=f"{machine()}; seed {seed}", title_justify="left", box=None)
    for head, justify in (("figure", "left"), ("median", "right"), ("spread", "right")):
        table.add_column(head, justify=justify)  # type: ignore[arg-type]
    table.add_column("ratio", justify="right")
    table.add_column("limit", justify="right")
    for found in figures:
        spread = f"{found.least:,.3g} to {found.most:,.3g}"
        ratio = "" if found.ratio is None else f"{found.ratio:,.2f}"
        sign = {None: "", True: " kept", False: " exceeded"}[found.holds]
        limit = "" if found.limit is None else f"{found.limit:,.3g}{sign}"
        table.add_row(found.name, _value(found), spread, ratio, limit)
    console.print(table)

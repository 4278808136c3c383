"""The figures as tables of a page of the docs, whose words stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kg.benchmarks.figures import Figure, machine

_NEW = "# Benchmarks\n\nMachine: .\n"
_MACHINE = re.compile(r"^Machine: .*$", re.MULTILINE)
_HEAD = (
    "| figure | median | spread | ratio | compared with | target |\n"
    "| --- | ---: | --- | ---: | --- | --- |\n"
)


def page(parts: Iterable[tuple[str, list[Figure]]], seed: int, before: str = "") -> str:
    """Return a page with the figures of all parts, each below its heading, and the machine.

    Where `before` has the heading, the table there is renewed; else the part is put at the end.
    """
    told = f"Machine: {machine()}. Seed of the made-up cohorts: {seed}."
    text = _MACHINE.sub(lambda _: told, before or _NEW, count=1)
    for title, figures in parts:
        table = _HEAD + "".join(f"{_row(figure)}\n" for figure in figures)
        heading, below, after = text.partition(f"\n## {title}\n")
        if not below:
            text = f"{text.rstrip()}\n\n## {title}\n\n{table}"
            continue
        prose, start, rest = after.partition("\n| ")
        if not start or "\n## " in prose:  # the heading has no table yet
            text = f"{heading}{below}\n{table}{after}"
            continue
        old = re.match(r"(?:.*\|\n)+", f"| {rest}")
        text = f"{heading}{below}{prose}\n{table}{f'| {rest}'[old.end() if old else 0 :]}"
    return text


def line(figure: Figure) -> str:
    """Return a figure as a line: median, ratio, target, and whether it is met."""
    beside = "" if figure.ratio is None else f", {ratio(figure)} x {figure.compared_with}"
    aimed = "" if figure.target is None else f" (target {target(figure)})"
    return f"{figure.name}: {value(figure)}{beside}{aimed}"


def value(figure: Figure) -> str:
    """Return the median with its unit."""
    return f"{number(figure.median)} {figure.unit}".strip()


def number(found: float) -> str:
    """Return a number with as many digits as matter, and never as a power of ten."""
    return f"{found:,.0f}" if abs(found) >= 100 else f"{found:.3g}"


def target(figure: Figure) -> str:
    """Return the target, with its unit if it is one of the median, and whether it is met."""
    if figure.target is None:
        return ""
    unit = figure.unit if figure.ratio is None or figure.of_median else ""
    words = (number(figure.target), unit, "met" if figure.met else "missed")
    return " ".join(filter(None, words))


def ratio(figure: Figure) -> str:
    """Return the ratio, with as many digits as matter."""
    return "" if figure.ratio is None else number(figure.ratio)


def _row(figure: Figure) -> str:
    spread = f"{number(figure.least)} to {number(figure.most)}" if figure.runs > 1 else ""
    compared = figure.compared_with or ""
    cells = (figure.name, value(figure), spread, ratio(figure), compared, target(figure))
    return f"| {' | '.join(cells)} |"

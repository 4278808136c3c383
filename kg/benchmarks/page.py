"""The figures as a page of the docs."""

from __future__ import annotations

from collections.abc import Iterable

from kg.benchmarks.figures import Figure, machine

_HEAD = """# Benchmarks

Made by `hcc-kg bench --all --output docs/benchmarks.md`. Seconds say little on another machine;
a ratio is the figure divided by the one that it is compared with, taken in the same run. A target
is what we hold ourselves to: the most that the ratio may be, or the median where the figure has no
ratio or the target has its unit; for the compiled engine the least. So "100,000 missed" there means
that the engine is less than 100,000 times as fast as HermiT.

"Copy" is to read the input table and to write it again, and to do the same with the result: the
least that a program takes which reads and writes these files. The made-up cohort is spread about as
a registry of liver cancer is, with facts missing (`kg/benchmarks/registry.csv`).

Runaway queries are those that never end or fill the memory. A memory of 0 MB means that the server
was gone, or could not be looked at, when the load ended.

Machine: {machine}. Seed of the made-up cohorts: {seed}.
"""


def page(parts: Iterable[tuple[str, list[Figure]]], seed: int) -> str:
    """Return the figures of all parts as Markdown."""
    sections = [_HEAD.format(machine=machine(), seed=seed)]
    for title, figures in parts:
        rows = "\n".join(_row(figure) for figure in figures)
        sections.append(
            f"## {title}\n\n"
            "| figure | median | spread | ratio | compared with | target |\n"
            f"| --- | ---: | --- | ---: | --- | --- |\n{rows}\n"
        )
    return "\n".join(sections)


def value(figure: Figure) -> str:
    """Return the median with its unit."""
    return f"{number(figure.median)} {figure.unit}".strip()


def number(found: float) -> str:
    """Return a number with as many digits as matter, and never as a power of ten."""
    return f"{found:,.0f}" if abs(found) >= 100 else f"{found:.3g}"


def target(figure: Figure) -> str:
    """Return the target, and whether it is met."""
    if figure.target is None:
        return ""
    return f"{number(figure.target)} {'met' if figure.met else 'missed'}"


def ratio(figure: Figure) -> str:
    """Return the ratio, with as many digits as matter."""
    return "" if figure.ratio is None else number(figure.ratio)


def _row(figure: Figure) -> str:
    spread = f"{number(figure.least)} to {number(figure.most)}" if figure.runs > 1 else ""
    compared = figure.compared_with or ""
    cells = (figure.name, value(figure), spread, ratio(figure), compared, target(figure))
    return f"| {' | '.join(cells)} |"

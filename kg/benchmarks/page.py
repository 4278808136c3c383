"""The figures as a page of the docs."""

from __future__ import annotations

from collections.abc import Iterable

from kg.benchmarks.figures import Figure, machine

_HEAD = """# Benchmarks

Made by `hcc-kg bench --all --output docs/benchmarks.md`. Seconds say little on another machine;
a ratio compares a figure with the one named beside it, taken in the same run. A limit is what
we hold ourselves to.

Machine: {machine}. Seed of the made-up cohorts: {seed}.
"""


def page(parts: Iterable[tuple[str, list[Figure]]], seed: int) -> str:
    """Return the figures of all parts as Markdown."""
    sections = [_HEAD.format(machine=machine(), seed=seed)]
    for title, figures in parts:
        rows = "\n".join(_row(figure) for figure in figures)
        sections.append(
            f"## {title}\n\n"
            "| figure | median | spread | ratio | beside | limit |\n"
            f"| --- | ---: | --- | ---: | --- | --- |\n{rows}\n"
        )
    return "\n".join(sections)


def value(figure: Figure) -> str:
    """Return the median with its unit."""
    return f"{number(figure.median)} {figure.unit}".strip()


def number(found: float) -> str:
    """Return a number with as many digits as matter, and never as a power of ten."""
    return f"{found:,.0f}" if abs(found) >= 100 else f"{found:.3g}"


def limit(figure: Figure) -> str:
    """Return the limit, and whether it is kept."""
    if figure.limit is None:
        return ""
    return f"{number(figure.limit)} {'kept' if figure.holds else 'missed'}"


def ratio(figure: Figure) -> str:
    """Return the ratio, with as many digits as matter."""
    return "" if figure.ratio is None else number(figure.ratio)


def _row(figure: Figure) -> str:
    spread = f"{number(figure.least)} to {number(figure.most)}" if figure.runs > 1 else ""
    cells = (figure.name, value(figure), spread, ratio(figure), figure.beside or "", limit(figure))
    return f"| {' | '.join(cells)} |"

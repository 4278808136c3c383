"""The findings in words: the lines of a listing, and the part of a page that is made from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kg.audit.findings import Finding
from kg.audit.report import Section
from kg.audit.space import Example, Shares

_LEAST = 1e-5
_LEFT = {
    "neighbours": "with every therapy contraindicated or not indicated for the better-off patient",
    "recommendations": "with every therapy that it concerns contraindicated or not indicated",
}


def share(found: float) -> str:
    """Return a share as a percentage, with as many digits as matter."""
    if found == 0:
        return "none"
    if found < _LEAST:
        return f"under {_LEAST:.3%}"
    if found > 1 - _LEAST:
        return "all" if found == 1 else f"over {1 - _LEAST:.3%}"
    return f"{100 * found:.2g}%" if 100 * found < 99 else f"{found:.3%}"


def shares(found: Shares) -> str:
    """Return both shares of a finding."""
    return f"{share(found.even)} even, {share(found.usual)} usual"


def cells(example: Example) -> str:
    """Return the remarkable cells of an example, and how many others it has."""
    told = [f"{name}={example.cells[name]}" for name in example.remarkable]
    others = len(example.cells) - len(told)
    if others:
        told.append(f"and {others} unremarkable cell{'' if others == 1 else 's'}")
    return " ".join(told)


def pairs(finding: Finding) -> Iterator[tuple[str, str]]:
    """Yield what is told of a finding besides its claim: a word, and what it is."""
    about = {what: ", ".join(names) for what, names in finding.about.items() if names}
    if "therapies" in about:
        yield "therapies", about["therapies"]
    among = f" of {finding.among}" if finding.among else ""
    yield "share", shares(finding.shares) + among
    if finding.left_without is not None:
        left = next(words for kind, words in _LEFT.items() if finding.id.startswith(kind))
        yield left, shares(finding.left_without)
    if finding.patients is not None:
        yield "patients of the table", str(finding.patients)
    yield from ((word, text) for word, text in finding.notes.items() if text)
    for example in finding.examples:
        yield f"example {example.id}", cells(example)


def markdown(sections: Iterable[Section]) -> str:
    """Return findings as Markdown; several kinds each have a heading."""
    shown = list(sections)
    lines = (line for section in shown for line in _section(section, len(shown) > 1))
    return "\n".join(lines) + "\n"


def _section(section: Section, headed: bool) -> Iterator[str]:
    if headed:
        yield f"### {section.title}\n"
    if not section.findings:
        yield "None found.\n"
    for finding in section.findings:
        yield f"- **{finding.id}**: {_escaped(finding.claim)}."
        for word, text in pairs(finding):
            code = word.startswith("example")
            yield f"  - {word}: {f'`{text}`' if code else _escaped(text)}"
    if section.open:
        yield f"\nReadings without a clear alternative: {_escaped(', '.join(section.open))}."


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")

"""Contradictions: a fact that both speaks for a therapy and rules it out.

1. A fact is a variable within some bands. It does both in a record where an indication (or a
   recommendation of the therapy) and an absolute contraindication are met, and neither would be
   with another band of that variable that the rest of the record allows.
2. An indication contradicts its row if no record meets it without an absolute contraindication.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg.audit.findings import Finding, Rows, rows
from kg.audit.space import Space


def contradictions(space: Space) -> Iterator[Finding]:
    """Yield the contradictions; therapies that share one stand together."""
    found: dict[str, tuple[int, dict[str, tuple[str, ...]], list[str]]] = {}
    for row in rows(space).values():
        for claim, root, about in (*_facts(space, row), *_never_open(space, row)):
            found.setdefault(claim, (root, about, []))[2].append(row.therapy.id)
    for number, (claim, (root, about, therapies)) in enumerate(found.items(), start=1):
        yield Finding(
            id=f"contradictions-{number}",
            claim=claim,
            about=about | {"therapies": tuple(therapies)},
            root=root,
            shares=space.shares(root),
            examples=space.examples(f"contradictions-{number}", root),
        )


_Found = tuple[str, int, dict[str, tuple[str, ...]]]


def _facts(space: Space, row: Rows) -> Iterator[_Found]:
    """Yield where one variable decides what speaks for a therapy and what rules it out."""
    recommendations = space.guideline.recommendations.values()
    praise = tuple(r.id for r in recommendations if row.therapy.id in r.concerns)
    for name, good in row.criteria(row.therapy.indications + praise).items():
        for other, bad in row.criteria(row.therapy.absolute).items():
            for variable in _shared(space, good, bad):
                root = by_itself(space, variable, good, bad)
                if space.possible(root):
                    about = {"variables": (variable,), "classes": (name, other)}
                    yield f"The same value of {variable} meets {name} and {other}", root, about


def _shared(space: Space, *roots: int) -> list[str]:
    """Return the variables that all of some properties ask for."""
    asked = [{space.diagrams.levels[node] for node in space.diagrams.below([r])} for r in roots]
    return [space.diagrams.order[level] for level in sorted(set.intersection(*asked))]


def by_itself(space: Space, variable: str, *roots: int) -> int:
    """Return where several properties hold, and none would with another band of a variable."""
    count = space.guideline.variables[variable].band_count
    without = [space.coherent, *(space.no(root) for root in roots)]
    neither = space.either(
        *(
            space.both(*(space.given(root, variable, band) for root in without))
            for band in range(count)
        )
    )
    return space.both(*roots, neither)


def _never_open(space: Space, row: Rows) -> Iterator[_Found]:
    """Yield the indications that are met only where the therapy is contraindicated."""
    for name, root in row.criteria(row.therapy.indications).items():
        if not space.possible(root, row.open):
            claim = f"{name} is never met without an absolute contraindication"
            yield claim, root, {"classes": (name,)}

"""Gaps, contradictions, and recommendations of what is ruled out.

1. A gap is a patient for whom no therapy is indicated, or every one is ruled out or not indicated.
2. A fact is a variable within some bands. It contradicts itself in a record where an indication (or
   a recommendation of the therapy) and an absolute contraindication are met, and neither would be
   with another band of that variable that the rest of the record allows.
3. An indication contradicts its row if no record meets it without an absolute contraindication.
4. A recommendation may be met although a therapy that it concerns is contraindicated.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg.audit.space import Finding, Rows, Space, rows
from kg.reasoning.diagram import FALSE

_EXAMPLES = 3


def gaps(space: Space) -> Iterator[Finding]:
    """Yield how many patients the guideline leaves without a therapy, and in which way."""
    every = rows(space).values()
    indicated = space.either(*(row.indicated for row in every))
    contraindicated = space.either(*(row.contraindicated for row in every))
    closed = space.no(space.either(*(row.open for row in every)))
    found = {
        "No therapy is indicated": space.no(indicated),
        "No therapy is indicated, though none is contraindicated": space.both(
            space.no(indicated), space.no(contraindicated)
        ),
        "Every therapy is contraindicated or not indicated": closed,
        "At least one therapy is indicated, but each such therapy is contraindicated": space.both(
            closed, indicated
        ),
    }
    for number, (claim, root) in enumerate(found.items(), start=1):
        yield Finding(
            id=f"gaps-{number}",
            claim=claim,
            about={},
            root=root,
            shares=space.shares(root),
            examples=space.examples(f"gaps-{number}", root, _EXAMPLES),
        )


def recommendations(space: Space) -> Iterator[Finding]:
    """Yield, for each recommendation, how often what it concerns is contraindicated.

    Shares are of the patients to whom the recommendation applies. Where none of the therapies
    that it concerns is open (`left_without`), it is muted wherever it is shown.
    """
    every = rows(space)
    for each in space.guideline.recommendations.values():
        met = space.logic.roots[each.id]
        concerned = [every[name] for name in each.concerns if name in every]
        some = space.both(met, space.either(*(row.contraindicated for row in concerned)))
        none = space.both(met, space.no(space.either(*(row.open for row in concerned))))
        if concerned and space.both(some, space.coherent) != FALSE:
            worst = space.both(some, *(row.contraindicated for row in concerned))
            yield Finding(
                id=f"recommendations-{each.id}",
                claim=f"{each.id} is met, and a therapy that it concerns is contraindicated",
                about={
                    "recommendations": (each.id,),
                    "therapies": tuple(row.therapy.id for row in concerned),
                },
                root=some,
                shares=space.shares(some, met),
                left_without=space.shares(none, met),
                among=f"patients who meet {each.id}",
                examples=space.examples(
                    f"recommendations-{each.id}", worst if space.possible(worst) else some
                ),
            )


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

"""Gaps, contradictions, idle criteria, and recommendations of what is ruled out.

1. A gap is a patient for whom no therapy is indicated, or every one is ruled out or not indicated.
2. A fact is a variable within some bands. It contradicts itself in a record where an indication (or
   a recommendation of the therapy) and an absolute contraindication are met, and neither would be
   with another band of that variable that the rest of the record allows.
3. An indication contradicts its row if no record meets it without an absolute contraindication.
4. A recommendation may be met although a therapy that it concerns is contraindicated.

An idle criterion can never decide anything, because another always does first. It is judged in
each row, over all coherent records, by implication between diagrams, and beside all others: of two
that say the same both are idle, and one of them could go, not both.
1. An indication is idle where, with the preconditions, another indication is always met; a
   precondition where it fails only patients who lack an indication or are ruled out anyway.
2. An absolute contraindication is idle where another is always met with it. Where not, but the
   therapy is then never indicated, it turns "not indicated" into "contraindicated" at most.
3. A relative contraindication is idle where it is never met in an eligible patient, and never
   alone where another one always holds with it there. Where every eligible patient of a row is
   cautioned, that is said of the row, and not of each caution.
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
    none, each = space.no(indicated), space.both(closed, indicated)
    found = {
        "No therapy is indicated": none,
        "No therapy is indicated, though none is contraindicated": space.both(
            none, space.no(contraindicated)
        ),
        "Every therapy is contraindicated or not indicated": closed,
        "At least one therapy is indicated, but each such therapy is contraindicated": each,
    }
    for number, (claim, root) in enumerate(found.items(), start=1):
        yield space.finding(f"gaps-{number}", claim, root, {}, count=_EXAMPLES)


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
        for claim, root, about in _contradicting(space, row):
            found.setdefault(claim, (root, about, []))[2].append(row.therapy.id)
    for number, (claim, (root, about, therapies)) in enumerate(found.items(), start=1):
        about |= {"therapies": tuple(therapies)}
        yield space.finding(f"contradictions-{number}", claim, root, about)


def _contradicting(
    space: Space, row: Rows
) -> Iterator[tuple[str, int, dict[str, tuple[str, ...]]]]:
    """Yield where one variable decides what speaks for a therapy and what rules it out.

    Then the indications that are met only where the therapy is contraindicated.
    """
    recommendations = space.guideline.recommendations.values()
    praise = tuple(r.id for r in recommendations if row.therapy.id in r.concerns)
    for name, good in row.criteria(row.therapy.indications + praise).items():
        for other, bad in row.criteria(row.therapy.absolute).items():
            for variable in _shared(space, good, bad):
                root = by_itself(space, variable, good, bad)
                if space.possible(root):
                    about = {"variables": (variable,), "classes": (name, other)}
                    yield f"The same value of {variable} meets {name} and {other}", root, about
    for name, root in row.criteria(row.therapy.indications).items():
        if not space.possible(root, row.open):
            claim = f"{name} is never met without an absolute contraindication"
            yield claim, root, {"classes": (name,)}


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


def idle(space: Space) -> Iterator[Finding]:
    """Yield the idle criteria; therapies in whose rows one is idle alike stand together."""
    found: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for row in rows(space).values():
        for criterion, why, shadow in _idle(space, row):
            found.setdefault((criterion, why), (shadow, []))[1].append(row.therapy.id)
    places = {name: i for i, name in enumerate(space.guideline.criteria)}
    ordered = sorted(found.items(), key=lambda item: places.get(item[0][0], len(places)))
    for number, ((criterion, why), (shadow, therapies)) in enumerate(ordered, start=1):
        having = [t.id for t in space.guideline.therapies.values() if criterion in t.criteria]
        subject = (criterion,) if criterion else ()
        told = {"concerns": f"{len(therapies)} of the {len(having)} therapies that have it"}
        about = {"criteria": subject, "therapies": tuple(therapies)}
        claim, notes = " ".join((*subject, why)), told if having else {}
        yield space.finding(f"idle-{number}", claim, shadow, about, notes=notes)


def _idle(space: Space, row: Rows) -> Iterator[tuple[str, str, int]]:
    """Yield a criterion, none where the row is meant; why; and where it is met, and idle.

    Of a precondition, where it fails.
    """
    therapy = row.therapy
    needed = row.criteria(therapy.preconditions)
    ready = space.both(*needed.values())
    for name, root in row.criteria(therapy.indications).items():
        others = _others(space, row, therapy.indications, name)
        if not space.possible(root, ready, space.no(others)):
            why = "never decides: another indication is always met with it"
            yield name, why, root
    indications = space.either(*row.criteria(therapy.indications).values())
    for name, root in needed.items():
        rest = space.both(indications, *(r for n, r in needed.items() if n != name))
        if not space.possible(rest, space.no(root), space.no(row.contraindicated)):
            why = (
                "never decides: every patient who fails it is ruled out "
                "or lacks an indication anyway"
            )
            yield name, why, space.both(rest, space.no(root))
    for name, root in row.criteria(therapy.absolute).items():
        alone = space.both(root, space.no(_others(space, row, therapy.absolute, name)))
        if not space.possible(alone):
            why = "never decides: another absolute contraindication is always met with it"
            yield name, why, root
        elif not space.possible(alone, row.indicated):
            why = (
                "never takes a therapy away: where it alone rules out, the therapy is not indicated"
            )
            yield name, why, alone
    always = not space.possible(row.open, space.no(row.cautioned))
    if always:
        why = "no patient is eligible without a caution, whatever the record says"
        yield "", why, row.open
    for name, root in row.criteria(therapy.relative).items():
        others = _others(space, row, therapy.relative, name)
        if not space.possible(root, row.open):
            why = "never shows: every patient who meets it is ruled out or lacks an indication"
            yield name, why, root
        elif not always and not space.possible(root, row.open, space.no(others)):
            why = "never cautions alone: in eligible patients another caution is always met with it"
            yield name, why, space.both(root, row.open)


def _others(space: Space, row: Rows, names: tuple[str, ...], left_out: str) -> int:
    """Return where one of some criteria is met, one of them left out."""
    return space.either(*(r for n, r in row.criteria(names).items() if n != left_out))

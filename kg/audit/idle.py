"""Idle criteria: those that can never decide anything, because another always does first.

Judged in each row, over all coherent records, by implication between diagrams:
1. An indication is idle where, with the preconditions, another indication is always met; a
   precondition where it fails only patients who lack an indication or are ruled out anyway.
2. An absolute contraindication is idle where another is always met with it. Where not, but the
   therapy is then never indicated, it turns "not indicated" into "contraindicated" at most.
3. A relative contraindication is idle where it is never met in an eligible patient, and never
   alone where another one always holds with it there. Where every eligible patient of a row is
   cautioned, that is said of the row, and not of each caution.
Each criterion is judged beside all others: of two that say the same both are idle, and one
of them could go, not both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kg.audit.space import Finding, Rows, Space, rows

_NEVER_DECIDES = "never decides: another indication is always met with it"
_NEVER_FAILS = (
    "never decides: every patient who fails it is ruled out or lacks an indication anyway"
)
_NEVER_ALONE = "never decides: another absolute contraindication is always met with it"
_NEVER_INDICATED = (
    "never takes a therapy away: where it alone rules out, the therapy is not indicated"
)
_NEVER_SEEN = "never shows: every patient who meets it is ruled out or lacks an indication"
_NEVER_FIRST = "never cautions alone: in eligible patients another caution is always met with it"

_NEVER_PLAIN = "no patient is eligible without a caution, whatever the record says"


@dataclass(frozen=True)
class _Idle:
    criterion: str  # empty where the row itself is meant
    why: str
    shadow: int  # where it is met (a precondition: fails), and changes nothing


def idle(space: Space) -> Iterator[Finding]:
    """Yield the idle criteria; therapies in whose rows one is idle alike stand together."""
    found: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for row in rows(space).values():
        for each in _idle(space, row):
            key = each.criterion, each.why
            found.setdefault(key, (each.shadow, []))[1].append(row.therapy.id)
    places = {name: i for i, name in enumerate(space.guideline.criteria)}
    ordered = sorted(found.items(), key=lambda item: places.get(item[0][0], len(places)))
    for number, ((criterion, why), (shadow, therapies)) in enumerate(ordered, start=1):
        having = [t.id for t in space.guideline.therapies.values() if criterion in t.criteria]
        subject = (criterion,) if criterion else ()
        yield Finding(
            id=f"idle-{number}",
            claim=" ".join((*subject, why)),
            about={"criteria": subject, "therapies": tuple(therapies)},
            root=shadow,
            shares=space.shares(shadow),
            examples=space.examples(f"idle-{number}", shadow),
            notes={"concerns": f"{len(therapies)} of the {len(having)} therapies that have it"}
            if having
            else {},
        )


def _idle(space: Space, row: Rows) -> Iterator[_Idle]:
    therapy = row.therapy
    needed = row.criteria(therapy.preconditions)
    ready = space.both(*needed.values())
    for name, root in row.criteria(therapy.indications).items():
        others = _others(space, row, therapy.indications, name)
        if not space.possible(root, ready, space.no(others)):
            yield _Idle(name, _NEVER_DECIDES, root)
    indications = space.either(*row.criteria(therapy.indications).values())
    for name, root in needed.items():
        rest = space.both(indications, *(r for n, r in needed.items() if n != name))
        if not space.possible(rest, space.no(root), space.no(row.contraindicated)):
            yield _Idle(name, _NEVER_FAILS, space.both(rest, space.no(root)))
    for name, root in row.criteria(therapy.absolute).items():
        alone = space.both(root, space.no(_others(space, row, therapy.absolute, name)))
        if not space.possible(alone):
            yield _Idle(name, _NEVER_ALONE, root)
        elif not space.possible(alone, row.indicated):
            yield _Idle(name, _NEVER_INDICATED, alone)
    always = not space.possible(row.open, space.no(row.cautioned))
    if always:
        yield _Idle("", _NEVER_PLAIN, row.open)
    for name, root in row.criteria(therapy.relative).items():
        others = _others(space, row, therapy.relative, name)
        if not space.possible(root, row.open):
            yield _Idle(name, _NEVER_SEEN, root)
        elif not always and not space.possible(root, row.open, space.no(others)):
            yield _Idle(name, _NEVER_FIRST, space.both(root, row.open))


def _others(space: Space, row: Rows, names: tuple[str, ...], left_out: str) -> int:
    """Return where one of some criteria is met, one of them left out."""
    return space.either(*(r for n, r in row.criteria(names).items() if n != left_out))

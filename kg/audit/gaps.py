"""Gaps: patients for whom no therapy is indicated, or every one is ruled out or not indicated."""

from __future__ import annotations

from collections.abc import Iterator

from kg.audit.findings import Finding, rows
from kg.audit.space import Space

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

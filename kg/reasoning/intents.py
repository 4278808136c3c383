"""With which intent a therapy is indicated: for cure, for palliation, or either is possible.

The ontology gives indications an intent (`hcc:intent`); one without has that of the indications
that its formula refers to. In a completion of a record

1. an indication of curative intent stands for cure where it holds, and where no contraindication
   of curative intent does that the row of a therapy with this indication names (local ablation
   of a small tumour is no cure where there are metastases);
2. a therapy is indicated for cure where one of its indications stands for cure, and for
   palliation where none does, one that has an intent holds, and none without.

That is a diagram with a leaf for each answer, so the intent of a record is exact: `open` says
that completions differ. It is asked only where a therapy is eligible: there an indication holds in
every completion.
"""

from __future__ import annotations

from collections.abc import Iterator

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import Ref, references
from kg.reasoning.diagram import FALSE, Diagrams

CURATIVE, PALLIATIVE, OPEN = "curative", "palliative", "open"
INTENTS = (None, CURATIVE, PALLIATIVE, OPEN)  # by their number in a result frame


def intent_of(answers: int) -> str | None:
    """Return the intent that a set of possible leaves comes to, one bit a leaf."""
    return {1: None, 2: CURATIVE, 4: PALLIATIVE}.get(answers, OPEN)


def intent_diagram(guideline: Guideline, diagrams: Diagrams, therapy: Therapy) -> int:
    """Return the diagram of a therapy's intent: leaf 0 none, 1 curative, 2 palliative."""
    cures, others, without = FALSE, FALSE, FALSE
    for parts, intent, source in _intended(guideline, therapy):
        holds = diagrams.all(diagrams.of(Ref(name)) for name in parts)
        if intent is None:
            without = diagrams.any([without, holds])
            continue
        others = diagrams.any([others, holds])
        if intent == CURATIVE:
            against = diagrams.any(diagrams.of(Ref(n)) for n in _ruling_out_cure(guideline, source))
            cures = diagrams.any([cures, diagrams.combine((holds, against), _without)])
    return diagrams.combine((cures, others, without), _leaf)


def _intended(
    guideline: Guideline, therapy: Therapy
) -> Iterator[tuple[tuple[str, ...], str | None, str]]:
    """Yield what has to hold for an indication with an intent, the intent, and whose it is."""
    for name in therapy.indications:
        own = guideline.criteria[name].intent
        if own is not None:
            yield (name,), own, name
            continue
        named = [n for n in references(guideline.formulas[name]) if n in guideline.criteria]
        intended = [n for n in dict.fromkeys(named) if guideline.criteria[n].intent]
        for other in intended:
            yield (name, other), guideline.criteria[other].intent, other
        if not intended:
            yield (name,), None, name


def _ruling_out_cure(guideline: Guideline, indication: str) -> set[str]:
    """Return the contraindications of curative intent in rows with an indication."""
    return {
        name
        for therapy in guideline.therapies.values()
        if indication in therapy.indications
        for name in therapy.absolute
        if guideline.criteria[name].intent == CURATIVE
    }


def _without(holds: int, against: int) -> int:
    return holds & (1 - against)


def _leaf(cure: int, other: int, without: int) -> int:
    return 1 if cure else 2 * (other & (1 - without))

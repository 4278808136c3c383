"""States of classes that one completion of a record has together.

A completion in which a class has a state shows that the opposite is not entailed; one that gives
many classes a state each shows it of all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kg.guideline.values import Knowledge
from kg.reasoning.diagram import FALSE, TRUE, Evaluation
from kg.reasoning.logic import Logic
from kg.reasoning.verdicts import MET


def together(
    logic: Logic, known: Mapping[str, Knowledge], states: Sequence[tuple[str, str]], most: int
) -> Iterator[list[tuple[str, str]]]:
    """Yield states, each the name of a class and met or excluded, in groups of `most` at most.

    Some completion of what is known has all states of a group. Each state must be possible by
    itself.
    """
    left = list(states)
    while left:
        evaluation = logic.evaluation(known)
        group, others = list[tuple[str, str]](), list[tuple[str, str]]()
        for name, state in left:
            leaf = TRUE if state == MET else FALSE
            root = logic.root(name)
            if len(group) < most and evaluation.possible(root) >> leaf & 1:
                group.append((name, state))
                evaluation = _narrowed(evaluation, root, leaf)
            else:
                others.append((name, state))
        yield group
        left = others


def _narrowed(evaluation: Evaluation, root: int, leaf: int) -> Evaluation:
    """Return the evaluation with the bands alone that lead from a root to a leaf on one way."""
    diagrams, masks, node = evaluation.diagrams, [*evaluation.masks], root
    while node >= diagrams.LEAVES:
        level = diagrams.levels[node]
        ways = ((masks[level] & edge, child) for edge, child in diagrams.edges[node])
        masks[level], node = next(
            (mask, child) for mask, child in ways if mask and evaluation.possible(child) >> leaf & 1
        )
    return Evaluation(diagrams, masks)

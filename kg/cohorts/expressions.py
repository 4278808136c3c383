"""What rules therapies out and what blocks verdicts, as expressions over result frames.

The frames are those of `kg.reasoning.results`, after `open_sets`. The cohort report counts the
rows where an expression holds; a cohort that is held open selects them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import polars as pl

from kg.guideline import Guideline, Therapy
from kg.reasoning.intents import INTENTS, PALLIATIVE
from kg.reasoning.logic import logic_of
from kg.reasoning.results import CODE, INTENT_, MISSING_, STATE_, VERDICT_
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    EXCLUDED,
    MET,
    NOT_INDICATED,
    UNDETERMINED,
    VERDICTS,
)


def open_sets(guideline: Guideline, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a result frame whose sets of missing variables are empty for settled verdicts."""
    return frame.with_columns(
        pl.when(pl.col(VERDICT_ + name) == VERDICTS.index(UNDETERMINED))
        .then(pl.col(MISSING_ + name))
        .otherwise(pl.lit(0, pl.UInt64))
        .alias(MISSING_ + name)
        for name in guideline.therapies
    )


def total(flags: Iterable[pl.Expr]) -> pl.Expr:
    """Return how many flags are set in each row; small numbers only."""
    return pl.sum_horizontal(pl.lit(0, pl.UInt16), *(flag.cast(pl.UInt16) for flag in flags))


def reasons(therapy: Therapy) -> Iterator[tuple[str, tuple[str, ...], pl.Expr, pl.Expr]]:
    """Yield what rules a therapy out: the verdict, the criteria, where they do, and where alone.

    No criteria stand for those that do it only together.
    """
    met: dict[tuple[str, ...], pl.Expr] = {
        (name,): pl.col(STATE_ + name) == CODE[MET] for name in therapy.absolute
    }
    failed: dict[tuple[str, ...], pl.Expr] = {
        (name,): pl.col(STATE_ + name) == CODE[EXCLUDED] for name in therapy.preconditions
    }
    failed[therapy.indications] = pl.all_horizontal(
        pl.col(STATE_ + name) == CODE[EXCLUDED] for name in therapy.indications
    )
    for word, flags in ((CONTRAINDICATED, met), (NOT_INDICATED, failed)):
        ruled_out = pl.col(VERDICT_ + therapy.id) == VERDICTS.index(word)
        number = total(flags.values())
        for names, flag in flags.items():
            yield word, names, ruled_out & flag, ruled_out & flag & (number == 1)
        yield word, (), ruled_out & (number == 0), ruled_out & (number == 0)


def palliative(therapy: Therapy, verdict: str) -> pl.Expr:
    """Return where a therapy has an eligible verdict that rests on palliative indications only."""
    intended = pl.col(INTENT_ + therapy.id) == INTENTS.index(PALLIATIVE)
    return intended & (pl.col(VERDICT_ + therapy.id) == VERDICTS.index(verdict))


@lru_cache(maxsize=4)
def blocking(guideline: Guideline) -> tuple[str, ...]:
    """Return the variables on which some verdict depends, sorted."""
    logic = logic_of(guideline)
    return tuple(
        sorted({v for t in guideline.therapies.values() for v in logic.answer_variables(t)})
    )


def undetermined(guideline: Guideline) -> pl.Expr:
    """Return how many verdicts miss something."""
    return total(pl.col(MISSING_ + name) != 0 for name in guideline.therapies)


def blocked(guideline: Guideline, variable: str) -> pl.Expr:
    """Return how many verdicts a variable blocks: those that miss it."""
    return total((missing & bit) != 0 for missing, bit in _sets(guideline, variable))


def settled(guideline: Guideline, variable: str) -> pl.Expr:
    """Return how many verdicts a variable would settle: those that miss nothing else."""
    return total(missing == bit for missing, bit in _sets(guideline, variable))


def _sets(guideline: Guideline, variable: str) -> Iterator[tuple[pl.Expr, pl.Expr]]:
    """Yield the set of missing variables of each therapy that a variable may block, and its bit."""
    for therapy in guideline.therapies.values():
        names = logic_of(guideline).answer_variables(therapy)
        if variable in names:
            yield pl.col(MISSING_ + therapy.id), pl.lit(1 << names.index(variable), pl.UInt64)

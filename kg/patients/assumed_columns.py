"""Assumptions over whole columns, as `kg.patients.assumptions` makes them for one record."""

from __future__ import annotations

import polars as pl

from kg.guideline import Guideline
from kg.guideline.values import Knowledge
from kg.patients.assumptions import Assumptions
from kg.patients.column_records import pinned
from kg.patients.tables import PINNED, RECORDED, Batch, RowReader


def assumed_columns(
    table: RowReader, batch: Batch, known: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return masks completed by the assumptions, and where each was made, a flag a variable.

    `known` are the masks after derivation. Rows with lesions, and assumptions that bear on how
    numbers add up, are judged record by record: there masks do not say all.
    """
    guideline, assumptions = table.guideline, table.assumptions
    if assumptions is None:
        return known, pl.DataFrame()
    whole = _adds_up(guideline, assumptions)
    places = pl.int_range(len(known), eager=True) if whole else batch.with_lesions
    flags = batch.knowledge.select(pl.col(f"^({RECORDED}|{PINNED}).*$"))
    made = known.hstack(flags).select(
        _made(guideline, name, says).alias(name) for name, says in assumptions.known.items()
    )
    if len(places):
        assumed = [record.assumed for record in table.records(batch.at(places))]
        made = made.with_columns(
            made[name].scatter(
                places, pl.Series([name in each for each in assumed], dtype=pl.Boolean)
            )
            for name in made.columns
        )
    filled = [
        pl.when(made[name])
        .then(pl.lit(says.mask, known[name].dtype))
        .otherwise(pl.col(name))
        .alias(name)
        for name, says in assumptions.known.items()
    ]
    return known.with_columns(filled), made


def _adds_up(guideline: Guideline, assumptions: Assumptions) -> bool:
    """Return whether something assumed belongs to a score or a sum."""
    return any(
        name in rule.variables
        for rule in guideline.derivations
        if rule.score is not None or rule.sum is not None
        for name in assumptions.known
    )


def _made(guideline: Guideline, name: str, says: Knowledge) -> pl.Expr:
    """Return where an assumption is made: nothing recorded, nothing derived, no conflict."""
    everything = guideline.variables[name].everything
    silent = ~pl.col(RECORDED + name) & (pl.col(name) == everything)
    against = [pl.lit(False)]
    for rule in guideline.conflict_rules:
        own = dict(rule.parts).get(name)
        if own is not None and says.pinned and says.mask & ~own == 0:
            others = [
                pinned(guideline, n) & (pl.col(n) & mask != 0)
                for n, mask in rule.parts
                if n != name
            ]
            against.append(pl.all_horizontal(others))
    against += [
        pl.col(narrowing.target) & narrowing.then == 0
        for rule in guideline.derivations
        for narrowing in rule.narrowings
        if narrowing.source == name and says.mask & ~narrowing.when == 0
    ]
    return silent & ~pl.any_horizontal(against)

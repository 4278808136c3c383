"""Records as columns: derivations, conflicts and assumptions, as of one record, for many rows.

The rules are those of the ontology, judged on masks of bands. Rows with lesions, where
numbers themselves decide and not their bands, are derived one by one by `kg.patients.records`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_

import polars as pl

from kg.guideline import ConflictRule, Derivation, Guideline, Score
from kg.guideline.rules import Narrowing, Sum, value_totals
from kg.guideline.values import Knowledge
from kg.keys import ID, ROW
from kg.patients.cells import parse_cell
from kg.patients.columns import as_text, mask_type
from kg.patients.records import Conflict, sum_of
from kg.patients.tables import PINNED, RECORDED, Batch, RowReader

CONFLICTS = "conflicts"
RULE, SCORED = "rule:", "scored:"
SUMMED, SUMMED_CLASH = "summed", "summed:clash"
_CLASH = 1 << 31


def conflicts_json(conflicts: Iterable[Conflict]) -> str:
    """Return conflicts as the JSON text of their list."""
    told = [{"variables": list(c.variables), "message": c.message} for c in conflicts]
    return json.dumps(told, ensure_ascii=False)


def derived_columns(table: RowReader, batch: Batch) -> pl.DataFrame:
    """Return the masks of all variables after derivation, and the column of conflicts."""
    guideline = table.guideline
    given, names = batch.knowledge, [name for name in guideline.variables if name != ID]
    narrowed: dict[str, pl.Expr] = {}
    clashes: dict[str, pl.Expr] = {}
    for rule in guideline.derivations:
        if rule.score is not None:
            given = given.with_columns(_totals(rule.score, given).alias(SCORED + rule.id))
            narrowed |= _scored(rule.score, pl.col(SCORED + rule.id))
            clashes[rule.id] = pl.col(SCORED + rule.id) & _CLASH != 0
        elif rule.sum is not None:
            given = given.with_columns(_summed(table, batch, rule.sum))
            narrowed[rule.sum.target] = pl.col(SUMMED)
            clashes[rule.id] = pl.col(SUMMED_CLASH)
        elif not rule.from_lesions:
            clash = []
            for narrowing in rule.narrowings:
                before = narrowed.get(narrowing.target, pl.col(narrowing.target))
                allowed = _allowed(guideline, narrowing)
                clash.append(before & allowed == 0)
                narrowed[narrowing.target] = _narrowed(before, allowed)
            clashes[rule.id] = pl.any_horizontal(clash)
    columns = [
        narrowed.get(name, pl.col(name)).cast(given[name].dtype).alias(name) for name in names
    ]
    flags = pl.col(f"^({RECORDED}|{PINNED}).*$")
    frame = given.select(*columns, flags, *(c.alias(RULE + name) for name, c in clashes.items()))
    frame = frame.with_columns(
        _meets(guideline, check.parts).alias(RULE + check.id) for check in guideline.conflict_rules
    )
    frame = frame.select(*names, _conflicts(guideline, frame).alias(CONFLICTS))
    return _with_lesions(table, batch, frame) if batch.lesions else frame


@lru_cache(1_000)
def _allowed(guideline: Guideline, narrowing: Narrowing) -> pl.Expr:
    """Return the mask that a narrowing allows of its target: all of it where it is not set off."""
    source, target = (guideline.variables[n] for n in (narrowing.source, narrowing.target))
    others = pl.lit(source.everything & ~narrowing.when, mask_type(source))
    then, every = (pl.lit(m, mask_type(target)) for m in (narrowing.then, target.everything))
    return pl.when(pl.col(source.name) & others == 0).then(then).otherwise(every)


def _narrowed(before: pl.Expr, allowed: pl.Expr) -> pl.Expr:
    """Return what two sources have in common; where that is nothing, both stay possible."""
    return pl.when(before & allowed == 0).then(before | allowed).otherwise(before & allowed)


def _totals(score: Score, given: pl.DataFrame) -> pl.Series:
    """Return the totals that are possible, as bits; see `kg.guideline.rules`.

    Bit t says that a total of t is possible, the bit of `_CLASH` that the sources clash.
    """
    components = pl.repeat(1, len(given), dtype=pl.UInt32, eager=True).alias(SCORED)
    for component in score.components:
        parts = [
            (pl.col(component) & band != 0).cast(pl.UInt32) * (pl.col(SCORED) * (1 << points))
            for name, band, points in score.points
            if name == component
        ]
        step = pl.DataFrame([given[component], components])
        components = step.select(_any(parts).alias(SCORED)).to_series()
    value = [
        (pl.col(score.target) & mask != 0).cast(pl.UInt32) * value_totals(score, mask)
        for mask, _, _ in score.totals
    ]
    total = [
        (pl.col(score.total) & band != 0).cast(pl.UInt32) * (1 << number)
        for band, number in score.bands
    ]
    sources = (_any(value), _any(total), pl.col(SCORED))
    saying = [pl.when(s == score.everything).then(0).otherwise(s) for s in sources]
    common = sources[0] & sources[1] & sources[2]
    left = pl.when(common == 0).then(_any(saying) | _CLASH).otherwise(common)
    frame = pl.DataFrame([given[score.target], given[score.total], components])
    return frame.select(left.cast(pl.UInt32).alias(SCORED)).to_series()


def _scored(score: Score, totals: pl.Expr) -> dict[str, pl.Expr]:
    """Return the masks of value and total that some totals leave."""
    values = [
        (totals & value_totals(score, mask) != 0).cast(pl.UInt64) * mask
        for mask, _, _ in score.totals
    ]
    bands = [(totals & (1 << number) != 0).cast(pl.UInt64) * band for band, number in score.bands]
    return {score.target: _any(values), score.total: _any(bands)}


def _any(parts: Sequence[pl.Expr]) -> pl.Expr:
    return reduce(or_, parts)


def _summed(table: RowReader, batch: Batch, rule: Sum) -> list[pl.Series]:
    """Return the mask of a sum after its derivation, and whether its sources clash.

    Bands do not tell how numbers add up: the distinct triples of cells are read one by one.
    """
    variables, before = table.guideline.variables, batch.knowledge[rule.target]
    target, clear = variables[rule.target], pl.repeat(False, len(before), eager=True)
    every = (rule.count, rule.largest, rule.target)
    names = [name for name in every if name in table.variables]
    told = rule.target in table.variables or target.band_count > 1
    if not told or not {rule.count, rule.largest} <= set(names):
        return [before.alias(SUMMED), clear.alias(SUMMED_CLASH)]
    cells = pl.DataFrame([as_text(batch.cells[name]).alias(name) for name in names])
    masks, clashes = {}, {}
    for row in cells.unique().iter_rows(named=True):
        known = {n: parse_cell(variables[n], row.get(n)) or variables[n].unknown for n in every}
        source = sum_of(target, known[rule.count], known[rule.largest])
        common = target.narrowed(known[rule.target], source) if source else known[rule.target]
        key = tuple(row.values())
        clashes[key] = common is None
        if source and common is None:
            common = target.united(known[rule.target], source)
        masks[key] = common.mask if common else target.everything
    keys = list(cells.iter_rows())
    return [
        pl.Series(SUMMED, [masks[key] for key in keys], dtype=before.dtype),
        pl.Series(SUMMED_CLASH, [clashes[key] for key in keys], dtype=pl.Boolean),
    ]


def _meets(guideline: Guideline, parts: Iterable[tuple[str, int]]) -> pl.Expr:
    """Return where one value is left of each of some variables, and lies within its mask."""
    found = []
    for name, mask in parts:
        is_number = guideline.variables[name].is_number
        one = pl.col(PINNED + name) if is_number else pl.col(name).bitwise_count_ones() == 1
        found.append(one & (pl.col(name) & mask != 0))
    return pl.all_horizontal(found)


def _conflicts(guideline: Guideline, frame: pl.DataFrame) -> pl.Series:
    """Return the JSON text of the conflicts of each row, as `conflicts_json` writes it."""
    every: list[Derivation | ConflictRule] = [*guideline.derivations, *guideline.conflict_rules]
    rules = [rule for rule in every if RULE + rule.id in frame.columns]
    rules.sort(key=lambda rule: rule.position)
    told = pl.concat_str(map(_told, rules), separator=", ", ignore_nulls=True)
    found = (
        frame.lazy()  # so that only the columns that are told are filtered
        .with_row_index(ROW)
        .filter(pl.any_horizontal(RULE + rule.id for rule in rules))
        .select(ROW, ("[" + told + "]").alias(CONFLICTS))
        .collect()
    )
    none = pl.repeat("[]", len(frame), dtype=pl.String, eager=True)
    return none.scatter(found[ROW], found[CONFLICTS])


@lru_cache(1_000)
def _told(rule: Derivation | ConflictRule) -> pl.Expr:
    """Return the JSON text of a conflict with those of its variables that are recorded."""
    names = (pl.when(RECORDED + n).then(pl.lit(json.dumps(n))) for n in rule.variables)
    listed = pl.concat_str(names, separator=", ", ignore_nulls=True)
    message = json.dumps(rule.message, ensure_ascii=False)
    return pl.when(RULE + rule.id).then(
        pl.lit('{"variables": [') + listed + f'], "message": {message}}}'
    )


def _with_lesions(table: RowReader, batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    """Replace the rows of patients with lesions by what their records say, one by one."""
    places = batch.with_lesions
    if not len(places):
        return frame
    records = list(table.records_as_given(batch.at(places)))
    columns: dict[str, list[object]] = {
        name: [record.known[name].mask for record in records]
        for name in frame.columns
        if name != CONFLICTS
    }
    columns[CONFLICTS] = [conflicts_json(record.conflicts) for record in records]
    return _scattered(frame, places, columns)


def _scattered(
    frame: pl.DataFrame, places: pl.Series, columns: Mapping[str, Sequence[object]]
) -> pl.DataFrame:
    return frame.with_columns(
        frame[name].scatter(places, pl.Series(values, dtype=frame[name].dtype))
        for name, values in columns.items()
    )


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
    adding = [rule for rule in guideline.derivations if rule.score or rule.sum]
    whole = any(name in rule.variables for rule in adding for name in assumptions.known)
    places = pl.int_range(len(known), eager=True) if whole else batch.with_lesions
    flags = batch.knowledge.select(pl.col(f"^({RECORDED}|{PINNED}).*$"))
    made = known.hstack(flags).select(
        _made(guideline, name, says).alias(name) for name, says in assumptions.known.items()
    )
    if len(places):
        assumed = [record.assumed for record in table.records(batch.at(places))]
        there = {name: [name in each for each in assumed] for name in made.columns}
        made = _scattered(made, places, there)
    says = {name: said.mask for name, said in assumptions.known.items()}
    return known.with_columns(known[n].set(made[n], mask) for n, mask in says.items()), made


def _made(guideline: Guideline, name: str, says: Knowledge) -> pl.Expr:
    """Return where an assumption is made: nothing recorded, nothing derived, no conflict."""
    everything = guideline.variables[name].everything
    silent = ~pl.col(RECORDED + name) & (pl.col(name) == everything)
    against = [pl.lit(False)]
    for rule in guideline.conflict_rules:
        own = dict(rule.parts).get(name)
        if own is not None and says.pinned and says.mask & ~own == 0:
            others = ((n, mask) for n, mask in rule.parts if n != name)
            against.append(_meets(guideline, others))
    against += [
        pl.col(narrowing.target) & narrowing.then == 0
        for rule in guideline.derivations
        for narrowing in rule.narrowings
        if narrowing.source == name and says.mask & ~narrowing.when == 0
    ]
    return silent & ~pl.any_horizontal(against)

"""Records as columns: the derivations and conflicts of `kg.records`, for many rows at once.

The rules are those of the ontology, judged on masks of bands. Rows with lesions, where
numbers themselves decide and not their bands, are derived one by one by `kg.records`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import reduce

import polars as pl

from kg.guideline import Derivation, Guideline, Score
from kg.records import Conflict, Record
from kg.tables import ID, PINNED, RECORDED, Batch, PatientTable

CONFLICTS = "conflicts"


def conflicts_json(conflicts: Iterable[Conflict]) -> str:
    """Return conflicts as the JSON text of their list."""
    told = [{"variables": list(c.variables), "message": c.message} for c in conflicts]
    return json.dumps(told, ensure_ascii=False)


def derived_columns(table: PatientTable, batch: Batch) -> pl.DataFrame:
    """Return the masks of all variables after derivation, and the column of conflicts."""
    guideline = table.guideline
    names = [name for name in guideline.variables if name != ID]
    known = {name: batch.knowledge[name] for name in names}
    found: dict[str, pl.Series] = {}
    for rule in guideline.derivations:
        if not rule.from_lesions:
            found[rule.id] = _apply(rule, batch.knowledge, known)
    for check in guideline.conflict_rules:
        found[check.id] = reduce(
            lambda a, b: a & b,
            [
                _pinned(guideline, name, batch, known[name]) & _within(known[name], mask)
                for name, mask in check.parts
            ],
        )
    frame = pl.DataFrame([series.alias(name) for name, series in known.items()])
    told = _conflicts(guideline, batch, found)
    frame = frame.with_columns(told.alias(CONFLICTS))
    return _with_lesions(table, batch, frame) if batch.lesions else frame


def _like(column: pl.Series, mask: int) -> pl.Series:
    """Return a mask as a column of one row of the same type, so that types agree."""
    return pl.Series([mask], dtype=column.dtype)


def _within(column: pl.Series, mask: int) -> pl.Series:
    """Return where no band outside a mask is possible."""
    return column & ~_like(column, mask) == 0


def _apply(rule: Derivation, given: pl.DataFrame, known: dict[str, pl.Series]) -> pl.Series:
    """Narrow the targets of a rule in place; return where it finds a conflict."""
    clash = pl.repeat(False, len(given), dtype=pl.Boolean, eager=True)
    sources: list[tuple[str, pl.Series]] = []
    if rule.score is not None:
        target = rule.score.target
        sources.append((target, _scored(rule.score, given, given[target].dtype)))
    for narrowing in rule.narrowings:
        source, before = given[narrowing.source], given[narrowing.target]
        sure = _within(source, narrowing.when)
        then = pl.select(
            pl.when(sure).then(_like(before, narrowing.then)).otherwise(before)
        ).to_series()
        sources.append((narrowing.target, then))
    for name, allowed in sources:
        before = known[name]
        common = before & allowed
        nothing = common == 0
        known[name] = pl.select(
            pl.when(nothing).then(before | allowed).otherwise(common)
        ).to_series()
        clash = clash | nothing
    return clash


def _scored(score: Score, given: pl.DataFrame, dtype: pl.DataType) -> pl.Series:
    """Return the mask of values that the totals of points allow; see `kg.records.scored`.

    Bit t of `totals` tells whether a total of t points is possible.
    """
    totals = pl.lit(1, pl.UInt64)
    for component in score.components:
        after = pl.lit(0, pl.UInt64)
        for name, band, points in score.points:
            if name == component:
                possible = (pl.col(component) & band != 0).cast(pl.UInt64)
                after = after | (totals * possible * (1 << points))
        totals = after
    mask = pl.lit(0, dtype)
    for value, lowest, highest in score.totals:
        window = sum(1 << total for total in range(lowest, highest + 1))
        mask = mask | ((totals & window != 0).cast(dtype) * value)
    return given.select(mask.alias(score.target)).to_series()


def _pinned(guideline: Guideline, name: str, batch: Batch, known: pl.Series) -> pl.Series:
    """Return where one value is left of a variable."""
    if guideline.variables[name].is_number:
        return batch.knowledge[PINNED + name]
    one = [1 << i for i in range(guideline.variables[name].band_count)]
    return known.is_in(pl.Series(one, dtype=known.dtype).implode())


def _conflicts(guideline: Guideline, batch: Batch, found: dict[str, pl.Series]) -> pl.Series:
    """Return the JSON text of the conflicts of each row."""
    rules = {rule.id: rule for rule in guideline.derivations}
    checks = {check.id: check for check in guideline.conflict_rules}
    involved = {name: rules[name].variables for name in found if name in rules}
    involved |= {name: tuple(v for v, _ in checks[name].parts) for name in found if name in checks}
    recorded = sorted({variable for names in involved.values() for variable in names})
    flags = pl.DataFrame([series.alias(name) for name, series in found.items()])
    flags = flags.hstack([batch.knowledge[RECORDED + v].alias(RECORDED + v) for v in recorded])
    any_ = flags.select(pl.any_horizontal(list(found))).to_series()
    if not any_.any():
        return pl.repeat("[]", len(flags), dtype=pl.String, eager=True)
    distinct = flags.filter(any_).unique()
    texts = []
    for row in distinct.iter_rows(named=True):
        conflicts = [
            Conflict(
                name,
                tuple(sorted(v for v in involved[name] if row[RECORDED + v])),
                rules[name].message if name in rules else checks[name].message,
            )
            for name in found
            if row[name]
        ]
        texts.append(conflicts_json(conflicts))
    told = distinct.with_columns(pl.Series(CONFLICTS, texts, pl.String))
    joined = flags.join(told, on=flags.columns, how="left", maintain_order="left")
    return joined[CONFLICTS].fill_null("[]")


def _with_lesions(table: PatientTable, batch: Batch, frame: pl.DataFrame) -> pl.DataFrame:
    """Replace the rows of patients with lesions by what their records say, one by one."""
    with_lesions = batch.cells[ID].is_in(pl.Series(list(batch.lesions)).implode())
    places = with_lesions.arg_true()
    if not len(places):
        return frame
    part = Batch(batch.cells[places], batch.knowledge[places], batch.lesions, batch.rejected, None)
    records: list[Record] = list(table.records(part))
    columns = []
    for name in frame.columns:
        values: list[object] = (
            [conflicts_json(record.conflicts) for record in records]
            if name == CONFLICTS
            else [record.known[name].mask for record in records]
        )
        replaced = frame[name].scatter(places, pl.Series(values, dtype=frame[name].dtype))
        columns.append(replaced.alias(name))
    return pl.DataFrame(columns)

"""A table of patients under two editions: for each pair of therapies both verdicts, and why.

1. Both editions classify the same table, batch by batch, with the reason of each verdict.
2. Each patient gets a row for each pair of therapies that correspond; a therapy that has a row in
   one edition only stands alone.
3. The change says what became of the verdict; the criteria that decide it stand beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Unpack

import polars as pl

from kg.engines.classification import chunks
from kg.engines.registry import engine_of
from kg.engines.rejects import KeptRejects, RejectCounter
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.explanation.tables import reasons_frame
from kg.guideline import Guideline, load
from kg.guideline.rules import Correspondence
from kg.guideline.taxonomy import differences, pairs
from kg.keys import ID
from kg.patients.assumptions import Assume, assumptions_of
from kg.patients.given import TableLike, table_of
from kg.patients.reading import PLAIN, Options, Reading, reading_of
from kg.patients.tables import PatientTable
from kg.reasoning.verdicts import ELIGIBLES, UNDETERMINED, VERDICTS

GAINED, LOST, MOVED, SETTLED, OPENED = "gained", "lost", "moved", "settled", "opened"
SAME, NEW, DROPPED = "same", "new", "dropped"
CHANGES = (GAINED, LOST, MOVED, SETTLED, OPENED, SAME, NEW, DROPPED)
_SIDES = ("from", "to")
_THERAPIES = [f"therapy_{side}" for side in _SIDES]
_LISTS = [f"because_{side}" for side in _SIDES]
SCHEMA = pl.Schema(
    {
        ID: pl.String(),
        **dict.fromkeys(_THERAPIES, pl.String()),
        **dict.fromkeys(("verdict_from", "verdict_to"), pl.String()),
        "change": pl.Enum(CHANGES),
        **dict.fromkeys(_LISTS, pl.List(pl.String())),
    }
)


@dataclass(frozen=True)
class Comparison:
    """Two editions on one table; `frame` has a row for each patient and pair of therapies."""

    before: str
    after: str
    frame: pl.DataFrame
    summary: Summary
    rejected: pl.DataFrame

    def __repr__(self) -> str:
        return f"<Comparison of {self.before} and {self.after}: {self.summary.words}>"

    @property
    def counts(self) -> pl.DataFrame:
        """How often each change is, for each pair of therapies."""
        return counts(self.frame)

    @property
    def behind(self) -> pl.DataFrame:
        """The criteria that decide verdicts that changed, by edition, the most frequent first."""
        return behind(self.frame)


def compare(
    source: TableLike,
    lesions: TableLike | None = None,
    *,
    before: str = "2011",
    after: str = "2026",
    therapies: str | Iterable[str] | None = None,
    assume: Assume | None = None,
    strict: bool = False,
    **options: Unpack[Options],
) -> Comparison:
    """Compare two editions on a table: who gains, loses or moves, and by which criteria.

    `therapies` leaves the pairs that have one of them. Rejected rows are set aside; with `strict`
    the first one is an error. `assume` is as in `kg.classify`, in both editions; `options` say how
    a table is read: see `kg.Options`.

    Raises:
        InputError: the table cannot be read, or there is no such edition or therapy.
    """
    editions = load(edition=before), load(edition=after)
    tables = tables_of(editions, source, lesions, lambda one: reading_of(one, options), assume)
    kept = KeptRejects(strict)
    frames = list(compared(tables, chosen(*editions, therapies), kept))
    return Comparison(
        before=editions[0].edition,
        after=editions[1].edition,
        frame=pl.concat([SCHEMA.to_frame(), *frames]),
        summary=kept.summary,
        rejected=kept.frame(tables[0].source.columns),
    )


def tables_of(
    editions: tuple[Guideline, Guideline],
    source: TableLike,
    lesions: TableLike | None = None,
    read: Callable[[Guideline], Reading] = lambda edition: PLAIN,
    assume: Assume | None = None,
) -> tuple[PatientTable, PatientTable]:
    """Return one table as each of two editions reads it, by the reading for each."""
    first, other = (
        table_of(edition, source, lesions, read(edition), assumptions_of(edition, assume))
        for edition in editions
    )
    return first, other


def chosen(
    before: Guideline, after: Guideline, therapies: str | Iterable[str] | None
) -> list[Correspondence]:
    """Return the pairs that have one of some therapies; all where none is named.

    Raises:
        InputError: no pair has one of them.
    """
    found = pairs(before, after)
    named = [therapies] if isinstance(therapies, str) else [] if therapies is None else therapies
    wanted = [str(name).strip().lower() for name in named]
    for name in wanted:
        if not any(name in (pair.earlier, pair.later) for pair in found):
            known = ", ".join(sorted({n for p in found for n in (p.earlier, p.later) if n}))
            raise InputError(f"no therapy of the two editions is {name!r}; they are {known}")
    return [p for p in found if not wanted or p.earlier in wanted or p.later in wanted]


def compared(
    tables: tuple[PatientTable, PatientTable], found: list[Correspondence], rejects: RejectCounter
) -> Iterator[pl.DataFrame]:
    """Yield the comparison batch by batch; rejected rows go to `rejects`."""
    parts = zip(
        *(_verdicts(table, rejects if i == 0 else None) for i, table in enumerate(tables)),
        strict=True,
    )
    told = [(i, pair.earlier, pair.later) for i, pair in enumerate(found)]
    schema = {"pair": pl.Int64(), **dict.fromkeys(_THERAPIES, pl.String())}
    frame = pl.DataFrame(told, schema, orient="row")
    for one, other in parts:
        ids = one.select(ID).unique(maintain_order=True).with_row_index("patient")
        rows = ids.join(frame, how="cross")
        for side, told in zip(_SIDES, (one, other), strict=True):
            named = told.rename({name: f"{name}_{side}" for name in told.columns if name != ID})
            rows = rows.join(named, on=[ID, f"therapy_{side}"], how="left")
        rows = rows.sort("patient", "pair").with_columns(_CHANGE.alias("change"))
        yield rows.select(SCHEMA.names()).cast(dict(SCHEMA))


def _verdicts(table: PatientTable, rejects: RejectCounter | None) -> Iterator[pl.DataFrame]:
    """Yield the verdicts on the patients of a table with the criteria that decide them."""
    guideline, engine = table.guideline, engine_of("compiled", table.guideline)
    for chunk in chunks(table, engine.batches(), rejects or KeptRejects()):
        told = reasons_frame(guideline, list(guideline.therapies), chunk, table.assumptions)
        yield told.select(
            ID,
            pl.col("therapy", "verdict").cast(pl.String),
            pl.col("criteria").list.unique().list.sort().alias("because"),
        )


def change_of(before: str | None, after: str | None) -> str:
    """Return what became of a verdict; None where the edition has no row of the therapy."""
    if before is None or after is None:
        return NEW if before is None else DROPPED
    if before == after:
        return SAME
    if UNDETERMINED in (before, after):
        return SETTLED if before == UNDETERMINED else OPENED
    if (before in ELIGIBLES) == (after in ELIGIBLES):
        return MOVED
    return GAINED if after in ELIGIBLES else LOST


_VERDICTS = [pl.col(f"verdict_{side}").fill_null("") for side in _SIDES]
_CHANGES = {
    f"{one or ''}>{other or ''}": change_of(one, other)
    for one in (*VERDICTS, None)
    for other in (*VERDICTS, None)
}
_CHANGE = pl.concat_str(_VERDICTS, separator=">").replace_strict(_CHANGES, return_dtype=pl.String)


def counts(frame: pl.DataFrame) -> pl.DataFrame:
    """Return how often each change is, for each pair of therapies, in the order of the frame."""
    columns = [(pl.col("change") == change).sum().alias(change) for change in CHANGES]
    return frame.group_by(_THERAPIES, maintain_order=True).agg(columns)


def behind(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the criteria that decide verdicts that changed, by side, the most frequent first."""
    changed = frame.filter(~pl.col("change").is_in([SAME, NEW, DROPPED]))
    parts = [
        changed.select(pl.lit(side).alias("side"), pl.col(f"because_{side}").alias("criterion"))
        for side in _SIDES
    ]
    each = pl.concat(parts).explode("criterion").drop_nulls("criterion")
    counted = each.group_by("side", "criterion").len("changes")
    return counted.sort("changes", "side", "criterion", descending=[True, False, False])


_TERMS = ("from", "label_from", "places_from", "to", "label_to", "places_to")
_CRITERIA = pl.Schema(dict.fromkeys((*_TERMS, "relation", "change"), pl.String()))


def differences_frame(before: Guideline, after: Guideline) -> pl.DataFrame:
    """Return one row for each criterion, or pair of criteria that correspond.

    `relation` is same, stricter, looser, broader, narrower, changed, new or dropped.
    """
    rows = [
        (*_told(before, one.earlier), *_told(after, one.later), one.relation, one.change)
        for one in differences(before, after)
    ]
    return pl.DataFrame(rows, schema=_CRITERIA, orient="row")


def _told(guideline: Guideline, name: str | None) -> tuple[str | None, str | None, str | None]:
    """Return a term with its label and its places; a criterion, a stage or a recommendation."""
    if name is None:
        return None, None, None
    term = {**guideline.stages, **guideline.criteria}.get(name) or guideline.recommendations[name]
    return name, term.label, ", ".join(term.places)

"""Results of many patients as one compact frame, the same from every engine.

A result frame has one row per patient: `patient_id`, `_row`, `conflicts` (JSON text), and
- `state:CLASS`, 8 bits for each class asked: 1 excluded, 2 met, 3 unknown;
- `verdict:THERAPY`, 8 bits: the place of the verdict in `VERDICTS`;
- `intent:THERAPY`, 8 bits: the place of the intent in `INTENTS`;
- `missing:THERAPY`, 64 bits: the missing variables, bit i for variable i of
  `Logic.answer_variables`, 0 where the verdict is not undetermined;
- under assumptions, `recorded:THERAPY`, the verdict from the record alone, and
  `assumed:VARIABLE`, whether a variable was assumed;
- `keep:COLUMN` for each column of the table that travels along, as it stands there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import accumulate
from operator import or_

import polars as pl

from kg.errors import OntologyError
from kg.guideline import Guideline, Therapy
from kg.guideline.values import bands_of
from kg.keys import ID, ROW
from kg.patients.assumptions import Assumptions
from kg.patients.column_records import CONFLICTS, conflicts_json
from kg.patients.records import Conflict, Record
from kg.reasoning.intents import INTENTS
from kg.reasoning.logic import STATE, logic_of
from kg.reasoning.verdicts import (
    MET,
    UNDETERMINED,
    UNKNOWN,
    VERDICTS,
    WITH_OPEN_CAUTIONS,
    PatientResult,
    patient_result,
    under_assumptions,
    variables_of_criteria,
)

STATE_, VERDICT_, INTENT_, MISSING_ = "state:", "verdict:", "intent:", "missing:"
KEEP_ = "keep:"
VERDICT_RECORDED_, ASSUMED_ = "recorded:", "assumed:"
CODE = {state: code for code, state in STATE.items()}
_BITS = 64
_GROUP, _FEW = 10, 500


@dataclass(frozen=True)
class Chunk:
    """Some results: a result frame, and the records that they are about, one by one."""

    frame: pl.DataFrame
    records: Callable[[], Iterator[Record]]


def schema(guideline: Guideline, assumptions: Assumptions | None = None) -> dict[str, pl.DataType]:
    """Return the columns of a result frame and their types."""
    recorded = guideline.therapies if assumptions else ()
    return {
        ID: pl.String(),
        ROW: pl.UInt64(),
        CONFLICTS: pl.String(),
        **{STATE_ + name: pl.UInt8() for name in guideline.classes},
        **{VERDICT_ + name: pl.UInt8() for name in guideline.therapies},
        **{INTENT_ + name: pl.UInt8() for name in guideline.therapies},
        **{MISSING_ + name: pl.UInt64() for name in guideline.therapies},
        **{VERDICT_RECORDED_ + name: pl.UInt8() for name in recorded},
        **{ASSUMED_ + name: pl.Boolean() for name in (assumptions.cells if assumptions else ())},
    }


def to_frame(
    guideline: Guideline,
    results: Iterable[PatientResult],
    rows: Sequence[int],
    assumptions: Assumptions | None = None,
) -> pl.DataFrame:
    """Return results as a result frame; `rows` are their numbers in the table."""
    logic = logic_of(guideline)
    names = {t.id: logic.answer_variables(t) for t in guideline.therapies.values()}
    recorded = guideline.therapies if assumptions else ()
    table = []
    for row, result in zip(rows, results, strict=True):
        table.append(
            (
                result.patient_id,
                row,
                conflicts_json(result.conflicts),
                *(CODE[result.states[name]] for name in guideline.classes),
                *(VERDICTS.index(result.therapies[t].verdict) for t in guideline.therapies),
                *(INTENTS.index(result.therapies[t].intent) for t in guideline.therapies),
                *(pack(names[t], result.therapies[t].missing) for t in guideline.therapies),
                *(
                    VERDICTS.index(each.verdict_recorded or each.verdict)
                    for each in map(result.therapies.__getitem__, recorded)
                ),
                *(v in (result.assumed or ()) for v in (assumptions.cells if assumptions else ())),
            )
        )
    return pl.DataFrame(table, schema=schema(guideline, assumptions), orient="row")


def pack(names: Sequence[str], chosen: Iterable[str]) -> int:
    """Return a set of names as bits of a number."""
    if len(names) > _BITS:
        raise OntologyError(
            f"a therapy depends on {len(names)} variables; the engine for tables takes {_BITS}"
        )
    return sum(1 << names.index(name) for name in chosen)


def unpack(names: Sequence[str], bits: int) -> list[str]:
    """Return the names of the bits that are set; bits beyond the names have none."""
    return [names[i] for i in bands_of(bits) if i < len(names)]


def patients(
    guideline: Guideline, frame: pl.DataFrame, assumptions: Assumptions | None = None
) -> Iterator[PatientResult]:
    """Yield the rows of a result frame as results."""
    logic = logic_of(guideline)
    names = {t.id: logic.answer_variables(t) for t in guideline.therapies.values()}
    classes = guideline.classes
    for row in frame.iter_rows(named=True):
        found = patient_result(
            guideline,
            row[ID],
            tuple(
                Conflict("", tuple(c["variables"]), c["message"])
                for c in json.loads(row[CONFLICTS])
            ),
            {name: STATE[row[STATE_ + name]] for name in classes},
            missing=lambda t, row=row: unpack(names[t.id], row[MISSING_ + t.id]),  # type: ignore[misc]
            intent=lambda t, row=row: INTENTS[row[INTENT_ + t.id]],  # type: ignore[misc]
        )
        if assumptions is not None:
            assumed = {n: cell for n, cell in assumptions.cells.items() if row[ASSUMED_ + n]}
            recorded = {t: VERDICTS[row[VERDICT_RECORDED_ + t]] for t in guideline.therapies}
            found = under_assumptions(guideline, found, assumed, recorded)
        yield found


LISTS = ("met", "missing", "unchecked")


@dataclass(frozen=True)
class Coded:
    """A column as numbers of rows of a table of its distinct values."""

    table: pl.Series
    places: pl.Series

    def column(self) -> pl.Series:
        """Return the values themselves."""
        return self.table.gather(self.places)

    def joined(self, separator: str) -> Coded:
        """Return lists of words as texts."""
        texts = self.table.cast(pl.List(pl.String)).list.join(separator)
        return Coded(texts, self.places)


def answers(guideline: Guideline, therapy: Therapy, frame: pl.DataFrame) -> dict[str, Coded]:
    """Return the answers about one therapy, in the order of a result frame.

    The columns are verdict and intent (words; no intent is null), and met, missing and unchecked
    (lists of words, sorted).
    Words are of enumerated types, which are written and looked up faster than texts.
    """
    verdict = pl.col(VERDICT_ + therapy.id)
    undetermined = verdict == VERDICTS.index(UNDETERMINED)
    cautious = verdict.is_in([VERDICTS.index(name) for name in WITH_OPEN_CAUTIONS])
    none = pl.lit(0, pl.UInt64)
    names = {
        "met": sorted(therapy.criteria),
        "missing": logic_of(guideline).answer_variables(therapy),
        "unchecked": sorted(therapy.relative),
    }
    sets = frame.select(
        _bits(names["met"], CODE[MET]).alias("met"),
        pl.when(undetermined).then(pl.col(MISSING_ + therapy.id)).otherwise(none).alias("missing"),
        pl.when(cautious)
        .then(_bits(names["unchecked"], CODE[UNKNOWN]))
        .otherwise(none)
        .alias("unchecked"),
    )
    types = list_types(guideline)
    beside: dict[str, Coded] = {}
    if VERDICT_RECORDED_ + therapy.id in frame.columns:
        recorded = frame[VERDICT_RECORDED_ + therapy.id].cast(pl.UInt32)
        made = {column.removeprefix(ASSUMED_) for column in frame.columns if ASSUMED_ in column}
        own = tuple(n for n in variables_of_criteria(guideline, therapy.id) if n in made)
        beside["verdict_recorded"] = Coded(pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS)), recorded)
        beside["assumed"] = _lists(own, frame.select(flags(own)).to_series(), types["missing"])
    verdicts = pl.Series(VERDICTS, dtype=pl.Enum(VERDICTS))
    intents = pl.Series(INTENTS, dtype=pl.Enum(INTENTS[1:]))
    return {
        "verdict": Coded(verdicts, frame[VERDICT_ + therapy.id].cast(pl.UInt32)),
        "intent": Coded(intents, frame[INTENT_ + therapy.id].cast(pl.UInt32)),
        **{key: _lists(tuple(names[key]), sets[key], types[key]) for key in LISTS},
        **beside,
    }


def list_types(guideline: Guideline) -> dict[str, pl.Enum]:
    """Return the type of the words in each list of answers."""
    criteria = pl.Enum(list(guideline.criteria))
    return {"met": criteria, "missing": pl.Enum(list(guideline.variables)), "unchecked": criteria}


def interleaved(columns: Sequence[Coded]) -> pl.Series:
    """Return columns of equal length as one: the first row of each, then the second of each."""
    if all(len(column.table) == 1 and not column.table.to_list()[0] for column in columns):
        return columns[0].table.new_from_index(0, len(columns) * len(columns[0].places))
    offsets = accumulate((len(column.table) for column in columns), initial=0)
    places = pl.DataFrame(
        (column.places.cast(pl.UInt32) + offset).alias(str(i))
        for i, (column, offset) in enumerate(zip(columns, offsets, strict=False))
    ).select(pl.concat_arr(pl.all()).explode())
    # Lists are looked up several times faster in one piece of memory.
    table = pl.concat([column.table for column in columns], rechunk=True)
    return table.gather(places.to_series())


def _lists(names: tuple[str, ...], sets: pl.Series, words: pl.Enum) -> Coded:
    """Return sets of names, one bit a name, as lists; each distinct set is made once.

    Sets of few names are looked up in a table of all sets. Of many names, a set is cut into groups
    of few bits, each looked up in such a table.
    """
    if sets.max() == 0:
        return Coded(pl.Series([[]], dtype=pl.List(words)), sets.cast(pl.UInt32))
    if len(names) <= _GROUP and len(sets) > _FEW:
        return Coded(_tables(names, words)[0], sets.cast(pl.UInt32))
    distinct = sets.unique().alias("set")
    if len(distinct) <= _FEW:
        lists = pl.Series([unpack(names, bits) for bits in distinct], dtype=pl.List(words))
    else:
        parts = [
            table.gather(distinct // (1 << i * _GROUP) % (1 << _GROUP)).alias(str(i))
            for i, table in enumerate(_tables(names, words))
        ]
        lists = pl.DataFrame(parts).select(pl.concat_list(pl.all()).alias("list")).to_series()
    places = sets.to_frame("set").join(
        distinct.to_frame().with_row_index("place"), on="set", how="left", maintain_order="left"
    )
    return Coded(lists, places["place"])


@lru_cache(maxsize=256)
def _tables(names: tuple[str, ...], words: pl.Enum) -> list[pl.Series]:
    """Return for each group of names the lists of all its sets."""
    tables = []
    for first in range(0, max(len(names), 1), _GROUP):
        group = names[first : first + _GROUP]
        # Splitting texts is many times faster than making lists of lists.
        texts = [""]
        for name in group:
            texts += [f"{text};{name}" if text else name for text in texts]
        joined = pl.Series(texts)
        named = pl.element().filter(pl.element() != "")
        tables.append(joined.str.split(";").list.eval(named).cast(pl.List(words)))
    return tables


def _bits(names: Sequence[str], code: int) -> pl.Expr:
    """Return which of some classes are in a state, one bit a class."""
    if len(names) > _BITS:
        raise OntologyError(f"a therapy has {len(names)} criteria; the limit here is {_BITS}")
    return packed([pl.col(STATE_ + name) == code for name in names])


def flags(names: Sequence[str]) -> pl.Expr:
    """Return which of some variables were assumed, one bit a variable."""
    if len(names) > _BITS:
        raise OntologyError(f"{len(names)} variables are assumed; the limit here is {_BITS}")
    return (packed([pl.col(ASSUMED_ + name) for name in names]) + 0 * pl.col(ROW)).alias("assumed")


def packed(parts: Sequence[pl.Expr]) -> pl.Expr:
    """Return flags as bits of one number; those of one byte are joined first, which is cheaper."""
    none = pl.lit(0, pl.UInt8)
    bits = [
        pl.when(flag).then(pl.lit(1 << i % 8, pl.UInt8)).otherwise(none)
        for i, flag in enumerate(parts)
    ]
    octets = [reduce(or_, bits[first : first + 8]) for first in range(0, len(bits), 8)]
    wide = (octet.cast(pl.UInt64) * (1 << 8 * i) for i, octet in enumerate(octets))
    return reduce(or_, wide, pl.lit(0, pl.UInt64))

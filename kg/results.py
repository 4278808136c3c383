"""Results of many patients as one compact frame, the same from every engine.

A result frame has a row a patient: `patient_id`, `_row`, `conflicts` (JSON text), and
- `state:CLASS`, 8 bits for each class asked: 1 excluded, 2 met, 3 unknown;
- `verdict:THERAPY`, 8 bits: the place of the verdict in `VERDICTS`;
- `missing:THERAPY`, 64 bits: the missing variables, bit i for variable i of
  `Logic.answer_variables`, 0 where the verdict is not undetermined.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce

import polars as pl

from kg.column_records import CONFLICTS, conflicts_json
from kg.errors import OntologyError
from kg.guideline import Guideline, Therapy
from kg.logic import STATE, logic_of
from kg.readers import ROW
from kg.records import Conflict
from kg.tables import ID
from kg.verdicts import (
    MET,
    UNDETERMINED,
    UNKNOWN,
    VERDICTS,
    WITH_OPEN_CAUTIONS,
    PatientResult,
    classes_asked,
    patient_result,
)

STATE_, VERDICT_, MISSING_ = "state:", "verdict:", "missing:"
CODE = {state: code for code, state in STATE.items()}
_BITS = 64


def schema(guideline: Guideline) -> dict[str, pl.DataType]:
    """Return the columns of a result frame and their types."""
    return {
        ID: pl.String(),
        ROW: pl.UInt64(),
        CONFLICTS: pl.String(),
        **{STATE_ + name: pl.UInt8() for name in classes_asked(guideline)},
        **{VERDICT_ + name: pl.UInt8() for name in guideline.therapies},
        **{MISSING_ + name: pl.UInt64() for name in guideline.therapies},
    }


def to_frame(
    guideline: Guideline, results: Iterable[PatientResult], rows: Sequence[int]
) -> pl.DataFrame:
    """Return results as a result frame; `rows` are their numbers in the table."""
    logic = logic_of(guideline)
    names = {t.id: logic.answer_variables(t) for t in guideline.therapies.values()}
    table = []
    for row, result in zip(rows, results, strict=True):
        table.append(
            (
                result.patient_id,
                row,
                conflicts_json(result.conflicts),
                *(CODE[result.states[name]] for name in classes_asked(guideline)),
                *(VERDICTS.index(result.therapies[t].verdict) for t in guideline.therapies),
                *(pack(names[t], result.therapies[t].missing) for t in guideline.therapies),
            )
        )
    return pl.DataFrame(table, schema=schema(guideline), orient="row")


def pack(names: Sequence[str], chosen: Iterable[str]) -> int:
    """Return a set of names as bits of a number."""
    if len(names) > _BITS:
        raise OntologyError(
            f"a therapy depends on {len(names)} variables; the engine for tables takes {_BITS}"
        )
    return sum(1 << names.index(name) for name in chosen)


def unpack(names: Sequence[str], bits: int) -> list[str]:
    """Return the names of the bits that are set."""
    return [name for i, name in enumerate(names) if bits >> i & 1]


def patients(guideline: Guideline, frame: pl.DataFrame) -> Iterator[PatientResult]:
    """Yield the rows of a result frame as results."""
    logic = logic_of(guideline)
    names = {t.id: logic.answer_variables(t) for t in guideline.therapies.values()}
    classes = classes_asked(guideline)
    for row in frame.iter_rows(named=True):
        yield patient_result(
            guideline,
            row[ID],
            tuple(
                Conflict("", tuple(c["variables"]), c["message"])
                for c in json.loads(row[CONFLICTS])
            ),
            {name: STATE[row[STATE_ + name]] for name in classes},
            lambda t, row=row: unpack(names[t.id], row[MISSING_ + t.id]),  # type: ignore[misc]
        )


class TherapyColumns:
    """The answers about one therapy as columns, for writers: verdict and packed lists."""

    KEYS = ("verdict", "met", "missing", "unchecked")

    def __init__(self, guideline: Guideline, therapy: Therapy) -> None:
        self.therapy = therapy
        self.criteria = sorted(therapy.criteria)
        self.cautions = sorted(therapy.relative)
        self.variables = logic_of(guideline).answer_variables(therapy)

    def expressions(self) -> list[pl.Expr]:
        """Return the four answers as numbers, from the columns of a result frame."""
        verdict = pl.col(VERDICT_ + self.therapy.id)
        cautious = [VERDICTS.index(word) for word in WITH_OPEN_CAUTIONS]
        open_ = pl.when(verdict.is_in(cautious)).then(_bits(self.cautions, CODE[UNKNOWN]))
        undetermined = verdict == VERDICTS.index(UNDETERMINED)
        missing = pl.when(undetermined).then(pl.col(MISSING_ + self.therapy.id))
        return [
            verdict.alias("verdict"),
            _bits(self.criteria, CODE[MET]).alias("met"),
            missing.otherwise(pl.lit(0, pl.UInt64)).alias("missing"),
            open_.otherwise(pl.lit(0, pl.UInt64)).alias("unchecked"),
        ]

    def words(self, key: Sequence[int]) -> dict[str, str | list[str]]:
        """Return the four answers of one distinct key in words."""
        return {
            "verdict": VERDICTS[key[0]],
            "met": unpack(self.criteria, key[1]),
            "missing": unpack(self.variables, key[2]),
            "unchecked": unpack(self.cautions, key[3]),
        }

    def spread(self, frame: pl.DataFrame) -> tuple[list[dict[str, str | list[str]]], pl.Series]:
        """Return the distinct answers in words, and for each row the place of its answer.

        A cohort has few distinct answers: each is put into words once.
        """
        keys = frame.select(self.expressions())
        distinct = keys.unique()
        numbered = distinct.with_row_index("place")
        places = keys.join(numbered, on=list(self.KEYS), how="left", maintain_order="left")
        return [self.words(row) for row in distinct.iter_rows()], places["place"]


def _bits(names: Sequence[str], code: int) -> pl.Expr:
    """Return which of some classes are in a state, one bit a class."""
    if len(names) > _BITS:
        raise OntologyError(f"a therapy has {len(names)} criteria; the limit here is {_BITS}")
    bits = [
        (pl.col(STATE_ + name) == code).cast(pl.UInt64) * (1 << i) for i, name in enumerate(names)
    ]
    return reduce(lambda a, b: a | b, bits, pl.lit(0, pl.UInt64))

"""Results of many patients as one compact frame, the same from every engine.

A result frame has one row per patient: `patient_id`, `_row`, `conflicts` (JSON text), and
- `state:CLASS`, 8 bits for each class asked: 1 excluded, 2 met, 3 unknown;
- `verdict:THERAPY`, 8 bits: the place of the verdict in `VERDICTS`;
- `intent:THERAPY`, 8 bits: the place of the intent in `INTENTS`;
- `missing:THERAPY`, 64 bits: the missing variables, bit i for variable i of
  `missing_names`, 0 where the verdict is not undetermined;
- under assumptions, `recorded:THERAPY`, the verdict from the record alone, and
  `assumed:VARIABLE`, whether a variable was assumed;
- `keep:COLUMN` for each column of the table that travels along, as it stands there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.values import bands_of
from kg.keys import ID, ROW
from kg.patients.assumptions import Assumptions
from kg.patients.column_records import CONFLICTS, conflicts_json
from kg.patients.records import Conflict, Record
from kg.reasoning.intents import INTENTS
from kg.reasoning.logic import STATE, logic_of
from kg.reasoning.verdicts import (
    VERDICTS,
    PatientResult,
    patient_result,
    under_assumptions,
)

STATE_, VERDICT_, INTENT_, MISSING_ = "state:", "verdict:", "intent:", "missing:"
KEEP_ = "keep:"
VERDICT_RECORDED_, ASSUMED_ = "recorded:", "assumed:"
CODE = {state: code for code, state in STATE.items()}
_BITS = 64


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
    names = missing_names(guideline)
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


def missing_names(guideline: Guideline) -> dict[str, list[str]]:
    """Return for each therapy the variables that may be missing, in the order of their bits.

    Raises:
        OntologyError: a therapy depends on more variables than a number has bits.
    """
    logic = logic_of(guideline)
    found = {t.id: logic.answer_variables(t) for t in guideline.therapies.values()}
    for name, variables in found.items():
        if len(variables) > _BITS:
            raise OntologyError(
                f"{name} depends on {len(variables)} variables; in a table a therapy may on {_BITS}"
            )
    return found


def pack(names: Sequence[str], chosen: Iterable[str]) -> int:
    """Return a set of names as bits of a number."""
    return sum(1 << names.index(name) for name in chosen)


def unpack(names: Sequence[str], bits: int) -> list[str]:
    """Return the names of the bits that are set; bits beyond the names have none."""
    return [names[i] for i in bands_of(bits) if i < len(names)]


def patients(
    guideline: Guideline, frame: pl.DataFrame, assumptions: Assumptions | None = None
) -> Iterator[PatientResult]:
    """Yield the rows of a result frame as results."""
    names = missing_names(guideline)
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

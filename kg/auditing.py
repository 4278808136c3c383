"""The audit from Python: what the guideline gets wrong or leaves open, as a frame."""

from __future__ import annotations

import warnings

import polars as pl

from kg.audit.report import KINDS, Kind, Patients, audit
from kg.errors import InputError
from kg.guideline import Guideline, chosen
from kg.patients.given import TableLike, given
from kg.texts import counted

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("kind", "id", "claim"), pl.String),
    "about": pl.List(pl.String),
    **dict.fromkeys(("share_even", "share_usual"), pl.Float64),
    "patients": pl.Int64,
}


def findings(
    kind: Kind | None = None,
    patients: TableLike | None = None,
    *,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> pl.DataFrame:
    """Return the findings of `hcc-kg audit`, one a row: all, or those of one kind.

    `kind` is gaps, contradictions, idle, neighbours, recommendations or readings. `about` names
    classes, variables, therapies and statements. The shares are of all complete records without
    conflicts; `patients` counts those of a table on whom a finding bears, where one is given.

    Raises:
        InputError: there is no such kind, or the table cannot be read.
    """
    if kind is not None and kind not in KINDS:
        raise InputError(
            f"there are no findings of kind {kind!r}; the kinds are {', '.join(KINDS)}"
        )
    asked = chosen(guideline, edition)
    table = None if patients is None else Patients(asked, given(patients))
    if table is not None and table.rejected:
        told = counted(table.rejected, "row")
        warnings.warn(f"{told} rejected, and not counted; classify_table tells why", stacklevel=2)
    sections = audit(KINDS if kind is None else [kind], table, asked)
    rows = [
        {
            "kind": section.kind,
            "id": one.id,
            "claim": one.claim,
            "about": [name for names in one.about.values() for name in names],
            "share_even": one.shares.even,
            "share_usual": one.shares.usual,
            "patients": one.patients,
        }
        for section in sections
        for one in section.findings
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)

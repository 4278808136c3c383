"""The table of lesions: read as a whole, and handed out patient by patient."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, LESION_ID, PROBLEM, REASON, ROW
from kg.patients.cells import CellError, is_unknown, shown
from kg.patients.columns import as_text
from kg.patients.headers import check_columns
from kg.patients.records import Lesion, read_lesion
from kg.readers import Source, open_source
from kg.readers.uploads import File


class LesionTable:
    """The lesions of the patients, held as columns of text."""

    def __init__(self, guideline: Guideline, lesions: File | Source) -> None:
        self.guideline = guideline
        self.source = source = open_source(lesions, guideline)
        self.columns = [ID, LESION_ID, *guideline.lesion_columns]
        check_columns(source, self.columns, ID, ignore_unknown=False)
        if LESION_ID not in source.columns:
            raise InputError(f"{source.path} has no column {LESION_ID}; each row needs one")
        frames = [
            frame.select(frame[ROW], *(as_text(frame[n]) for n in frame.columns if n != ROW))
            for frame in source.batches()
        ]
        self.frame = (
            pl.concat(frames, how="diagonal")
            if frames
            else pl.DataFrame(schema=dict.fromkeys([*source.columns, PROBLEM], pl.String()))
        )
        self.strangers = self.frame.clear().with_columns(pl.lit("").alias(REASON))
        repeated = self.frame.select(ID, LESION_ID).is_duplicated()
        self._repeated = set(self.frame.filter(repeated).select(ID, LESION_ID).iter_rows())
        self._told: set[str] = set()

    def tell_strangers(self, ids: pl.Series) -> None:
        """Find the lesions of patients whom the patient table, with these ids, does not have."""
        strange = ~self.frame[ID].is_in(ids.unique().implode()).fill_null(False)
        reason = "column patient_id: the patient table has no such patient"
        self.strangers = self.frame.filter(strange).with_columns(pl.lit(reason).alias(REASON))

    def of(self, ids: pl.Series) -> tuple[dict[str, list[Lesion]], dict[str, str]]:
        """Return the lesions of some patients, and what is wrong with a patient's lesions."""
        lesions: dict[str, list[Lesion]] = {}
        faults: dict[str, str] = {}
        for row in self.frame.filter(self.frame[ID].is_in(ids.implode())).iter_rows(named=True):
            patient = row[ID]
            lesions.setdefault(patient, []).append(row)
            fault = self._fault(patient, row)
            if fault and patient not in faults:
                faults[patient] = f"lesion table, row {row[ROW]}: {fault}"
        return lesions, faults

    def _fault(self, patient: str, row: Mapping[str, str | None]) -> str | None:
        if row[PROBLEM]:
            return row[PROBLEM]
        if is_unknown(row[LESION_ID]):
            return f"column {LESION_ID}: every lesion needs an identifier"
        if (patient, row[LESION_ID]) in self._repeated:
            return f"column {LESION_ID}: {shown(row[LESION_ID] or '')} is in more than one row"
        try:
            read_lesion(self.guideline, row)
        except CellError as error:
            return str(error)
        return None

    def rejected(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the lesions of rejected patients, each once, with the patient's reason."""
        reasons = rows.select(ID, REASON).unique(ID, keep="first", maintain_order=True)
        reasons = reasons.filter(
            ~reasons[ID].is_in(pl.Series(list(self._told), dtype=pl.String).implode())
        )
        self._told.update(reasons[ID].drop_nulls())
        return self.frame.join(reasons, on=ID, how="inner", maintain_order="left")

"""The table of lesions: read as a whole, and handed out patient by patient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from kg.guideline import Guideline
from kg.keys import ID, LESION_ID, PROBLEM, REASON, ROW
from kg.patients.cells import CellError, is_unknown, shown
from kg.patients.columns import are_unknown, as_text
from kg.patients.headers import blank_rows, head_of
from kg.patients.plausible import PlausibilityWatch
from kg.patients.reading import PLAIN, Reading
from kg.patients.records import Lesion, read_lesion
from kg.readers import Source, open_lesions
from kg.readers.uploads import File

_SEARCHED = 5_000  # names among which one that is written otherwise is looked for


class LesionTable:
    """The lesions of the patients, held as columns of text.

    `frame` holds them under our names, `rows` as they stand in the table.
    """

    def __init__(
        self, guideline: Guideline, lesions: File | Source, reading: Reading = PLAIN
    ) -> None:
        self.guideline = guideline
        self.source = source = open_lesions(lesions, guideline, reading.columns)
        keys = [ID, LESION_ID]
        known = {**dict.fromkeys(keys), **guideline.lesion_columns}
        self.head = head_of(source, known, keys, replace(reading, constants={}))
        texts = dict.fromkeys([*source.columns, PROBLEM], pl.String())
        frames = [pl.DataFrame(schema={ROW: pl.UInt64(), **texts})]
        for frame in source.batches():
            frames.append(pl.DataFrame([as_text(c) if c.name != ROW else c for c in frame]))
        every = pl.concat(frames, how="diagonal")
        self.rows = every.filter(~blank_rows(every))
        self.frame, odd = self.head.read(self.rows)
        self._odd = {
            row: f"column {self.head.shown(name)}: {fault}"
            for name, faults in odd.items()
            for row, fault in zip(self.rows[ROW], faults, strict=True)
            if fault is not None
        }
        self._watch = PlausibilityWatch(
            {n: guideline.lesion_columns[n] for n in self.head.translations}, self.head.converted
        )
        self._watch.add(self.frame)
        self.strangers = self.rows.clear().with_columns(pl.lit("").alias(REASON))
        repeated = self.frame.select(ID, LESION_ID).is_duplicated()
        self._repeated = set(self.frame.filter(repeated).select(ID, LESION_ID).iter_rows())
        self._told: set[str] = set()
        self._nobodys = are_unknown(self.frame[ID])
        above = pl.when(self._nobodys).then(None).otherwise(ID).forward_fill().alias(ID)
        below = self.frame.select(above, ROW).filter(self._nobodys)
        self._below = dict(below.unique(ID, keep="first").iter_rows())

    @property
    def notes(self) -> list[str]:
        """What has to be told of how the table was read."""
        odd = [f"{self.source.path}, {note}" for note in self._watch.notes()]
        return [*self.head.notes, *odd]

    def tell_strangers(self, ids: pl.Series) -> None:
        """Find the lesions of patients whom the patient table, with these ids, does not have."""
        strange = ~self.frame[ID].is_in(ids.unique().implode()).fill_null(False)
        names = self.frame.filter(strange)[ID].drop_nulls().unique(maintain_order=True)
        spelt: dict[tuple[str, ...], set[str]] = {}
        for name in ids.head(_SEARCHED) if len(names) else ():
            spelt.setdefault(_parts(name), set()).add(name)
        same = {name: spelt.get(_parts(name), set()) for name in names.head(_SEARCHED)}
        told = {n: f"; it has {min(found)!r}" for n, found in same.items() if len(found) == 1}
        near = self.frame[ID].replace_strict(told, default="", return_dtype=pl.String)
        told_as = f"column {self.head.shown(ID)}: the patient table has no such patient"
        reasons = (told_as + near).fill_null(told_as).set(self._nobodys, self._nobody)
        self.strangers = self.rows.with_columns(reasons.alias(REASON)).filter(strange)

    @property
    def _nobody(self) -> str:
        told = f"column {self.head.shown(ID)}: every lesion needs the identifier of its patient"
        return f"{told}; where cells are merged, write it in each row"

    def of(self, ids: pl.Series) -> tuple[dict[str, list[Lesion]], dict[str, str]]:
        """Return the lesions of some patients, and what is wrong with a patient's lesions."""
        lesions: dict[str, list[Lesion]] = {}
        faults: dict[str, str] = {}
        for row in self.frame.filter(self.frame[ID].is_in(ids.implode())).iter_rows(named=True):
            patient = row[ID]
            lesions.setdefault(patient, []).append(row)
            fault = self._fault(patient, row)
            if fault and patient not in faults:
                faults[patient] = f"lesion table, {self.source.row_words(row[ROW])}: {fault}"
        for patient in self._below.keys() & lesions.keys() - faults.keys():  # may be theirs
            where = self.source.row_words(self._below[patient])
            faults[patient] = f"lesion table, {where}: {self._nobody}"
        return lesions, faults

    def _fault(self, patient: str, row: Mapping[str, str | None]) -> str | None:
        if row[PROBLEM]:
            return row[PROBLEM]
        if is_unknown(row[LESION_ID]):
            return f"column {self.head.shown(LESION_ID)}: every lesion needs an identifier"
        if (patient, row[LESION_ID]) in self._repeated:
            told = f"column {self.head.shown(LESION_ID)}: {shown(row[LESION_ID] or '')}"
            return f"{told} is in more than one row"
        if row[ROW] in self._odd:
            return self._odd[row[ROW]]
        try:
            read_lesion(self.guideline, row, self.head.shown)
        except CellError as error:
            return str(error)
        return None

    def rejected(self, ids: pl.Series, reasons: pl.Series) -> pl.DataFrame:
        """Return the lesions of rejected patients, each once, with the patient's reason."""
        rows = pl.DataFrame([ids.alias(ID), reasons.alias(REASON)])
        told = rows.unique(ID, keep="first", maintain_order=True)
        new = told.filter(~told[ID].is_in(pl.Series(list(self._told), dtype=pl.String).implode()))
        self._told.update(new[ID].drop_nulls())
        owned = self.frame.select(ROW, ID).join(new, on=ID, how="inner", maintain_order="left")
        return self.rows.join(owned.select(ROW, REASON), on=ROW, how="inner", maintain_order="left")


def _parts(name: str) -> tuple[str, ...]:
    """Return the words and numbers of an identifier: P-007, p7 and "P 7.0" have the same."""
    text = re.sub(r"\.0+$", "", name.casefold())
    return tuple(part.lstrip("0") or "0" for part in re.findall(r"\d+|[^\W\d_]+", text))

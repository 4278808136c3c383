"""Patient tables: checked as a whole, then read in batches of records and rejected rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.patients.cells import UNKNOWN_WORDS, CellError, is_unknown, shown
from kg.patients.columns import as_text, mask_type, read_columns
from kg.patients.records import Lesion, Record, read_lesion, read_record
from kg.readers import PROBLEM, ROW, Source, lesions_beside, open_source
from kg.readers.held import File

ID, LESION_ID, REASON = "patient_id", "lesion_id", "_reason"
RECORDED, PINNED = "recorded:", "pinned:"


@dataclass(frozen=True)
class Batch:
    """Some rows of a table.

    `cells` are the good rows as they stand in the table, `knowledge` has for each of them and
    each variable the mask of bands that its cell leaves (all of them where it says nothing),
    with `recorded:` and `pinned:` flags. `lesions` maps ids of patients to their lesions.
    `rejected` are the bad rows as they stand, with `_row` and `_reason`.
    """

    cells: pl.DataFrame
    knowledge: pl.DataFrame
    lesions: Mapping[str, Sequence[Lesion]]
    rejected: pl.DataFrame
    rejected_lesions: pl.DataFrame | None


class RowReader:
    """Reads rows of a table as records, wherever the rows come from.

    `variables` are those that the table has columns for; `repeated` are the ids that stand in
    more than one row.
    """

    def __init__(
        self,
        guideline: Guideline,
        variables: Sequence[str],
        repeated: pl.Series,
        lesions: LesionTable | None,
    ) -> None:
        self.guideline = guideline
        self.variables = list(variables)
        self.lesions = lesions
        self.repeated = repeated

    def batch(self, rows: pl.DataFrame) -> Batch:
        """Return rows, as a source yields them, as good ones and rejected ones."""
        frame = rows.with_columns(as_text(rows[ID]))
        knowledge, faults = self._knowledge(frame)
        lesions: dict[str, list[Lesion]] = {}
        if self.lesions is not None:
            lesions, faulty = self.lesions.of(frame[ID])
            told = frame[ID].replace_strict(faulty, default=None, return_dtype=pl.String)
            faults.append(told)
        reasons = pl.DataFrame([s.alias(str(i)) for i, s in enumerate(faults)]).select(
            pl.concat_str(pl.all(), separator="; ", ignore_nulls=True).alias(REASON)
        )
        bad = reasons[REASON] != ""
        rejected = frame.filter(bad).with_columns(reasons.filter(bad)[REASON])
        return Batch(
            cells=frame.filter(~bad),
            knowledge=knowledge.filter(~bad),
            lesions=lesions,
            rejected=rejected,
            rejected_lesions=self.lesions.rejected(rejected) if self.lesions else None,
        )

    def _knowledge(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.Series]]:
        ids = frame[ID]
        unknown = _is_unknown(ids)
        broken = frame[PROBLEM].is_not_null()  # what is no row of cells has no cells to judge
        nameless = _told(unknown & ~broken, f"column {ID}: every row needs an identifier")
        faults = [frame[PROBLEM], nameless]
        if len(self.repeated):
            repeated = ids.is_in(self.repeated.implode()) & ~unknown
            told = "column patient_id: " + ids.str.slice(0, 60)
            told += " stands in more than one row; which of them is the patient cannot be known"
            faults.append(told.set(~repeated.fill_null(False), None))
        variables = self.guideline.variables
        read = read_columns([variables[name] for name in self.variables], frame)
        columns = []
        for name, variable in variables.items():
            if name in read:
                column = read[name]
                if column.fault is not None:
                    faults.append(f"column {name}: " + column.fault.set(broken, None))
                columns += [
                    column.mask.fill_null(variable.everything).alias(name),
                    column.mask.is_not_null().alias(RECORDED + name),
                    column.pinned.alias(PINNED + name),
                ]
            elif name != ID:
                columns += _absent(name, mask_type(variable), variable.everything, len(frame))
        return pl.DataFrame(columns), faults

    def records(self, batch: Batch) -> Iterator[Record]:
        """Yield the good rows of a batch as records."""
        names = [ID, *self.variables]
        texts = pl.DataFrame([as_text(batch.cells[name]) for name in names])
        for row in texts.iter_rows():
            cells = dict(zip(names[1:], row[1:], strict=True))
            yield read_record(self.guideline, row[0], cells, batch.lesions.get(row[0]))


class PatientTable(RowReader):
    """A table of patients, with a table of their lesions where there is one.

    Raises:
        InputError: a file cannot be read as a table, or its columns are not those of the
            guideline.
    """

    def __init__(
        self,
        guideline: Guideline,
        patients: File | Source,
        lesions: File | Source | None = None,
        ignore_unknown: bool = False,
    ) -> None:
        self.source = open_source(patients)
        variables = variables_of(guideline, self.source, ignore_unknown)
        parts = [as_text(f[ID]) for f in self.source.batches([ID])]
        self.ids = pl.concat(parts) if parts else pl.Series(ID, [], pl.String)
        known = self.ids.drop_nulls()
        repeated = known.filter(known.is_duplicated()).unique()
        lesions = lesions_beside(self.source, lesions)
        table = LesionTable(guideline, lesions) if lesions else None
        if table is not None:
            table.tell_strangers(known)
        super().__init__(guideline, variables, repeated, table)

    @property
    def height(self) -> int:
        """The number of data rows."""
        return len(self.ids)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order, good ones and rejected ones."""
        for frame in self.source.batches():
            yield self.batch(frame)


class LesionTable:
    """The lesions of the patients, held as columns of text."""

    def __init__(self, guideline: Guideline, lesions: File | Source) -> None:
        self.guideline = guideline
        self.source = source = open_source(lesions)
        self.columns = [ID, LESION_ID, *guideline.lesion_columns]
        _check_columns(source, self.columns, ID, ignore_unknown=False)
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
            return f"column {LESION_ID}: {shown(row[LESION_ID] or '')} stands in more than one row"
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


def variables_of(guideline: Guideline, source: Source, ignore_unknown: bool) -> list[str]:
    """Return the variables that a table of patients has columns for, in the guideline's order.

    Raises:
        InputError: the columns are not those of the guideline.
    """
    names = [name for name in guideline.variables if name != ID]
    _check_columns(source, [ID, *names], ID, ignore_unknown)
    return [name for name in names if name in source.columns]


def find_patient(
    guideline: Guideline, path: Path, patient_id: str, lesions: Path | None = None
) -> Record:
    """Return the record of one patient of a table.

    Raises:
        InputError: the table has no such patient, or its row is rejected.
    """
    table = PatientTable(guideline, path, lesions)
    for batch in table.batches():
        for row in batch.rejected.filter(pl.col(ID) == patient_id).iter_rows(named=True):
            raise InputError(f"{path}, row {row[ROW]}: {row[REASON]}")
        place = batch.cells[ID].index_of(patient_id)
        if place is not None:
            one = Batch(
                batch.cells[place : place + 1],
                batch.knowledge[place : place + 1],
                batch.lesions,
                batch.rejected,
                None,
            )
            return next(iter(table.records(one)))
    known = table.ids.drop_nulls().head(5_000).to_list()
    near = difflib.get_close_matches(patient_id, known, n=3) or known[:3]
    raise InputError(
        f"{path} has no patient {patient_id!r}; "
        + (f"there are, for instance, {', '.join(near)}" if near else "it has no rows")
    )


def _is_unknown(texts: pl.Series) -> pl.Series:
    words = pl.Series(sorted(UNKNOWN_WORDS))
    return texts.fill_null("").str.strip_chars().str.to_lowercase().is_in(words.implode())


def _told(rows: pl.Series, message: str) -> pl.Series:
    return pl.select(pl.when(rows).then(pl.lit(message))).to_series()


def _absent(name: str, dtype: pl.DataType, everything: int, height: int) -> list[pl.Series]:
    no = pl.repeat(False, height, dtype=pl.Boolean, eager=True)
    mask = pl.repeat(everything, height, dtype=dtype, eager=True)
    return [mask.alias(name), no.alias(RECORDED + name), no.alias(PINNED + name)]


def _check_columns(source: Source, allowed: Sequence[str], key: str, ignore_unknown: bool) -> None:
    """Check the columns of a table; those that begin with `_` are notes and pass.

    Raises:
        InputError: the key is missing, or a column is unknown or there twice.
    """
    columns = [name for name in source.columns if not name.startswith("_")]
    if key not in columns:
        near = difflib.get_close_matches(key, columns, n=1)
        hint = f"; is it {near[0]!r}?" if near else ""
        raise InputError(f"{source.path} has no column {key}; every row needs one{hint}")
    every = source.columns
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise InputError(f"{source.path} has more than one column {', '.join(twice)}; keep one")
    unknown = [name for name in columns if name not in allowed]
    if unknown and not ignore_unknown:
        told = []
        for name in unknown:
            near = difflib.get_close_matches(name.lower(), allowed, n=1, cutoff=0.4)
            told.append(f"{name!r}" + (f" (nearest: {near[0]})" if near else ""))
        raise InputError(
            f"{source.path}: unknown column {', '.join(told)}; "
            "correct the name, or pass --ignore-unknown to leave such columns out"
        )

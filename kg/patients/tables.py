"""Patient tables: checked as a whole, then read in batches of records and rejected rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Knowledge, Variable
from kg.keys import ID, PROBLEM, REASON, ROW, SOURCES
from kg.patients.assumptions import Assumptions, made
from kg.patients.cells import parse_cell
from kg.patients.columns import are_unknown, as_text, mask_type, read_columns
from kg.patients.headers import Head, blank_rows, check_mapped, head_of
from kg.patients.lesions import LesionTable
from kg.patients.plausible import PlausibilityWatch, SilenceWatch
from kg.patients.reading import PLAIN, Reading
from kg.patients.records import Lesion, Record, read_record
from kg.readers import Source, lesions_beside, open_source
from kg.readers.source import ahead
from kg.readers.uploads import File
from kg.texts import alike

RECORDED, PINNED = "recorded:", "pinned:"


@dataclass(frozen=True)
class Batch:
    """Some rows of a table.

    `cells` are the good rows under our names, `knowledge` has for each of them and
    each variable the mask of bands that its cell leaves (all of them where it says nothing),
    with `recorded:` and `pinned:` flags. `lesions` maps ids of patients to their lesions.
    `kept` are the columns of the good rows that travel along, as they stand in the table, with
    `_row`.
    `rejected` are the bad rows as they stand, with `_row` and `_reason`.
    """

    cells: pl.DataFrame
    kept: pl.DataFrame
    knowledge: pl.DataFrame
    lesions: Mapping[str, Sequence[Lesion]]
    rejected: pl.DataFrame
    rejected_lesions: pl.DataFrame | None

    def at(self, places: pl.Series | slice) -> Batch:
        """Return the batch with only the good rows at some places."""
        frames = (self.cells[places], self.kept[places], self.knowledge[places])
        return Batch(*frames, self.lesions, self.rejected, None)

    @cached_property
    def with_lesions(self) -> pl.Series:
        """The places of the good rows whose patients have lesions."""
        ids = pl.Series(list(self.lesions), dtype=pl.String)
        return self.cells[ID].is_in(ids.implode()).arg_true()


class RowReader:
    """Reads rows of a table as records, wherever the rows come from.

    `head` says how columns are read, `variables` are those that the table has columns for;
    `repeated` are the ids that stand in more than one row. `assumptions` are made where a record
    is silent.
    """

    def __init__(
        self,
        guideline: Guideline,
        head: Head,
        repeated: pl.Series,
        lesions: LesionTable | None,
        assumptions: Assumptions | None = None,
    ) -> None:
        self.guideline = guideline
        self.assumptions = assumptions
        self.head = head
        self.variables = [name for name in guideline.variables if name != ID and name in head]
        self.lesions = lesions
        self.repeated = repeated

    def batch(self, rows: pl.DataFrame) -> Batch:
        """Return rows, as a source yields them, as good ones and rejected ones."""
        frame, odd = self.head.read(rows)
        nameless = are_unknown(frame[ID])
        if nameless.any():
            told = ~(nameless & blank_rows(rows))
            rows, nameless = rows.filter(told), nameless.filter(told)
            frame, odd = self.head.read(rows)
        knowledge, faults = self._knowledge(frame, odd, nameless)
        lesions: dict[str, list[Lesion]] = {}
        if self.lesions is not None:
            lesions, faulty = self.lesions.of(frame[ID])
            told = frame[ID].replace_strict(faulty, default=None, return_dtype=pl.String)
            faults.append(told)
        reasons = pl.DataFrame([s.alias(str(i)) for i, s in enumerate(faults)]).select(
            pl.concat_str(pl.all(), separator="; ", ignore_nulls=True).alias(REASON)
        )
        bad = reasons[REASON] != ""
        rejected = rows.filter(bad).with_columns(reasons.filter(bad)[REASON])
        good = [frame, rows.select(ROW, *self.head.kept), knowledge]
        if bad.any():  # most tables have no such row, and a filter copies
            good = [each.filter(~bad) for each in good]
        cells, kept, knowledge = good
        with_theirs = None
        if self.lesions is not None:
            with_theirs = self.lesions.rejected(frame.filter(bad)[ID], rejected[REASON])
        return Batch(cells, kept, knowledge, lesions, rejected, with_theirs)

    def _knowledge(
        self, frame: pl.DataFrame, odd: Mapping[str, pl.Series], unknown: pl.Series
    ) -> tuple[pl.DataFrame, list[pl.Series]]:
        ids = frame[ID]
        broken = frame[PROBLEM].is_not_null()  # what is not a row of cells has no cells to judge
        nameless = _told(
            unknown & ~broken, f"column {self.head.shown(ID)}: every row needs an identifier"
        )
        faults = [frame[PROBLEM], nameless]
        if len(self.repeated):
            repeated = ids.is_in(self.repeated.implode()) & ~unknown
            told = f"column {self.head.shown(ID)}: " + ids.str.slice(0, 60)
            told += " is in more than one row; keep one row"
            faults.append(told.set(~repeated.fill_null(False), None))
        variables = self.guideline.variables
        read = read_columns([variables[name] for name in self.variables], frame)
        for name in frame.columns:
            if name in odd:
                told = pl.Series([f"column {self.head.shown(name)}: "]) + odd[name]
                faults.append(told.set(broken, None))
            if name in read and (fault := read[name].fault) is not None:
                faults.append(f"column {self.head.shown(name)}: " + fault.set(broken, None))
        said = frame.select(ID).with_columns(column.mask.alias(n) for n, column in read.items())
        columns: dict[str, pl.Expr | pl.Series] = {}
        for name, variable in variables.items():
            if name in read:
                columns[name] = pl.col(name).fill_null(variable.everything)
                columns[RECORDED + name] = read[name].recorded
                columns[PINNED + name] = read[name].pinned
            elif name != ID:
                columns[name] = pl.lit(variable.everything, mask_type(variable))
                columns[RECORDED + name] = columns[PINNED + name] = pl.lit(False)
        return said.with_columns(**columns).select(columns.keys()), faults

    def records(self, batch: Batch) -> Iterator[Record]:
        """Yield the good rows of a batch as records, with what is assumed."""
        for record in self.records_as_given(batch):
            yield made(self.guideline, record, self.assumptions)

    def records_as_given(self, batch: Batch) -> Iterator[Record]:
        """Yield the good rows of a batch as records, without assumptions."""
        names, kept = [ID, *self.variables], dict[tuple[str, str | None], Knowledge | None]()

        def read(variable: Variable, cell: str | None) -> Knowledge | None:
            """Read a cell; the same cell of a variable is read once."""
            key = (variable.name, cell)
            if key not in kept:
                kept[key] = parse_cell(variable, cell)
            return kept[key]

        texts = pl.DataFrame([as_text(batch.cells[name]) for name in names])
        for row in texts.iter_rows():
            cells = dict(zip(names[1:], row[1:], strict=True))
            yield read_record(self.guideline, row[0], cells, batch.lesions.get(row[0]), read)


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
        reading: Reading = PLAIN,
        assumptions: Assumptions | None = None,
    ) -> None:
        self.source = open_source(patients, guideline, reading.sheet)
        head = patient_head(guideline, self.source, reading)
        theirs = head.theirs(ID)
        keys = self.source.batches([] if theirs is None else [theirs])
        parts = [head.ids(frame) for frame in keys]
        self.ids = pl.concat(parts) if parts else pl.Series(ID, [], pl.String)
        known = self.ids.drop_nulls()
        is_unique = known.hash().n_unique() == len(known)  # of texts themselves it takes far longer
        repeated = known.clear() if is_unique else known.filter(known.is_duplicated()).unique()
        lesions = lesions_beside(self.source, lesions)
        table = LesionTable(guideline, lesions, reading) if lesions else None
        check_mapped(reading, self.source, *([table.source] if table else []))
        columns = {n: guideline.variables[n] for n in head.translations}
        self._watch = PlausibilityWatch(columns, head.converted)
        self._silence = SilenceWatch(columns, self.source.row_words)
        if table is not None:
            table.tell_strangers(known)
        super().__init__(guideline, head, repeated, table, assumptions)

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be told of how the tables were read, besides rejected rows."""
        found = [*self._watch.notes(), *self._silence.notes()]
        odd = [f"{self.source.path}, {note}" for note in found]
        return (*self.head.notes, *odd, *(self.lesions.notes if self.lesions else ()))

    @property
    def height(self) -> int:
        """The number of data rows."""
        return len(self.ids)

    def batches(self) -> Iterator[Batch]:
        """Yield all rows in order, good ones and rejected ones."""
        # Columns in one piece are read twice as fast.
        for batch in ahead(lambda rows: self.batch(rows.rechunk()), self.source.batches()):
            self._watch.add(batch.cells)
            recorded = batch.knowledge.select(
                pl.col(RECORDED + name).alias(name) for name in self.variables
            )
            self._silence.add(batch.cells, recorded)
            yield batch


def patient_head(guideline: Guideline, source: Source, reading: Reading) -> Head:
    """Return how the columns of a table of patients are read.

    Raises:
        InputError: the columns are not those of the guideline.
    """
    known = {n: None if n == ID else variable for n, variable in guideline.variables.items()}
    return head_of(source, known, [ID], reading, reading.keep)


def find_patient(
    guideline: Guideline,
    path: Path,
    patient_id: str,
    lesions: Path | None = None,
    reading: Reading = PLAIN,
    *,
    assumptions: Assumptions | None = None,
) -> Record:
    """Return the record of one patient of a table.

    Raises:
        InputError: the table has no such patient, or its row is rejected.
    """
    table = PatientTable(guideline, path, lesions, reading, assumptions)
    for batch in table.batches():
        bad = batch.rejected.filter(table.head.ids(batch.rejected) == patient_id)
        for row in bad.iter_rows(named=True):
            where = table.source.row_words(row[ROW])
            raise InputError(f"{path}, {where}: {row[REASON]}")
        place = batch.cells[ID].index_of(patient_id)
        if place is not None:
            one = batch.at(slice(place, place + 1))
            record = next(table.records(one))
            return replace(record, sources=_sources(table.source, one.cells[ROW][0]))
    known = table.ids.drop_nulls().head(5_000).to_list()
    same = [name for name in known if name.casefold() == patient_id.casefold()]
    near = list(dict.fromkeys([*same, *alike(patient_id, known, 3, 0.6)]))[:3] or known[:3]
    raise InputError(
        f"{path} has no patient {patient_id!r}; "
        + (f"there are, for instance, {', '.join(near)}" if near else "it has no rows")
    )


def _sources(source: Source, row: int) -> Mapping[str, str]:
    """Return where the cells of a row come from, as a draft of other systems' records says."""
    if SOURCES not in source.columns:
        return {}
    for frame in source.batches([SOURCES]):
        for text in as_text(frame.filter(pl.col(ROW) == row)[SOURCES]).drop_nulls():
            try:
                told = json.loads(text)
            except ValueError:
                return {}
            return told if isinstance(told, dict) else {}
    return {}


def _told(rows: pl.Series, message: str) -> pl.Series:
    return pl.select(pl.when(rows).then(pl.lit(message))).to_series()

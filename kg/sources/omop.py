"""OMOP: a folder of tables of the common data model, as CSV or Parquet, read by the same rules.

Concepts are joined to their vocabulary and code, so that the ontology holds no numbers of OMOP.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from kg.errors import InputError
from kg.sources.findings import Findings
from kg.sources.readings import Item, ReadFact
from kg.sources.rules import LIVER_TUMOUR, Rule, Rules
from kg.sources.values import Number, UnreadError, Words, cell_of, checked, when_of

# The operators of measurements, as three public conversions from hospital systems have them.
_OPERATORS = {"4171756": "<", "4171754": "<=", "4172704": ">", "4171755": ">="}
_EQUAL = ("", "0", "4172703")
_NO_MATCH = "0"  # the concept of what has none
_STATUSES = "Condition Status"
_NOT_HELD = ("preliminary", "resolved")  # how the names of statuses begin that confirm nothing
_CONDITION = "condition_occurrence"
_TABLES = {  # the column of the key, of the concept, and of the date
    "measurement": ("measurement_id", "measurement_concept_id", "measurement_date"),
    "observation": ("observation_id", "observation_concept_id", "observation_date"),
    _CONDITION: ("condition_occurrence_id", "condition_concept_id", "condition_start_date"),
}
_PERSON = "person_id"
_SOURCE_CONCEPT = "condition_source_concept_id"
_CONCEPT = ("concept_id", "vocabulary_id", "concept_code")
_VALUES = (
    *(_SOURCE_CONCEPT, "condition_end_date", "condition_status_concept_id"),
    *("value_as_number", "value_as_concept_id"),
    *("value_as_string", "unit_concept_id", "unit_source_value", "operator_concept_id"),
)
Row = dict[str, str | None]


def _table(folder: Path, name: str) -> Path | None:
    named = [path for path in _listed(folder) if path.name.lower().partition(".")[0] == name]
    for path in named:
        if path.suffix.lower() in (".csv", ".parquet"):
            return path
    if named and is_omop(folder):
        raise InputError(f"{named[0]}: a table of OMOP is read as .csv or .parquet; convert it")
    return None


def _listed(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def is_omop(folder: Path) -> bool:
    """Return whether a path is a folder of OMOP tables."""
    names = {path.name.lower() for path in _listed(folder)}
    return not names.isdisjoint(("person.csv", "person.parquet"))


def _rows(path: Path, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> Iterator[Row]:
    """Yield the rows of a table with the columns that are needed, and of more those that it has.

    Raises:
        InputError: it cannot be read, or lacks a column that it needs.
    """
    try:
        frame = _scanned(path).select(pl.all().cast(pl.String).name.to_lowercase())
        names = frame.collect_schema().names()
        if lacking := [name for name in needed if name not in names]:
            raise InputError(
                f"{path} has no column {', '.join(lacking)}; a table of OMOP has the names of the "
                "common data model, and as CSV commas or tabs between its columns"
            )
        frame = frame.select(*needed, *(name for name in more if name in names))
        # A column of numbers with gaps is often written as one of fractions.
        ids = pl.col([name for name in (*needed, *more) if name in names and _is_number(name)])
        frame = frame.with_columns(ids.str.replace(r"\.0+$", ""))
        for batch in frame.collect(engine="streaming").iter_slices(100_000):
            yield from batch.iter_rows(named=True)
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{path}: cannot be read: {error}") from error


def _is_number(column: str) -> bool:
    return column.endswith("_id") and column != "vocabulary_id"


def _scanned(path: Path) -> pl.LazyFrame:
    """Return a table; one with tabs, as vocabularies are delivered, has quotes that are text."""
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path)
    with path.open("rb") as file:
        tabs = b"\t" in file.readline()
    if tabs:
        return pl.scan_csv(path, infer_schema=False, separator="\t", quote_char=None)
    return pl.scan_csv(path, infer_schema=False)


class OmopReader:
    """Reads tables into findings."""

    def __init__(self, rules: Rules, findings: Findings) -> None:
        self.rules, self.findings = rules, findings
        self.concepts: dict[str, tuple[str, str]] = {}
        self.cancers: set[tuple[str, str]] = set()  # codes of concepts with the name of a cancer
        self.statuses: dict[str, str] = {}  # the names of statuses of conditions

    def read(self, folder: Path) -> None:
        """Read the tables of a folder.

        Raises:
            InputError: there is no table of concepts, or a table cannot be read.
        """
        concepts = _table(folder, "concept")
        if concepts is None:
            raise InputError(f"{folder} has no table concept, by which codes are known")
        for row in _rows(concepts, _CONCEPT, ("concept_name",)):
            key, vocabulary, code = (row[name] or "" for name in _CONCEPT)
            name = (row.get("concept_name") or "").casefold()
            if key == _NO_MATCH:
                continue
            self.concepts[key] = vocabulary, code
            if vocabulary == _STATUSES:
                self.statuses[key] = name
            if any(word in name for word in self.rules.cancer_words):
                self.cancers.add((vocabulary, code))
        for row in _rows(_table(folder, "person") or folder, (_PERSON,)):
            self.findings.resources += 1
            self.findings.used += 1
            self.findings.patients[row[_PERSON] or ""]  # one is known, if nothing else is
        tables = {name: path for name in _TABLES if (path := _table(folder, name))}
        if not tables:
            raise InputError(f"{folder} has none of the tables {', '.join(_TABLES)}")
        for name, path in tables.items():
            columns = _TABLES[name]
            for row in _rows(path, (_PERSON, *columns), _VALUES):
                self._row(name, columns, row)

    def _row(self, table: str, columns: tuple[str, str, str], row: Row) -> None:
        self.findings.resources += 1
        key, concept, dated = columns
        codes = [self.concepts.get(row.get(c) or "", ("", "")) for c in (concept, _SOURCE_CONCEPT)]
        rules = self.rules.of_any(code for code in codes if code[1])
        shown = "|".join(codes[0]) if codes[0][1] else f"concept {row.get(concept) or _NO_MATCH}"
        named = table == _CONDITION and not self.cancers.isdisjoint(codes)
        if not rules and not named:
            self.findings.count(table, shown)
            return
        item = Item(table, row.get(key) or "", row[_PERSON] or "", shown)
        read, holds = partial(self._reading, row, dated), partial(self._marks, row)
        self.findings.diagnose(item, rules, read, holds)

    def _marks(self, row: Row, mark: str) -> bool:
        """Return whether a diagnosis counts among the cancers: the liver tumour if it holds."""
        return mark != LIVER_TUMOUR or self._not_holding(row) is None

    def _not_holding(self, row: Row) -> str | None:
        status = self.statuses.get(row.get("condition_status_concept_id") or "", "")
        if status.startswith(_NOT_HELD):
            return f"its status is {status!r}"
        end = (row.get("condition_end_date") or "")[:10]
        try:
            ended = bool(end) and when_of(end).first.date() <= self.findings.as_of
        except UnreadError as error:
            return f"it has ended, and {error}"
        return f"it has ended, {end}" if ended else None

    def _reading(self, row: Row, dated: str, item: Item, rule: Rule) -> ReadFact:
        if not row.get(dated):
            raise UnreadError("it has no date")
        when = when_of((row[dated] or "")[:10])
        if item.kind == _CONDITION:
            if why := self._not_holding(row):
                raise UnreadError(why)
            if rule.gives is None:
                raise UnreadError("its presence gives no cell")
            return ReadFact(rule, checked(rule, rule.gives), when, item, "diagnosis", lasting=True)
        known, said = cell_of(rule, self._value(row))
        return ReadFact(rule, known, when, item, said)

    def _value(self, row: Row) -> Number | Words:
        number = row.get("value_as_number")
        if number and number != "NaN":
            code = self.concepts.get(row.get("unit_concept_id") or "", ("", ""))[1]
            unit = code or row.get("unit_source_value")
            operator = row.get("operator_concept_id") or ""
            sign = None if operator in _EQUAL else _OPERATORS.get(operator, f"concept {operator}")
            return Number(number, unit, sign)
        coded = self.concepts.get(row.get("value_as_concept_id") or "", ("", ""))[1]
        words = [word for word in (coded, row.get("value_as_string")) if word]
        if not words:
            raise UnreadError("it has no value")
        return Words(tuple(words))

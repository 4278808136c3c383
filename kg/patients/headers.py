"""The heads of tables: which column is read as what, and which are left out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from kg.errors import InputError, UnknownColumnsError
from kg.keys import ID, IRI, LESION_ID, PROBLEM, ROW
from kg.patients.columns import as_text, identifiers
from kg.patients.reading import Reading
from kg.readers import Source
from kg.texts import counted

_CUTOFF = 0.3  # so that "id" is near to "patient_id"
_CLOSE = 0.7
_SHOWN = 8


@dataclass(frozen=True)
class Head:
    """How the columns of one table are read: what each is called here, by its name there.

    `notes` tell what was left out.
    """

    columns: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.columns.values()

    def theirs(self, name: str) -> str:
        """Return what a column is called in the table."""
        return next(there for there, here in self.columns.items() if here == name)

    def shown(self, name: str) -> str:
        """Return a column as messages name it."""
        return name

    def ids(self, rows: pl.DataFrame) -> pl.Series:
        """Return the identifiers of the patients of some rows of the table."""
        return identifiers(rows[self.theirs(ID)]).alias(ID)

    def read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return rows of the table under our names; identifiers in their one form."""
        found = [rows[name] for name in (ROW, PROBLEM)]
        for there, here in self.columns.items():
            column = rows[there].alias(here)
            found.append(identifiers(column) if here in (ID, LESION_ID) else column)
        found += [rows[IRI]] if IRI in rows.columns else []
        return pl.DataFrame(found)


def head_of(source: Source, allowed: Sequence[str], keys: Sequence[str], reading: Reading) -> Head:
    """Return how the columns of a table are read; those that begin with `_` are notes and pass.

    Raises:
        InputError: a key is missing, a column is unknown, there twice or of no type of cells.
    """
    names = _named(source)
    for key in keys:
        if key not in names.values():
            hint = _hint(key, list(names.values()), allowed)
            raise InputError(f"{source.path} has no column {key}; every row needs one; {hint}")
    read = {there: here for there, here in names.items() if here in allowed}
    twice = sorted({name for name in read.values() if [*read.values()].count(name) > 1})
    if twice:
        raise InputError(f"{source.path} has more than one column {', '.join(twice)}; keep one")
    empty = _empty(source, [there for there, here in names.items() if not here])
    strange = {there: here for there, here in names.items() if there not in {*read, *empty}}
    if strange and not reading.ignore_unknown:
        raise UnknownColumnsError(f"{source.path}: unknown column {_strangers(strange, allowed)}")
    check = getattr(source, "check_cells", None)
    if check is not None:
        check(list(read))
    notes = [_left_out(source, list(strange.values()), allowed)] if strange else []
    return Head(read, tuple(notes))


def _named(source: Source) -> dict[str, str]:
    """Return the names of the columns, as the file has them, by those that the reader gave."""
    renamed: Mapping[str, str] = getattr(source, "renamed", {})
    names = {name: renamed.get(name, name) for name in source.columns}
    return {given: name for given, name in names.items() if not name.startswith("_")}


def _empty(source: Source, names: list[str]) -> set[str]:
    """Return those of some columns that hold nothing."""
    left = set(names)
    for frame in source.batches(names) if names else ():
        left -= {
            name
            for name in left
            if as_text(frame[name]).str.strip_chars().fill_null("").ne("").any()
        }
    return left


def blank_rows(rows: pl.DataFrame) -> pl.Series:
    """Return which rows hold nothing at all, as spreadsheets leave them below a table."""
    cells = [
        as_text(rows[name]).str.strip_chars().fill_null("") == ""
        for name in rows.columns
        if name not in (ROW, PROBLEM)
    ]
    return pl.DataFrame([cell.alias(str(i)) for i, cell in enumerate(cells)]).select(
        pl.all_horizontal(pl.all()).alias(ROW) & rows[PROBLEM].is_null()
    )[ROW]


def _strangers(strange: Mapping[str, str], allowed: Sequence[str]) -> str:
    told = []
    for name in strange.values():
        near = difflib.get_close_matches(name.lower(), allowed, n=1, cutoff=0.4)
        told.append(f"{name!r}" + (f" (nearest: {near[0]})" if near else ""))
    return ", ".join(told)


def _left_out(source: Source, names: list[str], allowed: Sequence[str]) -> str:
    """Say which columns were left out, and which of them may be variables."""
    told = ", ".join(name or "one without a name" for name in names)
    text = f"{source.path}: {counted(len(names), 'column')} left out: {told}"
    close = {name: near for name in names if (near := close_to(name, allowed))}
    if close:
        text += "; close to a variable: "
        text += ", ".join(f"{name} ({near}?)" for name, near in close.items())
    return text


def close_to(name: str, allowed: Iterable[str]) -> str | None:
    """Return the column that a name is close to: spelt alike, or a part of it."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    known = [other for other in allowed if other not in (ID, LESION_ID)]
    for other in known:
        shorter, longer = sorted((plain, other), key=len)
        if len(shorter) > 2 and (longer == shorter or longer.startswith(f"{shorter}_")):
            return other
    near = difflib.get_close_matches(plain, known, n=1, cutoff=_CLOSE)
    return near[0] if near else None


def _hint(key: str, columns: Sequence[str], allowed: Sequence[str]) -> str:
    """Say which column may be the missing one, or which columns there are."""
    lower = {name.lower(): name for name in columns if name not in allowed}
    near = difflib.get_close_matches(key, lower, n=1, cutoff=_CUTOFF)
    if near:
        return f"if {lower[near[0]]!r} is that column, rename it to {key}"
    more = ", …" if len(columns) > _SHOWN else ""
    return f"the columns are {', '.join(columns[:_SHOWN])}{more}"

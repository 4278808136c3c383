"""The heads of tables: which column is read as what, and which are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import polars as pl

from kg.errors import InputError, UnknownColumnsError
from kg.guideline.values import Variable
from kg.keys import ID, IRI, LESION_ID, PROBLEM, ROW
from kg.patients.cells import shown
from kg.patients.columns import as_text, identifiers
from kg.patients.reading import ALL, Reading, check_unit, with_unit
from kg.patients.translation import Translation, has_decimal_comma, key_of
from kg.readers import Source
from kg.texts import alike, counted, hint

_CUTOFF = 0.3  # so that "id" is near to "patient_id"
_CLOSE = 0.7
_MISSPELT = 0.6
_SHOWN = 8
_ROW_NUMBER = re.compile(r"\{row(?::0?(\d+))?\}")


@dataclass(frozen=True)
class Head:
    """How the columns of one table are read: what each is called here, by its name there.

    `translations` say how the cells of variables are read, `constants` are cells that hold for
    every row. `kept` are columns of the table that travel along, `notes` tell what has to be told.
    """

    columns: Mapping[str, str]
    translations: Mapping[str, Translation] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.columns.values() or name in self.constants

    def theirs(self, name: str) -> str | None:
        """Return what a column is called in the table; None where it is constant."""
        return next((there for there, here in self.columns.items() if here == name), None)

    def shown(self, name: str) -> str:
        """Return a column as messages name it."""
        theirs = self.theirs(name)
        return name if theirs in (None, name) else f"{theirs} ({name})"

    @property
    def converted(self) -> frozenset[str]:
        """The variables of which the table's unit is stated."""
        return frozenset(name for name, each in self.translations.items() if each.units)

    def ids(self, rows: pl.DataFrame) -> pl.Series:
        """Return the identifiers of the patients of some rows of the table."""
        theirs = self.theirs(ID)
        if theirs is not None:
            return identifiers(rows[theirs]).alias(ID)
        pattern = self.constants[ID]
        width = int(match[1] or 0) if (match := _ROW_NUMBER.search(pattern)) else 0
        before, _, after = _ROW_NUMBER.sub("{}", pattern).partition("{}")
        numbers = rows[ROW].cast(pl.String).str.zfill(width)
        return (before + numbers + after).alias(ID) if match else _same(pattern, rows).alias(ID)

    def read(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
        """Return rows of the table in our words, under our names, and what is wrong with cells.

        Cells that mean nothing for sure are null, and faults by column.
        """
        found, faults = [rows[ROW], rows[PROBLEM], self.ids(rows)], dict[str, pl.Series]()
        for there, here in self.columns.items():
            column = rows[there].alias(here)
            if here == LESION_ID:
                column = identifiers(column)
            elif here in self.translations:
                column, fault = self.translations[here].column(column)
                if fault is not None:
                    faults[here] = fault
            if here != ID:
                found.append(column.alias(here))
        found += [_same(cell, rows).alias(n) for n, cell in self.constants.items() if n != ID]
        found += [rows[IRI]] if IRI in rows.columns else []
        return pl.DataFrame(found), faults


def _same(cell: str, rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(cell, len(rows), dtype=pl.String, eager=True)


def head_of(
    source: Source,
    variables: Mapping[str, Variable | None],
    keys: Sequence[str],
    reading: Reading,
    kept: Sequence[str] = (),
) -> Head:
    """Return how the columns of a table are read; those that begin with `_` are notes and pass.

    `variables` are those that columns may be of, with the keys; `kept` are columns to keep.

    Raises:
        InputError: a key is missing, a column is unknown, there twice or of no type of cells.
    """
    names, allowed = _named(source), list(variables)
    for name in kept:
        if name not in names.values():
            columns = [*names.values()]
            more = ", …" if len(columns) > _SHOWN else ""
            told = (
                f"to keep{hint(name, columns)}; the columns are {', '.join(columns[:_SHOWN])}{more}"
            )
            raise InputError(f"{source.path} has no column {name!r} {told}")
    ours = {there: _ours(name, variables, keys, reading) for there, name in names.items()}
    read = {there: here for there, (here, _) in ours.items() if here is not None}
    constants = {n: cell for n, cell in reading.constants.items() if n in variables}
    for key in keys:
        if key not in read.values() and key not in constants:
            raise InputError(_keyless(source, key, names, allowed, reading))
    every = [*read.values(), *constants]
    twice = sorted({name for name in every if every.count(name) > 1})
    if twice:
        raise InputError(f"{source.path} has more than one column {', '.join(twice)}; keep one")
    strange = {t: name for t, name in names.items() if t not in read and name not in kept}
    empty = _empty(source, [there for there, name in strange.items() if not name])
    strange = {there: name for there, name in strange.items() if there not in empty}
    if strange and not reading.ignore_unknown and reading.columns is None:
        raise UnknownColumnsError(f"{source.path}: unknown column {_strangers(strange, allowed)}")
    source.check_cells(list(read))
    translations = _translations(read, ours, variables, reading)
    notes = [*source.notes]
    if _has_commas(source, read, translations):
        notes.append(f"{source.path}: commas in numbers are read as decimal points")
        translations = {
            n: replace(t, decimal_comma=t.variable.is_number) for n, t in translations.items()
        }
    notes += [_left_out(source, list(strange.values()), allowed)] if strange else []
    found = {there: name for there, name in names.items() if name in kept}
    return Head(read, translations, constants, tuple(found), tuple(notes))


def _ours(
    name: str, variables: Mapping[str, Variable | None], keys: Sequence[str], reading: Reading
) -> tuple[str | None, str | None]:
    """Return what a column is called here, and the unit that its name tells."""
    if reading.columns is not None and name not in keys:
        name = reading.columns.get(name, "")
    name, unit = with_unit(name, variables)
    variable = variables.get(name)
    if variable is not None and unit is not None:
        check_unit(variable, unit)
    return (name if name in variables else None), unit


def _translations(
    read: Mapping[str, str],
    ours: Mapping[str, tuple[str | None, str | None]],
    variables: Mapping[str, Variable | None],
    reading: Reading,
) -> dict[str, Translation]:
    found = {}
    for there, here in read.items():
        variable, unit = variables[here], ours[there][1]
        if variable is not None:
            codes = chain(reading.missing.get(ALL, ()), reading.missing.get(here, ()))
            found[here] = Translation(
                variable,
                missing=frozenset(map(key_of, codes)),
                values={key_of(k): cell for k, cell in reading.values.get(here, {}).items()},
                units=(unit,) if unit else reading.units.get(here, ()),
            )
    return found


def _has_commas(
    source: Source, read: Mapping[str, str], translations: Mapping[str, Translation]
) -> bool:
    """Return whether a table whose cells no commas separate has decimal commas."""
    if source.separator == ",":
        return False
    known = {name for name, each in translations.items() if each.variable.is_number}
    numbers = [there for there, here in read.items() if here in known]
    return any(
        has_decimal_comma(frame[name].drop_nulls().unique())
        for frame in (source.batches(numbers) if numbers else ())
        for name in numbers
    )


def _named(source: Source) -> dict[str, str]:
    """Return the names of the columns, as the file has them, by those that the reader gave."""
    names = {name: source.renamed.get(name, name) for name in source.columns}
    return {given: name for given, name in names.items() if not name.startswith("_")}


def _empty(source: Source, names: list[str]) -> set[str]:
    """Return those of some columns that hold nothing."""
    left = set(names)
    for frame in source.batches(names) if names else ():
        left -= {n for n in left if as_text(frame[n]).str.strip_chars().fill_null("").ne("").any()}
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


def check_mapped(reading: Reading, *sources: Source) -> None:
    """Check that every column that a mapping names is in one of the tables.

    Raises:
        InputError: one is not.
    """
    names = [name for source in sources for name in _named(source).values()]
    for name in reading.columns or ():
        if name not in names:
            told = f"no column {name!r}, which the mapping names"
            lesions = "; name the table of lesions, if it is there" if len(sources) == 1 else ""
            near = hint(name, names, _MISSPELT) or lesions
            raise InputError(f"{sources[0].path} has {told}{near}")


def _strangers(strange: Mapping[str, str], allowed: Sequence[str]) -> str:
    names = [name for name in strange.values() if name]
    nameless = [place.rpartition("_")[2] for place, name in strange.items() if not name]
    told = [f"{place or 'one'}, which has no name" for place in nameless]
    if len(names) > _SHOWN:  # those that may be variables first
        names.sort(key=lambda name: close_to(name, allowed) is None)
    for name in names[:_SHOWN]:
        near = [] if name == LESION_ID else alike(name.lower(), allowed)
        told.append(repr(name) + "".join(f" (nearest: {one})" for one in near))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(told) + more


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
    return next(iter(alike(plain, known, cutoff=_CLOSE)), None)


def _keyless(
    source: Source, key: str, names: Mapping[str, str], allowed: Sequence[str], reading: Reading
) -> str:
    """Say that a key is missing, and which column may be it, or which columns there are."""
    sheets = [repr(name) for name in source.sheets]
    text = f"{source.path} has no column {key}; every row needs one; "
    if len(sheets) > 1 and LESION_ID in allowed:
        text = f"{source.path} has no single sheet with a column {LESION_ID}, which lesions need; "
    elif len(sheets) > 1:
        text = f"{source.path}: sheet {sheets[0]} has no column {key}, which every row needs; if "
        text += f"the table is on another ({', '.join(sheets[1:])}), name that as the sheet; "
    columns = list(names.values())
    if reading.columns is not None:
        for name in (n for n, here in reading.columns.items() if here == key):
            told = f"it has no {name!r} either, as the mapping calls it"
            return f"{text}{told}{hint(name, columns, _MISSPELT)}"
        return (
            f"{text}name the column that holds it under [columns] of the mapping, or number the "
            f'rows by {key} = "{{row}}" under [constants]'
        )
    if len(columns) == 1 and source.first_row is None and not columns[0].isidentifier():
        told = f"the header is one column, {shown(columns[0])}"
        return f"{text}{told}: separate cells by commas, semicolons, tabs or bars"
    if "resourceType" in columns:
        return f"{text}this looks like FHIR, which 'hcc-kg import' reads"
    lower = {n.lower(): n for n in columns if n not in allowed and not close_to(n, allowed)}
    for near in alike(key, lower, cutoff=_CUTOFF):
        return (
            f"{text}if {lower[near]!r} is that column, rename it to {key}, or read the table "
            "with a mapping: 'hcc-kg template mapping' writes one"
        )
    more = ", …" if len(columns) > _SHOWN else ""
    return f"{text}the columns are {', '.join(columns[:_SHOWN])}{more}"

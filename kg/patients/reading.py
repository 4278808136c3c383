"""How tables are read: what a caller asks for besides our own words, names and units."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID, LESION_ID

ALL = ""  # stands for every variable among missing codes


@dataclass(frozen=True)
class Reading:
    """How the tables of a run are read; by default in our own words, names and units only.

    `ignore_unknown` leaves out columns that are not variables; they are told. `keep` are columns
    of the table that travel into the result. `sheet` is that of a workbook. `units` has for a
    variable the unit of its column, or several, of which each cell is in the one that makes it
    plausible. `missing` has codes that mean unknown, for a variable or for all. A mapping names
    `columns` (ours by theirs; None where there is no mapping), `values` (our cells by theirs, for
    a variable) and `constants` (cells that hold for every row).
    """

    ignore_unknown: bool = False
    keep: tuple[str, ...] = ()
    sheet: str | None = None
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] | None = None
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)

    @property
    def allows_others(self) -> bool:
        """Whether columns that are no variables may be there."""
        return self.ignore_unknown or self.columns is not None


class Options(TypedDict, total=False):
    """What the functions of the API take on how tables are read; see `Reading`.

    `missing` are codes, or codes by variable; `units` is a unit by variable; `mapping` is the
    path of a mapping file, to which the others add.
    """

    ignore_unknown: bool
    keep: Iterable[str]
    sheet: str | None
    units: Mapping[str, str]
    missing: Iterable[object] | Mapping[str, Iterable[object]]
    mapping: str | Path | None


def reading_of(guideline: Guideline, options: Options) -> Reading:
    """Return options as a reading.

    Raises:
        InputError: a name is no variable, a unit none of it, or a mapping file is broken.
    """
    from kg.patients.mapping_files import read_mapping  # noqa: PLC0415 - it builds on this

    path = options.get("mapping")
    base = Reading() if path is None else read_mapping(guideline, Path(path))
    codes = options.get("missing", ())
    by_name = codes if isinstance(codes, Mapping) else {ALL: codes}
    missing = {
        name: (*base.missing.get(name, ()), *map(str, more)) for name, more in by_name.items()
    }
    keep = options.get("keep", ())
    return checked(
        guideline,
        replace(
            base,
            ignore_unknown=options.get("ignore_unknown", False),
            keep=(keep,) if isinstance(keep, str) else tuple(keep),
            sheet=options.get("sheet"),
            units={**base.units, **{n: (unit,) for n, unit in options.get("units", {}).items()}},
            missing={**base.missing, **missing},
        ),
    )


def checked(guideline: Guideline, reading: Reading) -> Reading:
    """Return a reading that names variables and units that there are.

    Raises:
        InputError: it names others.
    """
    for name, units in reading.units.items():
        variable = variable_named(guideline, name)
        for unit in units:
            check_unit(variable, unit)
    for name in (*reading.missing, *reading.values, *reading.constants):
        if name not in (ALL, ID):
            variable_named(guideline, name)
    return reading


def variable_named(guideline: Guideline, name: str) -> Variable:
    """Return the variable of a column of the table of patients or of that of lesions.

    Raises:
        InputError: there is none.
    """
    known = {**guideline.lesion_columns, **guideline.variables}
    if name not in known or name in (ID, LESION_ID):
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.4)
        hint = f"; the nearest is {near[0]!r}" if near else ""
        raise InputError(f"{name!r} is not a variable{hint}")
    return known[name]


def check_unit(variable: Variable, unit: str) -> None:
    """Check that a variable comes in a unit.

    Raises:
        InputError: it does not.
    """
    if variable.unit_named(unit) is None:
        codes = ", ".join(known.code for known in variable.units) or "none"
        raise InputError(f"{unit!r} is no unit of {variable.name}; its units are: {codes}")


PLAIN = Reading()

"""How tables are read: what a caller asks for besides our own words, names and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID, LESION_ID
from kg.texts import hint

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
        raise InputError(f"{name!r} is not a variable{hint(name.lower(), known)}")
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

"""How tables are read: what callers ask for besides our words and units; mapping files (TOML)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

from kg.errors import InputError
from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID, LESION_ID
from kg.patients.cells import CellError, parse_cell
from kg.patients.cells import cell as cell_of
from kg.readers.uploads import File, Upload
from kg.texts import alike, hint

ALL = ""  # stands for every variable among missing codes
_WITH_UNIT = re.compile(r"\s*(.*\S)\s*\[(.+)\]")


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


def with_unit(name: str, known: Container[str]) -> tuple[str, str | None]:
    """Return the name of a variable without the unit that it tells: `bilirubin_umol_l [mg/dL]`."""
    found = _WITH_UNIT.fullmatch(name)
    return (found[1], found[2]) if found and found[1] in known else (name, None)


def check_unit(variable: Variable, unit: str) -> None:
    """Check that a variable comes in a unit.

    Raises:
        InputError: it does not.
    """
    if variable.unit_named(unit) is None:
        codes = ", ".join(known.code for known in variable.units) or "none"
        raise InputError(f"{unit!r} is no unit of {variable.name}; its units are: {codes}")


PLAIN = Reading()


PARTS = ("columns", "units", "values", "missing", "constants")
_EVERY = "all"


def read_mapping(guideline: Guideline, path: File) -> Reading:
    """Return what a mapping file says.

    Raises:
        InputError: it cannot be read, or names what there is not; the message names the place.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            told = tomllib.loads(file.read())
    except OSError as error:
        raise InputError(f"{path}: the mapping cannot be read: {error.strerror}") from error
    except RecursionError as error:
        raise InputError(f"{path}: the mapping nests too deeply") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: the mapping is not valid TOML: {error}") from error
    return _reading_at(guideline, told, str(path))


def _reading_at(guideline: Guideline, told: Mapping[str, Any], place: str) -> Reading:
    """Return what a mapping says, by its parts; in messages it goes by its place."""
    for part in told:
        if part not in PARTS:
            near = "".join(f"; is it [{near}]?" for near in alike(part, PARTS))
            raise InputError(f"{place}: a mapping has no part [{part}]{near}")
    try:
        return _reading(guideline, told)
    except (InputError, CellError) as error:
        raise InputError(f"{place}: {error}") from error


def written(parts: Mapping[str, Mapping[str, object]]) -> str:
    """Return a mapping as the text of a file that `read_mapping` reads, by its parts."""
    lines: list[str] = []
    for part in PARTS:
        told = parts.get(part, {})
        plain = {name: value for name, value in told.items() if not isinstance(value, Mapping)}
        tables = {"": plain} | {n: v for n, v in told.items() if isinstance(v, Mapping)}
        for name, entries in tables.items():
            if entries:
                lines.append(f"[{part}{f'.{_quoted(name)}' if name else ''}]")
                lines += [f"{_quoted(n)} = {_quoted(value)}" for n, value in entries.items()]
                lines.append("")
    return "\n".join(lines)


def _quoted(value: object) -> str:
    """Return a text, or a list of texts, in TOML: as JSON, which TOML takes but for one sign."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _reading(guideline: Guideline, told: Mapping[str, Any]) -> Reading:
    def texts(part: str) -> dict[str, str]:
        return {name: _text(f"{part}.{name}", v) for name, v in _part(told, part).items()}

    columns, constants = texts("columns"), texts("constants")
    for name, target in columns.items():
        base = target.partition("[")[0].strip()
        if base not in (ID, LESION_ID):
            _named(guideline, f"[columns] {name}", base)
    ours = list(columns.values())
    twice = sorted({name for name in ours if ours.count(name) > 1})
    if twice:
        raise InputError(f"[columns] gives {twice[0]} to more than one column; keep one")
    values = {}
    for name in _part(told, "values"):
        variable = _named(guideline, "[values]", name)
        part = _part(_part(told, "values"), name)
        values[name] = {
            theirs: _text(f"values.{name}.{theirs}", cell) for theirs, cell in part.items()
        }
        for cell in values[name].values():
            parse_cell(variable, cell)
    for name, cell in constants.items():
        if name != ID:
            parse_cell(_named(guideline, "[constants]", name), cell)
    units = {n: tuple(_texts(f"units.{n}", unit)) for n, unit in _part(told, "units").items()}
    missing = {
        ALL if name == _EVERY else name: tuple(_texts(f"missing.{name}", codes))
        for name, codes in _part(told, "missing").items()
    }
    return checked(
        guideline,
        Reading(columns=columns, units=units, values=values, missing=missing, constants=constants),
    )


def _named(guideline: Guideline, place: str, name: str) -> Any:
    try:
        return variable_named(guideline, name)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def _part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = told.get(name, {})
    if not isinstance(part, dict):
        raise InputError(f"[{name}] has to be a table of names and texts")
    return part


def _text(place: str, value: Any) -> str:
    """Return a text; numbers and truth values may stand without quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise InputError(f"{place}: {value!r} is not a text")
    return str(value)


def _texts(place: str, value: Any) -> list[str]:
    return [_text(place, each) for each in (value if isinstance(value, list) else [value])]


class Options(TypedDict, total=False):
    """What the functions of the API take on how tables are read; see `Reading`.

    `missing` are codes, or codes by variable; `units` is a unit by variable; `mapping` is the
    path of a mapping file, or its parts as a dict, to which the others add.
    """

    ignore_unknown: bool
    keep: Iterable[str]
    sheet: str | None
    units: Mapping[str, str]
    missing: object
    mapping: str | Path | Upload | Mapping[str, Any] | None


def missing_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return codes that mean unknown by variable, from texts CODE and NAME=CODE."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, code = text.rpartition("=")
        found.setdefault(name.strip() if sign else ALL, []).append(code)
    return found


def _codes(codes: Any) -> list[str]:
    """Return codes, or one, as the texts of cells."""
    alone = isinstance(codes, str) or not isinstance(codes, Iterable)
    return [cell_of(code, "missing") or "" for code in ([codes] if alone else codes)]


def reading_of(guideline: Guideline, options: Options) -> Reading:
    """Return options as a reading.

    Raises:
        InputError: there is no such option, a name is no variable, a unit none of it, or a mapping
            file is broken.
    """
    for name in options:
        if name not in Options.__annotations__:
            near = hint(name, Options.__annotations__)
            raise InputError(f"there is no option {name!r} on how a table is read{near}")
    mapping, base = options.get("mapping"), Reading()
    if isinstance(mapping, Mapping):
        base = _reading_at(guideline, mapping, "the mapping")
    elif mapping is not None:
        base = read_mapping(guideline, Path(mapping) if isinstance(mapping, str) else mapping)
    codes = options.get("missing", ())
    units = options.get("units") or {}
    if not isinstance(units, Mapping):
        raise InputError(f"units={units!r} names no variables; give a mapping of them to units")
    by_name = codes if isinstance(codes, Mapping) else {ALL: codes}
    missing = {name: (*base.missing.get(name, ()), *_codes(more)) for name, more in by_name.items()}
    keep = () if options.get("keep") is None else options["keep"]
    found = replace(
        base,
        ignore_unknown=options.get("ignore_unknown", False),
        keep=(keep,) if isinstance(keep, str) else tuple(keep),
        sheet=options.get("sheet"),
        units={**base.units, **{name: (unit,) for name, unit in units.items()}},
        missing={**base.missing, **missing},
    )
    return checked(guideline, found)

"""What callers take on how tables are read: options, and mapping files (TOML) for other words."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from kg.errors import InputError
from kg.guideline import Guideline
from kg.keys import ID, LESION_ID
from kg.patients.cells import CellError, parse_cell
from kg.patients.reading import ALL, Reading, checked, variable_named
from kg.readers.uploads import File, Held
from kg.texts import alike

_PARTS = ("columns", "units", "values", "missing", "constants")
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
    for part in told:
        if part not in _PARTS:
            near = "".join(f"; is it [{near}]?" for near in alike(part, _PARTS))
            raise InputError(f"{path}: a mapping has no part [{part}]{near}")
    try:
        return _reading(guideline, told)
    except (InputError, CellError) as error:
        raise InputError(f"{path}: {error}") from error


def written(parts: Mapping[str, Mapping[str, object]]) -> str:
    """Return a mapping as the text of a file that `read_mapping` reads, by its parts."""
    lines: list[str] = []
    for part in _PARTS:
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
    columns = {
        name: _text(f"columns.{name}", ours) for name, ours in _part(told, "columns").items()
    }
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
    constants = {n: _text(f"constants.{n}", cell) for n, cell in _part(told, "constants").items()}
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
    path of a mapping file, to which the others add.
    """

    ignore_unknown: bool
    keep: Iterable[str]
    sheet: str | None
    units: Mapping[str, str]
    missing: Iterable[object] | Mapping[str, Iterable[object]]
    mapping: str | Path | Held | None


def missing_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return codes that mean unknown by variable, from texts CODE and NAME=CODE."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, sign, code = text.rpartition("=")
        found.setdefault(name.strip() if sign else ALL, []).append(code)
    return found


def reading_of(guideline: Guideline, options: Options) -> Reading:
    """Return options as a reading.

    Raises:
        InputError: a name is no variable, a unit none of it, or a mapping file is broken.
    """
    path = options.get("mapping")
    base = (
        Reading()
        if path is None
        else read_mapping(guideline, Path(path) if isinstance(path, str) else path)
    )
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

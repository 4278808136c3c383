"""What the functions of the API, and the commands, take on how tables are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from kg.guideline import Guideline
from kg.patients.mapping_files import read_mapping
from kg.patients.reading import ALL, Reading, checked
from kg.readers.uploads import Held


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

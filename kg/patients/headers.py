"""The heads of tables: which columns there have to be, and which may be."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from kg.errors import InputError, UnknownColumnsError
from kg.readers import Source

_CUTOFF = 0.3  # so that "id" is near to "patient_id"
_SHOWN = 8


def check_columns(source: Source, allowed: Sequence[str], key: str, ignore_unknown: bool) -> None:
    """Check the columns of a table; those that begin with `_` are notes and pass.

    Raises:
        InputError: the key is missing, or a column is unknown or there twice.
    """
    columns = [name for name in source.columns if not name.startswith("_")]
    if key not in columns:
        hint = _hint(key, source.columns, allowed)
        raise InputError(f"{source.path} has no column {key}; every row needs one; {hint}")
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
        raise UnknownColumnsError(f"{source.path}: unknown column {', '.join(told)}")


def _hint(key: str, columns: Sequence[str], allowed: Sequence[str]) -> str:
    """Say which column may be the missing one, or which columns there are."""
    lower = {name.lower(): name for name in columns if name not in allowed}
    near = difflib.get_close_matches(key, lower, n=1, cutoff=_CUTOFF)
    if near:
        return f"if {lower[near[0]]!r} is that column, rename it to {key}"
    more = ", …" if len(columns) > _SHOWN else ""
    return f"the columns are {', '.join(columns[:_SHOWN])}{more}"

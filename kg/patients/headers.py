"""The heads of tables: which columns there have to be, and which may be."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from kg.errors import InputError, UnknownColumnsError
from kg.readers import Source


def check_columns(source: Source, allowed: Sequence[str], key: str, ignore_unknown: bool) -> None:
    """Check the columns of a table; those that begin with `_` are notes and pass.

    Raises:
        InputError: the key is missing, or a column is unknown or there twice.
    """
    columns = [name for name in source.columns if not name.startswith("_")]
    if key not in columns:
        near = difflib.get_close_matches(key, columns, n=1)
        hint = f"; is it {near[0]!r}?" if near else ""
        raise InputError(f"{source.path} has no column {key}; every row needs one{hint}")
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

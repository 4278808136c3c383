"""Tables in memory: pandas, Polars and Arrow frames, read without a copy where that is possible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import polars as pl

from kg.errors import InputError
from kg.keys import ID, TOLD
from kg.readers.source import Source, first_line, held, separator_of


@runtime_checkable
class ArrowFrame(Protocol):
    """A frame that hands its columns over by the Arrow PyCapsule interface.

    Frames of pandas (2.2 or newer), Polars, pyarrow, DuckDB and others do.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the columns as a stream."""
        ...


class FrameSource(Source):
    """A frame of pandas, Polars or Arrow as a table; in messages it goes by `name`.

    A column of pandas may hold more than one type, which is told once it is read.

    Raises:
        InputError: it is not a frame.
    """

    def __init__(self, frame: object, name: str = "the frame") -> None:
        self.path = Path(name)
        self._mixed: dict[str, str] = {}
        self._frame = _polars(frame, name, self._mixed)
        self.columns = [column for column in self._frame.columns if column not in TOLD]
        self.schema = self._frame.schema
        self.separator = separator_of(self._frame)

    def check_cells(self, names: list[str]) -> None:
        """Check that the values of columns can be cells, and of one type."""
        for name in names:
            if name in self._mixed:
                raise InputError(
                    f"{self.path}, column {name}: {self._mixed[name]}; "
                    "keep one type a column, text for partial knowledge"
                )
        super().check_cells(names)

    def _batches(self, kept: list[str]) -> Iterator[pl.DataFrame]:
        return held(self._frame, kept)


def polars_frame(frame: object) -> pl.DataFrame:
    """Return a frame of pandas, Polars or Arrow, or a list of mappings, as one of Polars.

    Raises:
        InputError: it is not a frame, or a column mixes types.
    """
    mixed: dict[str, str] = {}
    if isinstance(frame, str | Path):
        raise InputError(f"{str(frame)!r} is not a frame; read it first, as polars.read_csv does")
    rows = pl.DataFrame(frame, infer_schema_length=None) if isinstance(frame, list) else frame
    found = _polars(rows, "the frame", mixed)
    for name, reason in mixed.items():
        raise InputError(f"the frame, column {name}: {reason}; keep one type a column")
    return found


def _polars(frame: object, name: str, mixed: dict[str, str]) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    is_pandas = type(frame).__module__.partition(".")[0] == "pandas"
    if not (hasattr(frame, "columns") if is_pandas else isinstance(frame, ArrowFrame)):
        raise InputError(
            f"a {type(frame).__name__} is not a table; "
            "give a path, a frame of pandas, Polars or Arrow, or a list of mappings"
        )
    try:
        # In a pandas frame NaN stands for what is not known.
        converted = _from_pandas(frame, mixed) if is_pandas else pl.DataFrame(frame)  # type: ignore[arg-type]
    except ImportError as error:
        raise InputError(f"{name}: Polars needs pyarrow to read it: {error}") from error
    except pl.exceptions.DuplicateError as error:
        raise InputError(f"{name}: {first_line(error)}; name each column once") from error
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        told = f"{first_line(error)}; keep one type a column, text for partial knowledge"
        raise InputError(f"{name} cannot be read: {told}") from error
    if not isinstance(converted, pl.DataFrame):
        raise InputError(f"{name} is one column; give a frame")
    return converted


def _from_pandas(frame: Any, mixed: dict[str, str]) -> pl.DataFrame:
    """Return a frame of pandas; a column of several types becomes text, and is named in `mixed`."""
    if not frame.columns.is_unique:
        twice = ", ".join(dict.fromkeys(map(str, frame.columns[frame.columns.duplicated()])))
        raise pl.exceptions.DuplicateError(f"more than one column is {twice}")
    if ID in frame.index.names:
        raise InputError(f"{ID} is the index of the frame; pass frame.reset_index()")
    try:
        return pl.from_pandas(frame)
    except (pl.exceptions.PolarsError, TypeError, ValueError, NotImplementedError):
        columns = []
        for name in frame.columns:
            try:
                columns.append(pl.from_pandas(frame[[name]]).to_series())
            except (
                pl.exceptions.PolarsError,
                TypeError,
                ValueError,
                NotImplementedError,
            ) as error:
                mixed[str(name)] = first_line(error)
                columns.append(pl.Series(str(name), frame[name].map(str).tolist(), pl.String))
        return pl.DataFrame(columns)

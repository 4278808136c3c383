"""Tables in memory: pandas, Polars and Arrow frames, read without a copy where that is possible."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import polars as pl

from kg.errors import InputError
from kg.keys import PROBLEM, ROW, TOLD
from kg.readers.parquet import check_types
from kg.readers.source import BATCH


@runtime_checkable
class ArrowFrame(Protocol):
    """A frame that hands its columns over by the Arrow PyCapsule interface.

    Frames of pandas (2.2 or newer), Polars, pyarrow, DuckDB and others do.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the columns as a stream."""
        ...


class FrameSource:
    """A frame as a table; in messages it goes by `name`, in place of a path."""

    def __init__(self, frame: pl.DataFrame, name: str = "the frame") -> None:
        self.path = Path(name)
        self.columns = [column for column in frame.columns if column not in TOLD]
        check_types(self.path, frame.schema)
        self._frame = frame

    def batches(self, only: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Yield the rows as frames in the types of the frame."""
        kept = self._frame.select(self.columns if only is None else only)
        for start in range(0, self._frame.height, BATCH):
            part = kept.slice(start, BATCH).with_columns(pl.lit(None, pl.String).alias(PROBLEM))
            numbers = pl.int_range(
                start + 1, start + part.height + 1, dtype=pl.UInt64, eager=True
            ).alias(ROW)
            yield part.insert_column(0, numbers)


def frame_source(frame: object, name: str = "the frame") -> FrameSource:
    """Return a frame of pandas, Polars or Arrow as a table.

    Raises:
        InputError: it is not a frame, or a column mixes types.
    """
    return FrameSource(_polars(frame, name), name)


def _polars(frame: object, name: str) -> pl.DataFrame:
    if isinstance(frame, pl.DataFrame):
        return frame
    is_pandas = type(frame).__module__.partition(".")[0] == "pandas"
    if not is_pandas and not isinstance(frame, ArrowFrame):
        raise InputError(
            f"a {type(frame).__name__} is not a table; "
            "give a path, or a frame of pandas, Polars or Arrow"
        )
    try:
        # In a pandas frame NaN stands for what is not known.
        converted = pl.from_pandas(frame) if is_pandas else pl.DataFrame(frame)  # type: ignore[arg-type]
    except ImportError as error:
        raise InputError(f"{name}: Polars needs pyarrow to read it: {error}") from error
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"{name} cannot be read: {reason}; keep one type a column, text for partial knowledge"
        ) from error
    if not isinstance(converted, pl.DataFrame):
        raise InputError(f"{name} is one column; give a frame")
    return converted

"""What is served where nothing else is named: the guideline and the example cohort."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from kg.engines.registry import engine_of
from kg.guideline import Guideline
from kg.rdf.build import example, jobs_of, write_cohort, write_guideline
from kg.rdf.sinks import FileSink


def write_example(guideline: Guideline, path: Path) -> None:
    """Write the guideline and the example cohort with its verdicts as N-Quads."""
    with path.open("wb") as file:
        _write(guideline, file)


def example_quads(guideline: Guideline) -> bytes:
    """Return the guideline and the example cohort with its verdicts as N-Quads."""
    written = io.BytesIO()
    _write(guideline, written)
    return written.getvalue()


def _write(guideline: Guideline, file: BinaryIO) -> None:
    engine = engine_of("compiled", guideline)
    sink = FileSink(file)
    write_guideline(guideline, sink)
    for job in jobs_of(guideline, [example()]):
        write_cohort(guideline, job, engine, sink)

"""Turtle: patients with their eligible classes, and a node for each verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyoxigraph as ox

from kg.keys import ID
from kg.rdf import turtle
from kg.rdf.lines import identity_lines, segments, slices, verdict_lines
from kg.rdf.names import PREFIXES
from kg.reasoning.results import Chunk
from kg.writers.task import Task


def write_turtle(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write Turtle, patient by patient."""
    prefixes = {name: PREFIXES[name] for name in ("hcc", "patient")}
    with path.open("wb") as file:
        triples = _triples(task, chunks)
        turtle.write(triples, file, prefixes)


def _triples(task: Task, chunks: Iterator[Chunk]) -> Iterator[ox.Triple]:
    """Yield what results say, from the lines that the graph has of them."""
    for chunk in chunks:
        for part in slices(len(chunk.frame), segments(chunk.frame[ID])):
            frame = chunk.frame[part]
            said = verdict_lines(task.guideline, task.therapies, frame, None)
            texts: pl.Series = identity_lines(frame[ID], None) + said
            for text in texts:
                for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES):
                    yield quad.triple

"""JSON and JSON Lines: one object per patient, in the form that other programs rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import polars as pl

from kg.explanation.explanations import criteria_json
from kg.explanation.reasons import explain
from kg.explanation.tables import decided, short_json
from kg.guideline import Guideline
from kg.keys import ID
from kg.patients.column_records import CONFLICTS
from kg.patients.records import Record
from kg.reasoning.coded import LISTS, Coded, answers
from kg.reasoning.logic import STATE
from kg.reasoning.results import ASSUMED_, CODE, KEEP_, STATE_, Chunk
from kg.reasoning.verdicts import MET, NOT_ASSESSED, PatientResult
from kg.writers.task import Task

THERAPY_ = "therapy:"
IN_FULL = 20  # patients of a table that is explained with the texts of criteria for each


def write_json(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write a JSON array with one object per patient."""
    with path.open("w", encoding="utf-8") as file:
        first = True
        for text in objects(task, chunks):
            file.write("[\n" if first else ",\n")
            file.write(text)
            first = False
        file.write("[]\n" if first else "\n]\n")


def write_jsonl(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write one object per line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(text + "\n" for text in objects(task, chunks))


def objects(task: Task, chunks: Iterator[Chunk]) -> Iterator[str]:
    """Yield the JSON text of each patient's object."""
    if not task.explain:
        for chunk in chunks:
            yield from _plain(task, chunk.frame)
        return
    first = next(chunks, None)
    second = next(chunks, None)
    every = (c for c in (first, second) if c is not None)
    small = first is not None and second is None and len(first.frame) <= IN_FULL
    place = 0
    for chunk in chain(every, chunks):
        for text in _explained(task, chunk, place, small):
            yield text
            place += 1


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _explained(task: Task, chunk: Chunk, place: int, small: bool) -> Iterator[str]:
    """Yield each patient's object with its explanation; in full in a small table.

    In a larger one the texts of the criteria stand with the first patient alone.
    """
    plain = _plain(task, chunk.frame)
    for i, (text, told) in enumerate(
        zip(plain, decided(task.guideline, chunk, task.assumptions), strict=True), start=place
    ):
        clauses, result = told
        added = _dump({"explanation": short_json(clauses, result, task.therapies)})
        whole = f"{text[:-1]}, {added[1:-1]}}}"
        yield _in_full(task, whole, clauses.record, result) if small or not i else whole


def _in_full(task: Task, text: str, record: Record, result: PatientResult) -> str:
    """Return an object with every criterion of each therapy in it."""
    told = json.loads(text)
    explanation = explain(task.guideline, record, result)
    for name in task.therapies:
        told["therapies"][name].update(criteria_json(explanation.therapies[name]))
    return _dump(told)


def _plain(task: Task, frame: pl.DataFrame) -> Iterator[str]:
    """Yield each patient's object, put together column by column."""
    guideline = task.guideline
    told = {
        name: _answers_text(one, guideline.therapies[name].notes)
        for name, one in zip(task.therapies, answers(guideline, task.therapies, frame), strict=True)
    }
    frame = frame.with_columns(
        frame[ID].map_elements(_dump, pl.String),
        *(text.alias(THERAPY_ + name) for name, text in told.items()),
    )
    states = [pl.lit(_dump(STATE[code])) for code in sorted(STATE)]
    recommendations = {
        name: _one_of(pl.col(STATE_ + name), states) for name in guideline.recommendations
    }
    stages = _object({name: _one_of(pl.col(STATE_ + name), states) for name in guideline.stages})
    parts = [
        pl.lit(f'{{"{ID}": '),
        pl.col(ID),
        pl.lit(f', "edition": {_dump(guideline.edition)}, "conflicts": '),
        pl.col(CONFLICTS),
        *([pl.lit(', "stages": '), *stages] if guideline.stages else []),
        pl.lit(', "therapies": '),
        *_object({name: pl.col(THERAPY_ + name) for name in told}),
        pl.lit(', "recommendations": '),
        *_object(recommendations),
        pl.lit(', "response_to_ablation": '),
        _response(guideline),
        *_assumed(task),
        *_kept(frame),
        pl.lit("}"),
    ]
    yield from frame.select(pl.concat_str(parts)).to_series()


def _kept(frame: pl.DataFrame) -> list[pl.Expr]:
    """Return the parts of the text of the columns of the table that travel along."""
    names = [name for name in frame.columns if name.startswith(KEEP_)]
    if not names:
        return []
    values = {
        name.removeprefix(KEEP_): pl.lit(pl.Series(map(_scalar, frame[name].to_list())))
        for name in names
    }
    return [pl.lit(', "kept": '), *_object(values)]


def _scalar(value: object) -> str:
    plain = value is None or isinstance(value, str | int | float)
    return _dump(value if plain else str(value))


def _answers_text(told: dict[str, Coded], notes: Sequence[str]) -> pl.Series:
    """Return the answers about a therapy, with its notes, as the text of a JSON object."""
    # Identifiers have no character that JSON would escape: `kg.guideline.model` sees to that.
    words, lists = ["verdict"], list(LISTS)
    if "assumed" in told:
        words, lists = [*words, "verdict_recorded"], ["assumed", *lists]
    *texts, intent = (
        ('"' + told[key].column().cast(pl.String) + '"').fill_null("null").alias(key)
        for key in (*words, "intent")
    )
    for name in lists:
        joined = told[name].joined('", "')
        some = pl.select(
            pl.when(joined.table == "").then(pl.lit("[]")).otherwise('["' + joined.table + '"]')
        ).to_series()
        texts.append(Coded(some, joined.places).column().alias(name))
    texts.append(intent)
    values = {text.name: pl.col(text.name) for text in texts}
    if notes:
        values["notes"] = pl.lit(_dump(notes))
    return pl.DataFrame(texts).select(pl.concat_str(_object(values))).to_series()


def _assumed(task: Task) -> list[pl.Expr]:
    """Return the parts of the text of the cells that are assumed for a patient."""
    if task.assumptions is None:
        return []
    cells = [
        pl.when(pl.col(ASSUMED_ + name)).then(pl.lit(f"{_dump(name)}: {_dump(cell)}"))
        for name, cell in task.assumptions.cells.items()
    ]
    joined = pl.concat_str(cells, separator=", ", ignore_nulls=True)
    return [pl.lit(', "assumed": {'), joined, pl.lit("}")]


def _object(values: dict[str, pl.Expr]) -> list[pl.Expr]:
    """Return the parts of the text of a JSON object."""
    parts = [pl.lit("{")]
    for i, (name, value) in enumerate(values.items()):
        parts += [pl.lit(f"{', ' if i else ''}{_dump(name)}: "), value]
    return [*parts, pl.lit("}")]


def _response(guideline: Guideline) -> pl.Expr:
    response = pl.lit(_dump(NOT_ASSESSED))
    for name, answer in reversed(list(guideline.responses.items())):
        met = pl.col(STATE_ + name) == CODE[MET]
        response = pl.when(met).then(pl.lit(_dump(answer.outcome))).otherwise(response)
    return response


def _one_of(code: pl.Expr, texts: list[pl.Expr]) -> pl.Expr:
    """Return the text of a state: the codes count from 1."""
    chosen = texts[-1]
    for number, text in enumerate(texts[:-1], start=1):
        chosen = pl.when(code == number).then(text).otherwise(chosen)
    return chosen

"""JSON and JSON Lines: one object a patient, in the form that other programs rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from kg.column_records import CONFLICTS
from kg.explain import criteria_json, explain
from kg.logic import STATE
from kg.results import CODE, STATE_, TherapyColumns, patients
from kg.tables import ID
from kg.verdicts import MET, NOT_ASSESSED
from kg.writers import Chunk, Task


def write_json(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write a JSON array with one object a patient."""
    with path.open("w", encoding="utf-8") as file:
        first = True
        for chunk in chunks:
            for text in _objects(task, chunk):
                file.write("[\n" if first else ",\n")
                file.write(text)
                first = False
        file.write("[]\n" if first else "\n]\n")


def write_jsonl(task: Task, chunks: Iterator[Chunk], path: Path) -> None:
    """Write one object a line."""
    with path.open("w", encoding="utf-8") as file:
        for chunk in chunks:
            file.writelines(text + "\n" for text in _objects(task, chunk))


def _objects(task: Task, chunk: Chunk) -> Iterator[str]:
    if task.explain:
        yield from _explained(task, chunk)
    else:
        yield from _plain(task, chunk.frame)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _explained(task: Task, chunk: Chunk) -> Iterator[str]:
    """Yield each patient's object from the account that explains it."""
    plain = _plain(task, chunk.frame)
    results = patients(task.guideline, chunk.frame)
    for text, record, result in zip(plain, chunk.records(), results, strict=True):
        account = explain(task.guideline, record, result)
        told = json.loads(text)
        for name in task.therapies:
            told["therapies"][name].update(criteria_json(account.therapies[name]))
        yield _dump(told)


def _plain(task: Task, frame: pl.DataFrame) -> Iterator[str]:
    """Yield each patient's object, put together from texts that many rows share."""
    guideline = task.guideline
    parts: list[pl.Expr | pl.Series] = []
    for i, name in enumerate(task.therapies):
        words, places = TherapyColumns(guideline, guideline.therapies[name]).spread(frame)
        texts = pl.Series([_dump(answer) for answer in words], dtype=pl.String)
        parts.append(pl.lit(f"{', ' if i else ''}{_dump(name)}: "))
        parts.append(texts.gather(places))
    columns = frame.with_columns(
        s.alias(f"part:{i}") for i, s in enumerate(parts) if isinstance(s, pl.Series)
    )
    therapies = [
        pl.col(f"part:{i}") if isinstance(part, pl.Series) else part for i, part in enumerate(parts)
    ]
    states = [pl.lit(f'"{STATE[code]}"') for code in sorted(STATE)]
    recommendations = [
        expression
        for i, name in enumerate(guideline.recommendations)
        for expression in (
            pl.lit(f"{', ' if i else ''}{_dump(name)}: "),
            _one_of(pl.col(STATE_ + name), states),
        )
    ]
    response = pl.lit(_dump(NOT_ASSESSED))
    for name, answer in reversed(list(guideline.responses.items())):
        met = pl.col(STATE_ + name) == CODE[MET]
        response = pl.when(met).then(pl.lit(_dump(answer.outcome))).otherwise(response)
    ids = frame[ID].map_elements(_dump, pl.String)
    text = columns.with_columns(ids.alias(ID)).select(
        pl.concat_str(
            pl.lit('{"patient_id": '),
            pl.col(ID),
            pl.lit(', "conflicts": '),
            pl.col(CONFLICTS),
            pl.lit(', "therapies": {'),
            *therapies,
            pl.lit('}, "recommendations": {'),
            *recommendations,
            pl.lit('}, "response_to_ablation": '),
            response,
            pl.lit("}"),
        )
    )
    yield from text.to_series()


def _one_of(code: pl.Expr, texts: list[pl.Expr]) -> pl.Expr:
    """Return the text of a state: the codes count from 1."""
    chosen = texts[-1]
    for number, text in enumerate(texts[:-1], start=1):
        chosen = pl.when(code == number).then(text).otherwise(chosen)
    return chosen

"""A made-up cohort of any size, from a seed: typed columns, with facts missing as in registries.

`registry.csv` says how often each variable is unknown and how its values are spread, about as in
registries of liver cancer; it knows no criterion. A variable that it lacks is drawn from the range
and the words that the ontology declares.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from kg.guideline import Guideline
from kg.guideline.values import Variable
from kg.keys import ID
from kg.writers.parquet import write_parquet

_POOL = 4_096  # values that the cells of a column are drawn from
_BATCH = 100_000
_UNKNOWN = "0.3"  # where the registry does not say how often


def write_cohort(guideline: Guideline, path: Path, size: int, seed: int) -> None:
    """Write a made-up cohort of `size` patients as Parquet."""
    pools = _pools(guideline, seed)
    schema = pl.Schema({ID: pl.String(), **{name: pool.dtype for name, pool in pools.items()}})
    write_parquet(_frames(guideline, pools, size, seed), schema, path)


def _frames(
    guideline: Guideline, pools: dict[str, pl.Series], size: int, seed: int
) -> Iterator[pl.DataFrame]:
    for number, start in enumerate(range(0, size, _BATCH)):
        height = min(_BATCH, size - start)
        ids = pl.int_range(start, start + height, eager=True).cast(pl.String)
        columns = [
            pool.sample(height, with_replacement=True, seed=_mixed(seed, number, i))
            for i, pool in enumerate(pools.values())
        ]
        frame = pl.DataFrame([("p" + ids).alias(ID), *columns])
        yield frame.with_columns(_one_source(guideline))


def _one_source(guideline: Guideline) -> list[pl.Expr]:
    """Leave derived values out where what they derive from is known, as registries do.

    Drawn apart, the two would contradict each other in most rows.
    """
    kept = []
    for rule in guideline.derivations:
        sources = set(rule.variables) - set(rule.targets) or set(rule.targets[1:])
        drawn, target = sorted(sources & guideline.used), rule.targets[:1]
        if drawn and not rule.from_lesions and guideline.used >= set(target):
            free = pl.all_horizontal(pl.col(name).is_null() for name in drawn)
            kept += [pl.when(free).then(pl.col(t)).alias(t) for t in target]
    return kept


def _mixed(*parts: int) -> int:
    return random.Random(repr(parts)).getrandbits(32)  # noqa: S311 - no secret is drawn


def _pools(guideline: Guideline, seed: int) -> dict[str, pl.Series]:
    """Return for each variable the values that its cells are drawn from, unknown ones too."""
    with Path(__file__).with_name("registry.csv").open(encoding="utf-8") as file:
        told = {row["variable"]: row for row in csv.DictReader(file)}
    pools = {}
    for variable in guideline.variables.values():
        if variable.name == ID or variable.name not in guideline.used:
            continue
        rng = random.Random(f"{seed}:{variable.name}")  # noqa: S311
        row = told.get(variable.name, {"unknown": _UNKNOWN, "drawn": _evenly(variable)})
        cells = [_value(rng, variable, row["drawn"].split()) for _ in range(_POOL)]
        values = [None if rng.random() < float(row["unknown"]) else cell for cell in cells]
        dtype = {"boolean": pl.Boolean(), "integer": pl.Int32(), "decimal": pl.Float64()}
        pools[variable.name] = pl.Series(
            variable.name, values, dtype=dtype.get(variable.type, pl.String())
        )
    return pools


def _evenly(variable: Variable) -> str:
    """Return how a variable is spread of which the registry says nothing."""
    if variable.is_number:
        low, high = variable.bands[0].low or 0, variable.bands[0].high or 10
        return f"normal {(low + high) / 2} {(high - low) / 4}"
    return " ".join(f"{word} 1" for word in variable.words)


def _value(rng: random.Random, variable: Variable, drawn: list[str]) -> bool | int | float | str:
    """Draw a value: from a distribution with its middle and spread, or of words with weights."""
    if drawn[0] in ("normal", "lognormal"):
        middle, spread = map(float, drawn[1:])
        off = rng.gauss(0, spread)
        number = middle + off if drawn[0] == "normal" else middle * math.exp(off)
        return _within(variable, round(number, 1))
    (word,) = rng.choices(drawn[::2], [float(weight) for weight in drawn[1::2]])
    if variable.type == "boolean":
        return word == "true"
    return int(word) if variable.type == "integer" else word


def _within(variable: Variable, number: float) -> int | float:
    """Return the number, or the end of the range that it lies beyond."""
    low, high = variable.range.low, variable.range.high
    number = max(number, float(low or 0) + 0.1)
    number = number if high is None else min(number, float(high))
    return int(number) if variable.type == "integer" else number

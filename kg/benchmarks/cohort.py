"""A made-up cohort of any size, from a seed: typed columns, with facts missing as in registries.

Values are drawn from the ranges and words that the ontology declares; nothing here knows a
criterion. A finding that most patients do not have is drawn as absent nine times in ten.
"""

from __future__ import annotations

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
_ABSENT = 0.9
_MISSING = (0.02, 0.1, 0.3, 0.6)  # shares of unknown cells; each variable has one of them


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
        if not rule.from_lesions:
            free = pl.all_horizontal(pl.col(name).is_null() for name in sorted(sources))
            kept += [pl.when(free).then(pl.col(t)).alias(t) for t in rule.targets[:1]]
    return kept


def _mixed(*parts: int) -> int:
    return random.Random(repr(parts)).getrandbits(32)  # noqa: S311 - no secret is drawn


def _pools(guideline: Guideline, seed: int) -> dict[str, pl.Series]:
    """Return for each variable the values that its cells are drawn from, unknown ones too."""
    pools = {}
    for variable in guideline.variables.values():
        if variable.name == ID:
            continue
        rng = random.Random(f"{seed}:{variable.name}")  # noqa: S311
        missing = rng.choice(_MISSING)
        values = [None if rng.random() < missing else _value(rng, variable) for _ in range(_POOL)]
        dtype = {"boolean": pl.Boolean(), "integer": pl.Int32(), "decimal": pl.Float64()}
        pools[variable.name] = pl.Series(
            variable.name, values, dtype=dtype.get(variable.type, pl.String())
        )
    return pools


def _value(rng: random.Random, variable: Variable) -> bool | int | float | str:
    if variable.type == "boolean":
        return rng.random() > _ABSENT
    if variable.type == "enum":
        absent = rng.random() < _ABSENT
        return variable.words[0] if absent else rng.choice(variable.words)
    band = rng.choice(variable.bands)
    low = float(band.low or 0)
    high = float(band.high) if band.high is not None else low * 2 + 5
    number = round(low + (high - low) * rng.uniform(0.01, 0.99), 1)
    if variable.type == "integer":
        return rng.randint(int(low), int(high))
    return min(max(number, low + 0.01), high)

"""The patients of the example cohort as drafts."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

from kg.guideline import Guideline
from kg.keys import ID
from kg.paths import example_cohort, example_lesions
from kg.patients.drafts import Draft, draft_of, parameters_of

SHOWN = "small-tumour-not-visible"  # the worked example


@lru_cache(maxsize=2)
def examples(guideline: Guideline) -> dict[str, Draft]:
    """Return the drafts of the example cohort, by their identifiers."""
    cells = pl.read_csv(example_cohort(), infer_schema=False)
    path = example_lesions()
    lesions = pl.read_csv(path, infer_schema=False) if path else pl.DataFrame({ID: []})
    return {
        row[ID]: draft_of(guideline, row, lesions.filter(pl.col(ID) == row[ID]).to_dicts())
        for row in cells.to_dicts()
    }


def named(guideline: Guideline, name: str) -> dict[str, list[str]]:
    """Return the parameters of the address that opens an example."""
    return parameters_of(examples(guideline)[name])

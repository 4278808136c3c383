"""Who is one answer away from being eligible for a therapy, and which answer that is.

1. The patients are those whose verdict is undetermined; their knowledge is read from the table.
2. Records that say the same about the therapy are taken together. Each open variable is given
   one of its possible bands after the other, and the record is judged anew: exactly, over all
   completions of what stays open. (A value that contradicts the rest of the record is a conflict
   and may open other variables; that is not counted here.)
3. The bands that make the verdict an eligible one are the answer.
"""

from __future__ import annotations

from collections import defaultdict

import polars as pl

from kg.cohorts.opened import OpenCohort
from kg.engines.compiled import ColumnPlan
from kg.explanation.wording import knowledge_words
from kg.guideline import Guideline
from kg.keys import ROW
from kg.patients.column_records import assumed_columns, derived_columns
from kg.reasoning.logic import logic_of
from kg.reasoning.results import VERDICT_
from kg.reasoning.verdicts import ELIGIBLES, UNDETERMINED, VERDICTS

_PLACE = "place"
_ELIGIBLE = [VERDICTS.index(word) for word in ELIGIBLES]


def one_answer(cohort: OpenCohort, therapy: str) -> pl.DataFrame:
    """Return the patients whom one answer makes eligible: `_row`, and the `answer` in words."""
    if therapy not in cohort.answers:
        cohort.answers[therapy] = _found(cohort, therapy)
    return cohort.answers[therapy]


def _found(cohort: OpenCohort, therapy: str) -> pl.DataFrame:
    guideline, table = cohort.guideline, cohort.table
    open_ = pl.col(VERDICT_ + therapy) == VERDICTS.index(UNDETERMINED)
    rows = cohort.results.filter(open_)[ROW]
    batch = table.batch(cohort.cells.filter(pl.col(ROW).is_in(rows.implode())))
    known, _ = assumed_columns(table, batch, derived_columns(table, batch))
    names = logic_of(guideline).answer_variables(guideline.therapies[therapy])
    distinct = known.unique(names, maintain_order=True).with_row_index(_PLACE)
    told = pl.DataFrame(
        list(_answers(guideline, therapy, names, distinct).items()),
        schema={_PLACE: distinct[_PLACE].dtype, "answer": pl.String},
        orient="row",
    )
    return (
        known.select(names)
        .with_columns(batch.cells[ROW])
        .join(distinct.select(_PLACE, *names), names, "left", maintain_order="left")
        .join(told, _PLACE, maintain_order="left")
        .select(ROW, "answer")
    )


def _answers(
    guideline: Guideline, therapy: str, names: list[str], distinct: pl.DataFrame
) -> dict[int, str]:
    """Return for each distinct record that one answer makes eligible what that answer is."""
    plan, variables = ColumnPlan(guideline), guideline.variables
    found = defaultdict[int, dict[str, int]](dict)
    for name in names:
        variable, several = variables[name], pl.col(name).bitwise_count_ones() > 1
        for band in range(variable.band_count):
            one = pl.lit(1 << band, distinct[name].dtype)
            part = distinct.filter(several & (pl.col(name) & one != 0))
            verdicts = plan.verdicts(plan.aspects(part.with_columns(one.alias(name))))
            for place in part.filter(verdicts[therapy].is_in(_ELIGIBLE))[_PLACE]:
                found[place][name] = found[place].get(name, 0) | 1 << band
    return {
        place: "; or ".join(
            knowledge_words(variables[n], variables[n].from_mask(mask)) for n, mask in of.items()
        )
        for place, of in found.items()
    }

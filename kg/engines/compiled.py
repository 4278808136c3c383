"""The compiled engine: decision diagrams evaluated over whole columns of records.

1. A table gives, for each record and variable, the mask of bands that remain possible.
2. Every edge of a diagram becomes a column: 255 where the record leaves a band of the edge
   possible, else 0. A node is the OR over its edges of (edge AND child); a leaf is its bit.
   So the root of a class holds the set of its possible answers, exactly as `Evaluation`
   finds it for one record (`kg.reasoning.diagram` states why this is exact).
3. Nodes are evaluated layer by layer, shared between classes, by Polars expressions; the
   three sets of a therapy give its verdict by a table of 27 entries.
4. For missing variables, the same columns are followed from the root down: a variable counts
   where a node that can be reached has two children that some completion tells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import polars as pl

from kg.engines.registry import BatchEngine, nothing
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.patients.assumed_columns import assumed_columns
from kg.patients.column_records import CONFLICTS, derived_columns
from kg.patients.records import Record
from kg.patients.tables import Batch, RowReader
from kg.reasoning.diagram import NO, YES, Diagrams
from kg.reasoning.intents import INTENTS, intent_of
from kg.reasoning.logic import STATE, Logic, logic_of
from kg.reasoning.results import (
    ASSUMED_,
    INTENT_,
    MISSING_,
    STATE_,
    VERDICT_,
    VERDICT_RECORDED_,
)
from kg.reasoning.verdicts import ELIGIBLES, VERDICTS, PatientResult, classified, result, verdict

Name = str | int  # a column, or a constant set of answers

ALL = 255
_BYTE = pl.UInt8()


class Compiled:
    """The compiled engine: diagrams for single records, a plan over columns for tables."""

    name, one_by_one = "compiled", False

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.logic: Logic = logic_of(guideline)

    def classify(self, record: Record) -> PatientResult:
        """Return the result for a record."""
        return classified(self.guideline, record, self._once)

    def _once(self, record: Record) -> PatientResult:
        logic = self.logic
        return result(self.guideline, record, logic.states(record), logic.missing, logic.intent)

    @cached_property
    def _plan(self) -> ColumnPlan:
        return ColumnPlan(self.guideline)

    def batches(self, advance: Callable[[], object] = nothing, missing: bool = True) -> BatchEngine:
        """Return the engine for batches; `missing` variables cost the most and may be left out."""
        plan = self._plan

        def classify(table: RowReader, batch: Batch) -> pl.DataFrame:
            given = derived_columns(table, batch)
            known, assumed = assumed_columns(table, batch, given)
            states, intents = plan.states(known)
            verdicts = plan.verdicts(states)
            recorded = plan.verdicts(plan.states(given)[0]) if table.assumptions else pl.DataFrame()
            open_ = plan.missing(known) if missing else plan.nothing_missing(len(known))
            return pl.DataFrame(
                [
                    batch.cells[ID],
                    batch.cells[ROW],
                    known[CONFLICTS],
                    *(column.alias(STATE_ + column.name) for column in states),
                    *(column.alias(VERDICT_ + column.name) for column in verdicts),
                    *(c.alias(INTENT_ + c.name) for c in plan.intents(verdicts, intents)),
                    *(column.alias(MISSING_ + column.name) for column in open_),
                    *(column.alias(VERDICT_RECORDED_ + column.name) for column in recorded),
                    *(column.alias(ASSUMED_ + column.name) for column in assumed),
                ]
            )

        return classify


def engine(guideline: Guideline) -> Compiled:
    """Return the compiled engine."""
    return Compiled(guideline)


@dataclass(frozen=True)
class Step:
    """One column of a plan: the OR over pairs of columns (or constants) that are ANDed."""

    name: str
    terms: tuple[tuple[Name, ...], ...]

    def expression(self) -> pl.Expr:
        """Return the step as a Polars expression."""
        ors = [_all(pl.col(f) if isinstance(f, str) else _byte(f) for f in t) for t in self.terms]
        total = ors[0]
        for term in ors[1:]:
            total = total | term
        return total.alias(self.name)


def _byte(value: int) -> pl.Expr:
    return pl.lit(value, pl.UInt8)


def _all(factors: Iterable[pl.Expr]) -> pl.Expr:
    first, *rest = factors
    for factor in rest:
        first = first & factor
    return first


class Plan:
    """Steps in layers: a step uses only columns of earlier layers."""

    def __init__(self) -> None:
        self.layers: list[list[Step]] = []
        self._layer: dict[str, int] = {}

    def add(self, name: str, terms: Sequence[tuple[Name, ...]]) -> str:
        """Add a step, once, and return its name."""
        if name not in self._layer:
            used = [f for term in terms for f in term if isinstance(f, str)]
            layer = 1 + max((self._layer.get(column, -1) for column in used), default=-1)
            self._layer[name] = layer
            while len(self.layers) <= layer:
                self.layers.append([])
            self.layers[layer].append(Step(name, tuple(terms)))
        return name

    def run(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with the columns of all steps."""
        for layer in self._expressions:
            frame = frame.with_columns(layer)
        return frame

    @cached_property
    def _expressions(self) -> list[list[pl.Expr]]:
        """The steps of each layer as expressions; by the first run all steps are there."""
        return [[step.expression() for step in layer] for layer in self.layers]


class ColumnPlan:
    """The plan that evaluates all classes of a guideline, and the missing variables.

    The result of `states` has a column for each class asked, 1 excluded, 2 met, 3 unknown.
    That of `missing` has for each therapy a 64-bit set of the variables of `sensitive`.
    """

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.logic = logic_of(guideline)
        self.diagrams: Diagrams = self.logic.diagrams
        self._edges: dict[str, tuple[str, int]] = {}

    # Names of columns

    def _edge(self, level: int, mask: int) -> str:
        variable = self.diagrams.order[level]
        name = f"edge:{variable}:{mask}"
        self._edges[name] = (variable, mask)
        return name

    def _node(self, root: int) -> Name:
        return f"node:{root}" if root >= self.diagrams.LEAVES else 1 << root

    def _nodes(self, plan: Plan, roots: Iterable[int]) -> None:
        """Add all inner nodes of some diagrams, children first."""
        for root in self.diagrams.below(roots):
            level = self.diagrams.levels[root]
            terms = [
                (self._edge(level, mask), self._node(child))
                for mask, child in self.diagrams.edges[root]
            ]
            plan.add(f"node:{root}", terms)

    # States

    @cached_property
    def _states(self) -> Plan:
        plan = Plan()
        self._nodes(plan, [*self.logic.roots.values(), *self.logic.intents.values()])
        return plan

    @cached_property
    def _missing(self) -> tuple[Plan, dict[int, dict[str, str]]]:
        """Return the plan for missing variables, and for each root its column a variable."""
        plan = Plan()
        roots = set(self.logic.answers.values())
        self._nodes(plan, roots)
        columns = {root: self._sensitive(plan, root) for root in roots}
        return plan, columns

    def _sensitive(self, plan: Plan, root: int) -> dict[str, str]:
        """Add the way down from a root; return the column of each variable that may matter."""
        diagrams = self.diagrams
        nodes = list(reversed(diagrams.below([root])))  # parents before children
        incoming: dict[int, list[tuple[Name, ...]]] = {root: [(ALL,)]}
        matters: dict[str, list[tuple[Name, ...]]] = {}
        for node in nodes:
            level = diagrams.levels[node]
            top = plan.add(f"top:{root}:{node}", incoming[node])
            for mask, child in diagrams.edges[node]:
                if child >= diagrams.LEAVES:
                    incoming.setdefault(child, []).append((top, self._edge(level, mask)))
            for (mask_a, a), (mask_b, b) in combinations(diagrams.edges[node], 2):
                differ = self._differ(plan, a, b)
                edges = (self._edge(level, mask_a), self._edge(level, mask_b))
                matters.setdefault(diagrams.order[level], []).append((top, *edges, differ))
        return {
            variable: plan.add(f"matters:{root}:{variable}", terms)
            for variable, terms in matters.items()
        }

    def _differ(self, plan: Plan, a: int, b: int) -> Name:
        """Return the column that is not 0 where some completion tells two nodes apart."""
        diagrams = self.diagrams
        a, b = min(a, b), max(a, b)
        if b < diagrams.LEAVES:
            return ALL
        if a < diagrams.LEAVES:
            # 255 & -x spreads nothing: any bit of another answer is enough.
            return plan.add(f"other:{b}:{a}", [(self._node(b), ALL & ~(1 << a))])
        name = f"differ:{a}:{b}"
        level = min(diagrams.levels[a], diagrams.levels[b])
        terms: dict[tuple[int, int], int] = {}
        for band in range(self.guideline.variables[diagrams.order[level]].band_count):
            pair = (diagrams.child(a, level, band), diagrams.child(b, level, band))
            if pair[0] != pair[1]:
                terms[pair] = terms.get(pair, 0) | 1 << band
        return plan.add(
            name,
            [(self._edge(level, mask), self._differ(plan, *pair)) for pair, mask in terms.items()],
        )

    def _with_edges(self, knowledge: pl.DataFrame) -> pl.DataFrame:
        return knowledge.select(
            pl.when(pl.col(variable) & mask != 0).then(_byte(ALL)).otherwise(_byte(0)).alias(name)
            for name, (variable, mask) in self._edges.items()
        )

    def states(self, knowledge: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the sets of possible answers, from columns of masks: of classes, of intents."""
        done = self._states.run(self._with_edges(knowledge))
        classes, intents = (
            done.select(
                (
                    pl.col(node)
                    if isinstance(node, str)
                    else pl.repeat(node, pl.len(), dtype=_BYTE)
                ).alias(name)
                for name, root in roots.items()
                for node in [self._node(root)]
            )
            for roots in (self.logic.roots, self.logic.intents)
        )
        return classes, intents

    def missing(self, knowledge: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the set of its missing variables.

        Bit i stands for variable i of `Logic.answer_variables`.
        """
        plan, columns = self._missing
        done = plan.run(self._with_edges(knowledge))
        packed = []
        for therapy in self.guideline.therapies.values():
            root = self.logic.answers[therapy.id]
            bits = pl.lit(0, pl.UInt64)
            for i, variable in enumerate(self.logic.answer_variables(therapy)):
                if variable in columns[root]:
                    open_ = (pl.col(columns[root][variable]) != 0).cast(pl.UInt64)
                    bits = bits | (open_ * (1 << i))
            packed.append(bits.alias(therapy.id))
        return done.select(packed)

    def nothing_missing(self, height: int) -> pl.DataFrame:
        """Return the same columns without any variable, for results that do not tell them."""
        none = pl.repeat(0, height, dtype=pl.UInt64, eager=True)
        return pl.DataFrame([none.alias(name) for name in self.guideline.therapies])

    def verdicts(self, states: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the number of its verdict in VERDICTS."""
        sets = (NO, YES, NO | YES)
        table = pl.Series(
            [
                VERDICTS.index(verdict(*(STATE[s] for s in triple)))
                for triple in product(sets, repeat=3)
            ],
            dtype=pl.UInt8,
        )
        columns = []
        for therapy in self.guideline.therapies.values():
            place = pl.lit(0, pl.UInt8)
            for name in therapy.aspects:
                place = place * 3 + (_byte(NO) if name is None else pl.col(name)) - 1
            places = states.select(place.alias("x"))["x"]
            columns.append(table.gather(places).alias(therapy.id))
        return pl.DataFrame(columns)

    def intents(self, verdicts: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the number of its intent in INTENTS; 0 unless it is eligible."""
        numbers = pl.Series([INTENTS.index(intent_of(s)) for s in range(8)], dtype=pl.UInt8)
        eligible = [VERDICTS.index(word) for word in ELIGIBLES]
        return pl.DataFrame(
            [
                (
                    numbers.gather(answers[name]) * verdicts[name].is_in(eligible).cast(pl.UInt8)
                ).alias(name)
                for name in verdicts.columns
            ]
        )

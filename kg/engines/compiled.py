"""The compiled engine: decision diagrams evaluated over whole columns of records.

1. A table gives, for each record and variable, the mask of bands that remain possible.
2. Every edge of a diagram becomes a column of flags: whether the record leaves a band of the
   edge possible. An answer is possible at a node where, for one of its edges, edge and answer at
   the child are. So the root of a class tells the set of its possible answers, exactly as
   `Evaluation` finds it for one record (`kg.reasoning.diagram` states why this is exact).
3. Flags are shared between classes, and packed: one operation joins those of eight records a
   byte. The three sets of a therapy give its verdict by a table of 27 entries.
4. For missing variables, the same columns are followed from the root down: a variable counts
   where a node that can be reached has two children that some completion tells apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial, reduce
from itertools import combinations, product
from operator import and_, or_
from typing import TYPE_CHECKING

import polars as pl

from kg.engines.registry import BatchEngine, nothing
from kg.guideline import Guideline
from kg.keys import ID, ROW
from kg.patients.column_records import CONFLICTS, assumed_columns, derived_columns
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
    missing_names,
)
from kg.reasoning.verdicts import ELIGIBLES, VERDICTS, PatientResult, classified, result, verdict

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

Name = str | bool  # a column, or what is the same in every row
Evaluated = Callable[[pl.DataFrame], pl.DataFrame]


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
            states = plan.states(known)
            verdicts = plan.verdicts(states)
            recorded = plan.verdicts(plan.aspects(given)) if table.assumptions else pl.DataFrame()
            open_ = plan.missing(known) if missing else plan.nothing_missing(len(known))
            parts = {
                STATE_: states,
                VERDICT_: verdicts,
                INTENT_: plan.intents(verdicts, known),
                MISSING_: open_,
                VERDICT_RECORDED_: recorded,
                ASSUMED_: assumed,
            }
            named = (c.alias(prefix + c.name) for prefix, frame in parts.items() for c in frame)
            return pl.DataFrame([batch.cells[ID], batch.cells[ROW], known[CONFLICTS], *named])

        return classify


def engine(guideline: Guideline) -> Compiled:
    """Return the compiled engine."""
    return Compiled(guideline)


class Plan:
    """Columns of flags, each made of columns before it."""

    def __init__(self) -> None:
        self._edges: dict[str, tuple[str, int]] = {}
        self._made: dict[frozenset[frozenset[str]], str] = {}

    def edge(self, variable: str, mask: int) -> str:
        """Return the column that tells where a record leaves one of some bands possible."""
        name = f"edge:{variable}:{mask}"
        self._edges[name] = variable, mask
        return name

    def any_of(self, terms: Iterable[Sequence[Name]]) -> Name:
        """Return the column that is true where all columns of one of the terms are."""
        key = frozenset(
            frozenset(name for name in term if isinstance(name, str)) for term in terms if all(term)
        )
        if frozenset() in key:
            return True
        if not key:
            return False
        if len(key) == 1 and len(only := [*next(iter(key))]) == 1:
            return only[0]
        return self._made.setdefault(key, f"flag:{len(self._made)}")

    def run(
        self, knowledge: pl.DataFrame, sets: Mapping[str, Sequence[Name]], dtype: str
    ) -> pl.DataFrame:
        """Return from columns of masks which of some flags each row has: a number, one bit a flag.

        `dtype` is the type of the numbers, which are unsigned, by its name in numpy.
        """
        import numpy as np  # noqa: PLC0415 - who asks of one record does without

        height, eighth = len(knowledge), -(-len(knowledge) // 8)
        flags: dict[Name, NDArray[uint8]] = {
            False: np.zeros(eighth, np.uint8),
            True: np.full(eighth, 255, np.uint8),
        }
        for name, (variable, mask) in self._edges.items():
            flags[name] = np.packbits(knowledge[variable].to_numpy() & mask != 0)
        for terms, name in self._made.items():
            ands = [reduce(and_, [flags[used] for used in term]) for term in terms]
            flags[name] = reduce(or_, ands)
        columns = []
        for name, names in sets.items():
            octets = np.zeros((height, np.dtype(dtype).itemsize), np.uint8)
            for first in range(0, len(names), 8):  # a product costs a tenth of a shift
                bits = (np.unpackbits(flags[n], count=height) for n in names[first : first + 8])
                octets[:, first // 8] = reduce(or_, (b * (1 << i) for i, b in enumerate(bits)))
            columns.append(pl.Series(name, octets.view(dtype)[:, 0]))
        return pl.DataFrame(columns)


class ColumnPlan:
    """The plan that evaluates all classes of a guideline, and the missing variables.

    The result of `states` has a column for each class asked, 1 excluded, 2 met, 3 unknown.
    That of `missing` has for each therapy a 64-bit set of the variables of `sensitive`.
    """

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.logic = logic_of(guideline)
        self.diagrams: Diagrams = self.logic.diagrams

    def _edges(self, plan: Plan, node: int) -> list[tuple[str, int]]:
        """Return the columns of the edges of a node, each with the child that it leads to."""
        variable = self.diagrams.order[self.diagrams.levels[node]]
        return [(plan.edge(variable, mask), child) for mask, child in self.diagrams.edges[node]]

    # States

    def _sets(self, roots: Mapping[str, int], answers: int) -> Evaluated:
        """Return what gives the set of possible answers of each root."""
        plan = Plan()

        @cache
        def possible(root: int, answer: int) -> Name:
            if root < self.diagrams.LEAVES:
                return root == answer
            return plan.any_of((e, possible(c, answer)) for e, c in self._edges(plan, root))

        sets = {name: [possible(r, a) for a in range(answers)] for name, r in roots.items()}
        return partial(plan.run, sets=sets, dtype="uint8")

    @cached_property
    def states(self) -> Evaluated:
        """Gives the sets of possible answers of all classes, from columns of masks."""
        return self._sets(self.logic.roots, 2)

    @cached_property
    def aspects(self) -> Evaluated:
        """Gives the same of the classes alone that verdicts rest on."""
        names = {name for t in self.guideline.therapies.values() for name in t.aspects if name}
        return self._sets({name: self.logic.roots[name] for name in names}, 2)

    @cached_property
    def _intents(self) -> Evaluated:
        return self._sets(self.logic.intents, 3)

    @cached_property
    def _missing(self) -> tuple[Plan, dict[int, dict[str, Name]]]:
        """Return the plan for missing variables, and for each root its column a variable."""
        plan = Plan()
        differ = self._differ(plan)
        roots = set(self.logic.answers.values())
        return plan, {root: self._sensitive(plan, root, differ) for root in roots}

    def _sensitive(
        self, plan: Plan, root: int, differ: Callable[[int, int], Name]
    ) -> dict[str, Name]:
        """Add the way down from a root; return the column of each variable that may matter."""
        diagrams = self.diagrams
        incoming: dict[int, list[tuple[Name, ...]]] = {root: [(True,)]}
        matters: dict[str, list[tuple[Name, ...]]] = {}
        for node in reversed(diagrams.below([root])):  # parents before children
            top, edges = plan.any_of(incoming[node]), self._edges(plan, node)
            for edge, child in edges:
                incoming.setdefault(child, []).append((top, edge))
            here = matters.setdefault(diagrams.order[diagrams.levels[node]], [])
            here += [(top, e, f, differ(a, b)) for (e, a), (f, b) in combinations(edges, 2)]
        return {variable: plan.any_of(terms) for variable, terms in matters.items()}

    def _differ(self, plan: Plan) -> Callable[[int, int], Name]:
        """Return what gives the column of where some completion tells two nodes apart."""
        diagrams = self.diagrams

        @cache
        def differ(a: int, b: int) -> Name:
            level = min(diagrams.levels[a], diagrams.levels[b])
            if a == b or level == len(diagrams.order):
                return a != b
            variable, pairs = diagrams.order[level], dict[tuple[int, int], int]()
            for band in range(self.guideline.variables[variable].band_count):
                first, second = sorted(diagrams.child(node, level, band) for node in (a, b))
                pairs[first, second] = pairs.get((first, second), 0) | 1 << band
            return plan.any_of(
                (plan.edge(variable, mask), differ(*pair))
                for pair, mask in pairs.items()
                if pair[0] != pair[1]
            )

        return lambda a, b: differ(min(a, b), max(a, b))

    def missing(self, knowledge: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the set of its missing variables.

        Bit i stands for variable i of `missing_names`.
        """
        plan, columns = self._missing
        sets = {}
        for therapy, names in missing_names(self.guideline).items():
            found = columns[self.logic.answers[therapy]]
            sets[therapy] = [found.get(name, False) for name in names]
        return plan.run(knowledge, sets, "uint64")

    def nothing_missing(self, height: int) -> pl.DataFrame:
        """Return the same columns without any variable, for results that do not tell them."""
        none = pl.repeat(0, height, dtype=pl.UInt64, eager=True)
        return pl.DataFrame([none.alias(name) for name in self.guideline.therapies])

    def verdicts(self, states: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the number of its verdict in VERDICTS."""
        triples = product((NO, YES, NO | YES), repeat=3)
        words = [verdict(*(STATE[states] for states in triple)) for triple in triples]
        table = pl.Series([VERDICTS.index(word) for word in words], dtype=pl.UInt8)
        columns = []
        for therapy in self.guideline.therapies.values():
            place = pl.lit(0, pl.UInt8)
            for name in therapy.aspects:
                place = place * 3 + (pl.lit(NO, pl.UInt8) if name is None else pl.col(name)) - 1
            columns.append(pl.lit(table).gather(place).alias(therapy.id))
        return states.select(columns)

    def intents(self, verdicts: pl.DataFrame, knowledge: pl.DataFrame) -> pl.DataFrame:
        """Return for each therapy the number of its intent in INTENTS; 0 unless it is eligible."""
        answers = self._intents(knowledge).select(pl.all().name.prefix(INTENT_))
        pairs = product(VERDICTS, range(8))
        numbers = [INTENTS.index(intent_of(s)) if word in ELIGIBLES else 0 for word, s in pairs]
        table = pl.lit(pl.Series(numbers, dtype=pl.UInt8))
        return verdicts.hstack(answers).select(
            table.gather(pl.col(name) * 8 + pl.col(INTENT_ + name)).alias(name)
            for name in verdicts.columns
        )

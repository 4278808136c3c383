"""The guideline compiled to decision diagrams: exact states, reasons, and what to find out next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import Ref
from kg.guideline.values import Knowledge, bands_of
from kg.patients.records import Record
from kg.reasoning.diagram import FALSE, NO, TRUE, YES, Diagrams, Evaluation
from kg.reasoning.intents import intent_diagram, intent_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNDETERMINED, UNKNOWN, PatientResult, verdict_on

# The answers of a complete record about one therapy, as leaves of a diagram.
ANSWER_CONTRAINDICATED, ANSWER_NOT_INDICATED, ANSWER_ELIGIBLE = 0, 1, 2
_KEPT = 100_000  # classes under what is known of their variables, with what decides them
STATE = {YES: MET, NO: EXCLUDED, YES | NO: UNKNOWN}


def _answer(indicated: int, absolute: int) -> int:
    if absolute:
        return ANSWER_CONTRAINDICATED
    return ANSWER_ELIGIBLE if indicated else ANSWER_NOT_INDICATED


class Logic:
    """All class expressions of a guideline as diagrams; see `logic_of`.

    `roots` maps the classes whose states decide a result to their diagrams, `answers` maps
    therapies to the diagram of the answer that a complete record gets, `intents` therapies to that
    of their intent (`kg.reasoning.intents`).
    """

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline
        self.diagrams = Diagrams(guideline.variables, guideline.formulas, _order(guideline))
        self.roots = {name: self.diagrams.of(Ref(name)) for name in guideline.classes}
        self._variables = lru_cache(1_000)(lambda name: guideline.variables_of(Ref(name)))
        self._behind = lru_cache(_KEPT)(self._of_masks)
        self.answers = {t.id: self._answers(t) for t in guideline.therapies.values()}
        self.intents = {
            t.id: intent_diagram(guideline, self.diagrams, t) for t in guideline.therapies.values()
        }

    def _answers(self, therapy: Therapy) -> int:
        indicated, absolute, _ = (self.roots[name] if name else FALSE for name in therapy.aspects)
        return self.diagrams.combine((indicated, absolute), _answer)

    def answer_variables(self, therapy: Therapy) -> list[str]:
        """Return the variables on which the answer about a therapy depends, sorted."""
        indicated, contraindicated, _ = therapy.aspects
        names = (indicated, contraindicated)
        return sorted({v for n in names if n for v in self._variables(n)})

    def evaluation(self, known: Mapping[str, Knowledge]) -> Evaluation:
        """Return the diagrams read against what is known of each variable."""
        return Evaluation(self.diagrams, [known[name].mask for name in self.diagrams.order])

    def states(self, record: Record) -> dict[str, str]:
        """Return met, excluded or unknown for every class that decides a result."""
        evaluation = self.evaluation(record.known)
        return {name: STATE[evaluation.possible(root)] for name, root in self.roots.items()}

    def verdict(self, therapy: Therapy, evaluation: Evaluation) -> str:
        """Return the verdict on a therapy under an evaluation."""
        return verdict_on(therapy, lambda name: STATE[evaluation.possible(self.roots[name])])

    def missing(self, record: Record, therapy: Therapy) -> tuple[str, ...]:
        """Return the variables that alone can change the answer about a therapy."""
        return tuple(self.evaluation(record.known).sensitive(self.answers[therapy.id]))

    def intent(self, record: Record, therapy: Therapy) -> str | None:
        """Return the intent of a therapy that is indicated, over all completions."""
        return intent_of(self.evaluation(record.known).possible(self.intents[therapy.id]))

    def state(self, name: str, known: Mapping[str, Knowledge]) -> str:
        """Return the state of one class, or of a criterion, under what is known."""
        return STATE[self.evaluation(known).possible(self.root(name))]

    def root(self, name: str) -> int:
        """Return the diagram of one class, or of a criterion."""
        return self.roots[name] if name in self.roots else self.diagrams.of(Ref(name))

    def behind(self, name: str, known: Mapping[str, Knowledge]) -> tuple[str, ...]:
        """Return the variables that decide a class, or those that could where it is unknown.

        Those that decide are a smallest-by-removal set: without any of them the state would
        be unknown.
        """
        masks = tuple(known[variable].mask for variable in self._variables(name))
        return self._behind(name, masks)

    def _of_masks(self, name: str, masks: tuple[int, ...]) -> tuple[str, ...]:
        """Return the same from the masks of the variables of the class; kept by `_behind`."""
        every = [self.guideline.variables[variable].everything for variable in self.diagrams.order]
        for variable, mask in zip(self._variables(name), masks, strict=True):
            every[self.diagrams.level[variable]] = mask
        evaluation = Evaluation(self.diagrams, every)
        root = self.root(name)
        if evaluation.possible(root) == YES | NO:
            return tuple(evaluation.sensitive(root))
        return self._deciding(root, evaluation)

    def _deciding(self, root: int, evaluation: Evaluation) -> tuple[str, ...]:
        """Return a smallest-by-removal set of variables whose knowledge decides a class.

        The variables are tried from the leaves up, so that one pass is enough: below a node all
        is decided, above it nothing is yet.
        """
        answers = evaluation.possible(root)
        other = FALSE if answers == YES else TRUE
        reached = _reached(evaluation, root)
        kept: dict[int, int] = {}  # masks by level; every other variable is free
        leads: dict[int, bool] = {leaf: leaf == other for leaf in (FALSE, TRUE)}

        def leads_astray(node: int) -> bool:
            found = leads.get(node)
            if found is None:
                mask = kept.get(self.diagrams.levels[node], -1)
                edges = self.diagrams.edges[node]
                found = leads[node] = any(m & mask and leads_astray(c) for m, c in edges)
            return found

        for level in sorted(reached, reverse=True):
            children = (child for node in reached[level] for _, child in self.diagrams.edges[node])
            if any(leads_astray(child) for child in children):
                kept[level] = evaluation.masks[level]
        needed = {self.diagrams.order[level] for level in kept}
        return tuple(variable for variable in self.guideline.variables if variable in needed)

    def covers(self, therapy: Therapy, record: Record) -> tuple[tuple[str, ...], ...]:
        """Return the inclusion-minimal sets of indications of which one always holds."""
        evaluation = self.evaluation(record.known)
        roots = {name: self.roots[name] for name in therapy.indications}
        found: list[tuple[str, ...]] = []
        for size in range(1, len(roots) + 1):
            for names in combinations(sorted(roots), size):
                if any(set(smaller) <= set(names) for smaller in found):
                    continue
                union = self.diagrams.any(roots[name] for name in names)
                if evaluation.possible(union) == YES:
                    found.append(names)
        return tuple(found)


def _reached(evaluation: Evaluation, root: int) -> dict[int, set[int]]:
    """Return the inner nodes that some completion passes, by level."""
    diagrams, found = evaluation.diagrams, defaultdict[int, set[int]](set)
    stack = [root]
    while stack:
        node = stack.pop()
        level = diagrams.levels[node]
        if node >= diagrams.LEAVES and node not in found[level]:
            found[level].add(node)
            mask = evaluation.masks[level]
            stack.extend(child for edge, child in diagrams.edges[node] if edge & mask)
    return found


@lru_cache(maxsize=4)
def logic_of(guideline: Guideline) -> Logic:
    """Return the compiled logic of a guideline, compiled once."""
    return Logic(guideline)


def _order(guideline: Guideline) -> list[str]:
    """Order the variables that classes use: those that most classes use come first."""
    names: Iterable[str] = guideline.classes
    uses = Counter(v for name in names for v in guideline.variables_of(Ref(name)))
    return sorted(uses, key=lambda variable: -uses[variable])


@dataclass(frozen=True)
class MissingVariable:
    """A variable that is not known well enough, and what learning its value would do.

    All are ids of therapies whose verdict is undetermined: `settles` those that any value
    would settle, `may_settle` those that some value would, `bears_on` all that it is missing
    for.
    """

    variable: str
    settles: tuple[str, ...]
    may_settle: tuple[str, ...]
    bears_on: tuple[str, ...]


def missing_variables(
    guideline: Guideline, record: Record, result: PatientResult
) -> tuple[MissingVariable, ...]:
    """Return the variables that undetermined verdicts depend on, the most decisive first.

    First come those that settle most verdicts whatever their value, then those that may settle
    most, then those that most verdicts depend on.
    """
    open_ = [t for t in result.therapies.values() if t.verdict == UNDETERMINED]
    names = {name for each in open_ for name in each.missing}
    evaluation = logic_of(guideline).evaluation(record.known)
    found = [
        _missing(guideline, evaluation, name, [t.therapy for t in open_ if name in t.missing])
        for name in guideline.variables
        if name in names
    ]
    return tuple(
        sorted(found, key=lambda f: (-len(f.settles), -len(f.may_settle), -len(f.bears_on)))
    )


def _missing(
    guideline: Guideline, evaluation: Evaluation, variable: str, therapies: list[str]
) -> MissingVariable:
    settled = {therapy: list[bool]() for therapy in therapies}
    logic = logic_of(guideline)
    level = logic.diagrams.level[variable]
    for band in bands_of(evaluation.masks[level]):
        known = evaluation.given(level, 1 << band)
        for therapy, answers in settled.items():
            verdict = logic.verdict(guideline.therapies[therapy], known)
            answers.append(verdict != UNDETERMINED)
    return MissingVariable(
        variable=variable,
        settles=tuple(t for t, answers in settled.items() if all(answers)),
        may_settle=tuple(t for t, answers in settled.items() if any(answers)),
        bears_on=tuple(therapies),
    )

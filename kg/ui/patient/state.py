"""The patient that this session is working on: its draft, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import polars as pl
import streamlit as st

from kg.engines.registry import engine_of
from kg.explanation.answer import alike
from kg.explanation.explanations import PatientExplanation, TherapyExplanation
from kg.explanation.reasons import explain
from kg.guideline import Guideline
from kg.keys import ID
from kg.paths import example_cohort, example_lesions
from kg.patients.assumptions import assumable, completed, unremarkable
from kg.patients.drafts import (
    Draft,
    Parameters,
    ParsedDraft,
    draft_at,
    draft_of,
    parameters_of,
    read_draft,
)
from kg.reasoning.logic import MissingVariable, missing_variables
from kg.reasoning.verdicts import UNDETERMINED, PatientResult
from kg.ui import restoring
from kg.ui.session import DRAFT, draft, once
from kg.ui.words import short

OTHER, OPEN, GROUP, FOCUS = "patient:other", "open", "patient:group", "focus"
THERE = "patient:there"  # of the open findings, those that are picked as not none
SAVE = "patient:save"  # whether what can be saved is looked at
FIELD = "cell:"
KEY_FACTS = "key"  # the group of what is asked first
_LESIONS = "patient:opened-lesions"
_SEVERAL = "patient:several"  # the variables of which several values are said to be possible
SOURCES = "patient:sources"  # of imported fields: the cell that was read, and where it comes from
_OTHER = "other."  # in an address, before the parameters of the record to compare with
SHOWN = "small-tumour-not-visible"  # the worked example


@dataclass(frozen=True)
class Judged:
    """A draft, what it reads as, and the verdicts with their reasons."""

    guideline: Guideline
    draft: Draft
    parsed: ParsedDraft
    result: PatientResult
    explanation: PatientExplanation

    @cached_property
    def cards(self) -> Mapping[str, tuple[TherapyExplanation, ...]]:
        """Therapies with one verdict for the same reasons, by the first of them, best first."""
        return {group[0].therapy: group for group in alike(self.explanation)}

    @cached_property
    def missing(self) -> tuple[MissingVariable, ...]:
        """What to find out next, first what settles most."""
        return missing_variables(self.guideline, self.parsed.record, self.result)

    @cached_property
    def silent(self) -> tuple[str, ...]:
        """Open findings that undetermined verdicts depend on and that may be assumed."""
        if not self.draft.has_facts:
            return ()
        waiting = [t for t in self.result.therapies.values() if t.verdict == UNDETERMINED]
        names = {name for therapy in waiting for name in therapy.missing}
        names -= self.parsed.faults.keys()
        return assumable(self.guideline, self.parsed.record, names)

    @cached_property
    def otherwise(self) -> Mapping[str, str]:
        """The verdicts on the therapies if none of the open findings is there."""
        if not self.silent:
            return {}
        cells, known = unremarkable(self.guideline), self.parsed.record
        assumed = {n: cells[n] for n in (*known.assumed, *self.silent)}
        record = replace(completed(self.guideline, known, assumed), assumed={})
        found = engine_of("compiled", self.guideline).classify(record)
        return {name: therapy.verdict for name, therapy in found.therapies.items()}


def now(guideline: Guideline) -> Judged:
    """Return the verdicts on the draft of this session, found once for all that ask."""
    asked = (guideline.edition, draft(), sources(draft()))
    return once("patient:now", asked, lambda: judged(guideline, draft()))


def judged(guideline: Guideline, draft: Draft) -> Judged:
    """Return the verdicts on a draft, with their reasons."""
    parsed = read_draft(guideline, draft)
    parsed = replace(parsed, record=replace(parsed.record, sources=sources(draft)))
    result = engine_of("compiled", guideline).classify(parsed.record)
    return Judged(guideline, draft, parsed, result, explain(guideline, parsed.record, result))


def sources(draft: Draft) -> dict[str, str]:
    """Return where the cells of a draft were imported from, of those that are still as imported."""
    known: Mapping[str, tuple[str, str]] = st.session_state.get(SOURCES, {})
    return {n: where for n, (cell, where) in known.items() if draft.cells.get(n) == cell}


@lru_cache(maxsize=2)
def examples(guideline: Guideline) -> dict[str, Draft]:
    """Return the drafts of the example cohort, by their identifiers."""
    cells = pl.read_csv(example_cohort(), infer_schema=False)
    lesions = pl.read_csv(example_lesions(), infer_schema=False)
    return {
        row[ID]: draft_of(guideline, row, lesions.filter(pl.col(ID) == row[ID]).to_dicts())
        for row in cells.to_dicts()
    }


def other() -> Draft | None:
    """Return the draft that is compared with it, if any."""
    found: Draft | None = st.session_state.get(OTHER)
    return found


def open_draft(new: Draft) -> None:
    """Put another draft in place of the one of this session."""
    st.session_state[DRAFT] = new
    open_lesions(new.lesions)
    several().clear()
    st.session_state[THERE] = []


def change(**parts: Any) -> None:
    """Change parts of the draft."""
    st.session_state[DRAFT] = replace(draft(), **parts)


def set_cell(variable: str, text: str) -> None:
    """Change one cell of the draft."""
    st.session_state[DRAFT] = draft().with_cell(variable, text)


def several() -> set[str]:
    """Return the variables of which several values are possible, though none may be named yet."""
    found: set[str] = st.session_state.setdefault(_SEVERAL, set())
    return found


def open_lesions(lesions: tuple[Mapping[str, str], ...]) -> None:
    """Put another list of lesions in place; the table of lesions begins with it."""
    change(lesions=lesions)
    st.session_state[_LESIONS] = lesions
    st.session_state.pop(f"{FIELD}lesions", None)


def opened_lesions() -> tuple[Mapping[str, str], ...]:
    """Return the lesions that the draft had when it was opened."""
    found: tuple[Mapping[str, str], ...] = st.session_state.setdefault(_LESIONS, draft().lesions)
    return found


def group_of(guideline: Guideline, variable: str) -> str | None:
    """Return the group of the form in which a variable is asked."""
    found = guideline.variables[variable]
    return KEY_FACTS if found.asked_first else found.group


def go_to(guideline: Guideline, variable: str) -> None:
    """Open the group of a field, and put the field in focus."""
    st.session_state[GROUP] = group_of(guideline, variable)
    st.session_state[FOCUS] = variable


def restore(guideline: Guideline) -> None:
    """Take the state of the page from its address, and keep it in there."""
    restoring.restore(partial(_read, guideline), _parameters)


def whole() -> object:
    """Return what is shown outside the parts: where it changes, the page is drawn whole."""
    now = draft()
    looked_at = other() is not None or st.session_state.get(SAVE)
    return (
        now == Draft(),
        now.has_facts,
        now if looked_at else None,
        other(),
        restoring.faults_of(_parameters),
    )


def _read(guideline: Guideline, brought: Parameters) -> list[str]:
    own = {k: v for k, v in brought.items() if not k.startswith(_OTHER)}
    second = {k.removeprefix(_OTHER): v for k, v in brought.items() if k.startswith(_OTHER)}
    opened = set(own.pop(OPEN, ()))
    new, strangers = draft_at(guideline, own)
    compared, more = draft_at(guideline, second) if second else (None, ())
    open_draft(new)
    st.session_state[OPEN] = opened & set(guideline.therapies)
    st.session_state[OTHER] = compared
    unknown = [f"{OPEN}={name}" for name in sorted(opened - set(guideline.therapies))]
    told = [short(name) for name in (*strangers, *more, *unknown)]
    return [f"left out as not part of a record: {', '.join(told)}"] if told else []


def _parameters() -> dict[str, list[str]]:
    second = other()
    compared = parameters_of(second) if second else {}
    return (
        parameters_of(draft())
        | {OPEN: sorted(st.session_state.get(OPEN, ()))}
        | {f"{_OTHER}{name}": values for name, values in compared.items()}
    )

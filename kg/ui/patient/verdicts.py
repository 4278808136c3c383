"""The verdicts on a patient: each with its reason, its criteria, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

import streamlit as st

from kg.explanation.answer import balance_of, headline, notes
from kg.explanation.drawing import Frame
from kg.explanation.explanations import (
    CriterionExplanation,
    RecommendationExplanation,
    TherapyExplanation,
)
from kg.explanation.outline import margin_words, outline
from kg.explanation.whys import LEGEND, why
from kg.explanation.wording import (
    GRADE,
    MISSING,
    MUTED,
    READING,
    RECORD_ALONE,
    intent_words,
    knowledge_words,
    listed,
    precedence,
    shortened,
)
from kg.guideline import Guideline
from kg.patients.drafts import Draft
from kg.reasoning.changes import margins
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.verdicts import MET, UNDETERMINED
from kg.reference.trees import MENTIONED, sort_of
from kg.texts import capitalised
from kg.ui import pictures
from kg.ui.components import show_tree
from kg.ui.patient import parts, state
from kg.ui.patient.state import OPEN, Judged
from kg.ui.restoring import given
from kg.ui.words import literal, places, short, state_badge, verdict_badge


def look(guideline: Guideline) -> tuple[tuple[RecommendationExplanation, ...], tuple[str, ...]]:
    """Return the recommendations that are met, and the cards by their first therapy, in order."""
    judged = state.now(guideline)
    met = tuple(r for r in judged.explanation.recommendations if r.state == MET)
    return met, tuple(judged.cards)


def verdicts(
    guideline: Guideline, met: Iterable[RecommendationExplanation], cards: Iterable[str]
) -> None:
    """Show the recommendations that are met, and the verdicts: one card for equal reasons."""
    for recommendation in (each for each in met if not each.muted):
        _recommendation(guideline, recommendation)
    for name in cards:
        _card(guideline, name)
    for recommendation in (each for each in met if each.muted):
        _recommendation(guideline, recommendation)
    labels = listed(
        t.label for t in guideline.mentioned.values() if sort_of(guideline, t.id) == MENTIONED
    )
    if labels:
        st.caption(f"The text mentions {literal(labels)}, and states no criteria for them.")


def _recommendation(guideline: Guideline, explanation: RecommendationExplanation) -> None:
    """Show a recommendation that is met, muted where each therapy it concerns is ruled out."""
    text = (
        f":material/recommend: **{literal(explanation.advice)}** "
        f":blue-badge[{literal(explanation.strength)}] :small[{literal(explanation.id)}]"
    )
    if explanation.precedes:
        text += f" {precedence(explanation)}"
    if explanation.muted:
        text = f":gray[{text} {MUTED}]"
    told = f"{places(explanation.statements)}: {literal(explanation.paraphrase)}"
    if explanation.concerns:
        labels = listed(guideline.therapies[name].label for name in explanation.concerns)
        told += f" Concerns {literal(labels)}."
    if explanation.note:
        told += f" {READING}: {literal(explanation.note)}"
    st.markdown(text, help=told)


def _card(guideline: Guideline, name: str) -> None:
    """Show therapies with one verdict for the same reasons; the criteria once it is opened."""
    key, opened = f"therapy:{name}", st.session_state.setdefault(OPEN, set[str]())

    def look() -> tuple[str, str, Draft | None]:
        judged = state.now(guideline)
        group = judged.cards[name]
        is_open = not opened.isdisjoint(each.therapy for each in group)
        return *_face(judged, group), judged.draft if is_open else None

    def turned(names: tuple[str, ...]) -> None:
        if st.session_state[key]:
            opened.add(names[0])
        else:
            opened.difference_update(names)

    def draw(looks: tuple[str, str, Draft | None]) -> None:
        judged, (label, reasons, shown) = state.now(guideline), looks
        names = {each.therapy: each for each in judged.cards[name]}
        box = st.expander(
            label,
            key=key,
            on_change=turned,
            args=(tuple(names),),
            **given(key, "expanded", shown is not None),
        )
        st.markdown(reasons)
        if box.open:
            with box:
                _opened(judged, names, opened)
        else:
            opened.difference_update(names)

    parts.part(f"cards/{name}", look, draw)


def _opened(judged: Judged, names: Mapping[str, TherapyExplanation], opened: set[str]) -> None:
    """Show the criteria of one therapy of a card, and a choice of which."""
    first = next(iter(names))
    shown = next((name for name in names if name in opened), first)

    def turn_to(name: str) -> None:
        opened.difference_update(names)
        opened.add(name)

    if len(names) > 1:
        key = f"card:{first}"
        st.session_state[key] = shown
        picked = st.pills(
            "Therapy",
            list(names),
            required=True,
            key=key,
            format_func=lambda name: names[name].label,
            on_change=lambda: turn_to(st.session_state[key]),
        )
        shown = picked or shown
    turn_to(shown)
    _details(judged, names[shown])


def _face(judged: Judged, group: tuple[TherapyExplanation, ...]) -> tuple[str, str]:
    """Return what a card shows before it is opened, in Markdown: its label and its reasons."""
    guideline, (first, *_) = judged.guideline, group
    labels = ", ".join(literal(each.label) for each in group)
    lines = _balance(judged, first)
    if first.verdict == UNDETERMINED:
        lines += _if_none(guideline, group, judged.otherwise)
    told = ["  \n".join(lines)]
    told += [f":small[**{literal(note)}**]" for note in notes(group)]
    label = f"{verdict_badge(guideline, first.verdict)} **{labels}**"
    return label, "\n\n".join(told)


def _if_none(
    guideline: Guideline, group: tuple[TherapyExplanation, ...], otherwise: Mapping[str, str]
) -> list[str]:
    """Return what the verdicts of a card are if none of the open findings is there."""
    found = {each.label: otherwise.get(each.therapy, UNDETERMINED) for each in group}
    told = []
    for verdict in dict.fromkeys(v for v in found.values() if v != UNDETERMINED):
        labels = listed(label for label, each in found.items() if each == verdict)
        of = f" {literal(labels)}" if len(set(found.values())) > 1 else ""
        told.append(f":small[**If none of these:** {verdict_badge(guideline, verdict)}{of}]")
    return told


def _balance(judged: Judged, explanation: TherapyExplanation) -> list[str]:
    """Return what speaks for a therapy, against it, for caution, and what is open."""
    guideline = judged.guideline
    told = balance_of(explanation).told
    lines = [f":small[**{w}:** {literal(shortened(t, 3))}]" for w, t in told.items()]
    if explanation.intent == PALLIATIVE:
        words = intent_words(guideline, guideline.therapies[explanation.therapy], PALLIATIVE)
        lines.insert(0, f":small[**{literal(capitalised(words))}**]")
    if explanation.verdict_recorded not in (None, explanation.verdict):
        known = judged.parsed.record.known
        facts = [knowledge_words(guideline.variables[n], known[n]) for n in explanation.assumed]
        alone = guideline.verdicts[explanation.verdict_recorded or ""][0]
        rests = f"**Assumed:** {literal(shortened(facts, 2))} ({RECORD_ALONE.lower()}: {alone})"
        lines.insert(0, f":small[:violet[{rests}]]")  # the last of many lines is cut off
    return lines or [f":small[{literal(capitalised(explanation.clause))}.]"]


def _details(judged: Judged, explanation: TherapyExplanation) -> None:
    guideline = judged.guideline
    for line in outline(guideline, judged.parsed.record, explanation):
        if line.kind == "missing":
            st.markdown(f"**{MISSING}: what would settle it**")
            with st.container(horizontal=True, gap="small"):
                for missing in explanation.missing:
                    st.button(
                        missing.fact,
                        key=f"missing:{explanation.therapy}:{missing.variable}",
                        on_click=parts.then(state.go_to),
                        args=(guideline, missing.variable),
                    )
        elif line.kind != "note":  # notes stand on the card itself
            label = f"**{line.label}:** " if line.label else ""
            st.markdown(f"{label}{literal(line.text)}")
    _close(judged, explanation)
    _why(judged, explanation)
    for role, criteria in groupby(explanation.criteria, lambda criterion: criterion.role):
        st.markdown(f"**{role.capitalize()}s**\n\n{_criteria(criteria)}")


def _why(judged: Judged, explanation: TherapyExplanation) -> None:
    """Show why, as a picture of criteria, clauses and facts, where it is asked for."""
    guideline, record, name = judged.guideline, judged.parsed.record, explanation.therapy
    if not st.toggle("Why, as a picture", key=f"why:{name}"):
        return
    full = st.toggle("Every clause", key=f"why:{name}:full")
    branches = [why(guideline, record, explanation, full=full)]
    title = f"Why {explanation.label} is {explanation.verdict_label}"
    show_tree(branches, f"{title}: criteria, clauses and facts", f"why:{name}:drawing")
    told = [short(judged.draft.patient_id), headline(guideline, record)]
    frame = Frame(title, [": ".join(filter(None, told))], LEGEND)
    pictures.tree_saves(branches, f"why-{name}", frame)


def _close(judged: Judged, explanation: TherapyExplanation) -> None:
    """Show how close the verdict is: known numbers, their limits, and what is beyond them."""
    guideline, record = judged.guideline, judged.parsed.record
    found = margins(
        guideline, record, guideline.therapies[explanation.therapy], explanation.verdict
    )
    if told := " ".join(capitalised(margin_words(guideline, record, each)) for each in found):
        st.markdown(f"**How close:** {literal(told)}")


def _criteria(criteria: Iterable[CriterionExplanation]) -> str:
    """Return criteria as a list: state, facts, place, paraphrase and reading."""
    return "\n".join(
        f"- {state_badge(c.state)} **{literal(c.label)}** "
        f":small[[{c.id}](guideline?criterion={c.id})]"
        + (f": {literal('; '.join(c.facts))}" if c.facts else "")
        + f"  \n  :gray[{places(c.statements)}: {literal(c.paraphrase)}"
        + (f" {READING}: {literal(c.note)}" if c.note else "")
        + (f" {GRADE}: {literal(c.grade)}." if c.grade else "")
        + "]"
        for c in criteria
    )

"""The verdicts on a patient: each with its reason, its criteria, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import streamlit as st

from kg.explanation.answer import alike, answer, balance_of, headline
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
from kg.guideline import ABSOLUTE, INDICATION, PRECONDITION, RELATIVE, Guideline
from kg.patients.drafts import not_understood
from kg.reasoning.changes import margins
from kg.reasoning.intents import PALLIATIVE
from kg.reasoning.logic import MissingVariable, missing_variables
from kg.reasoning.verdicts import MET, UNDETERMINED
from kg.reference.trees import MENTIONED, sort_of
from kg.texts import capitalised, counted
from kg.ui import pictures
from kg.ui.components import show_tree
from kg.ui.patient import state
from kg.ui.patient.state import OPEN, Judged
from kg.ui.words import literal, places, short, state_badge, verdict_badge

_ROLES = (INDICATION, PRECONDITION, ABSOLUTE, RELATIVE)
_ANOTHER = "ask-another"
_ASKED = 3  # variables to find out next that are offered at once


def summary(guideline: Guideline, judged: Judged) -> None:
    """Show the patient in one line, what was not understood, and what does not go together."""
    identifier = literal(short(judged.draft.patient_id))
    name = f"{identifier}: " if identifier else ""
    st.markdown(f"{name}{literal(headline(guideline, judged.parsed.record))}")
    if stage := judged.explanation.stage:
        st.markdown(f":small[Stage: **{literal(stage.text)}**]")
    with st.container(key="patient-answer"):
        st.markdown(f"**{literal(answer(guideline, judged.explanation))}**")
    if wrong := not_understood(guideline, judged.parsed):
        told = "; ".join(literal(each) for each in wrong.values())
        st.error(f"Not understood, and treated as unknown: {told}.", icon=":material/error:")
    if judged.explanation.conflicts:
        told = " ".join(literal(conflict.message) for conflict in judged.explanation.conflicts)
        st.warning(f"Conflicts in the record: {told}", icon=":material/warning:")


def next_variables(guideline: Guideline, judged: Judged) -> None:
    """Show what to find out next, each variable a click away from its field."""
    found = missing_variables(guideline, judged.parsed.record, judged.result)
    if not found:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**Find out next**", width="content")
        for missing in found[:_ASKED]:
            st.button(
                guideline.variables[missing.variable].label,
                key=f"ask:{missing.variable}",
                help=_use(guideline, missing),
                on_click=state.go_to,
                args=(guideline, missing.variable),
            )
        if len(found) > _ASKED:
            st.selectbox(
                "Another missing variable",
                [missing.variable for missing in found[_ASKED:]],
                format_func=lambda name: guideline.variables[name].label,
                index=None,
                placeholder=f"{len(found) - _ASKED} more facts",
                key=_ANOTHER,
                on_change=_go_to_another,
                args=(guideline,),
                label_visibility="collapsed",
                width=160,
            )


def _go_to_another(guideline: Guideline) -> None:
    variable = st.session_state.pop(_ANOTHER)
    if variable is not None:
        state.go_to(guideline, variable)


def _use(guideline: Guideline, missing: MissingVariable) -> str:
    """Return what learning a value would do."""
    number = len(missing.bears_on)
    return (
        f"{counted(number, 'undetermined verdict')} depend{'s' if number == 1 else ''} on it; any "
        f"value settles {len(missing.settles)}, some value settles {len(missing.may_settle)}. "
        f"{literal(guideline.variables[missing.variable].definition)}"
    )


def verdicts(guideline: Guideline, judged: Judged, otherwise: Mapping[str, str]) -> None:
    """Show the recommendations that are met, and the verdicts: one card for equal reasons.

    `otherwise` are the verdicts if none of the open findings is there.
    """
    met = [r for r in judged.explanation.recommendations if r.state == MET]
    for recommendation in sorted(met, key=lambda r: r.muted):
        if not recommendation.muted:
            _recommendation(guideline, recommendation)
    order = list(guideline.verdicts)
    for group in sorted(alike(judged.explanation), key=lambda g: order.index(g[0].verdict)):
        _card(guideline, judged, group, otherwise)
    for recommendation in met:
        if recommendation.muted:
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


def _card(
    guideline: Guideline,
    judged: Judged,
    group: tuple[TherapyExplanation, ...],
    otherwise: Mapping[str, str],
) -> None:
    """Show therapies with one verdict for the same reasons; the criteria once it is opened."""
    opened: set[str] = st.session_state.setdefault(OPEN, set())
    names = {each.therapy: each for each in group}
    first, *_ = group
    labels = ", ".join(literal(each.label) for each in group)
    box = st.expander(
        f"{verdict_badge(guideline, first.verdict)} **{labels}**",
        key=f"therapy:{first.therapy}",
        expanded=bool(names.keys() & opened),
        on_change="rerun",
    )
    with st.container(key=f"reason-{'open' if box.open else 'closed'}-{first.therapy}"):
        lines = _balance(guideline, judged, first)
        if first.verdict == UNDETERMINED:
            lines += _if_none(guideline, group, otherwise)
        st.markdown("  \n".join(lines))
    for note in dict.fromkeys(note for each in group for note in each.notes):
        noted = [each.label for each in group if note in each.notes]
        of = f"{capitalised(listed(noted))}: " if len(noted) < len(group) else ""
        st.markdown(f":small[**{literal(of + note)}**]")
    if not box.open:
        opened.difference_update(names)
        return
    with box:
        shown = next((name for name in names if name in opened), first.therapy)
        if len(group) > 1:
            key = f"card:{first.therapy}"
            st.session_state[key] = shown
            picked = st.pills(
                "Therapy",
                list(names),
                required=True,
                key=key,
                format_func=lambda name: names[name].label,
                on_change=lambda: _turn_to(names, st.session_state[key]),
            )
            shown = picked or shown
        opened.difference_update(names)
        opened.add(shown)
        _details(guideline, judged, names[shown])


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


def _turn_to(names: Iterable[str], name: str) -> None:
    st.session_state[OPEN].difference_update(names)
    st.session_state[OPEN].add(name)


def _balance(guideline: Guideline, judged: Judged, explanation: TherapyExplanation) -> list[str]:
    """Return what speaks for a therapy, against it, for caution, and what is open."""
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
        lines.append(f":small[:violet[{rests}]]")
    return lines or [f":small[{literal(capitalised(explanation.clause))}.]"]


def _details(guideline: Guideline, judged: Judged, explanation: TherapyExplanation) -> None:
    for line in outline(guideline, judged.parsed.record, explanation):
        if line.kind == "missing":
            _missing(guideline, explanation)
        elif line.kind != "note":  # notes stand on the card itself
            label = f"**{line.label}:** " if line.label else ""
            st.markdown(f"{label}{literal(line.text)}")
    _close(guideline, judged, explanation)
    _why(guideline, judged, explanation)
    for role in _ROLES:
        criteria = [c for c in explanation.criteria if c.role == role]
        if criteria:
            st.markdown(f"**{role.capitalize()}s**\n\n{_criteria(criteria)}")


def _why(guideline: Guideline, judged: Judged, explanation: TherapyExplanation) -> None:
    """Show why, as a picture of criteria, clauses and facts, where it is asked for."""
    name = explanation.therapy
    if not st.toggle("Why, as a picture", key=f"why:{name}"):
        return
    full = st.toggle("Every clause", key=f"why:{name}:full")
    branches = [why(guideline, judged.parsed.record, explanation, full=full)]
    label = f"Why {explanation.label} is {explanation.verdict_label}: criteria, clauses and facts"
    show_tree(branches, label, f"why:{name}:drawing")
    known = headline(guideline, judged.parsed.record)
    patient = short(judged.draft.patient_id)
    title = f"Why {explanation.label} is {explanation.verdict_label}"
    frame = Frame(title, [f"{patient}: {known}" if patient else known], LEGEND)
    pictures.tree_saves(branches, f"why-{name}", frame)


def _close(guideline: Guideline, judged: Judged, explanation: TherapyExplanation) -> None:
    """Show how close the verdict is: known numbers, their limits, and what is beyond them."""
    record, therapy = judged.parsed.record, guideline.therapies[explanation.therapy]
    told = [
        capitalised(margin_words(guideline, record, margin))
        for margin in margins(guideline, record, therapy, explanation.verdict)
    ]
    if told:
        st.markdown("**How close:** " + literal(" ".join(told)))


def _missing(guideline: Guideline, explanation: TherapyExplanation) -> None:
    st.markdown(f"**{MISSING}: what would settle it**")
    with st.container(horizontal=True, gap="small"):
        for missing in explanation.missing:
            st.button(
                missing.fact,
                key=f"missing:{explanation.therapy}:{missing.variable}",
                on_click=state.go_to,
                args=(guideline, missing.variable),
            )


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

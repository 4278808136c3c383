"""Choosing what to ask, on the page or by a link: a saved question with its values, the dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from kg.catalogue.parameters import PATIENT_PARAMETER, Parameter, terms
from kg.catalogue.queries import catalogue, question, title
from kg.errors import InputError
from kg.guideline import Guideline
from kg.ontology import HCC
from kg.patients.drafts import Parameters
from kg.ui import session
from kg.ui.query import source
from kg.ui.query.session import (
    ABOUT,
    DATASETS,
    EXAMPLE,
    QUESTION,
    SHOWN,
    SPARQL,
    VALUE,
    Desk,
    Past,
)
from kg.ui.restoring import field
from kg.ui.words import literal

_SHOWN = dict.fromkeys(name for names in SHOWN.values() for name in names)


def pick(desk: Desk) -> None:
    """Offer the saved questions, by subject, and the datasets."""
    first, second, third = st.columns([1.3, 4, 1.8])
    questions = catalogue()
    subject = first.selectbox(
        "Subject",
        list(dict.fromkeys(q.subject for q in questions.values())),
        index=None,
        format_func=title,
        placeholder="All subjects",
        key="query:subject",
        persist_state="session",
    )
    offered = [n for n, q in questions.items() if subject in (None, q.subject) or n == desk.name]
    told = {n: f"{questions[n].title} · {questions[n].question}" for n in offered}
    field(
        second.selectbox,
        f"Saved question ({len(offered)}; type to search)",
        "query:question",
        desk.name or None,
        lambda name: _choose(desk, name or ""),
        options=offered,
        format_func=told.__getitem__,
        placeholder="Choose one, or write a query of your own",
    )
    field(
        third.selectbox,
        "Asked of",
        "query:about",
        desk.about,
        lambda about: desk.turn_to(about, _own(about)),
        options=list(DATASETS),
        format_func=DATASETS.__getitem__,
    )


def form(desk: Desk) -> None:
    """Show the chosen question, and its parameters as a form."""
    chosen = desk.question
    if chosen is None:
        return
    checked = " This is a check: any row is a fault." if chosen.is_check else ""
    st.markdown(f"**{literal(chosen.question)}**{checked}")
    if desk.is_edited:
        with st.container(horizontal=True, vertical_alignment="center"):
            told = "You edited the query; its parameters are now part of the text."
            st.caption(told, width="content")
            st.button(
                "Back to the question",
                on_click=desk.back_to_question,
                type="tertiary",
                icon=":material/undo:",
                help="Your text is kept under Queries of this session.",
            )
        return
    columns = [column for _ in chosen.parameters[::2] for column in st.columns(2)]
    for column, parameter in zip(columns, chosen.parameters, strict=False):
        with column:
            _field(desk, parameter)
    if desk.trouble:
        st.error(literal(desk.trouble))


def _choose(desk: Desk, name: str) -> None:
    takes = name and any(p.names_patient for p in catalogue()[name].parameters)
    own = _own(desk.about) if takes else None
    desk.choose(name, {PATIENT_PARAMETER: own} if own else {})


def _own(about: str) -> str | None:
    """Return the first patient of a dataset of this session; of the example, none comes first."""
    return next(iter(source.patients(about)), None) if about != EXAMPLE else None


def _field(desk: Desk, parameter: Parameter) -> None:
    """Show one parameter; one that may be left out can be cleared."""
    key = f"query:value:{desk.name}:{parameter.name}"
    value = desk.values.get(parameter.name)
    label = literal(parameter.name.replace("_", " ").capitalize())
    if not parameter.required:
        label += " (leave empty for all)"
    offered = choices(
        parameter, session.guideline(), source.patients(desk.about), source.graphs(desk.about)
    )

    def hear(given: object) -> None:
        desk.set_value(parameter.name, "" if given is None else str(given).strip())

    told: dict[str, Any] = {
        "help": f"{parameter.description}; {parameter.expected}",
        "placeholder": f"such as {parameter.example}",
    }
    if offered is None and parameter.type == "integer":
        number = value is not None and value.lstrip("+-").isdecimal()
        shown = int(value) if number and value else None
        field(st.number_input, label, key, shown, hear, value=None, step=1, **told)
    elif offered is None:
        field(st.text_input, label, key, value or "", hear, **told)
    else:
        told["options"] = list(offered) + ([value] if value and value not in offered else [])
        told["accept_new_options"] = parameter.names_patient
        told["format_func"] = lambda name: offered.get(name, name)
        field(st.selectbox, label, key, value, hear, **told)


def choices(
    parameter: Parameter, guideline: Guideline, patients: Sequence[str], graphs: Sequence[str]
) -> dict[str, str] | None:
    """Return the values of a parameter with their words, or None where any text may be one.

    `patients` and `graphs` are those of the dataset that is asked.
    """
    if parameter.type == "choice":
        return {value: value for value in parameter.choices}
    if parameter.type == "boolean":
        return {"true": "yes", "false": "no"}
    if parameter.type == "term":
        known = terms(parameter.among or "", guideline)
        return {one.notation: f"{one.label} ({one.notation})" for one in known}
    if parameter.type == "iri":
        return _siblings(parameter, graphs)
    if parameter.names_patient:
        return {name: name for name in patients}
    return None


def _siblings(parameter: Parameter, graphs: Sequence[str]) -> dict[str, str] | None:
    """Return the graphs that stand beside the one that is the example, by their short names."""
    beside = parameter.example.rpartition("/")[0] + "/"
    short = ["hcc:" + graph.removeprefix(HCC) for graph in graphs if graph.startswith(HCC)]
    return {name: name.removeprefix(beside) for name in short if name.startswith(beside)} or None


def desk_at(
    parameters: Parameters, past: list[Past], *, remembers: bool = False
) -> tuple[Desk, list[str]]:
    """Return the desk that a link describes, and what in the link makes no sense.

    A saved question is asked at once. A query that the link brings is shown, and waits.
    """
    desk, wrong = Desk(past=past, remembers=remembers), []
    given = {name: values[-1] for name, values in parameters.items() if values}
    wrong += [f"{name} stands there twice" for name, v in parameters.items() if len(v) > 1]
    about = given.pop(ABOUT, EXAMPLE)
    if about in DATASETS:
        desk.about = about
    else:
        wrong.append(f"{ABOUT}={about[:60]} names no dataset; they are {', '.join(DATASETS)}")
    name, text = given.pop(QUESTION, ""), given.pop(SPARQL, None)
    desk.shown = {name: given.pop(name) for name in _SHOWN if name in given}
    values = {n.removeprefix(VALUE): given.pop(n) for n in list(given) if n.startswith(VALUE)}
    wrong += [f"{stranger[:60]} is not part of a link to this page" for stranger in given]
    if name:
        wrong += _take_question(desk, name, values)
        if text is not None:
            wrong.append(f"{SPARQL} goes without {QUESTION}; the question was taken")
    elif values:
        wrong.append(f"values ({VALUE}…) go with a {QUESTION}")
    if text is not None and not desk.name:
        desk.text = text
        desk.kept = {SPARQL: [text]} | ({ABOUT: [about]} if desk.about == about != EXAMPLE else {})
    return desk, wrong


def _take_question(desk: Desk, name: str, values: Mapping[str, str]) -> list[str]:
    """Take up a saved question with those values that are values of it; return what is wrong."""
    try:
        chosen = question(name[:60])
    except InputError:
        return [f"there is no question {name[:60]!r}; choose one below"]
    known, wrong, good = {p.name: p for p in chosen.parameters}, [], {}
    examples = {p.name: p.example for p in chosen.parameters if p.required}
    for key, value in values.items():
        try:
            chosen.filled(examples | {key: value})
            good[key] = value
        except InputError as error:
            told = str(error) if key in known else f"{name} has no parameter {key[:60]!r}"
            wrong.append(told[:300])
    desk.choose(name, good)
    return wrong

"""The desk that a link to the query page describes."""

from __future__ import annotations

from collections.abc import Mapping

from kg.catalogue.queries import question
from kg.errors import InputError
from kg.patients.drafts import Parameters
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

_SHOWN = dict.fromkeys(name for names in SHOWN.values() for name in names)


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

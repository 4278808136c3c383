"""Texts in the Markdown of Streamlit: badges for verdicts and states, and texts as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

from kg.explanation import wording
from kg.explanation.explanations import STATE_SIGNS
from kg.explanation.whys import STATE_COLOURS, VERDICT_COLOURS
from kg.guideline import Guideline, Statement
from kg.guideline.values import Variable
from kg.reasoning.verdicts import VERDICT_SIGNS

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@/])")
# What Markdown would make a link of even where its signs are escaped, and what keeps it from that.
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|(?<=[\w.+-])(?=@)", re.IGNORECASE)
_JOINER = "\u2060"  # has no width, and parts no line
_LONGEST, _NOTE = 80, 180
_ADVICE = {  # how a page says what the options of the command are for
    r"pass --missing (\S*[^\s.])": r"open the table again with \1 among the codes of unknown",
    r"pass --unit (\w+)=(\S*[^\s.])": r"call the column \1 [\2] and open the table again",
}


def literal(text: str) -> str:
    """Return a text that Markdown shows as it is: no markup, no link, no formula, no icon."""
    apart = _ADDRESS.sub(lambda found: found[0] + _JOINER, " ".join(text.split()))
    return _SPECIAL.sub(r"\\\1", apart)


def short(text: str, longest: int = _LONGEST) -> str:
    """Return a text, cut where it is long: for identifiers, which may have any length."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def unit_words(variable: Variable, code: str) -> str:
    """Return a unit as people write it."""
    if variable.units and code == variable.units[0].code:
        return variable.unit_symbol or code
    return code.replace("*3", "³").replace("u", "µ")


def told_notes(notes: Iterable[str]) -> None:
    """Show notes on how a table was read; what is long is shown whole on demand."""
    for note in map(advised, notes):
        told = literal(f"{note}.")
        if len(note) <= _NOTE:
            st.caption(told)
        else:
            st.caption(literal(short(note, _NOTE)), help=told)


def advised(note: str) -> str:
    """Return a note on how a table was read with what can be done about it on the page."""
    for pattern, here in _ADVICE.items():
        note = re.sub(pattern, here, note)
    return note


def verdict_badge(guideline: Guideline, verdict: str) -> str:
    """Return a verdict as a badge: sign, word and colour."""
    word = guideline.verdicts[verdict][0]
    return f":{VERDICT_COLOURS[verdict]}-badge[{VERDICT_SIGNS[verdict]} {literal(word)}]"


def state_badge(state: str) -> str:
    """Return the state of a criterion as a badge."""
    return f":{STATE_COLOURS[state]}-badge[{STATE_SIGNS[state]} {state}]"


def places(statements: Iterable[Statement]) -> str:
    """Return where statements stand in the guideline: section and characters."""
    return literal(wording.places(statements))

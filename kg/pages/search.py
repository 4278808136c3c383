"""The page Search: every term of the guideline by words, the first hit opened."""

import streamlit as st

from kg.reference.search import SORTS, Hit, search
from kg.texts import counted, plural
from kg.ui import address, hits, session
from kg.ui.restoring import State, follow, restored
from kg.ui.shell import head
from kg.ui.words import literal

_MOST = 100  # hits that are listed; more words narrow them

g = session.guideline()
state: State = restored({"text": None, "hit": None})
head(
    "Search",
    "Therapies, criteria, recommendations, variables, statements and codes: all words, in any "
    "order; beginnings of words, abbreviations and American spelling do.",
    tab=state.get("text", ""),
)
key = "search:text"
st.session_state[key] = state.get("text", "")


def sought() -> None:
    """Take what is sought; the hit that was opened before is none of it."""
    state.pop("hit", None)
    follow(state, "text", key)


st.text_input(
    "Search the guideline",
    key=key,
    max_chars=200,
    placeholder="such as RFA, bleeding, portal vein, tumor size",
    on_change=sought,
    label_visibility="collapsed",
    icon=":material/search:",
)
text = state.get("text", "")
found = search(g, text, hits.codes(g))


def choose(hit: Hit) -> None:
    """Open a hit."""
    state["hit"] = hit.id


if found.hits:
    left, right = st.columns([1, 1], gap="medium")
    shown = next((hit for hit in found.hits if hit.id == state.get("hit")), found.hits[0])
    with left:
        listed = found.hits[:_MOST]
        numbers = {sort: sum(hit.sort == sort for hit in found.hits) for sort in SORTS}
        told = (counted(n, sort) for sort, n in numbers.items() if n)
        st.caption(", ".join(told) + (f"; the first {_MOST}" if len(found.hits) > _MOST else ""))
        for hit in listed:
            hits.row(g, text, hit, is_shown=hit is shown, on_click=choose)
    with right, st.container(border=True, key="search-shown"):
        hits.card(g, shown)
elif text:
    st.info("No term has all of these words. Use fewer of them, or their beginnings.")
    if found.instead:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Did you mean", width="content")
            for other in found.instead:
                address.link("search", literal(other), {"text": other})
else:
    sorts = ", ".join(plural(sort) for sort in SORTS)
    st.caption(f"Everything is searched at once: {sorts}, and codes of other vocabularies.")

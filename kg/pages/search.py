"""The page Search: every term of the guideline by words, the first hit opened."""

import re

import streamlit as st

from kg.guideline.taxonomy import every_therapy
from kg.ontology import local_name
from kg.reference.search import SORTS, Hit, highlights, search
from kg.texts import counted, plural
from kg.ui import session, term_views
from kg.ui.address import link
from kg.ui.restoring import State, restored, words
from kg.ui.shell import head
from kg.ui.tables import ask
from kg.ui.words import literal, short

_LONGEST = 160  # characters of a text beside a hit
_SAID = re.compile(r"\S(?:.*\S)?", re.DOTALL)  # of a piece, without the blanks around it
_MOST = 100  # hits that are listed; more words narrow them

g = session.guideline()
state: State = restored({"text": None, "hit": None})
head(
    "Search",
    "Therapies, criteria, recommendations, variables, statements and codes: all words, in any "
    "order; beginnings of words, abbreviations and American spelling do.",
    tab=state.get("text", ""),
)


def codes() -> dict[str, str]:
    """Return the codes of other vocabularies by the term that they are of, or whose value."""
    names = {local_name(t.iri): name for name, t in every_therapy(g).items()}
    found: dict[str, str] = {}
    for term, vocabulary, code in ask("mappings").select("term", "vocabulary", "code").iter_rows():
        variable = term.partition("-")[0]
        name = variable if variable in g.variables else names.get(term, term)
        found[name] = f"{found.get(name, '')} {vocabulary} {code}"
    return found


hint = "such as RFA, bleeding, portal vein, tumor size"
look = {"label_visibility": "collapsed", "icon": ":material/search:"}
text = words(state, "Search the guideline", dropped="hit", placeholder=hint, **look)
found = search(g, text, codes())


def show_row(hit: Hit, *, is_shown: bool) -> None:
    """Show a hit with the words that were sought, to be opened."""
    with st.container(gap=None):
        st.button(
            marked(hit.label),
            key=f"hit:{hit.sort}:{hit.id}",
            type="tertiary",
            icon=":material/arrow_right:" if is_shown else None,
            on_click=lambda: state.update(hit=hit.id),
        )
        told = marked(short(hit.text, _LONGEST))
        st.markdown(f":small[{told} :gray[{literal(hit.sort)} {literal(hit.id)}]]")


def marked(text_: str) -> str:
    """Return a text with the words that were sought in bold, and the blanks between pieces."""
    return "".join(
        f"**{literal(piece)}**" if is_sought else _SAID.sub(lambda found: literal(found[0]), piece)
        for piece, is_sought in highlights(g, text, text_)
    )


if found.hits:
    left, right = st.columns([1, 1], gap="medium")
    shown = next((hit for hit in found.hits if hit.id == state.get("hit")), found.hits[0])
    with left:
        listed = found.hits[:_MOST]
        numbers = {sort: sum(hit.sort == sort for hit in found.hits) for sort in SORTS}
        told = (counted(n, sort) for sort, n in numbers.items() if n)
        st.caption(", ".join(told) + (f"; the first {_MOST}" if len(found.hits) > _MOST else ""))
        for hit in listed:
            show_row(hit, is_shown=hit is shown)
    with right, st.container(border=True, key="search-shown"):
        st.subheader(literal(shown.label), anchor=False)
        term_views.about(g, shown)
        st.caption(literal(shown.id))
        place = {"id": shown.id}
        link("term", "IRI, formula, codes, download", place, icon=":material/data_object:")
elif text:
    st.info(
        "No term of this edition has all of these words. Use fewer of them, or their beginnings."
    )
    if found.instead:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Did you mean", width="content")
            for other in found.instead:
                link("search", literal(other), {"text": other})
else:
    sorts = ", ".join(plural(sort) for sort in SORTS)
    st.caption(f"Everything is searched at once: {sorts}, and codes of other vocabularies.")

"""The page Compare: two editions side by side, for a patient, for a cohort, and term by term."""

import streamlit as st

from kg.guideline import load
from kg.ui.compare import cohort, guideline, patient, state
from kg.ui.restoring import choice, view
from kg.ui.shell import head, known_editions

_VIEWS = {
    "guideline": ("The guideline", guideline.show),
    "cohort": ("A cohort", cohort.show),
    "patient": ("A patient", patient.show),
}
known = known_editions()
now = state.restored(list(known), list(_VIEWS))
before, after = (load(edition=now[side]) for side in ("from", "to"))
head(
    "Compare",
    "Two editions of the guideline: which criterion became which, and who is classified "
    "differently by which criterion.",
    tab=f"{before.edition} and {after.edition}",
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    for side, label in (("from", "From the edition of"), ("to", "to that of")):
        choice(now, side, label, {name: e.year for name, e in known.items()}, width=190)
    chosen = view(now, {name: title for name, (title, _) in _VIEWS.items()})
if before is after:
    st.info("Choose two different editions to compare.")
else:
    _VIEWS[chosen][1](before, after, now)

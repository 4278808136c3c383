"""The page Guideline: its statements, what they are read as, and how much they cover."""

from kg.guideline.taxonomy import every_therapy
from kg.reference.inventory import encoded, sections
from kg.ui import session
from kg.ui.guideline_views import DECIDABLE, VIEWS
from kg.ui.restoring import restored, view
from kg.ui.shell import head

head(
    "Guideline",
    "Every statement of the guideline: its place, what it says, and what it is read as.",
)
g = session.guideline()
start = {"view": next(iter(VIEWS))}
allowed = {
    "view": VIEWS,
    "statement": g.statements,
    "criterion": encoded(g),
    "section": sections(g),
    "chapter": {name.partition("(")[0] for name in sections(g)},
    "kind": g.kinds,
    "role": g.kinds,
    "therapy": every_therapy(g),
    "decidable": DECIDABLE,
    "text": None,
}
state = restored(allowed, start)
if "criterion" in state and "statement" not in state and state["view"] == start["view"]:
    state["view"] = "criteria"

chosen = view(state, {name: title for name, (title, _) in VIEWS.items()})
VIEWS[chosen][1](g, state)

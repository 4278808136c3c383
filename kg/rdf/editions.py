"""Saved questions in a store of several editions: each is asked of the graphs of one edition.

Where a store holds what belongs to another edition, the graphs of the one that is asked are named
by FROM and FROM NAMED, which every store understands. A question about several editions is asked
of all graphs, and so is a query of one's own that names no graph.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kg.catalogue.queries import Question
from kg.guideline import Guideline
from kg.rdf.names import ONTOLOGY, STATEMENTS, VERDICT_GRAPHS
from kg.stores import Store

_SEVERAL = "editions"  # the tag of questions about several editions
_EDITIONS = "SELECT ?e WHERE { ?e a <https://w3id.org/hcc-kg/GuidelineEdition> }"
_WHERE = re.compile("^WHERE", re.MULTILINE)


def asked_of(store: Store, question: Question, text: str, guideline: Guideline) -> str:
    """Return the text of a question for a store, which may hold several editions."""
    if len(store.select(_EDITIONS).rows) < 2:
        return text
    return within(question, text, store.graphs(), guideline)


def within(question: Question, text: str, graphs: Iterable[str], guideline: Guideline) -> str:
    """Return the text of a question, asked of those of some graphs that belong to an edition."""
    every = sorted(graphs)
    own = [name for name in every if _belongs(name, guideline)]
    if own == every or _SEVERAL in question.tags:
        return text
    told = "".join(f"FROM <{name}>\nFROM NAMED <{name}>\n" for name in own)
    return _WHERE.sub(lambda found: told + found[0], text, count=1)


def _belongs(graph: str, guideline: Guideline) -> bool:
    for shared in (ONTOLOGY, STATEMENTS):
        if graph.startswith(f"{shared}/"):
            return graph == f"{shared}/{guideline.edition}"
    if not graph.startswith(VERDICT_GRAPHS):
        return True
    return graph.removeprefix(VERDICT_GRAPHS).partition("/")[2] == guideline.qualifier

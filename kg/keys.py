"""Columns that tables have whatever the guideline: the keys, and what is told of a rejected row."""

from __future__ import annotations

ID, LESION_ID = "patient_id", "lesion_id"
ROW, PROBLEM, REASON = "_row", "_problem", "_reason"
IRI = "_iri"  # of a node in RDF that has a name of its own; other tables have no such column
# Columns that a table of rejected rows carries: told anew, never read.
TOLD = frozenset({ROW, PROBLEM, REASON})
# Of a draft made from other systems: its date, and where each cell comes from (a JSON object).
AS_OF, SOURCES = "_as_of", "_sources"

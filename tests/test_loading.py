"""A broken ontology is an error that names the term, whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

from kg.errors import OntologyError
from kg.guideline import load
from kg.guideline.alternatives import with_alternatives
from kg.ontology import HCC, Ontology

BREAKS = (
    ("derivations", "hcc:points 1 ;", "hcc:points 1.5 ;", r"hcc:\S+: points is '1.5'; write"),
    ("derivations", "hcc:points 1 ;", "", r"hcc:\S+ lacks points"),
    ("derivations", "hcc:when ", "hcc:whenever ", r"hcc:\S+ has 0 values of hcc:when;"),
    ("statements", "oa:start 82 ", 'oa:start "far" ', r"hcc:S002: .*: start is 'far'"),
    ("variables", "hcc:position 2 ", "hcc:position 2.0 ", r"hcc:\S+: position is '2.0'"),
    (
        "criteria",
        "xsd:maxInclusive 5.0 ",
        'xsd:maxInclusive "five"^^xsd:decimal ',
        r"hcc:\S+: .*five.* is not a number",
    ),
)


def _edit(folder: Path, module: str, old: str, new: str) -> None:
    path = folder / f"{module}.ttl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_term_is_named(
    run: Callable[..., Ran], ontology_copy: Path, broken: tuple[str, str, str, str]
) -> None:
    module, old, new, told = broken
    _edit(ontology_copy, module, old, new)
    ran = run("classify", "--example", "--ontology", ontology_copy)
    assert ran.status == 2
    assert re.search(told, ran.err), ran.err
    with pytest.raises(OntologyError, match=told):
        load(ontology_copy)


def test_a_class_below_itself_is_read_once(ontology_copy: Path) -> None:
    _edit(
        ontology_copy,
        "therapies",
        "hcc:RadiofrequencyAblation\n",
        "hcc:Therapy rdfs:subClassOf hcc:Therapy .\n\nhcc:RadiofrequencyAblation\n",
    )
    found = Ontology(ontology_copy).below(HCC + "Therapy")
    assert len(found) == len(set(found)) > 5


def test_a_reading_of_two_terms_is_refused(ontology_copy: Path) -> None:
    _edit(ontology_copy, "alternatives", "hcc:alternativeTo ", "hcc:alternativeTo hcc:ABL-I1 , ")
    with pytest.raises(OntologyError, match="has 2 values of hcc:alternativeTo; it needs one"):
        with_alternatives(ontology_copy)

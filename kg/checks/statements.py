"""Checks of statements: their places in the text, and what stands on them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check
from kg.guideline import Guideline
from kg.guideline.model import PatientClass
from kg.ontology import HCC, OA

# A place in the normalised numbering: 0, A, B.5, A.2(1), A.1(2)10, 5.3.1(2)3.
_N = r"[1-9]\d*"
_SECTION = re.compile(rf"0|[A-Z]|([A-Z]\.{_N}|{_N}(\.{_N})*)(\({_N}\)({_N})?)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def _decided(guideline: Guideline) -> list[PatientClass]:
    """Return every class that encodes statements."""
    kinds = (guideline.stages, guideline.criteria, guideline.recommendations, guideline.responses)
    return [each for kind in kinds for each in kind.values()]


@check("content")
def sources(material: Material) -> Examined:
    """Every criterion, recommendation and response comes from a statement that exists."""
    for item in _decided(material.guideline):
        yield HCC + item.id, source_faults(material.guideline, item.statements, "encodes")


def source_faults(guideline: Guideline, names: Collection[str], role: str) -> Iterator[str]:
    """Yield what is wrong with the sources that a term names; `role` is what it does with them."""
    for name in names:
        if name not in guideline.statements:
            yield f"its dcterms:source {name} is not a statement"
    if not names:
        yield f"it has no dcterms:source; name the statement that it {role}"


@check("content")
def supports(material: Material) -> Examined:
    """Every decidable statement supports a class, and a statement of knowledge supports none."""
    decided = _decided(material.guideline)
    for statement in material.guideline.statements.values():
        supported = [item.id for item in decided if statement.id in item.statements]
        faults = []
        if statement.decidable and not supported:
            faults.append("it is decidable, and no class names it as dcterms:source")
        if not statement.decidable and supported:
            faults.append(f"it is not decidable, yet the source of {', '.join(supported)}")
        yield HCC + statement.id, faults


def _within(section: str, place: str) -> bool:
    return section == place or (place.endswith(")") and section.startswith(place))


@check("content")
def about(material: Material) -> Examined:
    """Every statement is about at least one therapy of the taxonomy, and about nothing else."""
    guideline = material.guideline
    for statement in guideline.statements.values():
        others = set(statement.therapies) - {*guideline.therapies, *guideline.mentioned}
        faults = [f"it is about {other}, which is not a therapy" for other in sorted(others)]
        if not statement.therapies:
            faults.append("it is about no therapy; add hcc:about")
        yield HCC + statement.id, faults


@check("content")
def texts(material: Material) -> Examined:
    """The text that statements are taken from is identified by its SHA-256 and its length."""
    ontology = material.ontology
    for node in ontology.of_type(HCC + "SourceText"):
        faults = []
        if not _SHA256.fullmatch(ontology.text(node, HCC + "sha256") or ""):
            faults.append("its hcc:sha256 should be 64 hexadecimal digits, in lower case")
        if (ontology.number(node, HCC + "characterCount") or 0) <= 0:
            faults.append("its hcc:characterCount should be the number of its characters")
        yield node.value, faults


@check("content")
def passages(material: Material) -> Examined:
    """The passage of every statement lies in its text, and statements follow the text."""
    ontology, before = material.ontology, 0
    for statement in material.guideline.statements.values():
        target = ontology.value(ox.NamedNode(HCC + statement.id), OA + "hasTarget")
        text = ontology.value(target, OA + "hasSource") if target else None
        length = (ontology.number(text, HCC + "characterCount") or 0) if text else 0
        start, end, faults = statement.start, statement.end, []
        if not 0 <= start < end <= length:
            faults.append(
                f"its passage from {start} to {end} does not lie in a text of {length} characters"
            )
        if start < before:
            faults.append(
                f"its passage starts at {start}, ahead of the statement before ({before})"
            )
        before = start
        yield HCC + statement.id, faults


@check("content")
def sections(material: Material) -> Examined:
    """The section of every statement is written in the normalised numbering."""
    for statement in material.guideline.statements.values():
        well_formed = _SECTION.fullmatch(statement.section)
        examples = "0, B.5, A.2(1), A.1(2)10 or 5.3.1(2)3"
        fault = f"its section {statement.section!r} should look like {examples}"
        yield HCC + statement.id, () if well_formed else (fault,)


@check("content")
def places(material: Material) -> Examined:
    """Every place of a criterion, recommendation or response is that of one of its statements."""
    statements = material.guideline.statements
    for item in _decided(material.guideline):
        found = {statements[s].section for s in item.statements if s in statements}
        # A place may be the whole of a list: 5.1.1(3) holds what is in 5.1.1(3)2.
        places = item.places if item.statements else ()
        elsewhere = [p for p in places if not any(_within(s, p) for s in found)]
        yield HCC + item.id, [f"none of its statements is in {p}" for p in elsewhere]

"""The check of the alternative readings; their module stands outside the ontology."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from kg.checks.registry import Examined, Material, check, name_of
from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.alternatives import module_of, with_alternatives
from kg.ontology import EDITORIAL, HCC, OWL, SOURCE, SUBCLASS, Ontology, local_name


@check("content")
def alternatives(material: Material) -> Examined:
    """Every reading of alternatives.ttl answers a reading, and puts other formulas in its place."""
    module = module_of(material.ontology.edition)
    if module in material.ontology.modules:
        raise OntologyError(f"the ontology imports <{module}>; no verdict may rest on it")
    guideline, readings = with_alternatives(material.folder, material.ontology.edition)
    ontology, named = guideline.ontology, set[str]()
    if not readings:
        yield "alternatives", ()
        return
    for reading in readings:
        node = ox.NamedNode(HCC + reading.id)
        named.update(ontology.iris(node, HCC + "replacement"))
        yield name_of(node.value), _faults(material.guideline, ontology, node)
    for one in ontology.subjects(SUBCLASS, ox.NamedNode(HCC + "ReplacingClass")):
        fault = "no alternative reading names it as hcc:replacement"
        yield name_of(one.value), () if one.value in named else (fault,)
    stated = ontology.texts(ox.NamedNode(module), OWL + "versionInfo")
    version = material.ontology.version
    fault = f"owl:versionInfo should be {version}, as hcc.ttl says"
    yield "alternatives", () if stated == (version,) else (fault,)


def _faults(guideline: Guideline, ontology: Ontology, node: ox.NamedNode) -> Iterator[str]:
    for iri in ontology.iris(node, HCC + "alternativeTo"):
        if not guideline.ontology.text(ox.NamedNode(iri), EDITORIAL):
            yield f"it is an alternative to {name_of(iri)}, which states no reading"
    sources = [local_name(iri) for iri in ontology.iris(node, SOURCE)]
    for source in sources:
        if source not in guideline.statements:
            yield f"its dcterms:source {source} is not a statement"
    if not sources:
        yield "it has no dcterms:source; name the statement that it reads otherwise"
    for iri in ontology.iris(node, HCC + "replacement"):
        replaced = ontology.iris(ox.NamedNode(iri), HCC + "replaces")[0]
        if local_name(replaced) not in guideline.formulas:
            yield f"{name_of(iri)} replaces {name_of(replaced)}, which has no formula"

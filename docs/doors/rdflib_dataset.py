"""The graph in rdflib: query, add triples of your own, serialise."""

from rdflib import RDF, Namespace, URIRef

import kg

HCC = Namespace("https://w3id.org/hcc-kg/")
dataset = kg.graph("patients.csv", "lesions.csv").rdflib
eligible = list(dataset.subjects(RDF.type, HCC.RadiofrequencyAblationEligible))
trial = dataset.graph(URIRef("http://example.org/trial"))
for patient in eligible:
    trial.add((patient, RDF.type, URIRef("http://example.org/Candidate")))
print(len(eligible), "candidates")
trial.serialize("trial.ttl")

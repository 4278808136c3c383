"""The ontology and records for stock reasoners: a file for Protege, an ontology of owlready2."""

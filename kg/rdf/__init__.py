"""The graph: guideline, patients and verdicts as one RDF dataset of named graphs."""

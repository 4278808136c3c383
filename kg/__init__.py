"""hcc-kg: a liver cancer guideline as an ontology, and verdicts with reasons from it."""

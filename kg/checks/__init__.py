"""The checks of the ontology, one module a subject; a check is active by standing in one."""

"""Records of other systems, FHIR and OMOP, read as a draft of a patient table."""

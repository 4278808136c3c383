"""Patients as they come in: cells, records, drafts of records, tables."""

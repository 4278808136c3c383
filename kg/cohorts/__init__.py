"""Many patients: classified in batches, counted, held open to look into."""

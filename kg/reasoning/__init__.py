"""What follows from a record: states of criteria, verdicts, and what would change them."""

"""Engines: each takes a record and returns the same result; they differ in how they decide."""

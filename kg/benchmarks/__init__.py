"""Benchmarks: a made-up cohort, and measurements of engines beside what they are compared with."""

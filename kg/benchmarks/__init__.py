"""Benchmarks: a made-up cohort, and measurements, each with what it is compared with."""

"""Certification: engines compared with HermiT, and with the formulas themselves."""

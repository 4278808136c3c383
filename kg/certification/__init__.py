"""Certification: engines compared with HermiT, with all completions, and with the formulas.

`kg.certification.run` says in which order. Hypothesis draws the records and makes one that
disagrees small; it comes with the extra `dev`, so no command but `certify` loads this room.
"""

"""Saved questions to an endpoint; the answers are frames."""

import sys

import kg

far = kg.remote(sys.argv[1])
counts = far.ask("verdict-counts")
print(counts.filter(therapy="rfa"))

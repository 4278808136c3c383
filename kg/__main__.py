"""`python -m kg`: the same as the command `hcc-kg`."""

from kg.cli import main

main()

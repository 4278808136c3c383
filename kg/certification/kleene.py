"""Part-by-part three-valued evaluation: sound, not complete; finds records that show it."""

from __future__ import annotations

from collections.abc import Mapping

from kg.guideline import Guideline
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import Knowledge
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN

_NOT = {MET: EXCLUDED, EXCLUDED: MET, UNKNOWN: UNKNOWN}


def kleene(guideline: Guideline, formula: Formula, known: Mapping[str, Knowledge]) -> str:
    """Return met, excluded or unknown, judged part by part as SQL does."""
    match formula:
        case Atom(variable):
            wanted, mask = formula.mask(guideline.variables), known[variable].mask
            return EXCLUDED if not mask & wanted else UNKNOWN if mask & ~wanted else MET
        case Ref(name):
            return kleene(guideline, guideline.formulas[name], known)
        case Not(part):
            return _NOT[kleene(guideline, part, known)]
        case And(parts):
            states = {kleene(guideline, part, known) for part in parts}
            return EXCLUDED if EXCLUDED in states else UNKNOWN if UNKNOWN in states else MET
        case Or(parts):
            states = {kleene(guideline, part, known) for part in parts}
            return MET if MET in states else UNKNOWN if UNKNOWN in states else EXCLUDED

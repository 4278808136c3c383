"""hcc-kg: a liver cancer guideline as an ontology, and verdicts with reasons from it.

The functions of `kg.api` are here too: `import kg; kg.classify({"tumour_count": 1})`. They are
loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.api import (
        TableResult,
        classify,
        classify_file,
        classify_table,
        criteria,
        editions,
        explain,
        import_records,
        load,
        therapies,
        variables,
    )
    from kg.asking import Graph, ask, graph, questions, remote
    from kg.auditing import findings
    from kg.catalogue.queries import Question
    from kg.cohorts.report import CohortReport, cohort_report
    from kg.comparison.cohorts import Comparison, compare
    from kg.engines.summary import Summary
    from kg.errors import (
        ComponentError,
        HccKgError,
        InputError,
        OntologyError,
        QueryError,
        UnknownColumnsError,
    )
    from kg.explanation.explanations import PatientExplanation, TherapyExplanation
    from kg.guideline import Criterion, Edition, Guideline, Therapy
    from kg.guideline.values import Variable
    from kg.patients.options import Options
    from kg.reasoners.world import owl
    from kg.reasoning.verdicts import PatientResult, TherapyResult
    from kg.spark.frames import SparkResult, classify_spark

__all__ = [
    "CohortReport",
    "Comparison",
    "ComponentError",
    "Criterion",
    "Edition",
    "Graph",
    "Guideline",
    "HccKgError",
    "InputError",
    "OntologyError",
    "Options",
    "PatientExplanation",
    "PatientResult",
    "QueryError",
    "Question",
    "SparkResult",
    "Summary",
    "TableResult",
    "Therapy",
    "TherapyExplanation",
    "TherapyResult",
    "UnknownColumnsError",
    "Variable",
    "ask",
    "classify",
    "classify_file",
    "classify_spark",
    "classify_table",
    "cohort_report",
    "compare",
    "criteria",
    "editions",
    "explain",
    "findings",
    "graph",
    "import_records",
    "load",
    "owl",
    "questions",
    "remote",
    "therapies",
    "variables",
]

_HOMES = {
    "auditing": ("findings",),
    "asking": ("Graph", "ask", "graph", "questions", "remote"),
    "catalogue.queries": ("Question",),
    "explanation.explanations": ("PatientExplanation", "TherapyExplanation"),
    "comparison.cohorts": ("Comparison", "compare"),
    "engines.summary": ("Summary",),
    "cohorts.report": ("CohortReport", "cohort_report"),
    "errors": (
        "ComponentError",
        "HccKgError",
        "InputError",
        "OntologyError",
        "QueryError",
        "UnknownColumnsError",
    ),
    "guideline": ("Criterion", "Edition", "Guideline", "Therapy"),
    "guideline.values": ("Variable",),
    "patients.options": ("Options",),
    "reasoners.world": ("owl",),
    "reasoning.verdicts": ("PatientResult", "TherapyResult"),
    "spark.frames": ("SparkResult", "classify_spark"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


_MODULES = ("charts",)


def __getattr__(name: str) -> object:
    if name in _MODULES:
        from kg.extras import extras_told  # noqa: PLC0415 - importing the package costs nothing

        with extras_told():
            return import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(f"{__name__}.{_HOME.get(name, 'api')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})

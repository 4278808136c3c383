"""The engines by name: what each can do, and the one way to get it, built once and then kept.

An engine of this process is a module `kg/engines/NAME.py` with `engine(guideline)`, loaded when
it is asked for: HermiT starts a Java virtual machine. Spark is no such engine: it reads whole
tables by itself (`kg.spark`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Literal, Protocol, TypeAlias, cast, get_args

import polars as pl

from kg.errors import InputError, extras_told
from kg.guideline import Guideline
from kg.patients.records import Record
from kg.patients.tables import Batch, RowReader
from kg.reasoning.verdicts import PatientResult

LocalName: TypeAlias = Literal["compiled", "hermit"]
Name: TypeAlias = Literal[LocalName, "spark"]
LOCAL: tuple[LocalName, ...] = get_args(LocalName)

BatchEngine = Callable[[RowReader, Batch], pl.DataFrame]


def nothing() -> None:
    """Do nothing: for those who need not know how far an engine is."""


class Engine(Protocol):
    """Classifies records one by one, and batches of a table."""

    @property
    def name(self) -> str:
        """What the engine goes by."""

    @property
    def one_by_one(self) -> bool:
        """Whether it goes through a batch record by record, and tells when each is done."""

    def classify(self, record: Record) -> PatientResult:
        """Return the result for a record."""

    def batches(self, advance: Callable[[], object] = nothing, missing: bool = True) -> BatchEngine:
        """Return the engine for batches; `missing` variables cost the most and may be left out.

        `advance` is called after each record by an engine that goes one by one.
        """


class Reasoner(Engine, Protocol):
    """An engine that can be asked about single classes, and why."""

    def states(self, record: Record) -> dict[str, str]:
        """Return met, excluded or unknown for every class that decides a result."""

    def states_of(self, record: Record, names: tuple[str, ...]) -> dict[str, str]:
        """Return the states of some named classes."""

    def justification(self, record: Record, name: str) -> tuple[str, list[str]]:
        """Return the state of a class, and the axioms and facts from which it follows."""


@lru_cache(maxsize=4)
def engine_of(name: str, guideline: Guideline) -> Engine:
    """Return an engine of this process.

    Raises:
        InputError: there is no such engine in this process.
        ComponentError: HermiT was asked for and there is no usable Java.
    """
    if name not in LOCAL:
        raise InputError(
            f"{name!r} is not an engine of this process; these are {' and '.join(LOCAL)}. "
            "A Spark DataFrame is classified by kg.classify_spark, a file by 'hcc-kg classify'"
        )
    with extras_told():
        module = import_module(f"kg.engines.{name}")
    made: Engine = module.engine(guideline)
    return made


def reasoner_of(guideline: Guideline) -> Reasoner:
    """Return HermiT.

    Raises:
        ComponentError: there is no usable Java.
    """
    return cast(Reasoner, engine_of("hermit", guideline))

"""The graph from Python: what it holds, questions to it, one's own columns in it.

A question is the name of a saved one with values of its parameters, or a SPARQL text. Rows and
triples come as a Polars frame with typed columns, the answer to an ASK as a boolean.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import polars as pl

from kg.catalogue.queries import Question, tagged
from kg.catalogue.queries import question as saved
from kg.engines.summary import Summary
from kg.errors import InputError, extras_told
from kg.guideline import Guideline
from kg.guideline import chosen as _chosen
from kg.patients.given import TableLike, table_of
from kg.patients.reading import Options, reading_of
from kg.rdf.build import example_store
from kg.rdf.memory import own_quads, put_table
from kg.rdf.modules import asked_of
from kg.rdf.names import OWN, PREFIXES
from kg.readers.frame import polars_frame
from kg.stores import TIMEOUT, Store, open_store
from kg.stores.frames import frame_of
from kg.stores.oxigraph import OxigraphStore

if TYPE_CHECKING:
    import rdflib
    from SPARQLWrapper import SPARQLWrapper

_PREFIXES = {**PREFIXES, "own": OWN}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Graph:
    """A graph to ask: the guideline, patients with their verdicts, and what you add.

    `store` answers; `summary` says what the table of patients came to, where there was one.
    """

    def __init__(self, guideline: Guideline, store: Store, summary: Summary | None = None) -> None:
        self.guideline, self.store, self.summary = guideline, store, summary

    def __repr__(self) -> str:
        told = f": {self.summary.words}" if self.summary else ""
        return f"<Graph in {self.store.name}{told}>"

    def ask(
        self, question: str, /, *, short: bool = False, **parameters: object
    ) -> pl.DataFrame | bool:
        """Return the answer to a saved question, by its name, or to a SPARQL query.

        `parameters` are those of the saved question; `short` shortens IRIs by their prefixes, such
        as `hcc:RFA-R1`.

        Raises:
            InputError: there is no such question or parameter, or a value names nothing here.
            QueryError: the query is not valid.
            ComponentError: the store cannot answer.
        """
        values = {name: _text(value) for name, value in parameters.items()}
        if not _NAME.fullmatch(question.strip()):
            if values:
                raise InputError(
                    f"{', '.join(values)}: parameters are for saved questions; "
                    "write the values into the query itself"
                )
            answer = self.store.query(question)
        else:
            found = saved(question.strip())
            text = found.filled(values, self.guideline)
            answer = self.store.query(asked_of(self.store, found, text, self.guideline))
            for absent in found.absent(values, self.guideline, self.store.ask):
                raise InputError(f"there is no {absent}")
        if isinstance(answer, bool):
            return answer
        return frame_of(answer, _PREFIXES if short else None)

    def add(self, frame: object, graph: str = "own") -> int:
        """Add columns of your own to patients, as triples in a graph of their own.

        The frame (pandas, Polars, Arrow or a list of mappings) has `patient_id` and your columns;
        column `sex` becomes the property `own:sex` (`PREFIX own: <https://w3id.org/hcc-kg/own/>`)
        in the graph `hcc:graph/own`. Returns the number of triples.

        Raises:
            InputError: a patient is not in the graph, a value is no literal, or the graph is open
                for reading only.
        """
        quads = own_quads(self.store, polars_frame(frame), graph)
        self.store.add(quads)
        return len(quads)

    @cached_property
    def rdflib(self) -> rdflib.Dataset:
        """The graph as a dataset of rdflib, which asks and changes the same store.

        Raises:
            InputError: the graph is not on this machine.
        """
        if not isinstance(self.store, OxigraphStore):
            raise InputError(f"{self.store.name} is remote; rdflib reads graphs on this machine")
        with extras_told():
            import rdflib  # noqa: PLC0415 - only what is asked for
            from oxrdflib import OxigraphStore as Shared  # noqa: PLC0415
        dataset = rdflib.Dataset(store=Shared(store=self.store.dataset), default_union=True)
        for prefix, namespace in _PREFIXES.items():
            dataset.bind(prefix, namespace, replace=True)
        return dataset

    @property
    def sparqlwrapper(self) -> SPARQLWrapper:
        """A SPARQLWrapper for the endpoint, logged in as this graph is.

        Raises:
            InputError: the graph is on this machine.
        """
        sparql: Callable[[], SPARQLWrapper] | None = getattr(self.store, "sparql", None)
        if sparql is None:
            raise InputError(f"{self.store.name} is no endpoint; use ask, or rdflib")
        return sparql()

    def close(self) -> None:
        """Let go of files; the graph answers nothing more."""
        self.store.close()


def graph(
    patients: TableLike | None = None,
    lesions: TableLike | None = None,
    *,
    store: str | Path | None = None,
    read_only: bool = True,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **options: Unpack[Options],
) -> Graph:
    """Return the graph of the guideline, with the patients of a table and their verdicts.

    It is in memory. `store` opens a folder that `hcc-kg graph build` made instead, for reading
    unless `read_only` is False. `options` say how a table is read: see `kg.Options`.

    Raises:
        InputError: the table cannot be read, or the folder is not a store.
    """
    chosen = _chosen(guideline, edition)
    reading = reading_of(chosen, options)
    if store is not None:
        if patients is not None or lesions is not None:
            raise InputError("name a table of patients or a store, one of the two")
        return Graph(chosen, open_store(store, read_only=read_only))
    table = None
    if patients is not None:
        table = table_of(chosen, patients, lesions, reading)
    memory = OxigraphStore()
    return Graph(chosen, memory, put_table(chosen, memory, table))


def remote(
    endpoint: str,
    *,
    user: str | None = None,
    password: str | None = None,
    token: str | None = None,
    timeout: float = TIMEOUT,
    guideline: Guideline | None = None,
    edition: str | None = None,
) -> Graph:
    """Return the graph behind the address of a SPARQL endpoint.

    `user`, `password` and `token` default to HCC_KG_USER, HCC_KG_PASSWORD and HCC_KG_TOKEN of
    the environment; `timeout` is in seconds.

    Raises:
        InputError: it is no address of an endpoint.
    """
    if not endpoint.lower().startswith(("http://", "https://")):
        raise InputError(f"{endpoint!r} should begin with http:// or https://")
    store = open_store(endpoint, user=user, password=password, token=token, timeout=timeout)
    return Graph(_chosen(guideline, edition), store)


def ask(
    question: str,
    /,
    *,
    endpoint: str | None = None,
    store: str | Path | None = None,
    short: bool = False,
    guideline: Guideline | None = None,
    edition: str | None = None,
    **parameters: object,
) -> pl.DataFrame | bool:
    """Ask an endpoint, a store, or else the guideline and the example cohort: see `Graph.ask`.

    Raises:
        InputError: as `Graph.ask`, or both an endpoint and a store are named.
        QueryError: the query is not valid.
        ComponentError: the endpoint or the store cannot answer.
    """
    if endpoint is not None and store is not None:
        raise InputError("name an endpoint or a store, one of the two")
    chosen = _chosen(guideline, edition)
    if endpoint is not None:
        return remote(endpoint, guideline=chosen).ask(question, short=short, **parameters)
    if store is None:
        return Graph(chosen, example_store(chosen)).ask(question, short=short, **parameters)
    with closing(graph(store=store, guideline=chosen)) as opened:
        return opened.ask(question, short=short, **parameters)


def questions(tag: str | None = None) -> list[Question]:
    """Return the saved questions, or those with a tag: name, question and parameters of each.

    Raises:
        InputError: no question has the tag.
    """
    return tagged(tag)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

"""Every saved question gives the same rows on each store, and every check finds its faults there.

The stores are one in memory, one on disk, Virtuoso, and what `hcc-kg serve` serves of its own.
The text of a question is the same for all, and so are the terms that it gives, types included.
Nothing is normalised here: the one known fault that a saved question meets, Virtuoso's "1" for
true, is read as what it means by `kg.stores.formats`; no question yields a computed boolean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pyoxigraph as ox
import pytest
from expected_rows import FOLDER, expected, matches
from serving import serving

from kg.catalogue.queries import Question, catalogue
from kg.guideline import load
from kg.rdf.build import example_store
from kg.renewal import CHANGING, lines
from kg.stores import Answer, Store, Table, open_store
from kg.stores.oxigraph import OxigraphStore

if TYPE_CHECKING:
    from virtuoso import Virtuoso

ALL = list(catalogue().values())
QUESTIONS = [q for q in ALL if not q.is_check]
CHECKS = [q for q in ALL if q.is_check]


def named(questions):
    return pytest.mark.parametrize("one", questions, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def example() -> OxigraphStore:
    """The guideline and the example cohort, which the others are filled from."""
    return example_store(load())


@pytest.fixture(scope="module", params=["memory", "disk", "virtuoso", "endpoint"])
def store(request, tmp_path_factory, example) -> Iterator[Store]:
    """Each store, with the example."""
    if request.param == "endpoint":  # read-only, with an example that it builds itself
        with serving() as served:
            yield open_store(f"{served.address}sparql")
        return
    folder = tmp_path_factory.mktemp("catalogue")
    written = _written(example, example.graphs(), folder / "example.nq")
    if request.param != "virtuoso":
        opened = open_store(folder / "store" if request.param == "disk" else None)
        opened.load(written)
        yield opened
        opened.close()
        return
    server = request.getfixturevalue("virtuoso")
    opened = open_store(
        server.endpoint, user=server.user, password=server.password, graph_store=server.graph_store
    )
    opened.load(written)
    yield opened


def _remove(server: Virtuoso, graphs: list[str]) -> None:
    """Remove graphs; `Store.clear` first lists all graphs, which takes Virtuoso seconds."""
    access = httpx.DigestAuth(server.user, server.password)
    with httpx.Client(auth=access, trust_env=False, timeout=60) as client:
        for graph in graphs:
            client.delete(server.graph_store, params={"graph": graph}).raise_for_status()


def _written(store: OxigraphStore, graphs: list[str], path: Path) -> Path:
    """Write graphs as N-Quads."""
    quads = (quad for quad in store.dataset if quad.graph_name.value in graphs)
    ox.serialize(quads, path, format=ox.RdfFormat.N_QUADS)
    return path


def _terms(question: Question, answer: Answer) -> list[list[str]]:
    """Return an answer with its types, but for the columns that differ from run to run."""
    if not isinstance(answer, Table):
        return lines(question, answer)
    changing = CHANGING.get(question.name, set())
    places = [n for n, name in enumerate(answer.variables) if name not in changing]
    return [[answer.variables[n] for n in places]] + [
        [str(row[n]) for n in places] for row in answer.rows
    ]


@pytest.fixture(scope="module")
def wanted(example) -> Callable[[Question, str], list[list[str]]]:
    """What the example gives in memory: asked once, whichever store it is held against."""
    found: dict[tuple[str, str], list[list[str]]] = {}

    def asked(question: Question, query: str) -> list[list[str]]:
        if (key := (question.name, query)) not in found:
            found[key] = _terms(question, example.query(query))
        return found[key]

    return asked


@pytest.fixture
def ask(request, store, wanted) -> Callable[[Question, str], Answer]:
    """Ask a store, see that it gives the terms of the store in memory, and return its answer."""
    # Virtuoso has been seen to answer in part, and the same again: it keeps the plan that it made
    # for a text. So another comment has it make a new one. No other store is asked twice.
    tries = 20 if request.node.callspec.params["store"] == "virtuoso" else 1

    def asked(question: Question, query: str) -> Answer:
        for number in range(tries):
            answer = store.query(f"{query}\n# {number}" if number else query)
            if (found := _terms(question, answer)) == wanted(question, query):
                break
        assert found == wanted(question, query)
        return answer

    return asked


@named(QUESTIONS)
def test_question_gives_exactly_its_rows(one, ask):
    answer = ask(one, one.filled(one.examples))
    found = lines(one, answer)
    assert matches(found, expected(one)), f"{one.name} gives\n" + "\n".join(map(str, found))


@named([q for q in QUESTIONS if q.parameters])
def test_open_parameters_give_the_rows_of_the_store_in_memory(one, ask):
    ask(one, one.text)


@named(CHECKS)
def test_check_finds_nothing(one, store):
    assert store.select(one.text).rows == []


@pytest.mark.parametrize("store", ["virtuoso"], indirect=True)
@named(CHECKS)
def test_check_finds_what_is_broken(one, store, example, virtuoso, tmp_path):
    """No rows mean something only where a fault gives the rows that it gives in memory."""
    broken = OxigraphStore()
    broken.add(example.dataset)
    broken.dataset.update((FOLDER / "broken" / f"{one.name}.ru").read_text("utf-8"))
    differing = set(broken.dataset) ^ set(example.dataset)
    graphs = list({quad.graph_name.value for quad in differing})
    _remove(virtuoso, graphs)
    store.load(_written(broken, graphs, tmp_path / "broken.nq"))
    try:
        found = store.select(one.text)
    finally:
        _remove(virtuoso, graphs)
        store.load(_written(example, graphs, tmp_path / "whole.nq"))
    assert found.rows
    assert found == broken.select(one.text)

"""Stores on disk: served from memory where they fit, and from their files where they do not."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kg.errors import InputError
from kg.guideline import load
from kg.rdf.build import build, cohort_of, example
from kg.server import worker
from kg.server.guard import QueryGuard
from kg.server.jobs import JobAnswer, Limits, QueryJob, confine
from kg.server.screening import RefusedError
from kg.stores import open_store

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?s ?q ?r }"
EVERY_INDEX = (
    COUNT,
    "SELECT * { ?s <https://w3id.org/hcc-kg/verdict> ?o } LIMIT 5",
    "SELECT * { ?s ?p <https://w3id.org/hcc-kg/EligibleVerdict> } LIMIT 5",
    "SELECT * { GRAPH ?g { ?s ?p 'p1' } }",
    "DESCRIBE <https://w3id.org/hcc-kg/patient/p1>",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the example and a second cohort, as `graph build` leaves it: in many files."""
    folder = tmp_path_factory.mktemp("disk")
    table = folder / "second.csv"
    table.write_text("patient_id,tumour_count\np1,1\np2,2\n", "utf-8")
    made = open_store(str(folder / "store"))
    build(load(), made, example(), cohort_of(table))
    made.close()
    assert len(list((folder / "store").glob("*.sst"))) > 16
    return folder / "store"


@pytest.fixture(params=["memory", "disk"])
def guard(request: pytest.FixtureRequest, store: Path) -> Iterator[QueryGuard]:
    with closing(QueryGuard(store, Limits(), on_disk=request.param == "disk")) as found:
        assert found.worker.on_disk == (request.param == "disk")
        yield found


def answers(guard: QueryGuard, *queries: str) -> list[JobAnswer]:
    async def ask_all() -> list[JobAnswer]:
        return [await guard.ask(QueryJob(query, union=True)) for query in queries]

    return asyncio.run(ask_all())


def test_store_of_more_than_16_files_answers(guard: QueryGuard) -> None:
    assert [answer.status for answer in answers(guard, *EVERY_INDEX)] == [200] * len(EVERY_INDEX)


def test_process_that_opens_files_can_open_no_socket_start_no_program_and_write_nothing(
    store: Path, tmp_path: Path
) -> None:
    (tmp_path / "there").write_text("1")
    attempts = {
        "socket": socket.socket,
        "program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "create": lambda: os.open(tmp_path / "new", os.O_CREAT | os.O_WRONLY),
        "write": lambda: os.open(tmp_path / "there", os.O_WRONLY),
        "remove": (tmp_path / "there").unlink,
        "rename": lambda: (tmp_path / "there").rename(tmp_path / "elsewhere"),
    }

    def tried() -> None:
        confine(Limits(), opens_files=True)
        assert (tmp_path / "there").read_text() == "1"
        for attempt in attempts.values():
            with pytest.raises(PermissionError):
                attempt()

    assert worker._in_child(tried)
    assert (tmp_path / "there").exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"memory allocation of 99 bytes failed", "more memory"),
        (b"terminate called after throwing an instance of 'std::bad_alloc'", "more memory"),
        (b"IO error: While open a file: Too many open files", "was lost"),
    ],
)
def test_abort_is_told_as_lack_of_memory_only_where_it_is(said: bytes, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        worker.check_ending(said + worker.ending(signal.SIGABRT, Limits()))


def test_store_that_cannot_be_read_names_the_command_that_builds_it(
    store: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(store, broken)
    for path in broken.glob("*.sst"):
        path.write_bytes(b"x" * 100)
    with pytest.raises(InputError, match="hcc-kg graph build"):
        QueryGuard(broken, Limits())

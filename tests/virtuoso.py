"""A Virtuoso of the tests' own: on free ports of loopback, in a folder, gone at the end."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from kg.benchmarks.running import free_port, soon_answers
from kg.stores import open_store

BINARY = shutil.which("virtuoso-t")
WHY_NOT = "virtuoso-t is not installed (apt-get install virtuoso-opensource)"
_PATIENCE = 120  # seconds; it makes a database first

_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
CheckpointInterval = 0
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
DefaultQuery = ASK {{}}
"""


class Virtuoso(NamedTuple):
    """Where it is, and who may change it."""

    endpoint: str
    graph_store: str
    own: frozenset[str]  # graphs that are there in a new database
    user: str = "dba"
    password: str = "dba"  # noqa: S105 - what each new database begins with


@contextmanager
def running(folder: Path) -> Iterator[Virtuoso]:
    """Run a server in an empty folder while the block runs."""
    sql, http = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(_INI.format(folder=folder, sql=sql, http=http))
    assert BINARY is not None, WHY_NOT
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [BINARY, "+configfile", str(ini), "+foreground"], stdout=output, stderr=output
        )
        try:
            place = f"http://127.0.0.1:{http}"
            if not soon_answers(process, f"{place}/sparql?query=ASK%7B%7D", _PATIENCE):
                raise RuntimeError(f"Virtuoso did not start: {(folder / 'output.txt').read_text()}")
            own = frozenset(open_store(f"{place}/sparql").graphs())
            yield Virtuoso(f"{place}/sparql", f"{place}/sparql-graph-crud-auth", own)
        finally:
            process.kill()
            process.wait()


def empty(server: Virtuoso) -> None:
    """Remove every graph but those that it made itself."""
    access = httpx.DigestAuth(server.user, server.password)
    with httpx.Client(auth=access, trust_env=False, timeout=_PATIENCE) as client:
        for graph in set(open_store(server.endpoint).graphs()) - server.own:
            client.delete(server.graph_store, params={"graph": graph}).raise_for_status()

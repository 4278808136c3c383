"""The notebook of the docs runs as it stands, and holds what it gives."""

from __future__ import annotations

from pathlib import Path

import nbformat
import notebooks
import pytest


def outputs(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return the texts and tables that the cells give; images depend on fonts."""
    return [
        [str(output.get("text") or dict(output.data).get("text/plain")) for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def images(notebook: nbformat.NotebookNode) -> int:
    """Return how many images there are."""
    told = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    return sum("image/svg+xml" in output.get("data", {}) for output in told)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_notebook_gives_what_it_shows(tmp_path: Path) -> None:
    stored = nbformat.read(notebooks.NOTEBOOK, as_version=4)
    found = notebooks.executed(tmp_path)
    assert outputs(found) == outputs(stored), "run 'python tests/notebooks.py'"
    assert images(found) == images(stored) == 4


def test_the_notebook_says_that_its_survival_is_made_up() -> None:
    assert "made up" in notebooks.NOTEBOOK.read_text("utf-8")

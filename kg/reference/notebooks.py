"""A view of a cohort as a notebook of Jupyter: a frame, a figure, and patient by patient."""

from __future__ import annotations

import json

from kg.reference.snippets import TableRead, numbers_of, opening
from kg.texts import NOTE_ON_USE

_FIGURES = {  # what stands beside the bars, how long they are, what colours them
    "verdicts": ("therapy_label", "patients", "verdict"),
    "overlaps": ("eligible_for", "patients", ""),
    "why-not": ("reason", "patients", "verdict"),
    "flow": ("reason", "patients", "verdict"),
    "missing": ("variable", "verdicts", ""),
    "groups": ("group", "patients", "verdict"),
    "conflicts": ("conflict", "patients", ""),
}
_FIGURE = """import altair as alt

alt.Chart(frame, title={title!r}).mark_bar().encode(
    x={length!r}, y=alt.Y({beside!r}, sort=None, title=None){colour}
)
"""
_VERDICTS = """verdicts = cohort.frame(keep=cohort.columns).to_pandas()
verdicts
"""


def of_notebook(read: TableRead, title: str, view: str, therapy: str = "", by: str = "") -> str:
    """Return the notebook as the text of its file; a view without a figure is one of verdicts."""
    beside, length, colour = _FIGURES[view]
    figure = _FIGURE.format(
        title=title, length=length, beside=beside, colour=f", color={colour!r}" if colour else ""
    )
    files = " and ".join(f"`{path}`" for path in (read.patients, read.lesions) if path)
    about = (
        f"# {title}\n\n{NOTE_ON_USE}\n\nPut this notebook beside {files}. It needs hcc-kg and "
        "pandas. The last cell has one row per patient and therapy, with the columns of the table."
    )
    frame = f"frame = {numbers_of(view, therapy, by)}\nframe\n"
    cells = [
        _cell("markdown", about, 0),
        *(
            _cell("code", text, place)
            for place, text in enumerate((f"{opening(read)}cohort\n", frame, figure, _VERDICTS), 1)
        ),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    told = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, text: str, place: int) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": kind,
        "id": f"cell-{place}",
        "metadata": {},
        "source": text.rstrip().splitlines(keepends=True),
    }
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}

"""Pictures and tables that are saved stand alone: title, legend, how many, edition and source."""

from __future__ import annotations

import io
import json

import altair as alt
import polars as pl
import pytest
import vl_convert
from explorer import app

from kg.ui.pictures import alone
from kg.ui.tables import _workbook


def test_a_picture_has_title_source_and_legend_and_no_clicks() -> None:
    colour = alt.Color("b:N", legend=None)
    chart = alt.Chart(pl.DataFrame({"a": [1], "b": ["x"]})).mark_bar().encode(x="a", color=colour)
    chart = chart.add_params(alt.selection_point(name="bar"))
    spec = json.loads(alone(chart, "The title", ["n = 1 patient", "the source"]))
    assert spec["title"]["text"] == "The title"
    assert spec["title"]["subtitle"] == ["n = 1 patient", "the source"]
    assert spec["encoding"]["color"]["legend"]["title"] is None
    assert "params" not in json.dumps(spec)
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert "The title" in svg
    assert "the source" in svg


@pytest.mark.parametrize("view", ["verdicts", "overlaps", "why-not", "missing", "conflicts"])
def test_every_chart_of_a_cohort_can_be_saved(view: str) -> None:
    test = app("cohort", cohort="example", view=view)
    assert not test.exception
    labels = {each.label for each in test.get("download_button")}
    assert {"SVG", "PNG", "CSV", "Excel"} <= labels


def test_a_table_is_a_workbook_and_no_formula() -> None:
    frame = pl.DataFrame({"text": ["=1+1", "http://x.example"], "n": [1, 2]})
    read = pl.read_excel(io.BytesIO(_workbook(frame)))
    assert read.rows() == frame.rows()

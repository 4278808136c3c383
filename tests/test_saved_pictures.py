"""Pictures and tables that are saved stand alone: title, legend, how many, edition and source."""

from __future__ import annotations

import ast
import io
import json
import shlex
from typing import Any
from zipfile import ZipFile

import altair as alt
import polars as pl
import pytest
import vl_convert
from explorer import app

from kg.cohorts.selections import VIEWS
from kg.paths import example_cohort, example_lesions
from kg.reference.snippets import TableRead, of_cohort, of_query
from kg.ui.pictures import alone
from kg.ui.tables import workbook


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


def test_a_table_is_aworkbook_and_no_formula() -> None:
    frame = pl.DataFrame({"text": ["=1+1", "http://x.example"], "n": [1, 2]})
    read = pl.read_excel(io.BytesIO(workbook(frame)))
    assert read.rows() == frame.rows()


@pytest.mark.parametrize("view", VIEWS[:-1])
def test_what_is_copied_as_python_runs_and_gives_the_numbers(view: str) -> None:
    read = TableRead(str(example_cohort()), str(example_lesions()), {}, "2011", "all")
    space: dict[str, Any] = {}
    exec(of_cohort(read, view, "rfa", "ecog"), space)  # noqa: S102 - our own text
    assert len(space["result"]) if view not in ("why-not",) else space["result"].verdicts


def test_a_query_is_copied_as_what_runs_it() -> None:
    text = 'SELECT ?x { ?x rdfs:label """it\\\\\'s""" }'
    found = of_query(text)
    words = shlex.split(found["curl"])
    assert words[-1] == f"query={text}"
    for kind in ("Python", "pandas"):
        texts = [n.value for n in ast.walk(ast.parse(found[kind])) if isinstance(n, ast.Constant)]
        assert any(isinstance(each, str) and each.strip() == text for each in texts)
    space: dict[str, Any] = {}
    exec(of_query("", "criteria-of-therapy", {"therapy": "rfa"})["Python"], space)  # noqa: S102
    assert len(space["frame"])


def test_a_study_is_a_zip_of_data_figures_methods_and_versions() -> None:
    test = app("cohort", cohort="example")
    test.button(key="cohort:study:make").click().run()
    assert not test.exception
    _, made = test.session_state["cohort:study"]
    with ZipFile(io.BytesIO(made)) as file:
        names = set(file.namelist())
        assert {"methods.txt", "versions.json", "analysis.py", "data/verdicts.csv"} <= names
        assert {"figures/flow-recorded.svg", "figures/verdicts-unremarkable.png"} <= names
        assert "45 patients were classified by hcc-kg" in file.read("methods.txt").decode()
        assert json.loads(file.read("versions.json"))["edition"] == "2011"
        assert b"if nothing else is remarkable" in file.read("figures/flow-unremarkable.svg")
    assert test.query_params["view"] == "verdicts"

"""Pictures and tables that are saved stand alone: title, legend, how many, edition and source."""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest
import vl_convert
from explorer import app, texts

from kg.cohorts.opened import open_example
from kg.cohorts.selections import VIEWS, Selection
from kg.guideline import load
from kg.paths import example_cohort, example_lesions
from kg.reference.snippets import (
    TableRead,
    of_cohort,
    of_comparison,
    of_notebook,
    of_query,
    of_rejected,
)
from kg.ui.cohort.views import verdicts, why_not
from kg.ui.pictures import alone
from kg.ui.tables import workbook


def test_a_picture_has_title_source_and_legend_and_no_clicks() -> None:
    chart = verdicts(open_example(load()), Selection()).saved
    assert chart is not None
    spec = json.loads(alone(chart, "The title", ["n = 1 patient", "the source"]))
    assert spec["title"]["text"] == "The title"
    assert spec["title"]["subtitle"] == ["n = 1 patient", "the source"]
    assert "params" not in json.dumps(spec)
    svg = vl_convert.vegalite_to_svg(json.dumps(spec))
    for told in ("The title", "the source", ">✘ contraindicated<"):
        assert told in svg


def test_parts_of_bars_are_told_by_name_and_the_legend_needs_none() -> None:
    chart = why_not(open_example(load()), Selection(therapy="rfa")).saved
    assert chart is not None
    spec = json.loads(alone(chart, "The title", []))
    assert "title" not in spec["encoding"]["color"]  # Streamlit names a colour of none " "
    drawn = re.findall(r">([^<]+)</text>", vl_convert.vegalite_to_svg(json.dumps(spec)))
    assert "contraindicated by this alone" in drawn
    assert "how" not in drawn


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
    made = json.loads(of_notebook(read, "Title", view, "rfa", "ecog"))
    cells = ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "code"]
    space: dict[str, Any] = {}
    exec("\n".join(cells), space)  # noqa: S102 - our own text
    frame = ran(of_cohort(read, view, "rfa", "ecog"))
    assert frame.height
    assert frame.equals(space["frame"])
    assert "patients.csv` and `" in "".join(made["cells"][0]["source"])
    same = replace(read, lesions=read.patients)
    assert "patients.csv`. It needs hcc-kg" in of_notebook(same, "Title", view, "rfa", "ecog")
    assert {"patient_id", "verdict", "ecog"} <= set(space["verdicts"].columns)


def ran(text: str) -> Any:
    """Return the frame that a text of Python of ours makes."""
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102
    return space["frame"]


def test_what_is_selected_is_copied_as_python_that_gives_the_same_patients() -> None:
    chosen = {"view": "flow", "therapy": "tace", "chosen": "eligible"}
    test = app("cohort", cohort="example", silence="unremarkable", **chosen)
    texts = [each.value for each in test.code if "cohort.patients(" in each.value]
    shown = next(each.value for each in test.dataframe if "eligible_for" in each.value.columns)
    assert ran(texts[0])["patient_id"].to_list() == list(shown["patient_id"])


def test_contraindications_in_every_edition_are_copied_as_python_and_saved() -> None:
    test = app("therapies", therapy="rfa", view="editions", part="against")
    assert not test.exception
    assert "Absolute contraindication" in texts(test)
    assert "Precondition" not in texts(test)
    (python,) = (each.value for each in test.code if "criteria-of-therapy" in each.value)
    assert set(ran(python)["edition"]) == {"2011", "2026"}
    names = {each.proto.label for each in test.get("download_button")}
    assert {"SVG", "PNG"} <= names


def test_a_mapping_is_copied_as_python_with_the_table_that_it_reads(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text("No,Bili,arm\na,2.1,x\nb,9 9,y\nc,999,z\n", "utf-8")
    mapping = '[columns]\nNo = "patient_id"\nBili = "bilirubin_umol_l"\n'
    mapping += '[units]\nbilirubin_umol_l = ["mg/dL"]\n'
    test = app("cohort")
    test.file_uploader(key="cohort:mapping").set_value(("m.toml", mapping.encode(), "text/plain"))
    test.text_input(key="cohort:missing").set_value("999")
    test.file_uploader(key="cohort:patients").set_value(
        (table.name, table.read_bytes(), "text/csv")
    )
    test.button(key="cohort:classify").click().run()
    test.segmented_control(key="cohort:view").set_value("groups").run()
    test.selectbox(key="cohort:box:groups:chosen").set_value("arm").run()
    assert not test.exception
    assert "Notebook (Jupyter)" in {each.label for each in test.get("download_button")}
    (chart, numbers) = (each.value for each in test.code if "cohort.view(" in each.value)
    assert chart == numbers
    frame = ran(chart.replace("'p.csv'", repr(str(table))))
    assert frame.select("group", "patients").rows() == [("x", 1), ("z", 1)]
    test.file_uploader(key="cohort:mapping").set_value(("m.toml", b"", "text/plain"))
    test.file_uploader(key="cohort:patients").set_value(("q.csv", b"", "text/csv"))
    test.button(key="cohort:classify").click().run()
    assert "q.csv is empty" in test.error[0].value.replace("\\", "")
    assert chart in [each.value for each in test.code], "it is read as before"


def test_rejected_rows_and_a_comparison_are_copied_as_python_that_runs(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text("patient_id,ecog,note\na,0,x\nb,9,y\n", "utf-8")
    read = TableRead(str(table), None, {"ignore_unknown": True}, "2011")
    assert ran(of_rejected(read, "rejected"))["patient_id"].to_list() == ["b"]
    assert ran(
        of_comparison(read, ("2011", "2026"), "counts", "pl.col('therapy_to') == 'rfa'")
    ).height


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


def test_a_study_is_a_zip_of_data_figures_methods_and_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []  # as SVG each is drawn; as PNG, which costs most, it would be so again
    monkeypatch.setattr(vl_convert, "vegalite_to_png", lambda spec, **_: drawn.append(spec) or b"")
    test = app("cohort", cohort="example")
    test.button(key="cohort:study:make").click().run()
    assert not test.exception
    _, made = test.session_state["cohort:study"]
    with ZipFile(io.BytesIO(made)) as file:
        names = set(file.namelist())
        assert {"methods.txt", "versions.json", "analysis.ipynb", "data/verdicts.csv"} <= names
        assert {"figures/flow-recorded.svg", "figures/verdicts-unremarkable.png"} <= names
        assert len(drawn) == len([each for each in names if each.endswith(".png")])
        assert "45 patients were classified by hcc-kg" in file.read("methods.txt").decode()
        assert json.loads(file.read("versions.json"))["edition"] == "2011"
        assert b"if nothing else is remarkable" in file.read("figures/flow-unremarkable.svg")
    assert test.query_params["view"] == "verdicts"

"""The page Cohort: every state, its address, and uploads that are not what they should be."""

from __future__ import annotations

import io
import json
import sys
from typing import Any
from urllib.parse import parse_qs

import polars as pl
import pytest
from explorer import app, place, texts
from streamlit.testing.v1 import AppTest
from xlsxwriter import Workbook

import kg
from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort, open_example
from kg.cohorts.selections import VIEWS, Selection
from kg.cohorts.selections import patients as patients_of
from kg.guideline import load
from kg.paths import example_cohort, example_lesions, pages_folder
from kg.readers.rdf import shapes_of
from kg.texts import counted
from kg.ui import pictures
from kg.ui.cohort import charts
from kg.ui.cohort import showing as shown
from kg.ui.cohort.views import LONGEST, why_not

G = load()
LONG = "x" * 10_000
HOSTILE = "<script>alert(1)</script>", "[a](http://b.example) **c** $d$", LONG, "=1+1", ":red[e]"


def upload(test: AppTest, content: bytes, name: str = "p.csv", *, ignore: bool = False) -> AppTest:
    """Upload a table of patients, and ask for it to be classified."""
    test.file_uploader(key="cohort:patients").set_value((name, content, "text/csv"))
    if ignore:
        test.checkbox(key="cohort:ignore").check()
    next(button for button in test.button if button.label == "Classify").click()
    return test.run()


def button_is_shown(test: AppTest, label: str) -> bool:
    """Return whether a page shows a button."""
    return any(button.label == label for button in test.button)


def cohort(test: AppTest) -> OpenCohort:
    found: OpenCohort = test.session_state["cohort"]
    return found


def plain(test: AppTest) -> str:
    """Return all that a page says, without the signs that keep Markdown from reading it."""
    return texts(test).replace("\\", "")


def button(test: AppTest, label: str) -> Any:
    return next(each for each in test.button if each.label == label)


def linked(test: AppTest, label: str) -> dict[str, list[str]]:
    """Return the parameters of the address that a link leads to."""
    (link,) = (each.proto for each in test.get("page_link") if each.proto.label == label)
    return parse_qs(link.query_string)


def test_the_empty_page_says_what_to_do_and_how_much_it_takes():
    test = app("cohort")
    assert not test.exception
    assert "200 MB and 500,000 patients" in texts(test)
    assert "not stored" in texts(test)
    assert place(test) == {}


def test_the_example_is_a_click_away_and_then_in_the_address():
    test = app("cohort")
    button(test, "Open the example cohort").click().run()
    assert "**45 patients** · **5** with conflicts · **0 rows** rejected" in texts(test)
    assert place(test) == {"cohort": ["example"], "view": ["verdicts"]}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_shown_and_restored_by_its_address(view):
    test = app("cohort", cohort="example", view=view)
    assert not test.exception
    assert not test.error
    assert not test.warning
    assert test.segmented_control(key="cohort:view").value == view
    assert place(test)["view"] == [view]


@pytest.mark.parametrize(
    ("view", "therapy", "chosen", "told"),
    [
        ("verdicts", "tace", "eligible", "transarterial chemoembolisation: eligible"),
        ("overlaps", "", "none", "eligible for no therapy"),
        ("why-not", "tace", "not_indicated.indications", "no indication can be met"),
        ("missing", "", "tumour_count", "depends on number of tumours"),
        ("conflicts", "", "OneTumourManyAreas", ""),
    ],
)
def test_a_selection_is_restored_with_its_patients(view, therapy, chosen, told):
    if view == "conflicts":
        chosen = cohort_views.conflicts(open_example(G))["chosen"][0]
    given = {"view": view, "chosen": chosen} | ({"therapy": therapy} if therapy else {})
    test = app("cohort", cohort="example", **given)
    assert not test.exception
    assert not test.warning
    assert told in plain(test)
    assert place(test) == {"cohort": ["example"], **{k: [v] for k, v in given.items()}}
    assert test.selectbox(key="cohort:patient").options


def test_choosing_in_lists_selects_patients_as_a_click_does():
    test = app("cohort", cohort="example")
    assert test.selectbox(key="cohort:box:verdicts:chosen").disabled
    test.selectbox(key="cohort:box:verdicts:therapy").set_value("rfa").run()
    test.selectbox(key="cohort:box:verdicts:chosen").set_value("contraindicated").run()
    assert place(test)["chosen"] == ["contraindicated"]
    count = next(t for t in cohort(test).report.therapies if t.therapy == "rfa")
    assert f"**{count.verdicts['contraindicated']} patients**" in texts(test)
    test.segmented_control(key="cohort:view").set_value("missing").run()
    assert place(test) == {"cohort": ["example"], "view": ["missing"]}


def test_a_patient_is_opened_in_the_page_patient():
    test = app("cohort", cohort="example", view="overlaps", chosen="none")
    assert button(test, "Open in Patient").disabled
    row = cohort(test).results.filter(cohort(test).eligible == 0)["_row"][0]
    test.selectbox(key="cohort:patient").set_value(row).run()
    opened = app("patient", **linked(test, "Open in Patient"))
    assert not opened.exception
    assert place(opened)["patient_id"] == [cohort(test).draft(row).patient_id]
    assert opened.session_state["draft"] == cohort(test).draft(row)


def test_an_upload_is_classified_and_stays_when_another_page_was_open():
    test = upload(app("cohort"), example_cohort().read_bytes(), "mine.csv")
    assert not test.exception
    assert cohort(test).name == "mine.csv"
    assert place(test) == {"cohort": ["upload"], "view": ["verdicts"]}
    test.switch_page(str(pages_folder() / "about.py")).run()
    test.switch_page(str(pages_folder() / "cohort.py")).run()
    assert "mine\\.csv" in texts(test)


def test_the_example_does_not_lose_an_upload():
    test = upload(app("cohort"), b"patient_id,ecog\na,1\n", "mine.csv")
    button(test, "Open the example cohort").click().run()
    assert cohort(test).is_example
    button(test, "Back to mine\\.csv").click().run()
    assert cohort(test).name == "mine.csv"


def test_an_address_of_an_upload_is_told_and_applied_when_the_table_comes():
    test = app("cohort", cohort="upload", view="verdicts", therapy="tace", chosen="undetermined")
    assert "upload it again" in texts(test)
    assert place(test)["chosen"] == ["undetermined"]
    upload(test, b"patient_id\na\n")
    assert "**1 patient** · transarterial chemoembolisation: undetermined" in plain(test)


def test_a_tampered_address_is_told_and_the_rest_is_kept():
    test = app("cohort", cohort="example", view="verdicts", therapy="<b>", chosen="x", more="y")
    assert not test.exception
    for name in ("<b>", "chosen=x", "more"):
        assert name in test.warning[0].value.replace("\\", "")
    assert cohort(test).is_example
    assert test.run().warning, "what was left out stays in sight"
    test.segmented_control(key="cohort:view").set_value("missing").run()
    assert not test.run().warning, "until something else is chosen"


def test_rejected_rows_are_shown_with_reasons():
    test = upload(app("cohort"), b"patient_id,ecog\na,1\nb,seven\nc,1\nc,2\n")
    assert "**1 patient** · **0** with conflicts · **3 rows** rejected" in texts(test)
    test.segmented_control(key="cohort:view").set_value("rejected").run()
    frame = test.dataframe[0].value
    assert "column ecog: 'seven'" in frame["_reason"][0]
    assert "is in more than one row" in frame["_reason"][1]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("p.csv", b"", "is empty"),
        ("p.csv", b"\x89PNG\r\n\x00", "is not text"),
        ("p.csv", b"name,age\na,1\n", "has no column patient_id"),
        ("p.csv", b"patient_id,ecgo\na,1\n", "nearest: ecog"),
        ("p.csv", b"patient_id,ecog,ecog\na,1,1\n", "more than one column ecog"),
        ("p.csv", b'patient_id,ecog\n"a,1\n', "not valid CSV"),
        ("p.parquet", b"patient_id\n", "is not a Parquet file"),
        ("p.jsonl", b"nothing\n", "holds no JSON object"),
        ("p.ttl", b"@prefix", "p.ttl"),
    ],
)
def test_what_is_no_table_is_told_and_loses_nothing(name, content, told):
    test = upload(app("cohort"), content, name)
    assert not test.exception
    assert told in plain(test)
    assert len(test.error) == ("column patient_id" not in told)  # that one is to be matched
    assert test.file_uploader(key="cohort:patients").value.name == name


def test_unknown_columns_can_be_left_out():
    table = b"patient_id,ecog,ward\na,1,x\n"
    test = upload(app("cohort"), table)
    assert "tick “Leave out columns" in test.error[0].value
    upload(test, table, ignore=True)
    assert cohort(test).report.patients == 1


def test_a_wrong_file_leaves_the_open_cohort_as_it_is():
    test = upload(app("cohort", cohort="example"), b"")
    assert test.error
    assert cohort(test).is_example
    assert "**45 patients**" in texts(test)


def test_a_component_that_is_missing_is_told_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "shacl", None)
    shapes_of.cache_clear()  # where another test has read them
    test = upload(app("cohort"), b"@prefix hcc: <https://w3id.org/hcc-kg/> .", "p.ttl")
    assert "shacl" in test.error[0].value
    assert not button_is_shown(test, "Stop")
    test.run()
    assert not test.exception
    assert not button_is_shown(test, "Stop")


def test_a_table_without_rows_is_told():
    test = upload(app("cohort"), b"patient_id,ecog\n")
    assert "a header and no rows" in test.warning[0].value
    assert "Click a bar" not in texts(test)


def test_rows_that_were_all_rejected_are_shown():
    test = upload(app("cohort"), b"patient_id,ecog\na,9\nb,9\n")
    assert "2 rows rejected" in test.warning[0].value
    assert len(test.dataframe[0].value) == 2
    upload(test, "\n".join(["patient_id,ecog", *(f"p{i},9" for i in range(201))]).encode())
    assert "The first 200 are shown; the downloads have all." in texts(test)


def test_nothing_chosen_is_told():
    test = app("cohort")
    button(test, "Classify").click().run()
    assert "Choose a table" in test.error[0].value


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_identifiers_are_shown_as_they_are_and_opened(hostile):
    table = f'patient_id,ecog\n"{hostile}",1\n'.encode()
    test = upload(app("cohort", view="verdicts", therapy="tace", chosen="undetermined"), table)
    assert not test.exception
    assert hostile not in texts(test)
    test.selectbox(key="cohort:patient").set_value(1).run()
    if hostile == LONG:  # too long for an address
        opened = button(test, "Open in Patient").click().run()
    else:
        opened = app("patient", **linked(test, "Open in Patient"))
    assert not opened.exception
    assert opened.session_state["draft"].patient_id == hostile


def test_a_hostile_file_name_is_shown_as_it_is():
    test = upload(app("cohort"), b"patient_id\na\n", "<img src=x> **b**.csv")
    assert r"\<img src=x\> \*\*b\*\*\.csv" in texts(test)


def test_many_patients_are_shown_in_part_and_downloaded_whole():
    rows = "".join(f"p{i}\n" for i in range(shown.SHOWN + 1))
    test = upload(
        app("cohort", view="verdicts", therapy="tace", chosen="undetermined"),
        f"patient_id\n{rows}".encode(),
    )
    assert len(test.dataframe[0].value) == shown.SHOWN
    assert f"The first {shown.SHOWN} are shown; the downloads have all." in texts(test)
    chosen = Selection("verdicts", "tace", "undetermined")
    assert len(patients_of(cohort(test), chosen)) == shown.SHOWN + 1


def test_the_165_patients_of_a_real_cohort(shared):
    table = shared / "data" / "uci-hcc-survival" / "patients.csv"
    test = upload(app("cohort"), table.read_bytes(), table.name)
    assert "**165 patients**" in texts(test)
    for view in VIEWS:
        test.segmented_control(key="cohort:view").set_value(view).run()
        assert not test.exception


def test_a_table_in_other_words_is_read_as_the_form_says() -> None:
    test = app("cohort")
    text = "patient_id;Nod;Bil;Rest\na;1;2,0;x\nb;999;1,0;y\n"
    mapping = '[columns]\nNod = "tumour_count"\nBil = "bilirubin_umol_l [mg/dL]"\n'
    test.file_uploader(key="cohort:mapping").set_value(("m.toml", mapping.encode(), "text/plain"))
    test.text_input(key="cohort:missing").set_value("999, inr=9")
    upload(test, text.encode())
    told = plain(test)
    assert "2 patients" in told
    assert "commas in numbers are read as decimal points" in told
    assert "1 column left out: Rest" in told
    assert cohort(test).draft(1).cells["bilirubin_umol_l"] == "34"
    assert "tumour_count" not in cohort(test).draft(2).cells


def test_a_code_of_no_variable_is_told() -> None:
    test = app("cohort")
    test.text_input(key="cohort:missing").set_value("inx=9")
    upload(test, b"patient_id\na\n")
    assert "'inx' is not a variable; the nearest is 'inr'" in plain(test)


def test_a_table_in_other_words_is_matched_and_looked_at_before_it_is_classified(shared, tmp_path):
    table = shared / "data" / "uci-hcc-survival" / "raw.csv"
    test = app("cohort")
    test.file_uploader(key="cohort:patients").set_value(
        (table.name, table.read_bytes(), "text/csv")
    )
    test.run()
    assert "No column identifies the patient" in texts(test)
    assert "165 rows" in texts(test)
    assert "Say above what the cells mean of: PVT, Metastasis" in plain(test)
    for one in [each for each in test.button if (each.key or "").endswith(":guess")]:
        one.click()
    chosen = next(each for each in test.selectbox if "Major_Dim" in each.label)
    chosen.set_value("max_tumour_diameter_cm")
    test.run()
    codes = {each.label.partition(":")[0]: each for each in test.multiselect}
    codes["Nodule"].set_value(["0"])
    test.run()
    assert "1\\.71" in test.warning[0].value
    frame = next(each.value for each in test.dataframe if "recorded" in each.value.columns)
    told = dict(zip(frame["variable"], frame["cells"], strict=True))
    assert told["albumin"].startswith("19 to 49, middle 34 g/L")
    assert told["alpha-fetoprotein"].startswith("1.2 to 1,810,000, middle 33 ng/mL")
    assert "vp1|vp2|vp3|vp4 (" in told["portal vein tumour thrombus"]
    button(test, "Classify as matched").click().run()
    assert not test.exception
    assert "**164 patients**" in texts(test)
    mapping = tmp_path / "raw.toml"
    mapping.write_text(test.session_state["cohort:last"].mapping)
    by_file = kg.classify_table(table, mapping=mapping).summary
    for therapy in cohort(test).report.therapies:
        assert by_file.of(therapy.therapy) == dict(therapy.verdicts)
    assert "How raw" not in texts(test)


def test_what_is_if_nothing_else_is_remarkable_stands_beside_what_is_recorded():
    told = {"cohort": "example", "view": "verdicts", "silence": "recorded", "therapy": "tace"}
    test = app("cohort", **told, chosen="undetermined")
    assert not test.exception
    assert not test.warning
    recorded = next(t for t in cohort(test).report.therapies if t.therapy == "tace")
    assumed = kg.cohort_report(example_cohort(), example_lesions(), assume="all").therapies
    beside = next(t for t in assumed if t.therapy == "tace").verdicts
    assert f"**{counted(recorded.verdicts['undetermined'], 'patient')}**" in texts(test)
    frame = next(f.value for f in test.dataframe if "patients_if_unremarkable" in f.value.columns)
    rows = frame[frame["therapy_label"] == G.therapies["tace"].label].set_index("verdict")
    for word, (label, _) in G.verdicts.items():
        assert rows["patients"][label] == recorded.verdicts[word]
        assert rows["patients_if_unremarkable"][label] == beside[word]
    test.segmented_control(key="cohort:which").set_value("unremarkable").run()
    assert f"**{counted(beside['undetermined'], 'patient')}**" in texts(test)
    assert place(test)["silence"] == ["unremarkable"]
    for view in VIEWS[:-1]:
        test.segmented_control(key="cohort:view").set_value(view).run()
        assert not test.exception


def test_labels_of_bars_are_whole_and_nobody_is_sent_to_bars_that_are_not_there():
    opened = open_example(G)
    chart = why_not(opened, Selection("why-not", "tace_plus_rfa")).charts[0][0]
    told = chart.to_dict()["encoding"]["y"]["axis"]["labelExpr"]
    lines = json.loads(told.removeprefix("(").rpartition(")[")[0])
    frame = cohort_views.why_not(opened, "tace_plus_rfa").head(LONGEST)
    assert {key: " ".join(each) for key, each in lines.items()} == dict(
        frame.select("chosen", "reason").iter_rows()
    )
    assert max(len(line) for each in lines.values() for line in each) <= 38
    test = upload(app("cohort"), b"patient_id,ecog\na,1\n")
    test.segmented_control(key="cohort:view").set_value("conflicts").run()
    assert "No record of this cohort" in plain(test)
    assert "Click a bar" not in plain(test)


def test_the_flow_of_patients_ends_with_everybody_and_is_selected_from():
    opened = open_example(G)
    for therapy in G.therapies:
        frame = cohort_views.flow(opened, therapy)
        assert frame["patients"].sum() == opened.report.patients
        assert frame["left"][-1] == 0
    frame = cohort_views.flow(opened, "rfa").filter(pl.col("chosen").str.contains("undetermined"))
    test = app("cohort", cohort="example", view="flow", therapy="rfa", chosen="undetermined")
    assert f"**{counted(frame['patients'][0], 'patient')}** · radiofrequency" in texts(test)
    test.button(key="cohort:next").click().run()
    first = test.session_state["cohort:state"].row
    test.button(key="cohort:next").click().run()
    assert test.session_state["cohort:state"].row > first
    test.button(key="cohort:previous").click().run()
    assert test.session_state["cohort:state"].row == first
    test.selectbox(key="cohort:box:flow:chosen").set_value(None).run()
    assert "Choose above the chart to see its patients here." in texts(test)


def test_patients_are_grouped_by_a_column_of_their_table():
    test = app("cohort", cohort="example", view="groups", therapy="tace", chosen="ecog")
    assert not test.exception
    frame = next(each.value for each in test.dataframe if "group" in each.value.columns)
    assert frame["patients"].sum() == 45
    assert set(frame.groupby("group")["percent"].sum().round()) == {100}
    assert place(test)["chosen"] == ["ecog"]
    (chart,) = test.get("vega_lite_chart")
    assert not chart.proto.selection_mode, "a bar is of a value and a verdict, not of a therapy"


def test_who_is_one_answer_away_from_eligible_is_listed_with_the_answer():
    test = app("cohort", cohort="example", therapy="tace", chosen="one_answer")
    assert not test.exception
    assert "one answer away from eligible" in texts(test)
    shown = next(each.value for each in test.dataframe if "answer" in each.value.columns)
    assert "low blood counts from hypersplenism: yes" in list(shown["answer"])


def test_a_sheet_of_a_workbook_is_chosen_and_matched():
    held = io.BytesIO()
    with Workbook(held) as book:
        book.add_worksheet("Legend").write(0, 0, "PVT: 0 = no")
        sheet = book.add_worksheet("Patients")
        for row, cells in enumerate([["Registry"], ["Pat. ID", "Child-Pugh"], ["p1", "B8"]]):
            sheet.write_row(row, 0, cells)
    test = app("cohort")
    test.file_uploader(key="cohort:patients").set_value(("r.xlsx", held.getvalue(), "")).run()
    test.selectbox(key="cohort:sheet").set_value("Patients").run()
    assert "r.xlsx has no column patient_id: say below how its columns are read" in plain(test)
    assert "Say above what the cells mean of: Child-Pugh" in plain(test)
    (guess,) = [each for each in test.button if (each.key or "").endswith(":guess")]
    guess.click().run()
    button(test, "Classify as matched").click().run()
    assert cohort(test).draft(1).cells["child_pugh_class"] == "B"
    assert cohort(test).reading.sheet == "Patients"


def test_a_saved_picture_shows_no_choice():
    columns = {"eligible_for": ["rfa", ""], "therapies": ["RFA", ""], "patients": [1, 2]}
    bars = charts.overlap_bars(pl.DataFrame({"chosen": ["rfa", "none"], **columns}), "rfa")
    spec = json.loads(pictures.alone(bars, "Overlaps", []))
    assert [row["strong"] for rows in spec["datasets"].values() for row in rows] == [1, 1]


def test_what_is_no_number_is_shown_before_it_is_classified():
    test = upload(app("cohort"), b"patient_id,age_yrs\na,60\nb,abc\n")
    frame = next(each.value for each in test.dataframe if "recorded" in each.value.columns)
    assert frame["cells"].to_list() == ["60 to 60, middle 60 years; 1 no plain number, such as abc"]

"""The page of one patient, in every state, by Streamlit's own harness."""

from __future__ import annotations

import re
import time

import pytest
from explorer import app, texts
from streamlit.testing.v1 import AppTest

from kg.cohorts.opened import open_cohort
from kg.guideline import Guideline
from kg.paths import example_cohort
from kg.patients.assumptions import unremarkable
from kg.readers.uploads import Upload
from kg.texts import NOTE_ON_USE

RFA_OPEN = {"tumour_count": "1", "max_tumour_diameter_cm": "2.4", "open": "rfa"}


def button(test: AppTest, label: str) -> None:
    next(b for b in test.button if b.label == label).click()
    test.run()


def field(test: AppTest, variable: str) -> str:
    return str(test.text_input(key=f"cell:{variable}").value)


def test_an_empty_page_says_what_to_do(guideline: Guideline) -> None:
    test = app("patient")
    assert not test.exception
    said = texts(test)
    assert "Enter a value, or load an example" in said
    assert NOTE_ON_USE in said
    open_ = "\n".join(e.label for e in test.expander if "undetermined" in e.label)
    assert all(therapy.label in open_.replace("\\", "") for therapy in guideline.therapies.values())


def test_every_variable_has_a_field(guideline: Guideline) -> None:
    test = app("patient")
    found: set[str] = set()
    for group in ("key", *guideline.groups):
        test.button_group(key="patient:group").set_value(group).run()
        assert not test.exception
        keys = [w.key for w in (*test.text_input, *test.button_group) if w.key]
        found |= {key.removeprefix("cell:") for key in keys if key.startswith("cell:")}
    assert found - {"patient_id", "sizes"} == guideline.used


def test_an_address_fills_the_form_and_the_verdicts_follow() -> None:
    test = app("patient", **RFA_OPEN)
    assert not test.exception
    assert "One tumour, 2\\.4 cm" in texts(test)
    assert field(test, "max_tumour_diameter_cm") == "2.4"
    assert "Missing: what would settle it" in texts(test)
    assert test.query_params["open"] == "rfa"


def test_a_changed_field_changes_address_and_verdicts() -> None:
    test = app("patient", **RFA_OPEN)
    test.text_input(key="cell:max_tumour_diameter_cm").input("at least 6").run()
    assert test.query_params["max_tumour_diameter_cm"] == ">=6"
    test.button_group(key="patient:group").set_value("tumour").run()
    test.button_group(key="cell:tumour_morphology").set_value("massive").run()
    contraindicated = [e.label for e in test.expander if "contraindicated" in e.label]
    assert any("radiofrequency ablation" in label for label in contraindicated)


def test_a_field_that_has_its_value_is_not_set_once_more() -> None:
    test = app("patient", **RFA_OPEN)
    for diameter in ("3", "3.5"):
        test.text_input(key="cell:max_tumour_diameter_cm").input(diameter).run()
    assert field(test, "tumour_count") == "1"
    assert not test.text_input(key="cell:tumour_count").proto.set_value
    assert not test.button_group(key="cell:child_pugh_class").proto.set_value


def test_a_wrong_cell_stays_in_its_field_with_its_fault() -> None:
    test = app("patient", max_tumour_diameter_cm="2,4", tumour_count="1")
    assert not test.exception
    assert field(test, "max_tumour_diameter_cm") == "2,4"
    assert "decimal comma" in texts(test)
    assert "One tumour; " in texts(test)


def test_a_tampered_address_is_told_and_the_rest_is_kept() -> None:
    test = app("patient", tumour_count="1", tumor="<script>", open="nothing", lesion="size:3")
    assert not test.exception
    assert any(
        "not part of a record: tumor, lesion: size, open=nothing" in w.value.replace("\\", "")
        for w in test.warning
    )
    assert field(test, "tumour_count") == "1"


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "**b** [x](y) :red[z] $1$", "i" * 10_000]
)
def test_a_hostile_identifier_is_shown_as_text(hostile: str) -> None:
    test = app("patient", patient_id=hostile, tumour_count="1")
    assert not test.exception
    shown = next(m.value for m in test.markdown if "One tumour" in m.value)
    assert "<script>" not in shown
    assert "[x](y)" not in shown
    assert len(shown) < 1_000


def test_conflicts_are_told_on_top_and_at_their_fields() -> None:
    test = app("patient", portal_vein_thrombus="vp0", portal_trunk_obstruction="complete")
    assert any("Conflicts in the record" in w.value for w in test.warning)
    assert sum("Conflict" in m.value for m in test.markdown) == 1
    test.button_group(key="patient:group").set_value("vessels").run()
    assert sum("Conflict" in m.value for m in test.markdown) == 1


def test_a_fact_to_find_out_is_a_click_away_from_its_field(guideline: Guideline) -> None:
    test = app("patient", tumour_count="1")
    asked = next(b for b in test.button if b.key and b.key.startswith("ask:"))
    variable = guideline.variables[str(asked.key).removeprefix("ask:")]
    asked.click().run()
    shown = "key" if variable.asked_first else variable.group
    assert test.session_state["patient:group"] == shown
    assert any(w.key == f"cell:{variable.name}" for w in (*test.text_input, *test.button_group))


def test_a_wrong_cell_does_not_count_as_entered() -> None:
    assert "1 of 14 variables entered" in texts(app("patient", tumour_count="2"))
    assert "0 of 14 variables entered" in texts(app("patient", tumour_count="2 or 3"))


def test_criteria_of_which_one_is_always_met_keep_their_names() -> None:
    cells = {"max_tumour_diameter_cm": "4", "child_pugh_class": "A", "resectable": "false"}
    said = texts(app("patient", **cells, open="rfa")).replace("\\", "")
    assert re.search(r"At least one of “.*” \(ABL-I1\) and “.*” \(ABL-I3\) is always met", said)


def test_what_would_have_to_change_is_told() -> None:
    test = app("patient", variceal_bleed_within_month="true", open="rfa")
    assert "What would have to change" in texts(test)
    assert "Not advice" in texts(test)


def test_an_example_is_opened_compared_and_cleared() -> None:
    test = app("patient")
    test.selectbox[0].select("vp3-thrombus").run()
    button(test, "Open")
    assert "vp3\\-thrombus" in texts(test)
    test.selectbox[1].select("small-single-tumour").run()
    button(test, "Compare with it")
    table = next(m.value for m in test.markdown if m.value.startswith("| Differs |"))
    assert "≠" in table
    assert "small\\-single\\-tumour" in table
    assert any(name.startswith("other.") for name in test.query_params)
    button(test, "End the comparison")
    button(test, "Clear")
    assert "No key fact is known yet" in texts(test)
    assert not dict(test.query_params)


def test_a_comparison_can_be_shared() -> None:
    test = app("patient", tumour_count="1", **{"other.tumour_count": "2"})
    assert not test.exception
    assert any("| number of tumours | 1 | 2 |" in m.value for m in test.markdown)


def test_lesions_in_an_address_reach_the_patient() -> None:
    test = app("patient", lesion=["lesion_id:a;diameter_cm:2", "lesion_id:b;diameter_cm:3.5"])
    assert not test.exception
    assert "2 tumours, 3\\.5 cm" in texts(test)


def test_hermit_confirms_the_page() -> None:
    test = app("patient", **RFA_OPEN)
    button(test, "Verify with HermiT")
    assert not test.exception
    assert any("scrollTo" in str(each.proto) for each in test.get("html")), "it answers far away"
    end = time.monotonic() + 120
    while not test.success:  # it is asked beside the page
        assert "HermiT reasons" in texts(test)
        assert time.monotonic() < end, "HermiT does not answer"
        time.sleep(0.1)
        test.run()
    assert [s for s in test.success if "HermiT agrees: 13 verdicts" in s.value.replace("\\", "")]
    test.button_group(key="shell:edition").set_value("2026").run()
    assert not test.success, "what was verified was another edition's answer"
    test.button_group(key="shell:edition").set_value("2011").run()
    assert test.success
    test.text_input(key="cell:tumour_count").input("2").run()
    assert not test.success, "what was verified was another record"


def test_a_patient_of_an_uploaded_table_is_opened(guideline: Guideline) -> None:
    test = app("patient")
    content = b"patient_id,tumour_count\nfirst,1\n*second*,3\n"
    test.session_state["cohort:uploaded"] = open_cohort(guideline, Upload("t.csv", content))
    test.run()
    next(box for box in test.selectbox if "t\\.csv" in box.label).select_index(1).run()
    button(test, "Open this one")
    assert "\\*second\\*: 3 tumours" in texts(test)


def test_sizes_of_all_tumours_go_in_one_field() -> None:
    test = app("patient")
    test.text_input(key="cell:sizes").input("3.4, 2.1").run()
    assert "2 tumours, 3\\.4 cm" in texts(test)
    assert len(test.query_params["lesion"]) == 2
    test.text_input(key="cell:sizes").input("34 mm and 2.1 cm").run()
    assert test.text_input(key="cell:sizes").value == "3.4, 2.1"
    test.text_input(key="cell:sizes").input("3,4; 2,1").run()
    assert test.text_input(key="cell:sizes").value == "3.4, 2.1"
    test.text_input(key="cell:sizes").input("3.4, big").run()
    assert "The list is not used" in texts(test)
    assert test.text_input(key="cell:sizes").value == "3.4, big"
    test.text_input(key="cell:sizes").input("").run()
    assert "lesion" not in test.query_params


def test_a_number_that_may_be_in_another_unit_is_told() -> None:
    test = app("patient", bilirubin_umol_l="2.4")
    assert "is implausible, and is read as it stands" in texts(test)
    assert "Is it in mg" in texts(test)
    assert "implausible" not in texts(app("patient", bilirubin_umol_l="24"))


def test_another_unit_is_understood_and_what_was_read_is_shown() -> None:
    test = app("patient")
    test.text_input(key="cell:bilirubin_umol_l").input("2.4 mg/dL").run()
    assert test.query_params["bilirubin_umol_l"] == "2.4 mg/dL"
    assert "40\\.8 µmol" in texts(test)


def test_a_unit_can_be_switched_and_reads_the_number_anew() -> None:
    test = app("patient", bilirubin_umol_l="2.4")
    unit = test.selectbox(key="patient:unit:bilirubin_umol_l")
    unit.set_value("mg/dL").run()
    assert test.query_params["bilirubin_umol_l"] == "2.4 mg/dL"
    test.text_input(key="cell:bilirubin_umol_l").input("1.2").run()
    assert test.query_params["bilirubin_umol_l"] == "1.2 mg/dL"
    test.text_input(key="cell:bilirubin_umol_l").input("30 µmol/L").run()
    assert test.selectbox(key="patient:unit:bilirubin_umol_l").value == "umol/L"


def test_the_number_before_a_unit_that_begins_with_a_digit_stays_whole() -> None:
    test = app("patient", platelets_10e9_l="401/nL")
    test.selectbox(key="patient:unit:platelets_10e9_l").set_value("10*3/uL").run()
    assert test.query_params["platelets_10e9_l"] == "401 10*3/uL"


def test_the_points_of_child_pugh_stand_beside_its_fields() -> None:
    test = app("patient", bilirubin_umol_l="40", ascites="mild", albumin_g_l="36", inr="1.1")
    said = texts(test).replace("\\", "")
    assert said.count(":small[2 points]") == 2
    assert said.count(":small[1 point]") == 2
    assert "score: 7 to 9 points" in said
    test.button_group(key="cell:child_pugh_class").set_value("C").run()
    said = texts(test).replace("\\", "")
    assert "score: 7 to 15 points" in said, "in a conflict either may be so, as the record has it"


def bundled(content: bytes) -> AppTest:
    test = app("patient", age_years="61")
    test.file_uploader(key="patient:bundle").set_value(("b.json", content, "application/json"))
    return test.run()


def test_a_bundle_fills_the_form_with_sources_once_it_is_taken() -> None:
    content = example_cohort().with_name("bundle.json").read_bytes()
    test = bundled(content)
    assert not test.exception
    said = texts(test).replace("\\", "")
    assert "Observation/bilirubin, 2026-02-20, 4.0 mg/dL × 17" in said
    assert "Not understood: Observation/platelets-odd" in said
    assert field(test, "platelets_10e9_l") == ""
    test.button(key="patient:bundle:take").click().run()
    assert field(test, "bilirubin_umol_l") == "68"
    assert "From Observation/bilirubin" in texts(test).replace("\\", "")
    assert "61" in test.query_params["age_years"]
    assert not any("Observation" in value for each in test.query_params.values() for value in each)
    test.text_input(key="cell:bilirubin_umol_l").set_value("20").run()
    assert "From Observation/bilirubin" not in texts(test).replace("\\", "")


def test_a_file_that_is_no_bundle_of_one_patient_is_told() -> None:
    assert "it is not JSON" in texts(bundled(b"{"))
    assert "has no date" in texts(bundled(b'{"resourceType": "Patient", "id": "a"}'))
    two = b'[{"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "id": "b"}, '
    two += b'{"resourceType": "Observation", "effectiveDateTime": "2026-01-01"}]'
    assert "has 2 patients" in texts(bundled(two))


def test_a_card_says_what_is_assumed_and_what_the_record_alone_gives(guideline: Guideline) -> None:
    cells = {"tumour_count": "1", "max_tumour_diameter_cm": "2", "child_pugh_class": "A"}
    said = texts(app("patient", **cells, assumed=list(unremarkable(guideline))))
    assert "**Assumed:** " in said
    assert "(from the record alone: undetermined)" in said
    assert "ABL-" not in said, "words, where no card is opened"

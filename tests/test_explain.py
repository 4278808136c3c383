"""Why a verdict: reasons, the facts behind criteria, covers, recommendations, the command."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kg.commands.explain import explain as command
from kg.errors import InputError
from kg.explanation.explanations import criteria_json
from kg.explanation.reasons import explain
from kg.guideline import load
from kg.patients.records import read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN, result
from kg.texts import NOTE_ON_USE

G = load()
LOGIC = logic_of(G)
FIT = {
    "tumour_count": "1",
    "max_tumour_diameter_cm": "2",
    "child_pugh_class": "A",
    "resectable": "no",
}


def adverse_absent():
    """Return cells under which no contraindication holds: all is recorded as absent."""
    absent = {"boolean": "no", "enum": None}
    cells = {n: absent.get(v.type) for n, v in G.variables.items() if v.role == "criterion"}
    enums = {n for n, v in G.variables.items() if v.type == "enum" and "none" in v.words}
    cells |= dict.fromkeys(enums, "none")
    cells |= {
        "tumour_morphology": "nodular",
        "portal_vein_thrombus": "vp0",
        "hepatic_duct_distance_mm": "20",
        "liver_involvement_percent": "5",
        "leukocytes_10e9_l": "5",
        "platelets_10e9_l": "150",
        "ecog": "0",
        "expected_survival_months": "24",
        "ablations_with_residual": "0",
        "liver_function_basically_normal": "yes",
    }
    return {**cells, **FIT}


def explanation(**cells):
    record = read_record(G, "p", cells)
    return explain(G, record, result(G, record, LOGIC.states(record), LOGIC.missing, LOGIC.intent))


def therapy(name, **cells):
    return explanation(**cells).therapies[name]


def criterion(found, name):
    return next(c for c in found.criteria if c.id == name)


# Reasons


def test_contraindicated_names_the_criterion_and_its_fact():
    found = therapy("rfa", hepatic_vein_thrombus="yes")
    assert found.reason == (
        "Contraindicated: “hepatic vein tumour thrombus” (ABL-C2b) is met "
        "because of hepatic vein tumour thrombus: yes."
    )
    assert found.facts == ("hepatic vein tumour thrombus: yes",)


def test_contraindicated_names_every_criterion_that_is_met():
    found = therapy("rfa", hepatic_vein_thrombus="yes", cachexia="yes")
    assert "ABL-C2b" in found.reason
    assert "ABL-C7" in found.reason


def test_not_indicated_gives_the_facts_that_exclude_all_indications():
    found = therapy("rfa", tumour_count="4", max_tumour_diameter_cm="3")
    assert found.reason == (
        "Not indicated: no indication can be met "
        "because of number of tumours 4; largest tumour diameter 3 cm."
    )


def test_not_indicated_by_a_precondition_says_so():
    found = therapy("tace_plus_rfa", **{**adverse_absent(), "ecog": "3"})
    assert found.reason.startswith(
        "Not indicated: “no severe renal dysfunction, ECOG 0-2” (TRF-P1)"
    )
    assert "a precondition, is excluded because of ECOG performance status 3." in found.reason


def test_many_deciding_facts_are_cut_in_the_sentence_and_kept_in_the_account():
    found = therapy("tace", **adverse_absent())
    assert found.verdict == "not_indicated"
    assert re.search(r"and \d+ more\.$", found.reason)
    assert len(found.facts) > 6


def test_undetermined_names_what_would_settle_it():
    found = therapy("rfa", **{**adverse_absent(), "child_pugh_class": ""})
    assert found.reason.startswith("Undetermined: whether it is indicated")
    assert [missing.variable for missing in found.missing] == ["child_pugh_class"]
    assert found.missing[0].label == "Child-Pugh class"
    assert found.missing[0].fact == "Child-Pugh class"


def test_eligible_names_indication_and_precondition():
    found = therapy("rfa", **adverse_absent())
    assert found.verdict == "eligible"
    assert re.search(r"” \(ABL-I1\) and “.*” \(ABL-I2\) are met", found.reason)
    assert "no absolute or relative contraindication is met" in found.reason


def test_caution_names_what_is_met_and_what_is_unchecked():
    cells = {**adverse_absent(), "near_gallbladder": "yes", "near_diaphragm": ""}
    found = therapy("rfa", **cells)
    assert found.verdict == "eligible_with_caution"
    assert "caution is called for by “near gallbladder, stomach or bowel” (ABL-R2a)" in found.reason
    assert "“near diaphragm or protruding from capsule” (ABL-R2b) could not be" in found.reason
    assert found.unchecked == ("ABL-R2b",)


def test_joint_indication_names_the_sets_that_cover_it():
    found = therapy(
        "rfa", **{**adverse_absent(), "tumour_count": "", "max_tumour_diameter_cm": "4"}
    )
    assert found.covers == (("ABL-I1", "ABL-I3"),)
    assert re.search(
        r"at least one of “.*” \(ABL-I1\) and “.*” \(ABL-I3\) is always met", found.reason
    )
    assert criteria_json(found)["covers"] == [["ABL-I1", "ABL-I3"]]


def test_single_indication_needs_no_cover():
    found = therapy("rfa", **adverse_absent())
    assert found.covers == ()
    assert "covers" not in criteria_json(found)


def test_surgery_says_that_no_contraindications_were_checked_and_names_none():
    for resectable in ("yes", "no", ""):
        found = therapy("surgical_resection", **{**FIT, "resectable": resectable})
        assert any("none were checked" in note for note in found.notes)
    cells = {"resectable": "yes", "tolerates_resection": "yes", "surgery_declined": "no"}
    assert therapy("surgical_resection", **cells).reason.endswith(" is met.")


# Criteria


def test_row_is_complete_and_in_order():
    found = therapy("tace_plus_rfa")
    assert tuple(c.id for c in found.criteria) == G.therapies["tace_plus_rfa"].criteria
    assert len(found.of("precondition", UNKNOWN)) == 2


def test_same_condition_has_its_role_from_the_row():
    cells = {"distant_metastasis": "limited"}
    assert criterion(therapy("local_ablation_radical", **cells), "ABL-C2d").role == (
        "absolute contraindication"
    )
    assert criterion(therapy("rfa", **cells), "ABL-R3").role == "relative contraindication"


def test_facts_of_a_criterion_are_only_those_that_decide_it():
    found = criterion(therapy("rfa", cachexia="yes", malignant_effusion="no"), "ABL-C7")
    assert (found.state, found.facts) == (MET, ("cachexia: yes",))


def test_facts_of_an_unknown_criterion_are_the_open_ones():
    found = criterion(therapy("rfa", cachexia="no", malignant_effusion="no"), "ABL-C7")
    assert (found.state, found.facts) == (UNKNOWN, ("refractory massive ascites: unknown",))


def test_derived_fact_says_so_behind_a_criterion():
    found = criterion(therapy("rfa", encephalopathy="grade_3_4"), "ABL-C10")
    assert found.facts == (
        "impaired consciousness or unable to cooperate: yes "
        "(derived: consciousness from encephalopathy)",
    )


@pytest.mark.parametrize(
    "cells",
    [
        adverse_absent(),
        {**adverse_absent(), "tumour_count": ">=2", "max_tumour_diameter_cm": "4"},
        {"child_pugh_class": "C", "improvable_to_child_pugh_b": "no", "tumour_count": "5"},
    ],
)
def test_deciding_variables_suffice_and_none_can_be_left_out(cells):
    record = read_record(G, "p", cells)
    nothing = {name: G.variables[name].unknown for name in record.known}
    decided = {n: s for n, s in LOGIC.states(record).items() if s in (MET, EXCLUDED)}
    assert decided
    for name, state in decided.items():
        deciding = LOGIC.behind(name, record.known)
        kept = nothing | {v: record.known[v] for v in deciding}
        assert LOGIC.state(name, kept) == state
        for variable in deciding:
            assert LOGIC.state(name, kept | {variable: nothing[variable]}) == UNKNOWN


def test_json_holds_the_place_and_wording_of_every_criterion():
    found = criteria_json(therapy("rfa", **FIT))
    listed = json.loads(json.dumps(found))["criteria"]
    assert [c["id"] for c in listed] == sorted(G.therapies["rfa"].criteria)
    keys = {"id", "state", "kind", "label", "definition", "places", "statements", "paraphrase"}
    assert all(set(c) == keys | {"note"} for c in listed)
    statements = [s for c in listed for s in c["statements"]]
    assert statements
    assert all(s["start"] < s["end"] and s["paraphrase"] for s in statements)


# Recommendations, response and conflicts


def test_recommendation_is_muted_where_all_that_it_concerns_is_ruled_out():
    cells = {**adverse_absent(), "tumour_boundary": "infiltrative"}
    open_ = {r.id: r.muted for r in explanation(**cells).recommendations}
    cells["hepatic_vein_thrombus"] = "yes"
    ruled_out = {r.id: r.muted for r in explanation(**cells).recommendations}
    assert (open_["REC-12"], ruled_out["REC-12"]) == (False, True)


def test_recommendation_that_concerns_no_therapy_is_never_muted():
    found = explanation(progression_after_repeated_intervention="yes", hepatic_vein_thrombus="yes")
    general = [r for r in found.recommendations if not r.concerns]
    assert general
    assert not any(r.muted for r in general)
    assert [r.id for r in found.recommendations if r.state == MET] == ["REC-8"]


def test_narrowed_result_mutes_by_the_verdicts_it_left_out():
    record = read_record(G, "p", {"hepatic_vein_thrombus": "yes"})
    whole = result(G, record, LOGIC.states(record), LOGIC.missing, LOGIC.intent)
    narrow = explain(G, record, whole.narrowed(["tace"]))
    assert list(narrow.therapies) == ["tace"]
    assert narrow.recommendations == explain(G, record, whole).recommendations


def test_account_carries_response_conflicts_and_facts():
    cells = {"enhancement_after_ablation": "no", "ascites": "none"}
    found = explanation(**cells, refractory_massive_ascites="yes")
    assert found.response_to_ablation == "complete"
    assert [c.variables for c in found.conflicts] == [("ascites", "refractory_massive_ascites")]
    assert "arterial enhancement after ablation: no" in found.facts


# The command


def run(tmp_path: Path, *arguments, width="100", **cells):
    table = tmp_path / "patients.csv"
    filled = {"patient_id": "p[1]", **{k: v for k, v in cells.items() if v}}
    table.write_text(f"{','.join(filled)}\n{','.join(filled.values())}\n", encoding="utf-8")
    app = typer.Typer()
    app.command()(command)
    invoked = CliRunner().invoke(app, [str(table), *arguments], env={"COLUMNS": width})
    if isinstance(invoked.exception, InputError):
        raise invoked.exception
    assert invoked.exit_code == 0, invoked.output
    return invoked.stdout


@pytest.mark.parametrize("width", ["80", "140"])
def test_command_explains_all_therapies_within_the_width(tmp_path, width):
    text = run(tmp_path, "p[1]", width=width, **adverse_absent())
    assert "Patient p[1]" in text
    assert all(f"({name})" in text for name in G.therapies)
    assert max(map(len, text.splitlines())) <= int(width)
    assert "none were checked" in text
    assert text.rstrip().endswith(NOTE_ON_USE)


def test_command_tells_one_therapy_in_full(tmp_path):
    text = run(tmp_path, "p[1]", "rfa", **adverse_absent())
    assert all(name in text for name in G.therapies["rfa"].criteria)
    assert "Reading:" in text
    assert "(tace)" not in text


def test_command_names_criteria_of_which_one_is_always_met_as_they_are(tmp_path):
    cells = {**adverse_absent(), "tumour_count": "", "max_tumour_diameter_cm": "4"}
    text = run(tmp_path, "p[1]", "rfa", width="200", **cells)
    assert re.search(r"At least one of “.*” \(ABL-I1\) and “.*” \(ABL-I3\) is always met", text)


def test_command_tells_the_reading_of_a_therapy_whatever_the_verdict(tmp_path):
    text = run(tmp_path, "p[1]", "cryoablation", width="200", tumour_count="1")
    assert "Undetermined:" in text
    assert G.therapies["cryoablation"].note in " ".join(text.split())


def test_command_puts_conflicts_before_facts(tmp_path):
    text = run(tmp_path, "p[1]", "rfa", ascites="none", refractory_massive_ascites="yes")
    assert 0 < text.index("Conflict:") < text.index("ascites: none")


def test_command_justifies_a_verdict_with_hermit(tmp_path):
    cells = {"hepatic_vein_thrombus": "yes"}
    text = run(tmp_path, "p[1]", "rfa", "--engine", "hermit", "--justify", width="200", **cells)
    assert "patient hepatic_vein_thrombus true" in text
    assert "ABL-C2b EquivalentTo hepatic_vein_thrombus value true" in text


def test_command_justifies_what_is_not_indicated_by_the_negated_class(tmp_path):
    cells = {"tumour_count": ">=2", "max_tumour_diameter_cm": "4"}
    text = run(tmp_path, "p[1]", "local_ablation_radical", "--justify", width="200", **cells)
    assert "patient Type not (RadicalLocalAblationIndicated)" in text
    assert "known_tumour_count SubClassOf tumour_count some {2 , 3 , 4}" in text
    assert "Functional: max_tumour_diameter_cm" in text


def test_command_says_that_nothing_justifies_an_undetermined_verdict(tmp_path):
    text = run(tmp_path, "p[1]", "rfa", "--justify", tumour_count="1")
    assert "no justification" in text


def test_command_wants_a_therapy_to_justify(tmp_path):
    with pytest.raises(InputError, match="name a THERAPY"):
        run(tmp_path, "p[1]", "--justify", tumour_count="1")


def test_command_refuses_a_therapy_without_criteria(tmp_path):
    with pytest.raises(InputError, match="no criteria for a therapy 'surgery'"):
        run(tmp_path, "p[1]", "surgery", tumour_count="1")


def of_example(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(command)
    invoked = CliRunner().invoke(app, ["--example", *arguments], env={"COLUMNS": "200"})
    if isinstance(invoked.exception, InputError):
        raise invoked.exception
    return invoked.stdout


def test_command_explains_a_patient_of_the_example_with_its_lesions():
    assert "(rfa)" in of_example("vp3-thrombus", "rfa")
    assert "(tace)" not in of_example("vp3-thrombus", "rfa")
    assert "(tace)" in of_example("lesions-one-by-one")


def test_command_tells_recommendations_of_the_broader_therapy():
    told = of_example("small-central-tumour", "mwa")
    assert "REC-2 (can be preferred): " in told.split("Recommendations")[1]


def test_command_names_the_unknown_recommendations():
    assert "Unknown: REC-8 (change of therapy after progression)" in of_example("vp3-thrombus")


@pytest.mark.parametrize("words", [(), ("a.csv", "vp3-thrombus", "rfa")])
def test_command_says_what_to_give_with_the_example(words):
    with pytest.raises(InputError, match=r"give --example PATIENT \[THERAPY\]"):
        of_example(*words)


def test_command_wants_a_patient_beside_the_table(run):
    ran = run("explain", "a.csv")
    assert ran.status == 2
    assert "1 argument given; give PATIENTS PATIENT [THERAPY]" in ran.err


def test_command_names_first_the_patient_that_differs_in_capitals():
    with pytest.raises(InputError, match=r"no patient 'Vp3-Thrombus'; .*, vp3-thrombus\b"):
        of_example("Vp3-Thrombus")

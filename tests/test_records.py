"""Records: cells and lesions into what is known, derived values, and the order of conflicts."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kg.errors import InputError
from kg.guideline import Guideline
from kg.patients.cells import CellError
from kg.patients.records import Record, read_lesion, read_record


def record_of(
    guideline: Guideline, cells: Mapping[str, str | None], *lesions: Mapping[str, str]
) -> Record:
    return read_record(guideline, "p", cells, lesions or None)


def left(guideline: Guideline, record: Record, variable: str) -> str:
    """Return what remains possible of a variable, in the notation of a cell."""
    return guideline.variables[variable].wording(record.known[variable])


# Cells


def test_record_knows_something_of_every_variable(guideline: Guideline) -> None:
    record = record_of(guideline, {})
    assert set(record.known) == set(guideline.variables) - {"patient_id"}
    assert all(knowledge.mask for knowledge in record.known.values())
    assert not record.recorded
    assert not record.derived
    assert not record.conflicts


def test_unknown_cells_are_not_recorded(guideline: Guideline) -> None:
    record = record_of(guideline, {"ecog": "", "cachexia": "unknown", "inr": None, "ascites": "NA"})
    assert not record.recorded


def test_column_that_is_no_variable_is_an_error(guideline: Guideline) -> None:
    with pytest.raises(InputError, match="'height' is not a variable"):
        record_of(guideline, {"height": "170"})
    with pytest.raises(InputError, match="'patient_id' is not a variable"):
        record_of(guideline, {"patient_id": "p"})


def test_error_of_a_cell_names_patient_and_column(guideline: Guideline) -> None:
    with pytest.raises(InputError, match="patient p, ecog: '5' is out of range"):
        record_of(guideline, {"ecog": "5"})


# Derivations


@pytest.mark.parametrize(
    ("cells", "variable", "remains"),
    [
        ({"portal_vein_thrombus": "vp0"}, "portal_trunk_obstruction", "none"),
        ({"portal_vein_thrombus": "vp1|vp3"}, "portal_trunk_obstruction", "none"),
        ({"portal_vein_thrombus": "vp3|vp4"}, "portal_trunk_obstruction", ""),
        ({"portal_vein_thrombus": "vp4"}, "portal_trunk_obstruction", ""),
        ({"portal_trunk_obstruction": "partial"}, "portal_vein_thrombus", "vp4"),
        ({"portal_trunk_obstruction": "partial|complete"}, "portal_vein_thrombus", "vp4"),
        ({"portal_trunk_obstruction": "none|partial"}, "portal_vein_thrombus", ""),
        ({"portal_trunk_obstruction": "none"}, "portal_vein_thrombus", ""),
        ({"shunt_portal_hypertensive_bleeding": "yes"}, "arteriovenous_shunt", "mild|severe"),
        ({"shunt_portal_hypertensive_bleeding": "no"}, "arteriovenous_shunt", ""),
        ({"encephalopathy": "grade_3_4"}, "impaired_or_uncooperative", "true"),
        ({"encephalopathy": "grade_1_2|grade_3_4"}, "impaired_or_uncooperative", ""),
    ],
)
def test_derivation_narrows(
    guideline: Guideline, cells: dict[str, str], variable: str, remains: str
) -> None:
    record = record_of(guideline, cells)
    assert left(guideline, record, variable) == remains
    assert (variable in record.derived) == (remains != "")
    assert not record.conflicts


@pytest.mark.parametrize(
    ("cells", "variable", "remains"),
    [
        (
            {"portal_vein_thrombus": "vp3|vp4", "portal_trunk_obstruction": "partial"},
            "portal_vein_thrombus",
            "vp4",
        ),
        (
            {"portal_vein_thrombus": "vp0", "portal_trunk_obstruction": "none|partial"},
            "portal_trunk_obstruction",
            "none",
        ),
        (
            {"shunt_portal_hypertensive_bleeding": "true", "arteriovenous_shunt": "none|mild"},
            "arteriovenous_shunt",
            "mild",
        ),
    ],
)
def test_derivation_and_cell_narrow_each_other(
    guideline: Guideline, cells: dict[str, str], variable: str, remains: str
) -> None:
    record = record_of(guideline, cells)
    assert left(guideline, record, variable) == remains
    assert not record.conflicts


def test_derivations_are_judged_on_the_record_as_given(guideline: Guideline) -> None:
    # Neither cell alone settles the other: a chain of derivations would.
    cells = {"portal_vein_thrombus": "vp3|vp4", "portal_trunk_obstruction": "none|partial"}
    record = record_of(guideline, cells)
    assert left(guideline, record, "portal_vein_thrombus") == "vp3|vp4"
    assert left(guideline, record, "portal_trunk_obstruction") == "none|partial"
    assert not record.derived


def test_class_never_narrows_its_components(guideline: Guideline) -> None:
    cells = {"child_pugh_class": "C", "bilirubin_umol_l": "60", "inr": "2.5"}
    record = record_of(guideline, cells)
    assert left(guideline, record, "ascites") == ""
    assert left(guideline, record, "albumin_g_l") == ""


# Lesions: one row a lesion, taken as complete


DIAMETERS = [
    # cells of the lesions, what is left of the largest
    (["2"], "2"),
    (["2", "4.5", "3"], "4.5"),
    (["2", ""], ">=2"),
    (["", ""], ""),
    ([">=2", "3"], ">=3"),
    ([">3", "3"], ">3"),
    (["<3", "<3"], "<3"),
    (["<3", "<=3"], "<=3"),
    (["<2", "3"], "3"),
    (["1..2", "3..4"], "3..4"),
    (["1..4", "2..3"], "2..4"),
]
DISTANCES = [
    (["12"], "12"),
    (["12", "4", "30"], "4"),
    (["12", ""], "<=12"),
    (["", ""], ""),
    (["<5", "8"], "<5"),
    ([">5", "5"], "5"),
    ([">5", ">5"], ">5"),
    ([">=5", ">5"], ">=5"),
    (["<5", "<=5"], "<5"),
    (["6..9", "8..12"], "6..9"),
    (["4", ">=5"], "4"),
]
TRUTHS = [
    (["true", "false"], "true"),
    (["true", ""], "true"),
    (["false", "false"], "false"),
    (["false", ""], ""),
    (["", ""], ""),
]


@pytest.mark.parametrize(
    ("column", "variable", "cells", "remains"),
    [
        *[("diameter_cm", "max_tumour_diameter_cm", *row) for row in DIAMETERS],
        *[("hepatic_duct_distance_mm", "hepatic_duct_distance_mm", *row) for row in DISTANCES],
        *[("near_diaphragm", "near_diaphragm", *row) for row in TRUTHS],
    ],
)
def test_lesions_leave_of_the_patient(
    guideline: Guideline, column: str, variable: str, cells: list[str], remains: str
) -> None:
    record = record_of(guideline, {}, *({column: cell} for cell in cells))
    assert left(guideline, record, variable) == remains
    assert left(guideline, record, "tumour_count") == str(len(cells))
    assert not record.conflicts


def test_every_lesion_column_but_the_diameter_has_the_name_of_its_variable(
    guideline: Guideline,
) -> None:
    columns = {column: v.name for column, v in guideline.lesion_columns.items()}
    assert columns.pop("diameter_cm") == "max_tumour_diameter_cm"
    assert len(columns) == 12
    assert all(column == name for column, name in columns.items())


def test_every_boolean_of_a_lesion_is_true_if_one_is(guideline: Guideline) -> None:
    booleans = [n for n, v in guideline.lesion_columns.items() if v.type == "boolean"]
    record = record_of(guideline, {}, dict.fromkeys(booleans, "yes"), dict.fromkeys(booleans, "no"))
    assert len(booleans) == 10
    assert all(left(guideline, record, name) == "true" for name in booleans)


def test_patient_without_a_list_of_lesions_has_nothing_derived(guideline: Guideline) -> None:
    record = record_of(guideline, {"tumour_count": "2"})
    assert not record.derived
    assert left(guideline, record, "max_tumour_diameter_cm") == ""


def test_lesions_and_patient_narrow_each_other(guideline: Guideline) -> None:
    cells = {"max_tumour_diameter_cm": "<=4", "near_gallbladder": "false", "tumour_count": ">=2"}
    record = record_of(guideline, cells, {"diameter_cm": "3"}, {"diameter_cm": ""})
    assert left(guideline, record, "max_tumour_diameter_cm") == "3..4"
    assert left(guideline, record, "near_gallbladder") == "false"
    assert left(guideline, record, "tumour_count") == "2"
    assert not record.conflicts


def test_lesions_that_contradict_leave_both_values_and_nothing_between(
    guideline: Guideline,
) -> None:
    cells = {"tumour_count": "1", "near_diaphragm": "false", "max_tumour_diameter_cm": "2"}
    each = {"diameter_cm": "6", "near_diaphragm": "true"}
    record = record_of(guideline, cells, each, each, each)
    assert left(guideline, record, "tumour_count") == "1 or 3"
    assert left(guideline, record, "max_tumour_diameter_cm") == "2 or 6"
    assert left(guideline, record, "near_diaphragm") == ""
    assert record.known["tumour_count"].mask == 0b101
    (conflict,) = record.conflicts
    assert conflict.variables == ("max_tumour_diameter_cm", "near_diaphragm", "tumour_count")


def test_only_what_contradicts_the_lesions_is_named(guideline: Guideline) -> None:
    cells = {"tumour_count": "2", "max_tumour_diameter_cm": "3"}
    record = record_of(guideline, cells, {"diameter_cm": "3"})
    (conflict,) = record.conflicts
    assert conflict.variables == ("tumour_count",)


def test_lesion_may_be_partly_known_and_its_errors_name_the_column(guideline: Guideline) -> None:
    known = read_lesion(guideline, {"diameter_cm": ">=2", "hypervascular": "yes"})
    assert guideline.variables["hypervascular"].wording(known["hypervascular"]) == "true"
    assert not known["max_tumour_diameter_cm"].pinned
    with pytest.raises(CellError, match="column diameter_cm: '4,5' has a decimal comma"):
        read_lesion(guideline, {"diameter_cm": "4,5"})


# Conflicts


CONFLICTS = [
    # rule, cells, the variables that disagree
    (
        "ChildPughDerivation",
        "child_pugh_class=A; bilirubin_umol_l=60; albumin_g_l=25; inr=2.5",
        "albumin_g_l bilirubin_umol_l child_pugh_class inr",
    ),
    (
        "PortalDerivation",
        "portal_vein_thrombus=vp3; portal_trunk_obstruction=complete",
        "portal_trunk_obstruction portal_vein_thrombus",
    ),
    (
        "ShuntDerivation",
        "shunt_portal_hypertensive_bleeding=true; arteriovenous_shunt=none",
        "arteriovenous_shunt shunt_portal_hypertensive_bleeding",
    ),
    (
        "ConsciousnessDerivation",
        "encephalopathy=grade_3_4; impaired_or_uncooperative=false",
        "encephalopathy impaired_or_uncooperative",
    ),
    (
        "AscitesConflict",
        "ascites=none; refractory_massive_ascites=true",
        "ascites refractory_massive_ascites",
    ),
    (
        "FociConflict",
        "tumour_count=<=1; foci_in_different_areas=true",
        "foci_in_different_areas tumour_count",
    ),
    (
        "LiverFunctionConflict",
        "child_pugh_class=C; liver_function_basically_normal=true",
        "child_pugh_class liver_function_basically_normal",
    ),
    (
        "RenalConflict",
        "organ_failure=none; severe_renal_dysfunction=true",
        "organ_failure severe_renal_dysfunction",
    ),
    (
        "CoagulationConflict",
        "coagulopathy=none; marked_bleeding_tendency=true",
        "coagulopathy marked_bleeding_tendency",
    ),
    (
        "MorphologyConflict",
        "tumour_morphology=nodular; max_tumour_diameter_cm=10.1",
        "max_tumour_diameter_cm tumour_morphology",
    ),
]
NO_CONFLICTS = [
    "child_pugh_class=A; bilirubin_umol_l=40; albumin_g_l=36; inr=1; encephalopathy=none",
    "portal_vein_thrombus=vp3|vp4; portal_trunk_obstruction=complete",
    "shunt_portal_hypertensive_bleeding=true; arteriovenous_shunt=none|mild",
    "encephalopathy=grade_1_2|grade_3_4; impaired_or_uncooperative=false",
    "ascites=none|mild; refractory_massive_ascites=true",
    "ascites=none; refractory_massive_ascites=false",
    "tumour_count=1..2; foci_in_different_areas=true",
    "child_pugh_class=B|C; liver_function_basically_normal=true",
    "organ_failure=single; severe_renal_dysfunction=true",
    "coagulopathy=correctable; marked_bleeding_tendency=true",
    "tumour_morphology=nodular; max_tumour_diameter_cm=10",
    "tumour_morphology=nodular; max_tumour_diameter_cm=>10",
    "tumour_morphology=massive; max_tumour_diameter_cm=10.1",
]


def cells_of(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split("; "))
    return {name: cell for name, _, cell in parts}


@pytest.mark.parametrize(("rule", "cells", "variables"), CONFLICTS)
def test_conflict_names_what_disagrees(
    guideline: Guideline, rule: str, cells: str, variables: str
) -> None:
    (conflict,) = record_of(guideline, cells_of(cells)).conflicts
    assert conflict.id == rule
    assert list(conflict.variables) == variables.split()
    assert conflict.message.endswith(".")


@pytest.mark.parametrize("cells", NO_CONFLICTS)
def test_no_conflict_one_step_away(guideline: Guideline, cells: str) -> None:
    assert not record_of(guideline, cells_of(cells)).conflicts


def test_conflicts_come_in_the_order_of_the_contract(guideline: Guideline) -> None:
    cells: dict[str, str | None] = {}
    for rule, text, _ in reversed(CONFLICTS):
        if rule not in ("ChildPughDerivation", "FociConflict"):
            cells |= cells_of(text)
    cells |= {"inr": "2.5", "albumin_g_l": "25", "bilirubin_umol_l": "60"}
    record = record_of(
        guideline,
        {**cells, "near_diaphragm": "false", "foci_in_different_areas": "true"},
        {"near_diaphragm": "true"},
    )
    expected = [rule for rule, _, _ in CONFLICTS if rule != "ChildPughDerivation"]
    expected.insert(3, "LesionDerivation")
    assert [conflict.id for conflict in record.conflicts] == expected


def test_class_conflict_comes_first(guideline: Guideline) -> None:
    cells = cells_of(
        f"{CONFLICTS[0][1]}; {CONFLICTS[1][1]}; {CONFLICTS[4][1]}; encephalopathy=none"
    )
    cells |= {"ascites": "none", "inr": "2.5", "bilirubin_umol_l": "60"}
    ids = [conflict.id for conflict in record_of(guideline, cells).conflicts]
    assert ids == ["ChildPughDerivation", "PortalDerivation", "AscitesConflict"]


@pytest.mark.parametrize(
    ("cells", "variable", "remains"),
    [
        (CONFLICTS[0][1], "child_pugh_class", "A|C"),
        (CONFLICTS[1][1], "portal_vein_thrombus", "vp3|vp4"),
        (CONFLICTS[1][1], "portal_trunk_obstruction", "none|complete"),
        (CONFLICTS[2][1], "arteriovenous_shunt", ""),
        (CONFLICTS[3][1], "impaired_or_uncooperative", ""),
        # the rules without a derivation change nothing
        (CONFLICTS[4][1], "ascites", "none"),
        (CONFLICTS[5][1], "tumour_count", "1"),
        (CONFLICTS[6][1], "child_pugh_class", "C"),
        (CONFLICTS[7][1], "organ_failure", "none"),
        (CONFLICTS[8][1], "coagulopathy", "none"),
        (CONFLICTS[9][1], "max_tumour_diameter_cm", "10.1"),
    ],
)
def test_values_of_both_sources_stay_possible(
    guideline: Guideline, cells: str, variable: str, remains: str
) -> None:
    record = record_of(guideline, cells_of(cells))
    assert left(guideline, record, variable) == remains


def test_conflict_rules_read_derived_values(guideline: Guideline) -> None:
    components = "bilirubin_umol_l=60; albumin_g_l=25; inr=2.5; ascites=mild"
    cells = cells_of(f"{components}; liver_function_basically_normal=true")
    (conflict,) = record_of(guideline, cells).conflicts
    assert conflict.id == "LiverFunctionConflict"
    assert conflict.variables == ("liver_function_basically_normal",)


def test_conflicting_class_is_no_longer_pinned_for_the_rules(guideline: Guideline) -> None:
    cells = cells_of(f"{CONFLICTS[0][1]}; liver_function_basically_normal=true")
    (conflict,) = record_of(guideline, cells).conflicts
    assert conflict.id == "ChildPughDerivation"

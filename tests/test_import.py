"""Records of FHIR and OMOP as drafts: what is read, what is not, and that nothing is lost."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

import kg
from kg.errors import InputError, OntologyError
from kg.sources.draft import ImportedDraft, draft_of_resources, import_records
from kg.sources.files import decoded
from kg.sources.forms import QUESTIONNAIRE
from kg.sources.rules import Rules, read_rules

SHARED = Path(__file__).parents[2] / "shared" / "fhir"
DAY = date(2026, 2, 28)
UCUM = "http://unitsofmeasure.org"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
Resource = dict[str, Any]
Run = Callable[..., Ran]


def concept(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def observation(code: str, value: float | str, unit: str | None, **more: Any) -> Resource:
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return {
        "resourceType": "Observation",
        "id": more.pop("id", "o1"),
        "status": "final",
        "code": concept(LOINC, code),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-02-20",
        "valueQuantity": {key: one for key, one in quantity.items() if one is not None},
        **more,
    }


CLUMPED = observation("777-3", 0, None, valueString="clumped")
del CLUMPED["valueQuantity"]
LEUKOCYTES = {"system": "https://loinc.org/|2.77", "code": "6690-2"}
BOTH = {"coding": [{"system": LOINC, "code": "777-3"}, LEUKOCYTES]}


def condition(code: str, system: str = ICD, status: str = "confirmed", **more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": more.pop("id", f"c-{code}"),
        "clinicalStatus": concept("clinical", "active"),
        "verificationStatus": concept("verification", status),
        "code": concept(system, code),
        "subject": {"reference": "Patient/p1"},
        "recordedDate": "2026-02-01",
        **more,
    }


def draft(resources: Iterable[Resource], day: date = DAY) -> ImportedDraft:
    found = [decoded(json.dumps(one).encode(), "records.ndjson") for one in resources]
    read = [one for one in found if not isinstance(one, list)]
    return draft_of_resources(kg.load(), rules(), read, day)


@cache
def rules() -> Rules:
    return read_rules(kg.load())


def cells(found: ImportedDraft) -> dict[str, str]:
    (row,) = found.frame.to_dicts()
    return {name: cell for name, cell in row.items() if cell and not name.startswith("_")}


def reasons(found: ImportedDraft) -> list[str]:
    return found.unread["reason"].to_list()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared examples of FHIR are not here")
def test_the_traps_give_what_is_expected() -> None:
    found = import_records([SHARED / "hcc-traps.json"])
    assert cells(found) == json.loads((SHARED / "hcc-traps.expected.jsonl").read_text("utf-8"))
    assert found.as_of == date(2026, 2, 22)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared examples of FHIR are not here")
@pytest.mark.parametrize("name", [path.name for path in SHARED.glob("*.json")])
def test_every_public_example_adds_up(name: str) -> None:
    found = import_records([SHARED / name], DAY)
    counted = found.counted["count"].sum()
    assert found.resources == found.used + found.left_out + counted > 0


@pytest.mark.parametrize(
    ("resource", "variable", "cell"),
    [
        (observation("1975-2", 3.0, "mg/dL"), "bilirubin_umol_l", "51"),
        (observation("1975-2", 2.0, "mg/dL"), "bilirubin_umol_l", "34"),
        (observation("14631-6", 34, "umol/L"), "bilirubin_umol_l", "34"),
        (observation("777-3", 59.2, "10*3/uL"), "platelets_10e9_l", "59.2"),
        (observation("777-3", 59200, "/uL"), "platelets_10e9_l", "59.2"),
        (observation("6301-6", 1.3, None), "inr", "1.3"),
        (observation("6301-6", 1.3, "INR"), "inr", "1.3"),
        (observation("2160-0", 2.0, "mg/dL"), "creatinine_umol_l", "176.8"),
        (observation("1742-6", 301, "U/L"), "alt_u_l", "301"),
        (observation("89247-1", 1.0, "{score}"), "ecog", "1"),
        (observation("89262-0", 1.0, "{score}"), "ecog", "1"),
        (observation("", 9, "/nL") | {"code": {"coding": [LEUKOCYTES]}}, "leukocytes_10e9_l", "9"),
    ],
)
def test_a_number_is_read_in_the_unit_of_its_variable(
    resource: Resource, variable: str, cell: str
) -> None:
    assert cells(draft([resource]))[variable] == cell


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (observation("777-3", 5.1, "mmol/l"), "the unit 'mmol/l' is none of platelets"),
        (observation("1975-2", 3.0, None), "it names no unit"),
        (observation("1968-7", 3.0, "mg/dL"), "direct bilirubin, not total"),
        (observation("89247-1", 1.5, "{score}"), "not whole"),
        (observation("89247-1", 5, "{score}"), "out of range"),
        (
            observation("777-3", 9, "10*9/L") | {"code": BOTH},
            "its codes are those of leukocytes_10e9_l and platelets_10e9_l",
        ),
        (observation("777-3", "1_000", "10*9/L"), "'1_000' is not a number"),
        (CLUMPED, "'clumped' is text, not a number"),
        (observation("777-3", 3000, "10*9/L", status="preliminary"), "its status is preliminary"),
        (observation("777-3", 9000, "10*9/L"), "out of range"),
        (observation("777-3", 90, "10*9/L", effectiveDateTime="2026-03-01"), "after 2026-02-28"),
        (observation("777-3", 90, "10*9/L", effectiveDateTime="2026"), "may be after"),
        (observation("777-3", 90, "10*9/L", effectiveDateTime=None), "it has no date"),
        (observation("777-3", 90, "10*9/L", effectiveDateTime="soon"), "'soon' is not a date"),
        (observation("777-3", 90, "10*9/L", subject=None), "it does not say of which patient"),
        (observation("33728-7", 29, "mm"), "no liver tumour is diagnosed"),
        (condition("I81"), "whether it is tumour"),
        (condition("K76.82", status="provisional"), "its verification status is provisional"),
        (condition("R64", clinicalStatus=concept("x", "resolved")), "clinical status is resolved"),
        (condition("R64", abatementDateTime="2026-02-10"), "it has abated"),
        (condition("I85.01", onsetDateTime="2026-01-01"), "more than 30 days before"),
        (condition("N17.9", status="refuted"), "which says nothing of other causes"),
    ],
)
def test_what_is_not_read_is_listed_with_its_reason(resource: Resource, reason: str) -> None:
    found = draft([{"resourceType": "Patient", "id": "p1"}, resource])
    assert cells(found) == {"patient_id": "p1"}
    assert len(reasons(found)) == 1
    assert reason in reasons(found)[0]


@pytest.mark.parametrize(
    ("resource", "variable", "cell"),
    [
        (condition("R18.8"), "ascites", "mild|moderate_severe"),
        (condition("R18.8", status="refuted"), "ascites", "none"),
        (condition("R64", status="refuted"), "cachexia", "false"),
        (condition("I85.01", onsetDateTime="2026-02-10"), "variceal_bleed_within_month", "true"),
        (condition("D68.4"), "coagulopathy", "correctable|uncorrectable"),
        (condition("K72.90"), "organ_failure", "single|multiple"),
        (condition("K74.60"), "cirrhosis", "true"),
    ],
)
def test_a_diagnosis_gives_what_it_surely_says(
    resource: Resource, variable: str, cell: str
) -> None:
    assert cells(draft([resource]))[variable] == cell


def test_absence_is_never_no() -> None:
    found = draft([{"resourceType": "Patient", "id": "p1"}, condition("C22.0")])
    assert cells(found) == {"patient_id": "p1"}


def test_the_newest_value_counts_in_any_order() -> None:
    old = observation("777-3", 50, "10*9/L", id="old", effectiveDateTime="2026-01-10")
    new = observation("777-3", 90, "10*9/L", id="new", effectiveDateTime="2026-02-10T08:00:00Z")
    for resources in ([old, new], [new, old]):
        found = draft(resources)
        assert cells(found)["platelets_10e9_l"] == "90"
        assert found.used == 1
        assert found.counted["why"].to_list() == ["older than the value used"]


def test_an_older_value_counts_where_the_newest_has_none() -> None:
    old = observation("777-3", 50, "10*9/L", id="old", effectiveDateTime="2026-01-10")
    new = observation("777-3", 0, None, id="new")
    del new["valueQuantity"]
    new["dataAbsentReason"] = concept("x", "error")
    found = draft([old, new])
    assert cells(found)["platelets_10e9_l"] == "50"
    assert reasons(found) == ["it has no value: error"]


def test_a_value_before_its_window_does_not_count() -> None:
    old = observation("777-3", 50, "10*9/L", effectiveDateTime="2025-01-10")
    found = draft([{"resourceType": "Patient", "id": "p1"}, old])
    assert cells(found) == {"patient_id": "p1"}
    assert found.counted["why"].to_list() == ["older than the period that counts"]


@pytest.mark.parametrize("active", [True, False])
def test_an_old_diagnosis_counts_only_if_it_is_said_to_be_active(active: bool) -> None:
    old = condition("K65.2", recordedDate="2019-03-01")
    if not active:
        del old["clinicalStatus"]
    found = draft([{"resourceType": "Patient", "id": "p1"}, old])
    assert ("active_infection" in cells(found)) == active
    told = "it began 2019-03-01, more than 90 days before, and is not said to be active"
    assert reasons(found) == ([] if active else [told])


def test_a_unit_whose_name_and_code_differ_is_not_read() -> None:
    odd = observation("1975-2", 3.0, "umol/L")
    odd["valueQuantity"]["unit"] = "mg/dL"
    found = draft([odd, condition("C22.0")])
    assert reasons(found) == ["its unit is 'umol/L' by its code and 'mg/dL' by its name"]
    local = observation("1975-2", 3.0, "mg/dL")
    local["valueQuantity"] |= {"system": "urn:local", "code": "17"}
    assert cells(draft([local]))["bilirubin_umol_l"] == "51"


@pytest.mark.parametrize("order", [1, -1], ids=["older-first", "newer-first"])
@pytest.mark.parametrize("bundled", [True, False], ids=["bundle", "files"])
def test_a_value_that_was_withdrawn_is_not_read(order: int, bundled: bool) -> None:
    first = observation("777-3", 50, "10*9/L", meta={"versionId": "1"})
    last = {**first, "meta": {"versionId": "2"}, "status": "entered-in-error"}
    versions = [first, last][::order]
    entries = [{"resource": one} for one in versions]
    found = draft([{"resourceType": "Bundle", "entry": entries}] if bundled else versions)
    assert "platelets_10e9_l" not in found.frame.columns
    assert "its status is entered-in-error" in reasons(found)
    assert found.resources == found.used + found.left_out + found.counted["count"].sum() == 2


def test_two_patients_of_one_id_are_not_mixed() -> None:
    patients = [
        {"resourceType": "Patient", "id": "p1", "birthDate": born}
        for born in ("1950-03-01", "1950", "1961-05-02")
    ]
    found = draft([*patients, condition("C22.0"), observation("777-3", 50, "10*9/L")])
    assert cells(found) == {"patient_id": "p1"}
    assert "born 1950-03-01 and 1961-05-02; import the records of each" in reasons(found)[0]
    assert found.with_tumour == frozenset()
    assert found.resources == found.used + found.left_out + found.counted["count"].sum()


def test_what_a_bundle_lacks_is_told() -> None:
    value = observation("777-3", 50, "10*9/L")
    deleted = {"request": {"method": "DELETE", "url": "Observation/o1"}}
    failed = {"response": {"status": "403 Forbidden"}}
    found = draft([{"resourceType": "Bundle", "entry": [failed, {"resource": value}, deleted]}])
    assert reasons(found) == [
        "the server answered 403 Forbidden in place of a resource",
        "another version of it was entered in error or deleted",
    ]
    assert found.resources == found.left_out == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"resourceType": "Patient"', "is not JSON: Expecting ',' delimiter, column 27"),
        (b"", "for it is empty"),
        (b'{"id": "\xfc"}', "JSON in UTF-8"),
        (b'{"hello": 1}', "it has no resourceType"),
        (
            b'{"resourceType": "Patient", "id": "p1"}',
            "no value with a date was found; to see what there is",
        ),
    ],
)
def test_a_file_without_a_date_says_why(tmp_path: Path, text: bytes, reason: str) -> None:
    (tmp_path / "one.json").write_bytes(text)
    with pytest.raises(kg.InputError, match=reason):
        import_records([tmp_path / "one.json"])


def test_values_of_one_day_that_differ_leave_the_variable_open() -> None:
    found = draft(
        [observation("777-3", 50, "10*9/L", id="a"), observation("777-3", 90, "10*9/L", id="b")],
    )
    assert "platelets_10e9_l" not in cells(found)
    assert (
        reasons(found)
        == [
            "Observation/a (2026-02-20: 50 10*9/L), Observation/b (2026-02-20: 90 10*9/L) "
            "contradict one another"
        ]
        * 2
    )


def test_a_diagnosis_that_holds_beside_a_finding_that_denies_it_is_open() -> None:
    none = observation("x", 0, None, id="none") | {"code": concept(SNOMED, "389026000")}
    del none["valueQuantity"]
    none["valueCodeableConcept"] = concept(SNOMED, "860638000")
    assert cells(draft([none]))["ascites"] == "none"
    found = draft([none, condition("R18.8")])
    assert "ascites" not in cells(found)
    assert len(reasons(found)) == 2
    later = condition("R18.8", onsetDateTime="2026-02-25")
    assert cells(draft([none, later]))["ascites"] == "mild|moderate_severe"


def test_a_comparator_is_partial_knowledge() -> None:
    resource = observation("1834-1", 60500, "ng/mL")
    resource["valueQuantity"]["comparator"] = ">"
    assert cells(draft([resource]))["afp_ng_ml"] == ">60500"


def test_two_bounds_of_one_day_give_a_cell_that_can_be_read() -> None:
    low, high = observation("1834-1", 100, "ng/mL", id="a"), observation("1834-1", 300, "ng/mL")
    low["valueQuantity"]["comparator"], high["valueQuantity"]["comparator"] = ">", "<="
    cell = cells(draft([low, high]))["afp_ng_ml"]
    assert cell == "100..300"
    assert kg.classify({"afp_ng_ml": cell}).conflicts == ()


@pytest.mark.parametrize(
    ("others", "read"),
    [
        ([condition("C22.0")], True),
        ([condition("C22.0"), condition("C50.9")], False),
        ([condition("C22.0"), condition("C78.7")], False),
        ([condition("C22.0", status="provisional")], False),
        (
            [condition("C22.0"), condition("x", SNOMED) | {"code": {"text": "Breast cancer"}}],
            False,
        ),
        ([], False),
    ],
)
def test_a_tumour_of_another_organ_is_never_taken_for_the_livers(
    others: list[Resource], read: bool
) -> None:
    found = draft([observation("33728-7", 29, "mm"), *others])
    assert cells(found).get("max_tumour_diameter_cm") == (">=2.9" if read else None)


def site(name: str, code: str) -> Resource:
    return {
        "resourceType": "BodyStructure",
        "id": name,
        "location": concept(SNOMED, code),
        "patient": {"reference": "Patient/p1"},
    }


def test_an_answer_is_told_as_it_was_given() -> None:
    quantity = {"value": 34, "unit": "mm", "system": UCUM, "code": "mm"}
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": "r",
        "questionnaire": QUESTIONNAIRE,
        "status": "completed",
        "authored": "2026-02-20",
        "subject": {"reference": "Patient/p1"},
        "item": [{"linkId": "max_tumour_diameter_cm", "answer": [{"valueQuantity": quantity}]}],
    }
    (row,) = draft([response]).frame.to_dicts()
    assert row["max_tumour_diameter_cm"] == "3.4"
    assert "2026-02-20, 34 mm × 0.1" in row["_sources"]


def test_a_size_of_nothing_leaves_the_diameter_open() -> None:
    found = draft([condition("C22.0"), observation("33728-7", 0, "cm")])
    assert "max_tumour_diameter_cm" not in found.frame.columns
    assert reasons(found) == ["0 cm leaves max_tumour_diameter_cm open"]


def test_tumours_in_focus_are_measured_and_counted() -> None:
    sizes = [
        observation("33728-7", size, "mm", id=name, focus=[{"reference": f"BodyStructure/{name}"}])
        for name, size in (("t1", 29), ("t2", 12), ("t3", 60))
    ]
    sites = [site("t1", "10200004"), site("t2", "71133005"), site("t3", "76752008")]
    found = draft([*sizes, *sites])
    assert cells(found)["max_tumour_diameter_cm"] == ">=2.9"
    assert cells(found)["tumour_count"] == ">=2"
    assert reasons(found) == [
        "it is about BodyStructure/t3, which is not known to be the liver tumour"
    ]


def test_a_panel_is_read_by_its_components() -> None:
    panel = observation("58410-2", 0, None)
    del panel["valueQuantity"]
    panel["component"] = [
        {"code": concept(LOINC, "777-3"), "valueQuantity": {"value": 88, "unit": "10*3/uL"}}
    ]
    found = draft([panel])
    assert cells(found)["platelets_10e9_l"] == "88"
    assert found.used == 1


def test_one_broken_line_loses_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "records.ndjson"
    good = json.dumps(observation("777-3", 90, "10*9/L"))
    deep = "[" * 100_000
    path.write_text(f'{good}\n{{"resourceType": \n\n{deep}\n[1]\n', "utf-8")
    found = import_records([path], DAY)
    assert cells(found)["platelets_10e9_l"] == "90"
    assert ["line 2" in reasons(found)[0], "line 4" in reasons(found)[1]] == [True, True]
    assert found.resources == found.used + found.left_out == 4


@pytest.mark.parametrize(
    "hostile",
    [
        {"resourceType": "Observation"},
        {"resourceType": "resource", "id": "x"},
        {"resourceType": 7},
        {"id": "x"},
        {"resourceType": "Observation", "code": "777-3", "component": 5},
        {"resourceType": "Observation", "code": {"coding": [None, {"code": None}, 3]}},
        {"resourceType": "Condition", "code": {"coding": {"code": "R64", "system": ICD}}},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "entry": [{"resource": 1}, 2, {"fullUrl": 3}]},
        {**observation("777-3", 1, "10*9/L"), "valueQuantity": "90"},
        {**observation("777-3", 1, "10*9/L"), "focus": "x", "subject": [1]},
        {**observation("777-3", "NaN", "10*9/L")},
        {**observation("777-3", 1e400, "10*9/L")},
    ],
)
def test_resources_of_odd_forms_are_counted_or_listed(hostile: Resource) -> None:
    good = observation("6301-6", 1.3, "1", id="good")
    found = draft([hostile, good])
    assert found.resources == found.used + found.left_out + found.counted["count"].sum()
    assert found.frame.filter(patient_id="p1")["inr"].to_list() == ["1.3"]


def test_addresses_and_references_name_one_patient() -> None:
    resource = observation("777-3", 90, "10*9/L", subject={"reference": "urn:uuid:abc"})
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": resource},
            {"fullUrl": "urn:uuid:abc", "resource": {"resourceType": "Patient", "id": "p9"}},
        ],
        "link": [{"relation": "next", "url": "http://example.org/2"}],
    }
    found = draft([bundle])
    assert cells(found) == {"patient_id": "p9", "platelets_10e9_l": "90"}
    assert reasons(found) == ["it is one page of more: the next is not here"]


def test_packed_files_and_folders_are_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "Observation.ndjson.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(observation("777-3", 90, "10*9/L")))
    (tmp_path / "readme.md").write_text("not a record", "utf-8")
    (tmp_path / "Condition.ndjson.zip").write_bytes(b"")
    found = import_records(str(tmp_path), DAY)
    assert cells(found)["platelets_10e9_l"] == "90"
    assert reasons(found) == [
        "Condition.ndjson.zip: only .json and .ndjson are read, and these packed as .gz"
    ]
    assert repr(found) == f"<ImportedDraft as of {DAY}: 1 patient, 1 not read>"
    with pytest.raises(InputError, match="no source is named"):
        import_records([], DAY)
    with pytest.raises(InputError, match="as_of '2026-02-28' is no date"):
        import_records([tmp_path], "2026-02-28")  # type: ignore[arg-type]


def test_several_patients_need_a_date(tmp_path: Path) -> None:
    path = tmp_path / "two.ndjson"
    path.write_text("".join(f'{{"resourceType": "Patient", "id": "{n}"}}\n' for n in "ab"), "utf-8")
    with pytest.raises(InputError, match="--as-of"):
        import_records([path])


def test_own_rules_read_local_codes(tmp_path: Path) -> None:
    rules = tmp_path / "own.ttl"
    rules.write_text(
        """@prefix hcc: <https://w3id.org/hcc-kg/> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        hcc:ours a hcc:CodingSystem ; hcc:systemUri "urn:ours" .
        hcc:our-platelets a hcc:SourceRule ; rdfs:label "platelets" ;
            hcc:codeSystem hcc:ours ; hcc:code "PLT" ; hcc:fills hcc:platelets_10e9_l .""",
        "utf-8",
    )
    path = tmp_path / "records.ndjson"
    path.write_text(
        json.dumps(observation("x", 90, "/nL") | {"code": concept("urn:ours", "PLT")}), "utf-8"
    )
    assert cells(import_records([path], DAY, rules=[rules]))["platelets_10e9_l"] == "90"
    rules.write_text(rules.read_text("utf-8").replace("platelets_10e9_l", "plateletts"), "utf-8")
    with pytest.raises(OntologyError, match="plateletts, which is no variable"):
        import_records([path], DAY, rules=[rules])


@pytest.mark.parametrize("separator", [",", "\t"], ids=["commas", "tabs"])
def test_omop_is_read_by_the_same_rules(tmp_path: Path, separator: str) -> None:
    tables = {
        "person": "person_id\n1\n2\n",
        "concept": "concept_id,vocabulary_id,concept_code\n10,LOINC,1975-2\n11,UCUM,mg/dL\n"
        "12,ICD10CM,R64\n13,LOINC,999\n14,LOINC,1834-1\n15,UCUM,ng/mL\n",
        "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,"
        "value_as_number,unit_concept_id,operator_concept_id\n"
        "1,1,10,2026-02-20,3.0,11,\n2,1,13,2026-02-20,7,,\n3,2,14,2026-02-20,60500,15,4172704\n"
        "4,2,10,2026-02-20,3.0,,\n",
        "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,"
        "condition_source_concept_id,condition_start_date,condition_end_date\n"
        "1,1,0,12,2026-02-01,\n2,2,12,,2026-02-01,2026-02-05\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text.replace(",", separator), "utf-8")
    found = import_records([tmp_path], DAY)
    first, second = found.frame.to_dicts()
    assert (first["bilirubin_umol_l"], first["cachexia"]) == ("51", "true")
    assert (second["afp_ng_ml"], second["cachexia"]) == (">60500", None)
    assert reasons(found) == [
        "it names no unit, and bilirubin_umol_l is given in umol/L, mg/dL",
        "it has ended, 2026-02-05",
    ]
    assert found.resources == found.used + found.left_out + found.counted["count"].sum() == 8


def test_the_draft_is_a_table_that_is_classified(run: Run, tmp_path: Path) -> None:
    source, output = tmp_path / "bundle.json", tmp_path / "draft.csv"
    source.write_text(json.dumps(observation("777-3", 55, "10*9/L")), "utf-8")
    unread = tmp_path / "unread.csv"
    words = ["import", str(source), "-o", str(output), "--unread", str(unread)]
    ran = run(*words)
    assert ran.status == 0
    assert "As of 2026-02-20" in ran.err
    assert kg.classify_table(output).frame.filter(therapy="tace")["verdict"].to_list() == [
        "contraindicated"
    ]
    source.write_text(json.dumps(observation("777-3", 55, "mmol/L")), "utf-8")
    assert run(*words).status == 1
    assert "mmol/L" in unread.read_text("utf-8")


def test_reasons_that_are_as_frequent_are_told_in_the_order_of_the_records(
    run: Run, tmp_path: Path
) -> None:
    odd = [observation("777-3", 55, "10*9/L", id=f"o{i}", status=f"s{i}") for i in range(20)]
    odd += [condition("C22.0"), {"resourceType": "Patient", "id": "p2"}]
    source = tmp_path / "records.ndjson"
    source.write_text("\n".join(json.dumps(one) for one in odd), "utf-8")
    said = run("import", str(source), "-o", "x.csv").err
    told = re.findall("its status is (s[0-9]+)", said)
    assert told == [f"s{i}" for i in range(len(told))] != []
    assert "without one: p2\n" in said


def test_an_explanation_says_where_a_fact_comes_from(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "bundle.json"
    source.write_text(json.dumps(observation("1975-2", 4.0, "mg/dL")), "utf-8")
    for ending in ("csv", "jsonl"):
        run("import", "bundle.json", "-o", f"draft.{ending}")
        told = " ".join(run("explain", f"draft.{ending}", "p1", "tace").out.split())
        assert "68 µmol/L (Observation/o1, 2026-02-20, 4.0 mg/dL × 17)" in told


def test_every_code_of_the_rules_is_read_once_per_variable() -> None:
    assert len(rules().codes) > 40


@pytest.mark.parametrize("status", [{"code": "final"}, ["final"]], ids=["object", "list"])
def test_a_status_that_is_no_text_is_not_final(status: Any) -> None:
    odd = observation("777-3", 55, "10*3/uL", status=status)
    found = draft([condition("C22.0"), odd])
    assert reasons(found) == [f"its status is {status}"]


def test_half_of_a_surrogate_pair_is_told_and_the_other_lines_are_read() -> None:
    odd = observation("777-3", 55, "10*3/uL", id="\ud800")
    found = draft([condition("C22.0"), odd, observation("1975-2", 20, "umol/L")])
    assert cells(found)["bilirubin_umol_l"] == "20"
    assert "half of a surrogate pair" in reasons(found)[0]


@pytest.mark.parametrize(
    ("name", "told"), [("measurement.csv.gz", "convert it"), ("visit.csv", "none of the tables")]
)
def test_a_folder_of_omop_without_a_table_that_is_read_is_refused(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / "person.csv").write_text("person_id\n1\n", "utf-8")
    (tmp_path / "concept.csv").write_text("concept_id,vocabulary_id,concept_code\n", "utf-8")
    (tmp_path / name).write_text("person_id\n1\n", "utf-8")
    with pytest.raises(kg.InputError, match=told):
        import_records([tmp_path], DAY)


def test_numbers_of_concepts_may_be_written_as_fractions(tmp_path: Path) -> None:
    tables = {
        "person": "person_id\n1.0\n",
        "concept": "concept_id,vocabulary_id,concept_code,concept_name\n10,LOINC,1834-1,AFP\n"
        "11,UCUM,ng/mL,x\n12,LOINC,777-3,x\n13,LOINC,1751-7,x\n0,None,No matching concept,x\n"
        "14,ICD10CM,R64,x\n15,Condition Status,OMOP1,Preliminary diagnosis\n16,ICD10CM,C22.0,x\n",
        "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,"
        "value_as_number,unit_concept_id,operator_concept_id,unit_source_value\n"
        "1,1,10,2026-02-20,60500,11.0,4172704.0,\n2,1,12,2026-02-20,50,0,99,10*9/L\n"
        "3,1,13,2026-02-20,35,0,4172703.0,g/L\n4,1,13,2026-02-21,NaN,0,,g/L\n"
        "5,1,99,2026-02-20,1,,,\n",
        "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,"
        "condition_start_date,condition_end_date,condition_status_concept_id\n"
        "1,1,14,2026-02-01,,15\n2,1,16,2026-01-01,2026-02-01,\n3,1,14,2026-02-01,31/12/2026,\n",
    }
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    found = import_records([tmp_path], DAY)
    assert cells(found) == {"patient_id": "1", "afp_ng_ml": ">60500", "albumin_g_l": "35"}
    assert reasons(found) == [
        "the comparator 'concept 99' is not known",
        "it has no value",
        "its status is 'preliminary diagnosis'",
        "it has ended, and '31/12/2026' is not a date",
    ]
    assert ("measurement", "concept 99", "", 1) in found.counted.rows()
    assert found.with_tumour == frozenset()


@pytest.mark.parametrize(
    ("name", "header", "lacking"),
    [
        ("concept", "concept_id;vocabulary_id;concept_code", "concept_id, vocabulary_id, con"),
        ("person", "id", "person_id"),
        ("measurement", "measurement_id,person_id,measurement_date", "measurement_concept_id"),
    ],
)
def test_a_table_of_omop_without_a_column_that_it_needs_is_refused(
    tmp_path: Path, name: str, header: str, lacking: str
) -> None:
    headers = {"concept": "concept_id,vocabulary_id,concept_code", "person": "person_id"}
    for table, columns in (headers | {name: header}).items():
        (tmp_path / f"{table}.csv").write_text(columns + "\n1\n", "utf-8")
    with pytest.raises(kg.InputError, match=rf"{name}\.csv has no column {lacking}"):
        import_records([tmp_path], DAY)


def test_a_vocabulary_has_quotes_in_its_names(tmp_path: Path) -> None:
    concepts = (
        "concept_id\tconcept_name\tvocabulary_id\tconcept_code\n"
        '10\tBilirubin "total\tLOINC\t1975-2\n11\t"mg" per "dL"\tUCUM\tmg/dL\n'
    )
    measured = (
        "measurement_id,person_id,measurement_concept_id,measurement_date,value_as_number,"
        "unit_concept_id\n1,1,10,2026-02-20,3.0,11\n2,,10,2026-02-20,9.0,11\n"
    )
    (tmp_path / "CONCEPT.csv").write_text(concepts, "utf-8")
    (tmp_path / "person.csv").write_text("person_id\n1\n", "utf-8")
    (tmp_path / "measurement.csv").write_text(measured, "utf-8")
    found = import_records([tmp_path], DAY)
    assert cells(found)["bilirubin_umol_l"] == "51"
    assert reasons(found) == ["it does not say of which patient"]


@pytest.mark.parametrize(
    ("name", "size"), [("Malignant neoplasm of breast", None), ("Fracture of ulna", ">=2.9")]
)
def test_a_cancer_is_known_by_its_name_in_omop(tmp_path: Path, name: str, size: str | None) -> None:
    tables = {
        "person": "person_id\n1\n",
        "concept": "concept_id,concept_name,vocabulary_id,concept_code\n1,HCC,ICD10CM,C22.0\n"
        f"2,{name},SNOMED,7\n3,Size,LOINC,33728-7\n4,mm,UCUM,mm\n",
        "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,"
        "value_as_number,unit_concept_id\n1,1,3,2026-02-20,29,4\n",
        "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,"
        "condition_start_date\n1,1,1,2026-02-01\n2,1,2,2026-02-01\n",
    }
    for table, text in tables.items():
        (tmp_path / f"{table}.csv").write_text(text, "utf-8")
    assert cells(import_records([tmp_path], DAY)).get("max_tumour_diameter_cm") == size


def test_diagnoses_without_an_id_are_all_kept() -> None:
    size = observation("33728-7", 29, "mm")
    cancers = [condition(code) for code in ("C50.9", "C22.0")]
    for one in cancers:
        del one["id"]
    assert "max_tumour_diameter_cm" not in cells(draft([size, *cancers]))
    assert "max_tumour_diameter_cm" in cells(draft([size, cancers[1]]))


@pytest.mark.parametrize(
    ("liver", "other", "read"),
    [
        ({}, {"verificationStatus": concept("x", "provisional")}, False),
        ({}, {"verificationStatus": concept("x", "refuted")}, True),
        ({"clinicalStatus": concept("x", "resolved")}, None, False),
        ({"abatementDateTime": "2026-02-02"}, None, False),
        ({"clinicalStatus": concept("x", "recurrence")}, None, True),
        ({"modifierExtension": [{"url": "x"}]}, None, False),
    ],
)
def test_a_suspected_cancer_counts_and_a_former_liver_tumour_does_not(
    liver: Resource, other: Resource | None, read: bool
) -> None:
    found = [observation("33728-7", 29, "mm"), condition("C22.0", **liver)]
    found += [condition("C50.9") | other] if other else []
    assert ("max_tumour_diameter_cm" in cells(draft(found))) == read


def test_a_size_at_a_place_outside_the_liver_is_left_out() -> None:
    for code, read in (("76752008", False), ("10200004", True)):
        size = observation("33728-7", 29, "mm", bodySite=concept(SNOMED, code))
        found = draft([condition("C22.0"), size])
        assert ("max_tumour_diameter_cm" in cells(found)) == read


@pytest.mark.parametrize(
    ("focus", "read"),
    [("Condition/c-C22.0", True), ("Condition/c-C50.9", False), ("Patient/p1", True)],
)
def test_what_is_about_something_else_than_the_patient_is_not_read(focus: str, read: bool) -> None:
    ecog = observation("89247-1", 1, "{score}", focus=[{"reference": focus}])
    found = draft([condition("C22.0"), condition("C50.9"), ecog])
    assert (cells(found).get("ecog") == "1") == read
    assert len(reasons(found)) == (not read)


@pytest.mark.parametrize(
    ("subject", "patient"),
    [
        ("Patient/p1/_history/3", "p1"),
        ("http://example.org/fhir/Patient/p1", "p1"),
        ("p1", "p1"),
        ("Group/p1", ""),
        ("#p1", ""),
        ("http://example.org/fhir/Device/p1", ""),
    ],
)
def test_a_subject_that_is_no_patient_is_left_out(subject: str, patient: str) -> None:
    found = draft([observation("777-3", 90, "10*9/L", subject={"reference": subject})])
    assert found.frame["patient_id"].to_list() == ([patient] if patient else [])
    told = [] if patient else [f"its subject, {subject}, is no patient that is read"]
    assert reasons(found) == told


def test_entries_without_an_id_are_named_by_their_address() -> None:
    tumour = condition("C22.0") | {"id": None, "subject": {"reference": "urn:uuid:a"}}
    size = observation("33728-7", 29, "mm", subject={"reference": "urn:uuid:a"})
    size["focus"] = [{"reference": "urn:uuid:b"}]
    entries = [
        {"fullUrl": "urn:uuid:a", "resource": {"resourceType": "Patient"}},
        {"fullUrl": "urn:uuid:b", "resource": tumour},
        {"resource": size},
    ]
    found = draft([{"resourceType": "Bundle", "entry": entries}])
    assert cells(found) == {"patient_id": "a", "max_tumour_diameter_cm": ">=2.9"}
    assert found.with_tumour == {"a"}


GERMAN = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"


@pytest.mark.parametrize(
    ("verification", "certainty", "cell"),
    [
        ("refuted", None, "false"),
        ({"text": "refuted"}, None, "false"),
        (
            {
                "coding": [
                    {"system": "x", "code": "A"},
                    {"system": "http://terminology.hl7.org/x", "code": "refuted"},
                ]
            },
            None,
            "false",
        ),
        (None, "A", "false"),
        (None, "V", None),
        (None, "Z", None),
        (None, "G", "true"),
        (concept("x", "confirmed"), None, "true"),
    ],
)
def test_a_diagnosis_is_denied_however_it_is_said(
    verification: Any, certainty: str | None, cell: str | None
) -> None:
    found = condition("R64", GERMAN) | {"verificationStatus": verification}
    url = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
    if certainty:
        found["code"]["coding"][0]["extension"] = [{"url": url, "valueCoding": {"code": certainty}}]
    patient = {"resourceType": "Patient", "id": "p1"}
    assert cells(draft([patient, found])).get("cachexia") == cell


def test_a_modifier_extension_leaves_a_resource_unread() -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    more = {"modifierExtension": [{"url": "urn:not", "valueBoolean": True}]}
    for one in (observation("777-3", 90, "10*9/L", **more), condition("R64", **more)):
        found = draft([patient, one])
        assert cells(found) == {"patient_id": "p1"}
        assert "modifier extension" in reasons(found)[0]


def test_the_newest_date_may_be_of_a_period(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    period = {"start": "2026-02-20", "end": "2026-02-24"}
    path.write_text(json.dumps(observation("777-3", 90, "10*9/L", effectivePeriod=period)), "utf-8")
    assert import_records([path]).as_of == date(2026, 2, 24)

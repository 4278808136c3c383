"""Forms made from the variables, filled in, exported, and read back to the same records."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

import kg
from kg.errors import InputError
from kg.guideline.values import Variable
from kg.paths import example_cohort
from kg.patients.cells import parse_cell
from kg.sources.draft import import_records
from kg.sources.forms import QUESTIONNAIRE, questionnaire, redcap

GUIDELINE = kg.load()
COHORT = pl.read_csv(example_cohort(), infer_schema=False)
ASKED = [v for v in GUIDELINE.variables.values() if v.name != "patient_id"]


def known(frame: pl.DataFrame) -> dict[str, dict[str, object]]:
    """Return what each patient of a table is known to have."""
    found = {}
    for row in frame.to_dicts():
        cells = {v.name: parse_cell(v, row.get(v.name)) for v in ASKED}
        found[row["patient_id"]] = {name: one for name, one in cells.items() if one}
    return found


def truth(variable: Variable, cell: str) -> bool | None:
    """Return what a cell of a boolean says."""
    knowledge = parse_cell(variable, cell)
    return knowledge and knowledge.mask == variable.mask_of_words(["true"])


def words(variable: Variable, cell: str) -> list[str]:
    return [word.strip().lower() for word in cell.split("|")] if cell else []


def export(labelled: bool) -> str:
    """Return the example cohort as REDCap would export it from the form."""
    text = io.StringIO()
    rows = csv.writer(text)
    fields = list(csv.DictReader(io.StringIO(redcap(GUIDELINE))))[1:]
    head = ["patient_id" if not labelled else "patient identifier"]
    for field in fields:
        name, label = field["Variable / Field Name"], field["Field Label"]
        if field["Field Type"] == "checkbox":
            for value in GUIDELINE.variables[name].values:
                raw = f"{name}___{value.name.lower()}"
                head.append(f"{label} (choice={value.label})" if labelled else raw)
        else:
            head.append(label if labelled else name)
    rows.writerow([*head, "Complete?" if labelled else "patient_complete"])
    for patient in COHORT.to_dicts():
        row = [patient["patient_id"]]
        for field in fields:
            variable = GUIDELINE.variables[field["Variable / Field Name"]]
            cell = patient.get(variable.name) or ""
            if field["Field Type"] == "checkbox":
                ticked = ("Checked", "Unchecked") if labelled else ("1", "0")
                given = words(variable, cell)
                row += [ticked[value.name.lower() not in given] for value in variable.values]
            elif field["Field Type"] == "yesno":
                told = {None: ("", ""), 1: ("1", "Yes"), 0: ("0", "No")}
                row.append(told[truth(variable, cell)][labelled])
            else:
                row.append(cell)
        rows.writerow([*row, "2"])
    return text.getvalue()


@pytest.mark.parametrize("labelled", [False, True], ids=["raw", "labels"])
def test_the_example_cohort_comes_back_from_redcap(tmp_path: Path, labelled: bool) -> None:
    path = tmp_path / "export.csv"
    path.write_text(export(labelled), "utf-8")
    found = known(import_records([path], guideline=GUIDELINE).frame)
    assert found == known(COHORT)
    assert sum(map(len, found.values())) > 500


def test_the_dictionary_has_the_columns_of_redcap_and_every_variable() -> None:
    head, *rows = csv.reader(io.StringIO(redcap(GUIDELINE)))
    assert len(head) == 18
    assert {len(row) for row in rows} == {18}
    assert {row[0] for row in rows} == set(GUIDELINE.variables)
    assert all(row[0].islower() for row in rows)
    assert {row[3] for row in rows} == {"text", "yesno", "checkbox"}


def test_an_export_with_a_strange_column_or_tick_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("patient_id,ascites___none,ascitis\np1,1,x\n", "utf-8")
    with pytest.raises(
        InputError, match="'ascitis' is no field of the form; the nearest is ascites"
    ):
        import_records([path], guideline=GUIDELINE)
    path.write_text("patient_id,ascites___none\np1,2\n", "utf-8")
    with pytest.raises(InputError, match=r"row 1, ascites .none.: '2' is neither"):
        import_records([path], guideline=GUIDELINE)


def answers(variable: Variable, cell: str) -> list[dict[str, Any]]:
    if variable.type == "enum":
        return [{"valueCoding": {"code": word}} for word in cell.split("|")]
    if variable.type == "boolean":
        return [{"valueBoolean": truth(variable, cell)}]
    if cell[0] in "<>" or ".." in cell:
        return [{"valueString": cell}]
    if variable.type == "integer":
        return [{"valueInteger": int(cell)}]
    return [{"valueQuantity": {"value": float(cell), "code": variable.unit}}]


def test_the_example_cohort_comes_back_from_questionnaires(tmp_path: Path) -> None:
    path = tmp_path / "responses.ndjson"
    lines = []
    for patient in COHORT.to_dicts():
        items = [
            {"linkId": v.name, "answer": answers(v, patient[v.name])}
            for v in ASKED
            if patient.get(v.name)
        ]
        response = {
            "resourceType": "QuestionnaireResponse",
            "id": f"r-{patient['patient_id']}",
            "questionnaire": QUESTIONNAIRE,
            "status": "completed",
            "authored": "2026-02-20",
            "subject": {"reference": f"Patient/{patient['patient_id']}"},
            "item": [{"linkId": "group-1", "item": items}],
        }
        QuestionnaireResponse(**response)
        lines.append(json.dumps(response))
    path.write_text("\n".join(lines), "utf-8")
    found = import_records([path], date(2026, 2, 28), guideline=GUIDELINE)
    assert known(found.frame) == known(COHORT)
    assert found.unread.is_empty()


def test_the_questionnaire_is_one_of_fhir() -> None:
    made = Questionnaire(**json.loads(questionnaire(GUIDELINE)))
    questions = [question for group in made.item for question in group.item]
    assert {question.linkId for question in questions} == {v.name for v in ASKED}

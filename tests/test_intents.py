"""With which intent: exact over completions, alike in columns, and said first where palliative."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import polars as pl
import pytest

import kg
from kg.guideline import Guideline
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import bands_of
from kg.patients.records import Record, read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import ELIGIBLES, result
from kg.tables import classify_table
from tests.test_semantics import CLEAR, clear_record, seeded

Run = Callable[..., Any]
ABLATION = ("rfa", "mwa", "cryoablation", "hifu", "pei", "pei_plus_thermal", "tace_plus_rfa")
CASES = [
    ({"max_tumour_diameter_cm": "4"}, "curative"),
    ({"max_tumour_diameter_cm": "6"}, "palliative"),
    ({"tumour_count": "2..3", "max_tumour_diameter_cm": "4"}, "palliative"),
    ({"tumour_count": "", "max_tumour_diameter_cm": "4"}, "open"),
    ({"max_tumour_diameter_cm": "4", "distant_metastasis": "limited"}, "palliative"),
    ({"max_tumour_diameter_cm": "4", "distant_metastasis": ""}, "open"),
]


def intent(guideline: Guideline, therapy: str, **cells: str) -> str | None:
    record = clear_record(guideline, **cells)
    logic = logic_of(guideline)
    found = result(guideline, record, logic.states(record), logic.missing, logic.intent).therapies[
        therapy
    ]
    assert found.verdict in ELIGIBLES
    return found.intent


@pytest.mark.parametrize(("cells", "expected"), CASES)
def test_intent_of_radiofrequency_ablation(
    guideline: Guideline, cells: dict[str, str], expected: str
) -> None:
    assert intent(guideline, "rfa", **cells) == expected


def test_an_indication_without_intent_has_that_of_what_it_refers_to(guideline: Guideline) -> None:
    assert intent(guideline, "pei", max_tumour_diameter_cm="3") == "curative"
    assert intent(guideline, "pei", max_tumour_diameter_cm="4") == "palliative"
    several = {"tumour_count": "2", "ecog": "1"}
    assert intent(guideline, "tace_plus_rfa", **several) == "curative"
    assert intent(guideline, "tace_plus_rfa", **several, max_tumour_diameter_cm="4") == "palliative"


def test_no_intent_where_the_guideline_gives_none_or_nothing_is_eligible(
    guideline: Guideline,
) -> None:
    assert intent(guideline, "tace", resectable="true", surgery_declined="true") is None
    record, logic = (
        read_record(guideline, "p", {"max_tumour_diameter_cm": "6"}),
        logic_of(guideline),
    )
    found = result(guideline, record, logic.states(record), logic.missing, logic.intent)
    assert {t.intent for t in found.therapies.values()} == {None}


def holds(guideline: Guideline, formula: Formula, bands: dict[str, int]) -> bool:
    match formula:
        case Atom(variable):
            return bool(formula.mask(guideline.variables) & bands[variable])
        case Ref(name):
            return holds(guideline, guideline.formulas[name], bands)
        case Not(part):
            return not holds(guideline, part, bands)
        case And(parts):
            return all(holds(guideline, part, bands) for part in parts)
        case Or(parts):
            return any(holds(guideline, part, bands) for part in parts)


def test_intent_agrees_with_brute_force_over_completions(guideline: Guideline) -> None:
    rng, logic, seen = seeded(), logic_of(guideline), set()
    turning = ("tumour_count", "max_tumour_diameter_cm", "resectable", "tolerates_resection")
    turning = (*turning, "distant_metastasis", "near_gallbladder")
    for _ in range(150):
        known = dict(clear_record(guideline).known)
        for name in turning:
            variable = guideline.variables[name]
            pinned = 1 << rng.randrange(variable.band_count)
            mask = rng.choice([pinned, pinned, rng.randrange(1, variable.everything + 1)])
            known[name] = (
                variable.from_intervals(variable.runs(mask))
                if variable.is_number
                else variable.from_mask(mask)
            )
        record = Record("brute", {}, known)
        for name in ABLATION:
            therapy = guideline.therapies[name]
            indicated = Ref(therapy.classes["indicated"])
            words = set()
            for choice in product(*(bands_of(known[n].mask) for n in turning)):
                bands = {n: k.mask for n, k in known.items()}
                bands |= {n: 1 << band for n, band in zip(turning, choice, strict=True)}
                words.add(expected(guideline, therapy.indications, bands))
                if not holds(guideline, indicated, bands):
                    words = {"not indicated"}
                    break
            if words != {"not indicated"}:
                word = words.pop() if len(words) == 1 else "open"
                assert logic.intent(record, therapy) == word, (name, known)
                seen.add(word)
    assert seen == {"curative", "palliative", "open"}


def expected(guideline: Guideline, indications: tuple[str, ...], bands: dict[str, int]) -> str:
    """Return the intent in one completion, as the text has it and without the ontology's terms."""
    metastases = holds(guideline, Ref("ABL-C2d"), bands)
    curable = {n for n in indications if n not in ("ABL-I3", "ABL-I4", "PEI-I2")}
    cure = any(holds(guideline, Ref(n), bands) for n in curable)
    small = holds(guideline, Ref("ABL-I1"), bands)
    return "curative" if cure and small and not metastases else "palliative"


def test_columns_have_the_intents_of_single_records(guideline: Guideline) -> None:
    names = clear_record(guideline).recorded
    texts = {name: CLEAR.get(name, "false") for name in names}
    rows = [{"patient_id": str(i)} | texts | cells for i, (cells, _) in enumerate(CASES)]
    frame = pl.DataFrame(rows)
    found = list(classify_table(frame).patients())
    assert [p.therapies["rfa"].intent for p in found] == [word for _, word in CASES]


def test_a_verdict_on_palliative_indications_says_so_first(run: Run) -> None:
    said = "Eligible with caution: palliative, never as the only treatment; “larger or several"
    told = run("explain", "--example", "single-7cm-to-be-shrunk", "rfa").out
    assert said in " ".join(told.split())


def test_the_report_on_a_cohort_counts_palliation(run: Run) -> None:
    report = json.loads(run("cohort", "--example", "--format", "json").out)
    told = json.loads(run("classify", "--example", "--format", "json").out)
    for each in report["therapies"]:
        answers = [patient["therapies"][each["therapy"]] for patient in told]
        for verdict, count in each["palliative"].items():
            assert count == sum(
                (a["verdict"], a["intent"]) == (verdict, "palliative") for a in answers
            )
    assert sum(sum(each["palliative"].values()) for each in report["therapies"]) > 20
    assert "palliative*" in run("cohort", "--example").out


def test_an_edition_names_palliative_indications_of_its_own() -> None:
    found = kg.classify(
        {
            "distant_metastasis": "extensive",
            "portal_vein_thrombus": "vp0",
            "hepatic_vein_thrombus": False,
            "child_pugh_class": "A",
            "ecog": 1,
        },
        edition="2026",
        assume="all",
    )
    told = {name: each.intent for name, each in found.therapies.items() if each.intent}
    assert told == {"external_radiotherapy": "palliative"}
    assert found.therapies["external_radiotherapy"].met == ("ERT26-I4",)

"""The semantics: exact over completions, derivation before reasoning, missing never empty."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from kg.guideline import Guideline, Therapy
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import Knowledge, Variable, bands_of
from kg.patients.records import Record, read_record
from kg.reasoning.diagram import NO, YES
from kg.reasoning.logic import STATE, logic_of
from kg.reasoning.verdicts import UNDETERMINED, PatientResult, result

SEED = 20240607
ELIGIBLE = ("eligible", "eligible_with_caution", "eligible_unchecked")

# One small tumour, nothing adverse; what an example says replaces it.
CLEAR = {
    "tumour_count": "1",
    "max_tumour_diameter_cm": "2",
    "tumour_morphology": "nodular",
    "liver_involvement_percent": "5",
    "hepatic_duct_distance_mm": "20",
    "portal_vein_thrombus": "vp0",
    "distant_metastasis": "none",
    "arteriovenous_shunt": "none",
    "child_pugh_class": "A",
    "liver_function_basically_normal": "true",
    "leukocytes_10e9_l": "5",
    "platelets_10e9_l": "150",
    "coagulopathy": "none",
    "active_infection": "none",
    "organ_failure": "none",
    "ecog": "0",
    "expected_survival_months": "24",
    "ablations_with_residual": "0",
    "resectable": "false",
}


def clear_record(guideline: Guideline, **cells: str) -> Record:
    """Return the record of a patient with everything adverse recorded as absent, but `cells`."""
    absent = {
        name: "false"
        for name, variable in guideline.variables.items()
        if variable.type == "boolean" and variable.role == "criterion"
    }
    return read_record(guideline, "p", {**absent, **CLEAR, **cells})


def answer(guideline: Guideline, record: Record) -> PatientResult:
    logic = logic_of(guideline)
    return result(guideline, record, logic.states(record), logic.missing, logic.intent)


def left(guideline: Guideline, cells: Mapping[str, str], variable: str) -> str:
    record = read_record(guideline, "p", cells)
    return guideline.variables[variable].wording(record.known[variable])


# Exact where logic part by part is not


def test_4cm_of_unknown_count_is_indicated_for_rfa_jointly(guideline: Guideline) -> None:
    record = clear_record(guideline, tumour_count="", max_tumour_diameter_cm="4")
    found, rfa = answer(guideline, record), guideline.therapies["rfa"]
    assert found.states[rfa.classes["indicated"]] == "met"
    assert (found.states["ABL-I1"], found.states["ABL-I3"]) == ("unknown", "unknown")
    assert logic_of(guideline).covers(rfa, record) == (("ABL-I1", "ABL-I3"),)


def test_unknown_class_that_is_improvable_meets_the_precondition(guideline: Guideline) -> None:
    record = clear_record(guideline, child_pugh_class="", improvable_to_child_pugh_b="true")
    found = answer(guideline, record)
    assert found.states["ABL-I2"] == "met"
    assert found.therapies["rfa"].verdict == "eligible_unchecked"
    assert found.therapies["rfa"].unchecked == ("ABL-R6",)


def test_unknown_resectability_is_indicated_for_tace_jointly(guideline: Guideline) -> None:
    record = clear_record(
        guideline,
        tumour_count="3",
        max_tumour_diameter_cm="4.5",
        child_pugh_class="B",
        ecog="1",
        tolerates_resection="true",
        surgery_declined="true",
        resectable="",
    )
    found, tace = answer(guideline, record), guideline.therapies["tace"]
    assert found.states[tace.classes["indicated"]] == "met"
    assert all(found.states[name] != "met" for name in tace.indications)
    assert logic_of(guideline).covers(tace, record) == (("HAI-I1", "HAI-I6"),)


def test_unsettled_parts_of_a_met_whole_are_not_missing(guideline: Guideline) -> None:
    record = clear_record(guideline, tumour_count="", max_tumour_diameter_cm="4")
    found = answer(guideline, record)
    assert found.therapies["rfa"].missing == ()
    assert found.therapies["local_ablation_radical"].verdict == UNDETERMINED
    assert found.therapies["local_ablation_radical"].missing == ("tumour_count",)


def test_class_is_missing_and_its_components_are_not(guideline: Guideline) -> None:
    record = clear_record(
        guideline, child_pugh_class="", bilirubin_umol_l="40", albumin_g_l="30", ascites="mild"
    )
    missing = answer(guideline, record).therapies["rfa"].missing
    assert missing == ("child_pugh_class",)


# The class from its components


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        # 3 + 3 + at least 1 + 2 + at least 1 points
        ({"bilirubin_umol_l": "60", "albumin_g_l": "25", "ascites": "mild"}, "C"),
        ({"bilirubin_umol_l": ">51", "albumin_g_l": "<28", "ascites": "mild"}, "C"),
        # 3 + 3 + 1 + 1 + 1 at least, 3 each at most
        ({"bilirubin_umol_l": "60", "albumin_g_l": "25"}, "B|C"),
        # 2 + 2 + 1..3 + 1 + 1
        (
            {
                "bilirubin_umol_l": "40",
                "albumin_g_l": "30",
                "ascites": "none",
                "encephalopathy": "none",
            },
            "B",
        ),
        # 1 + 1 + 1 + 1 + 1..2
        (
            {
                "bilirubin_umol_l": "10",
                "albumin_g_l": "40",
                "inr": "1",
                "ascites": "none",
                "encephalopathy": "none|grade_1_2",
            },
            "A",
        ),
        # 1 + 1 + 1 + 1 + 1..3
        (
            {"bilirubin_umol_l": "10", "albumin_g_l": "40", "inr": "1", "ascites": "none"},
            "A|B",
        ),
        # 3 + 4..12, and 1 + 4..12
        ({"bilirubin_umol_l": "60"}, "B|C"),
        ({"bilirubin_umol_l": "10"}, ""),
        ({}, ""),
    ],
)
def test_components_leave_classes(
    guideline: Guideline, cells: dict[str, str], classes: str
) -> None:
    assert left(guideline, cells, "child_pugh_class") == classes


def test_every_total_of_points_gives_its_class(guideline: Guideline) -> None:
    bands = {
        "bilirubin_umol_l": ("33.9", "34", "51.1"),
        "albumin_g_l": ("35.1", "28", "27.9"),
        "inr": ("1.69", "2.3", "2.31"),
        "ascites": ("none", "mild", "moderate_severe"),
        "encephalopathy": ("none", "grade_1_2", "grade_3_4"),
    }
    for points in product((1, 2, 3), repeat=5):
        cells = {name: bands[name][p - 1] for name, p in zip(bands, points, strict=True)}
        total = sum(points)
        expected = "A" if total <= 6 else "B" if total <= 9 else "C"
        assert left(guideline, cells, "child_pugh_class") == expected, points


def test_recorded_class_is_narrowed_by_components(guideline: Guideline) -> None:
    cells = {"child_pugh_class": "A|B", "bilirubin_umol_l": "60", "albumin_g_l": "25"}
    assert left(guideline, cells, "child_pugh_class") == "B"


# What derivation settles


def test_vp0_settles_the_trunk_for_tace(guideline: Guideline) -> None:
    main = {"tumour_count": "2", "portal_collaterals_formed": "", "surgery_declined": "false"}
    settled = answer(guideline, clear_record(guideline, **main))
    assert settled.therapies["tace"].verdict == "eligible"
    open_ = answer(guideline, clear_record(guideline, **main, portal_vein_thrombus="vp4"))
    assert open_.therapies["tace"].verdict == UNDETERMINED
    assert open_.therapies["tace"].missing == (
        "portal_collaterals_formed",
        "portal_trunk_obstruction",
    )


def test_obstructed_trunk_contraindicates_ablation_as_vp4(guideline: Guideline) -> None:
    record = clear_record(guideline, portal_vein_thrombus="", portal_trunk_obstruction="partial")
    found = answer(guideline, record)
    assert found.therapies["rfa"].verdict == "contraindicated"
    assert "ABL-C2a" in found.therapies["rfa"].met


def test_conflict_leaves_the_verdict_open_where_the_sources_differ(guideline: Guideline) -> None:
    record = clear_record(guideline, tumour_count="2", portal_trunk_obstruction="complete")
    found = answer(guideline, record)
    assert [conflict.id for conflict in found.conflicts] == ["PortalDerivation"]
    assert found.therapies["rfa"].verdict == UNDETERMINED
    assert found.therapies["rfa"].missing == ("portal_vein_thrombus",)
    assert found.therapies["tace"].missing == ("portal_trunk_obstruction",)


def test_class_conflict_leaves_nothing_between_the_sources(guideline: Guideline) -> None:
    components = {"bilirubin_umol_l": "60", "albumin_g_l": "25", "inr": "2.5"}
    record = clear_record(guideline, **components, ascites="mild")
    assert record.known["child_pugh_class"].mask == 0b101
    assert answer(guideline, record).therapies["rfa"].missing == ("child_pugh_class",)


# Bounds and alternatives


@pytest.mark.parametrize(
    ("cells", "therapy", "verdict"),
    [
        ({"max_tumour_diameter_cm": "<=3"}, "local_ablation_radical", "eligible"),
        ({"max_tumour_diameter_cm": "<=5"}, "local_ablation_radical", "eligible"),
        ({"max_tumour_diameter_cm": ">=5"}, "local_ablation_radical", "undetermined"),
        ({"max_tumour_diameter_cm": ">5"}, "local_ablation_radical", "not_indicated"),
        ({"max_tumour_diameter_cm": "4..5"}, "local_ablation_radical", "eligible"),
        (
            {"tumour_count": "<=1", "max_tumour_diameter_cm": "5"},
            "local_ablation_radical",
            "eligible",
        ),
        ({"tumour_count": "1..3"}, "local_ablation_radical", "eligible"),
        ({"tumour_count": ">=3"}, "local_ablation_radical", "undetermined"),
        ({"portal_vein_thrombus": "vp0|vp1"}, "rfa", "eligible"),
        ({"portal_vein_thrombus": "vp1|vp2"}, "rfa", "undetermined"),
        ({"portal_vein_thrombus": "vp2|vp3|vp4"}, "rfa", "contraindicated"),
        ({"child_pugh_class": "A|B"}, "rfa", "eligible"),
        ({"child_pugh_class": "B|C"}, "rfa", "undetermined"),
        ({"hepatic_duct_distance_mm": ">=5"}, "rfa", "eligible"),
        ({"hepatic_duct_distance_mm": "<=5"}, "rfa", "eligible_unchecked"),
        ({"hepatic_duct_distance_mm": "<5"}, "rfa", "eligible_with_caution"),
    ],
)
def test_partial_knowledge_decides(
    guideline: Guideline, cells: dict[str, str], therapy: str, verdict: str
) -> None:
    found = answer(guideline, clear_record(guideline, **cells))
    assert found.therapies[therapy].verdict == verdict


def test_pinned_variable_is_never_missing_however_it_is_written(guideline: Guideline) -> None:
    record = clear_record(guideline, tumour_count="<=1", max_tumour_diameter_cm="")
    assert record.known["tumour_count"].pinned
    found = answer(guideline, record)
    assert found.therapies["local_ablation_radical"].missing == ("max_tumour_diameter_cm",)


def test_surgery_without_contraindications_is_eligible_when_indicated(
    guideline: Guideline,
) -> None:
    cells = {"resectable": "true", "tolerates_resection": "true"}
    found = answer(guideline, clear_record(guideline, **cells)).therapies["surgical_resection"]
    assert (found.verdict, found.met) == ("eligible", ("SUR-I1",))


def test_contraindicated_comes_before_not_indicated(guideline: Guideline) -> None:
    four_small = {"tumour_count": "4", "max_tumour_diameter_cm": "3"}
    found = answer(guideline, clear_record(guideline, **four_small))
    assert found.therapies["rfa"].verdict == "not_indicated"
    found = answer(guideline, clear_record(guideline, **four_small, cachexia="true"))
    assert found.therapies["rfa"].verdict == "contraindicated"


# Random records


def seeded() -> random.Random:
    return random.Random(SEED)  # noqa: S311 - the same records in every run, not a secret


def random_cell(rng: random.Random, variable: Variable) -> str:
    """Return a cell of any notation: nothing, a value, alternatives, a bound or a range."""
    if not variable.is_number:
        count = 1 if variable.type == "boolean" else rng.randint(1, len(variable.words))
        return "|".join(rng.sample(variable.words, count))
    numbers = variable.representatives(variable.everything)
    low, high = sorted(rng.choices(numbers, k=2))
    return rng.choice([str(low), f">={low}", f"<={high}", f"{low}..{high}"])


def random_record(rng: random.Random, guideline: Guideline) -> Record:
    blank = rng.choice([0.1, 0.3, 0.6])
    cells = {
        name: random_cell(rng, variable)
        for name, variable in guideline.variables.items()
        if variable.type != "string" and rng.random() > blank
    }
    # Anything adverse settles a record at once: most of it is made absent.
    for name, cell in cells.items():
        if rng.random() < 0.7 and cell in ("true", "false") and name != "resectable":
            cells[name] = "false"
    return read_record(guideline, "random", cells)


def test_missing_is_empty_exactly_where_nothing_is_undetermined(guideline: Guideline) -> None:
    rng, undetermined = seeded(), 0
    for _ in range(100):
        record = random_record(rng, guideline)
        for therapy in answer(guideline, record).therapies.values():
            undetermined += therapy.verdict == UNDETERMINED
            assert bool(therapy.missing) == (therapy.verdict == UNDETERMINED)
            assert not any(record.known[name].pinned for name in therapy.missing)
            assert not therapy.unchecked or therapy.verdict in ELIGIBLE[1:]
            assert therapy.unchecked or therapy.verdict != "eligible_unchecked"
    assert undetermined > 100


# Agreement with brute force: every completion, one by one

Completion = dict[str, int]  # one band of every variable


def holds(formula: Formula, completion: Completion, guideline: Guideline) -> bool:
    """Return whether a formula is true in a completion, straight from its parts."""
    match formula:
        case Atom(variable):
            return bool(formula.mask(guideline.variables) >> completion[variable] & 1)
        case Ref(name):
            return holds(guideline.formulas[name], completion, guideline)
        case Not(part):
            return not holds(part, completion, guideline)
        case And(parts):
            return all(holds(part, completion, guideline) for part in parts)
        case Or(parts):
            return any(holds(part, completion, guideline) for part in parts)


def completions(
    guideline: Guideline, known: Mapping[str, Knowledge], names: tuple[str, ...]
) -> Iterator[Completion]:
    bands = [
        [
            band
            for band in range(guideline.variables[name].band_count)
            if known[name].mask >> band & 1
        ]
        for name in names
    ]
    for choice in product(*bands):
        yield dict(zip(names, choice, strict=True))


def random_knowledge(
    rng: random.Random, guideline: Guideline, names: tuple[str, ...], open_: int
) -> dict[str, Knowledge]:
    """Return knowledge that leaves at most `open_` of the named variables open."""
    loose = set(rng.sample(names, min(open_, len(names))))
    known = {}
    for name, variable in guideline.variables.items():
        if variable.type == "string":
            continue
        bands = range(variable.band_count)
        left_ = rng.sample(bands, rng.randint(1, len(bands)) if name in loose else 1)
        if variable.is_number:
            known[name] = variable.from_intervals(tuple(variable.bands[b] for b in left_))
        else:
            known[name] = variable.from_mask(sum(1 << band for band in left_))
    return known


def test_states_agree_with_brute_force(guideline: Guideline) -> None:
    rng, logic = seeded(), logic_of(guideline)
    seen = dict.fromkeys(STATE.values(), 0)
    for name in guideline.formulas:
        names = guideline.variables_of(Ref(name))
        if not set(names) <= set(logic.diagrams.order):
            continue  # classes of the derivations, on components of the score
        for _ in range(12):
            known = random_knowledge(rng, guideline, names, open_=5)
            truths = {
                holds(Ref(name), completion, guideline)
                for completion in completions(guideline, known, names)
            }
            expected = STATE[(YES if True in truths else 0) | (NO if False in truths else 0)]
            seen[expected] += 1
            assert logic.state(name, known) == expected, name
    assert min(seen.values()) > 100


def brute_answer(guideline: Guideline, therapy: Therapy, completion: Completion) -> str:
    """Return the answer of one completion, the eligible verdicts counting as one."""
    absolute = therapy.classes.get("contraindicated")
    if absolute is not None and holds(Ref(absolute), completion, guideline):
        return "contraindicated"
    indicated = holds(Ref(therapy.classes["indicated"]), completion, guideline)
    return "eligible" if indicated else "not_indicated"


def brute_missing(
    guideline: Guideline, therapy: Therapy, known: Mapping[str, Knowledge]
) -> set[str]:
    """Return the variables in which alone two completions of different answers differ."""
    classes = [
        c for aspect, c in therapy.classes.items() if aspect in ("indicated", "contraindicated")
    ]
    names = tuple(sorted({v for c in classes for v in guideline.variables_of(Ref(c))}))
    answers = {
        tuple(completion.values()): brute_answer(guideline, therapy, completion)
        for completion in completions(guideline, known, names)
    }
    return {
        name
        for i, name in enumerate(names)
        for choice, first in answers.items()
        for band in range(guideline.variables[name].band_count)
        if answers.get((*choice[:i], band, *choice[i + 1 :]), first) != first
    }


def test_missing_variables_agree_with_brute_force(guideline: Guideline) -> None:
    rng, logic, several = seeded(), logic_of(guideline), 0
    for therapy in guideline.therapies.values():
        names = guideline.variables_of(Ref(therapy.classes["indicated"]))
        for _ in range(15):
            known = adverse_absent(guideline, random_knowledge(rng, guideline, names, open_=4))
            record = Record("brute", {}, known)
            expected = brute_missing(guideline, therapy, known)
            several += len(expected) > 1
            assert set(logic.missing(record, therapy)) == expected, therapy.id
    assert several > 15


def adverse_absent(guideline: Guideline, known: Mapping[str, Knowledge]) -> dict[str, Knowledge]:
    """Return knowledge without most contraindications, so that indications decide."""
    clear = clear_record(guideline).known
    return {
        name: clear[name] if knowledge.pinned and clear[name].pinned else knowledge
        for name, knowledge in known.items()
    }


def test_two_open_contraindications_are_both_missing(guideline: Guideline) -> None:
    record = clear_record(guideline, cachexia="", hepatic_vein_thrombus="", near_gallbladder="")
    rfa = guideline.therapies["rfa"]
    expected = {"cachexia", "hepatic_vein_thrombus"}
    assert brute_missing(guideline, rfa, record.known) == expected
    assert set(logic_of(guideline).missing(record, rfa)) == expected


SHARPENED = {
    "not_indicated": {"not_indicated", "contraindicated"},
    "contraindicated": {"contraindicated"},
    "eligible": {"eligible"},
    "eligible_with_caution": {"eligible_with_caution"},
    "eligible_unchecked": {"eligible", "eligible_with_caution", "eligible_unchecked"},
}


def test_more_knowledge_sharpens_a_verdict_and_never_undoes_it(guideline: Guideline) -> None:
    rng, logic, changed = seeded(), logic_of(guideline), set()
    names = logic.diagrams.order
    for _ in range(100):
        known = random_knowledge(rng, guideline, names, open_=12)
        known = adverse_absent(guideline, known)
        name = rng.choice([n for n in names if not known[n].pinned])
        variable, mask = guideline.variables[name], known[name].mask
        band = 1 << rng.choice(bands_of(mask))
        less = (
            variable.from_mask(band)
            if not variable.is_number
            else (variable.from_intervals(variable.runs(band)))
        )
        for therapy in guideline.therapies.values():
            before, after = (
                logic.verdict(therapy, logic.evaluation(k)) for k in (known, known | {name: less})
            )
            assert before == UNDETERMINED or after in SHARPENED[before]
            changed.add((before, after))
    assert ("not_indicated", "contraindicated") in changed


# The worked examples of the contract


def test_worked_examples_of_the_contract(guideline: Guideline, shared: Path) -> None:
    with (shared / "spec" / "examples.csv").open(encoding="utf-8", newline="") as file:
        rows = {row.pop("patient_id"): row for row in csv.DictReader(file)}
    expected = json.loads((shared / "spec" / "examples.json").read_text(encoding="utf-8"))
    assert len(rows) == len(expected) == 20
    for patient in expected:
        name = patient["patient_id"]
        found = answer(guideline, read_record(guideline, name, rows[name]))
        assert as_json(found) == patient, name


def as_json(found: PatientResult) -> dict[str, Any]:
    return {
        "patient_id": found.patient_id,
        "therapies": {
            name: {
                "verdict": therapy.verdict,
                "met": list(therapy.met),
                "missing": list(therapy.missing),
                "unchecked": list(therapy.unchecked),
            }
            for name, therapy in found.therapies.items()
        },
        "recommendations": dict(found.recommendations),
        "response_to_ablation": found.response_to_ablation,
        "conflicts_reported": bool(found.conflicts),
    }

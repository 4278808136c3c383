"""Every criterion, recommendation and response at its limit, past it, and left open."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from kg.guideline import Guideline
from kg.patients.records import Record, read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN

PATIENTS = Path(__file__).parent / "patients"


def read(name: str) -> list[dict[str, str]]:
    with (PATIENTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells_of(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip(): cell.strip() for name, _, cell in parts}


BASES = {row["base"]: cells_of(row["cells"]) for row in read("bases.csv")}
ROWS = read("boundaries.csv")


def record_of(guideline: Guideline, row: Mapping[str, str]) -> Record:
    base = BASES[row["base"]] if row["base"] else {}
    return read_record(guideline, "boundary", {**base, **cells_of(row["cells"])})


def named(row: Mapping[str, str]) -> str:
    base = f"{row['base']}+" if row["base"] else ""
    return f"{row['criterion']}-{row['state']}-{base}{row['cells']}"


@pytest.mark.parametrize("row", ROWS, ids=map(named, ROWS))
def test_boundary_patient_has_the_state_of_the_contract(
    guideline: Guideline, row: dict[str, str]
) -> None:
    states = logic_of(guideline).states(record_of(guideline, row))
    assert states[row["criterion"]] == row["state"]


def test_every_criterion_recommendation_and_response_has_all_three_states(
    guideline: Guideline,
) -> None:
    found = defaultdict(set)
    for row in ROWS:
        found[row["criterion"]].add(row["state"])
    asked = {*guideline.criteria, *guideline.recommendations, *guideline.responses}
    assert len(guideline.criteria) > 50
    assert set(found) == asked
    assert {name for name in found if found[name] != {MET, EXCLUDED, UNKNOWN}} == set()


def test_both_sides_of_every_threshold_occur(guideline: Guideline) -> None:
    recorded, thresholds = numbers_by_band(guideline), 0
    asked = {*guideline.criteria.values(), *guideline.recommendations.values()}
    names = {name for term in asked for name in guideline.variables_of(term.formula)}
    for variable in (guideline.variables[name] for name in names):
        step = Decimal(1) if variable.type == "integer" else Decimal("0.1")
        for band in range(len(variable.bands) - 1):
            thresholds += 1
            below, above = recorded[variable.name, band], recorded[variable.name, band + 1]
            assert below, f"{variable.name}: no row at or below {variable.bands[band]}"
            assert above, f"{variable.name}: no row at or above {variable.bands[band + 1]}"
            assert min(above) - max(below) <= step, f"{variable.name}: no rows close to a limit"
            edges = {variable.bands[band].high, variable.bands[band + 1].low}
            assert edges & {max(below), min(above)}, f"{variable.name}: no row at the limit itself"
    assert thresholds > 10


def numbers_by_band(guideline: Guideline) -> dict[tuple[str, int], set[Decimal]]:
    """Return the single numbers that the rows record, by variable and band."""
    found = defaultdict(set)
    for row in ROWS:
        for name, knowledge in record_of(guideline, row).recorded.items():
            if guideline.variables[name].is_number and knowledge.pinned:
                value = knowledge.intervals[0].low
                assert value is not None
                found[name, knowledge.mask.bit_length() - 1].add(value)
    return found


def test_every_base_is_used_and_no_row_is_written_twice() -> None:
    assert {row["base"] for row in ROWS if row["base"]} == set(BASES)
    assert len({tuple(row.values()) for row in ROWS}) == len(ROWS)

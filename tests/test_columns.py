"""Columns: what is read of a whole column, and derived from it, is what is read cell by cell."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from kg.guideline import Derivation, Guideline, load
from kg.guideline.intervals import Interval, cut_bands, plain
from kg.guideline.rules import Narrowing
from kg.guideline.values import Variable
from kg.patients.cells import CellError, parse_cell
from kg.patients.column_records import CONFLICTS, derived_columns
from kg.patients.columns import as_text, mask_type, read_columns
from kg.patients.tables import PatientTable

VARIABLES = {name: v for name, v in load().variables.items() if v.type != "string"}
NUMBERS = {name: variable for name, variable in VARIABLES.items() if variable.is_number}
FLOATS = [pl.Float16(), pl.Float32(), pl.Float64()]
INTEGERS = [pl.Int8(), pl.UInt8(), pl.Int16(), pl.UInt32(), pl.Int64(), pl.UInt64(), pl.Int128()]
ODD: list[str | None] = [
    "",
    "NA",
    " Null",
    "unknown",
    None,
    "x",
    "|",
    "3,5",
    "5..2",
    "1..",
    ">",
    "=1",
    "1 000",
]
ODD += ["N/A", "None", "-", ".", "y", "0.0", "1.0", "0...5", "1,050", "2,5"]
ODD += ["nan", "inf", "-Infinity", "1_0", "0x2", "1e", "e1", "1e5", "1.2.3", "--1", "+-1", "²", "٣"]
ODD += [" 2", "2\t", "2\n", "\xa02", "2f", "2d", "1e-400", "1e400", "-1e-400", "2e-17"]


def edges(variable: Variable) -> list[Decimal]:
    """Return every number at which something changes."""
    ends = {end for i in (*variable.bands, variable.range) for end in (i.low, i.high)}
    return sorted(end for end in ends if end is not None)


def near(variable: Variable, step: str) -> list[Decimal]:
    return [
        edge + delta for edge in edges(variable) for delta in (-Decimal(step), 0, Decimal(step))
    ]


def cells(variable: Variable, chance: random.Random) -> list[str | None]:
    """Return good cells, boundary cells and bad cells of a variable, in random order."""
    found: list[str | None] = list(ODD)
    if variable.is_number:
        numbers = [
            plain(n)
            for step in ("1", "0.1", "0.00001", "0.00000000000000000001")
            for n in near(variable, step)
        ]
        found += numbers
        found += [chance.choice((">=", "<=", ">", "< ", "≥", "≤ ")) + n for n in numbers]
        found += [f"{chance.choice(numbers)}..{chance.choice(numbers)}" for _ in numbers]
        found += ["-0", "+1", "1.0", "2.50", "1e400", "1e-400", "2e0", ".5", "5.", "9" * 40, "007"]
    else:
        words = [*variable.words, "true", "no", "1", "0", "YES"]
        found += [f" {word.upper()} " for word in words] + words
        found += ["|".join(chance.sample(words, k)) for k in (2, 3) for _ in range(6)]
    chance.shuffle(found)
    return found


def assert_same(variable: Variable, column: pl.Series) -> None:
    """Assert that a column is read as its cells are."""
    read = read_columns([variable], column.to_frame(variable.name))[variable.name]
    assert read.mask.dtype == mask_type(variable)
    faults = [None] * len(column) if read.fault is None else read.fault.to_list()
    texts = as_text(column).to_list()
    for text, *found in zip(texts, read.mask, read.pinned, faults, strict=True):
        expected: list[object]
        try:
            known = parse_cell(variable, text)
            expected = [known and known.mask, bool(known and known.pinned), None]
        except CellError as error:
            expected = [None, False, str(error)]
        assert found == expected, f"{variable.name} {text!r} as {column.dtype}"


# Columns against cells


@pytest.mark.parametrize("name", VARIABLES)
def test_few_texts_are_read_as_cells_are(name: str) -> None:
    texts = cells(VARIABLES[name], random.Random(name))  # noqa: S311 - repeatable, no secret
    assert_same(VARIABLES[name], pl.Series(texts * 2, dtype=pl.String))


@pytest.mark.parametrize("name", NUMBERS)
def test_many_texts_are_read_as_cells_are(name: str) -> None:
    chance = random.Random(name)  # noqa: S311
    top = float(edges(NUMBERS[name])[-1]) * 1.2 + 3
    texts = cells(NUMBERS[name], chance)
    texts += [f"{chance.uniform(-1, top):.{i % 16}f}" for i in range(480)]
    texts += [str(i) for i in range(120)]
    assert_same(NUMBERS[name], pl.Series(texts, dtype=pl.String))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_floats_at_and_beside_thresholds_are_read_as_cells_are(
    name: str, dtype: pl.DataType
) -> None:
    values = [0.0, -0.0, 0.1, 2.0, 2.5, math.nan, math.inf, -math.inf, 1e16, 1e22, 1e-30, None]
    for edge in map(float, edges(NUMBERS[name])):
        values += [edge, math.nextafter(edge, math.inf), math.nextafter(edge, -math.inf)]
        values += [edge * (1 + 2e-7), edge * (1 - 2e-7)]
    assert_same(NUMBERS[name], pl.Series(values, dtype=dtype))


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("scale", [0, 1, 2, 10])
def test_decimals_at_thresholds_are_read_as_cells_are(name: str, scale: int) -> None:
    step = Decimal(1).scaleb(-scale)
    values = [value.quantize(step) for value in near(NUMBERS[name], str(step))]
    assert_same(NUMBERS[name], pl.Series([*values, None], dtype=pl.Decimal(30, scale)))


def test_decimals_with_no_room_for_the_thresholds_are_read_as_cells_are() -> None:
    values = [Decimal(0), Decimal("0.5"), Decimal(1), None]
    for variable in NUMBERS.values():
        assert_same(variable, pl.Series(values, dtype=pl.Decimal(38, 37)))


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_whole_numbers_are_read_as_cells_are(dtype: pl.DataType) -> None:
    for variable in NUMBERS.values():
        values = [int(n) for n in near(variable, "1") if 0 <= n <= 127]
        assert_same(variable, pl.Series([*values, 127, None], dtype=dtype))


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, False, None]),
        pl.Series([1, 0, None, 2]),
        pl.Series([1.0, 0.0, 2.5, None, math.nan]),
        pl.Series([None, None]),
        pl.Series([], dtype=pl.String),
        pl.Series(["A", "none", "1", None, "2.3"], dtype=pl.Categorical),
        pl.Series(["vp1", "true"], dtype=pl.Enum(["true", "vp1"])),
    ],
    ids=lambda column: f"{column.dtype}-{len(column)}",
)
def test_column_of_any_type_is_read_as_its_texts_are(column: pl.Series) -> None:
    for variable in VARIABLES.values():
        assert_same(variable, column)


# Derived columns against records


def random_table(path: Path, count: int, with_lesions: bool) -> tuple[Path, Path | None]:
    """Write records of good cells, about half of them empty, and lesions of some."""
    chance = random.Random(7 + with_lesions)  # noqa: S311
    good = {name: [c for c in cells(v, chance) if is_good(v, c)] for name, v in VARIABLES.items()}
    rows = [
        {"patient_id": f"p{i}"}
        | {n: chance.choice(good[n]) if chance.random() < 0.6 else None for n in VARIABLES}
        for i in range(count)
    ]
    pl.DataFrame(rows, infer_schema_length=None).write_csv(path / "p.csv")
    if not with_lesions:
        return path / "p.csv", None
    columns = load().lesion_columns
    lesions = [
        {"patient_id": f"p{i}", "lesion_id": f"{j}"}
        | {c: chance.choice(good[v.name]) for c, v in columns.items() if chance.random() < 0.7}
        for i in range(0, count, 2)
        for j in range(chance.randint(1, 4))
    ]
    pl.DataFrame(lesions, infer_schema_length=None).write_csv(path / "l.csv")
    return path / "p.csv", path / "l.csv"


def is_good(variable: Variable, cell: str | None) -> bool:
    try:
        parse_cell(variable, cell)
    except CellError:
        return False
    return True


@pytest.mark.parametrize("with_lesions", [False, True], ids=["alone", "lesions"])
def test_derived_columns_are_what_the_records_derive(
    guideline: Guideline, tmp_path: Path, with_lesions: bool
) -> None:
    table = PatientTable(guideline, *random_table(tmp_path, 300, with_lesions))
    conflicting = conflicts_found(table)
    rules = [rule.id for rule in guideline.derivations if with_lesions or not rule.from_lesions]
    assert conflicting >= set(rules)


def test_rules_on_one_target_and_on_numbers_are_read_as_those_of_records(
    guideline: Guideline, tmp_path: Path
) -> None:
    cuts = tuple(Interval.point(Decimal(number)) for number in range(1, 10))
    diameter = guideline.variables["max_tumour_diameter_cm"]
    bands = cut_bands(diameter.range, cuts, whole=False)
    assert len(bands) > 16
    large = 1 << (len(bands) - 1)
    rules = [
        narrowing_rule("Grade", "ecog", 0b10, "portal_vein_thrombus", 0b11),
        narrowing_rule("Size", diameter.name, large, "portal_vein_thrombus", 0b1),
        narrowing_rule("Stage", "ecog", 0b01, diameter.name, large - 1),
    ]
    finer = {**guideline.variables, diameter.name: replace(diameter, bands=bands)}
    more = replace(guideline, variables=finer, derivations=(*guideline.derivations, *rules))
    table = PatientTable(more, *random_table(tmp_path, 300, with_lesions=False))
    assert conflicts_found(table) >= {rule.id for rule in rules}


def narrowing_rule(name: str, source: str, when: int, target: str, then: int) -> Derivation:
    narrowing = Narrowing(source, when, target, then)
    return Derivation(name, name, name, None, 99, (target,), None, None, (narrowing,))


def conflicts_found(table: PatientTable) -> set[str]:
    """Return the rules by which rows are in conflict, which columns and records say alike."""
    (batch,) = table.batches()
    assert len(batch.cells) == 300
    derived = derived_columns(table, batch)
    conflicting = set[str]()
    for record, row in zip(table.records(batch), derived.iter_rows(named=True), strict=True):
        assert {n: known.mask for n, known in record.known.items()} == {
            n: row[n] for n in record.known
        }
        told = [(tuple(c["variables"]), c["message"]) for c in json.loads(row[CONFLICTS])]
        assert told == [(conflict.variables, conflict.message) for conflict in record.conflicts]
        conflicting.update(conflict.id for conflict in record.conflicts)
    return conflicting

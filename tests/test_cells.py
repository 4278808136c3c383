"""The notation of a cell: what remains possible, or the error; and the intervals beneath."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from counting import no_hang

from kg.guideline import Guideline
from kg.guideline.intervals import Interval, cut_bands, plain
from kg.guideline.values import Knowledge
from kg.patients.cells import CellError, parse_cell

HUGE = "9" * 40
NOTHING = ["", "   ", "\t", "NA", "na", "null", "unknown", " Unknown ", "N/A", "n/a", "NaN", "nan"]
NOTHING += ["not available", "[Not Available]", ".", "?", "-", "--", " - "]


def numbers(knowledge: Knowledge | None) -> str:
    """Write the one interval of a number as in a textbook: [ and ] include, ( and ) do not."""
    assert knowledge is not None
    (interval,) = knowledge.intervals
    left = "(" if interval.low_open else "["
    right = ")" if interval.high_open or interval.high is None else "]"
    return f"{left}{end(interval.low)}, {end(interval.high)}{right}"


def end(number: Decimal | None) -> str:
    return "inf" if number is None else f"{number.normalize() + 0:f}"


def parsed(guideline: Guideline, variable: str, cell: str | None) -> Knowledge | None:
    return parse_cell(guideline.variables[variable], cell)


def words(guideline: Guideline, variable: str, cell: str) -> list[str]:
    knowledge = parsed(guideline, variable, cell)
    assert knowledge is not None
    names = guideline.variables[variable].words
    return [word for i, word in enumerate(names) if knowledge.mask >> i & 1]


NUMBERS = [
    # variable, cell, what remains
    ("max_tumour_diameter_cm", "5", "[5, 5]"),
    ("max_tumour_diameter_cm", "4.25", "[4.25, 4.25]"),
    ("max_tumour_diameter_cm", "  4.25 ", "[4.25, 4.25]"),
    ("max_tumour_diameter_cm", "+5", "[5, 5]"),
    ("max_tumour_diameter_cm", ".5", "[0.5, 0.5]"),
    ("max_tumour_diameter_cm", "5.", "[5, 5]"),
    ("max_tumour_diameter_cm", "05", "[5, 5]"),
    ("max_tumour_diameter_cm", "0.4e1", "[4, 4]"),
    ("max_tumour_diameter_cm", "40E-1", "[4, 4]"),
    ("max_tumour_diameter_cm", ">=5", "[5, 40]"),
    ("max_tumour_diameter_cm", ">5", "(5, 40]"),
    ("max_tumour_diameter_cm", "<5", "(0, 5)"),
    ("max_tumour_diameter_cm", "<=3", "(0, 3]"),
    ("max_tumour_diameter_cm", "<= 3", "(0, 3]"),
    ("max_tumour_diameter_cm", " >=\t5 ", "[5, 40]"),
    ("max_tumour_diameter_cm", "≥5", "[5, 40]"),
    ("max_tumour_diameter_cm", "≤ 3", "(0, 3]"),
    ("max_tumour_diameter_cm", "1..2", "[1, 2]"),
    ("max_tumour_diameter_cm", " 1 .. 2 ", "[1, 2]"),
    ("max_tumour_diameter_cm", "1.5..2.5", "[1.5, 2.5]"),
    ("max_tumour_diameter_cm", "2..2", "[2, 2]"),
    ("max_tumour_diameter_cm", "40", "[40, 40]"),
    ("max_tumour_diameter_cm", ">=40", "[40, 40]"),
    # a bound or a range is cut to the range of the variable
    ("max_tumour_diameter_cm", ">=0", "(0, 40]"),
    ("max_tumour_diameter_cm", ">=-3", "(0, 40]"),
    ("max_tumour_diameter_cm", "<=1000", "(0, 40]"),
    ("max_tumour_diameter_cm", "-1..100", "(0, 40]"),
    ("liver_involvement_percent", "<=0", "[0, 0]"),
    ("liver_involvement_percent", "-0", "[0, 0]"),
    ("hepatic_duct_distance_mm", ">=5", "[5, inf)"),
    ("hepatic_duct_distance_mm", "<5", "[0, 5)"),
    # units: exact, by the factors of the thresholds
    ("bilirubin_umol_l", "3.0 mg/dL", "[51, 51]"),
    ("bilirubin_umol_l", "2mg/dl", "[34, 34]"),
    ("bilirubin_umol_l", ">3 mg / dL", "(51, 2000]"),
    ("bilirubin_umol_l", "1.1..1.2 mg/dL", "[18.7, 20.4]"),
    ("bilirubin_umol_l", "40 µmol/l", "[40, 40]"),
    ("albumin_g_l", "3.5 g/dL", "[35, 35]"),
    ("max_tumour_diameter_cm", "≥30 mm", "[3, 40]"),
    ("max_tumour_diameter_cm", "5 cm", "[5, 5]"),
    ("platelets_10e9_l", "60000 /uL", "[60, 60]"),
    ("platelets_10e9_l", "60 10^3/µL", "[60, 60]"),
    ("max_tumour_diameter_cm", "４．５ ｃｍ", "[4.5, 4.5]"),
    # whole numbers
    ("tumour_count", "2", "[2, 2]"),
    ("tumour_count", "2.0", "[2, 2]"),
    ("tumour_count", "2e0", "[2, 2]"),
    ("tumour_count", ">3", "[4, inf)"),
    ("tumour_count", ">=3.0", "[3, inf)"),
    ("tumour_count", "<3", "[1, 2]"),
    ("tumour_count", "<2", "[1, 1]"),
    ("tumour_count", "<=1", "[1, 1]"),
    ("tumour_count", "0..2", "[1, 2]"),
    ("ecog", ">=3", "[3, 4]"),
    ("ecog", ">3", "[4, 4]"),
]


@pytest.mark.parametrize(("variable", "cell", "remains"), NUMBERS)
def test_number_cell_leaves_what_reads_back_as_the_same(
    guideline: Guideline, variable: str, cell: str, remains: str
) -> None:
    knowledge = parsed(guideline, variable, cell)
    assert numbers(knowledge) == remains
    low, high = remains[1:-1].split(", ")
    assert knowledge is not None
    assert knowledge.pinned == (low == high)
    wording = guideline.variables[variable].wording(knowledge)
    again = parsed(guideline, variable, wording) or guideline.variables[variable].unknown
    assert again == knowledge


WORDS = [
    ("portal_vein_thrombus", "vp0", ["vp0"]),
    ("portal_vein_thrombus", "VP0", ["vp0"]),
    ("portal_vein_thrombus", " vp0 ", ["vp0"]),
    ("portal_vein_thrombus", "vp1|vp2|vp3|vp4", ["vp1", "vp2", "vp3", "vp4"]),
    ("portal_vein_thrombus", "Vp4 |\tvp3", ["vp3", "vp4"]),
    ("portal_vein_thrombus", "vp2|vp2", ["vp2"]),
    ("child_pugh_class", "b", ["B"]),
    ("child_pugh_class", "A|B|C", ["A", "B", "C"]),
    ("ascites", "None", ["none"]),
    ("cachexia", "true", ["true"]),
    ("cachexia", "TRUE", ["true"]),
    ("cachexia", "Yes", ["true"]),
    ("cachexia", "1", ["true"]),
    ("cachexia", "False", ["false"]),
    ("cachexia", "no", ["false"]),
    ("cachexia", " 0 ", ["false"]),
    *(("cachexia", word, ["true"]) for word in ("1.0", "y", "Y", "t")),
    *(("cachexia", word, ["false"]) for word in ("0.0", "N", "f", "F")),
]


@pytest.mark.parametrize(("variable", "cell", "remains"), WORDS)
def test_word_cell_leaves(
    guideline: Guideline, variable: str, cell: str, remains: list[str]
) -> None:
    assert words(guideline, variable, cell) == remains
    knowledge = parsed(guideline, variable, cell)
    assert knowledge is not None
    assert knowledge.pinned == (len(remains) == 1)


@pytest.mark.parametrize(
    "cell",
    [None, *NOTHING],
)
@pytest.mark.parametrize("variable", ["cachexia", "ascites", "tumour_count", "inr"])
def test_cell_that_says_nothing(guideline: Guideline, variable: str, cell: str | None) -> None:
    assert parsed(guideline, variable, cell) is None


@pytest.mark.parametrize("cell", ["None", "none", "NONE"])
def test_none_is_a_value_where_the_variable_has_it_and_unknown_elsewhere(
    guideline: Guideline, cell: str
) -> None:
    assert words(guideline, "ascites", cell) == ["none"]
    assert parsed(guideline, "tumour_count", cell) is None
    assert parsed(guideline, "cachexia", cell) is None


@pytest.mark.parametrize("cell", ["1,200", "60,500", ">60,500", "100..1,000", "-1,050"])
@pytest.mark.parametrize("variable", ["afp_ng_ml", "platelets_10e9_l", "tumour_count"])
def test_comma_before_three_digits_is_asked_about_and_no_value_is_proposed(
    guideline: Guideline, variable: str, cell: str
) -> None:
    number = next(part for part in re.split(r"[>.]+", cell) if "," in part)
    with pytest.raises(CellError) as caught:
        parsed(guideline, variable, cell)
    assert "write the one that is meant" in str(caught.value)
    for meaning in (number.replace(",", "."), number.replace(",", "")):
        assert f" {meaning} (" in str(caught.value)
        assert f"write {meaning}" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "proposed"), [("0,125", "0.125"), ("1200,500", "1200.500"), ("1,2", "1.2")]
)
def test_comma_that_separates_no_thousands_is_a_decimal_comma(
    guideline: Guideline, cell: str, proposed: str
) -> None:
    with pytest.raises(CellError, match=f"decimal comma; write {proposed}"):
        parsed(guideline, "afp_ng_ml", cell)


ERRORS = [
    # variable, cell, what the error says
    ("max_tumour_diameter_cm", "4,5", "decimal comma; write 4.5"),
    ("max_tumour_diameter_cm", ">=4,5", "decimal comma; write 4.5"),
    ("max_tumour_diameter_cm", "1,5..2", "decimal comma; write 1.5"),
    ("max_tumour_diameter_cm", "1.234,5", "not a number"),
    ("max_tumour_diameter_cm", "five", "'five' is not a number; expected a number"),
    ("max_tumour_diameter_cm", "5 m", "not a number in a unit of this variable (cm, mm)"),
    ("max_tumour_diameter_cm", "5 mmHg", "not a number in a unit of this variable (cm, mm)"),
    ("bilirubin_umol_l", "2.4 g/dL", "not a number in a unit of this variable (umol/L, mg/dL)"),
    ("bilirubin_umol_l", "2,4 mg/dL", "has a decimal comma; write 2.4"),
    ("bilirubin_umol_l", "2,400 mg/dL", "may mean 2.400 (decimal comma) or 2400"),
    ("bilirubin_umol_l", "200 mg/dL", "'200 mg/dL' is out of range"),
    ("bilirubin_umol_l", "mg/dL", "not a number"),
    ("bilirubin_umol_l", "1 mg/dL..2", "not a number"),
    ("inr", "2 mg/dL", "not a number; expected"),
    ("max_tumour_diameter_cm", "5 6", "not a number"),
    ("max_tumour_diameter_cm", "1_0", "not a number"),
    ("max_tumour_diameter_cm", "٣", "not a number"),
    ("max_tumour_diameter_cm", "0x5", "not a number"),
    ("max_tumour_diameter_cm", "Infinity", "not a number"),
    ("max_tumour_diameter_cm", "-inf", "not a number"),
    ("max_tumour_diameter_cm", "--5", "not a number"),
    ("max_tumour_diameter_cm", "e5", "not a number"),
    ("max_tumour_diameter_cm", ">", "not a number"),
    ("max_tumour_diameter_cm", "> =5", "not a number"),
    ("max_tumour_diameter_cm", "=5", "not a number"),
    ("max_tumour_diameter_cm", "=>5", "not a number"),
    ("max_tumour_diameter_cm", ">=1..2", "not a number"),
    ("max_tumour_diameter_cm", "1..2..3", "not a number"),
    ("max_tumour_diameter_cm", "..2", "not a number"),
    ("max_tumour_diameter_cm", "1..", "not a number"),
    ("max_tumour_diameter_cm", "4|5", "not a number"),
    ("max_tumour_diameter_cm", "3..1", "runs downwards"),
    ("max_tumour_diameter_cm", "0", "out of range; expected a number above 0 and at most 40"),
    ("max_tumour_diameter_cm", "40.1", "out of range"),
    ("max_tumour_diameter_cm", "<=0", "out of range"),
    ("max_tumour_diameter_cm", ">40", "out of range"),
    ("max_tumour_diameter_cm", "41..50", "out of range"),
    ("max_tumour_diameter_cm", "-2", "out of range"),
    ("hepatic_duct_distance_mm", "<0", "out of range; expected a number of at least 0"),
    ("tumour_count", "0", "out of range"),
    ("tumour_count", "<1", "out of range"),
    ("tumour_count", "2.5", "not whole; expected a whole number"),
    ("tumour_count", ">=1.5", "not whole"),
    ("tumour_count", "1..2.5", "not whole"),
    ("ecog", "5", "out of range; expected a whole number of at least 0 and at most 4"),
    ("ecog", ">4", "out of range"),
    (
        "portal_vein_thrombus",
        "vp5",
        "'vp5' is not a value; expected one of vp0, vp1, vp2, vp3, vp4",
    ),
    ("portal_vein_thrombus", "vp1|unknown", "'unknown' is not a value"),
    ("portal_vein_thrombus", "vp1|", "an alternative is empty"),
    ("portal_vein_thrombus", "vp1||vp2", "an alternative is empty"),
    ("portal_vein_thrombus", ">=vp1", "not a value"),
    ("portal_vein_thrombus", "vp1..vp3", "not a value"),
    ("portal_vein_thrombus", "vp1,vp2", "not a value"),
    ("child_pugh_class", "5", "'5' is not a value; expected one of A, B, C"),
    ("cachexia", "maybe", "'maybe' is neither true nor false"),
    ("cachexia", "true|false", "neither true nor false"),
    ("cachexia", "2", "neither true nor false"),
    ("cachexia", "1.5", "neither true nor false"),
    ("cachexia", "yep", "neither true nor false"),
    ("tumour_count", "x", "leave it empty if it is unknown"),
    ("ascites", "x", "leave it empty if it is unknown"),
    ("max_tumour_diameter_cm", "0...5", "three points; a range, such as 1..3, has two"),
    ("max_tumour_diameter_cm", "1....5", "three points"),
]


@pytest.mark.parametrize(("variable", "cell", "text"), ERRORS)
def test_error_names_the_cell_and_what_was_expected(
    guideline: Guideline, variable: str, cell: str, text: str
) -> None:
    with pytest.raises(CellError) as caught:
        parsed(guideline, variable, cell)
    assert text in str(caught.value)
    if "alternative" not in text and "not a value" not in text:
        assert repr(cell) in str(caught.value)


def test_long_cell_is_cut_in_its_error(guideline: Guideline) -> None:
    with pytest.raises(CellError, match=r"… \(10,000 characters\)") as caught:
        parsed(guideline, "ecog", "x" * 10_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("cell", "band"),
    [
        ("3." + "0" * 60, "only small"),
        ("3." + "0" * 60 + "1", "above 3"),
        ("2." + "9" * 60, "only small"),
        ("<=3." + "0" * 60 + "1", "both"),
        ("<=3", "only small"),
    ],
)
def test_numbers_are_compared_exactly(guideline: Guideline, cell: str, band: str) -> None:
    variable = guideline.variables["max_tumour_diameter_cm"]
    knowledge = parsed(guideline, "max_tumour_diameter_cm", cell)
    assert knowledge is not None
    small = variable.mask_of((Interval(Decimal(0), Decimal(3), True),))
    kind = {(True, False): "only small", (False, True): "above 3", (True, True): "both"}
    assert kind[bool(knowledge.mask & small), bool(knowledge.mask & ~small)] == band


def test_conversion_keeps_all_digits(guideline: Guideline) -> None:
    digits = "3.000000000000000000000000000000000001"
    knowledge = parsed(guideline, "bilirubin_umol_l", f"{digits} mg/dL")
    assert knowledge is not None
    assert str(knowledge.intervals[0].low) == "51.000000000000000000000000000000000017"


@pytest.mark.parametrize(
    ("variable", "cell"),
    [
        ("tumour_count", "1e400"),
        ("tumour_count", ">=1e400"),
        ("tumour_count", f">{HUGE}"),
        ("tumour_count", f"{HUGE}..{HUGE}0"),
        ("tumour_count", "1..1e999999999"),
        ("afp_ng_ml", "1e400"),
        ("afp_ng_ml", "<1e-400"),
        ("afp_ng_ml", "1e-999999999..1e999999999"),
        ("max_tumour_diameter_cm", "1e-400"),
        ("max_tumour_diameter_cm", "<1e999999999"),
    ],
)
def test_very_large_and_very_small_numbers_within_the_range_are_read_at_once(
    guideline: Guideline, variable: str, cell: str
) -> None:
    with no_hang():
        knowledge = parsed(guideline, variable, cell)
        assert knowledge is not None
        assert knowledge.mask
        assert guideline.variables[variable].wording(knowledge) is not None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("1e400", "out of range"),
        ("1e999999999", "out of range"),
        ("-1e999999999", "out of range"),
        ("1e9999999999999999999999", "too large or too small"),
        ("1e-9999999999999999999999", "too large or too small"),
    ],
)
def test_very_large_and_very_small_numbers_beyond_the_range_are_refused_at_once(
    guideline: Guideline, cell: str, text: str
) -> None:
    with no_hang(), pytest.raises(CellError, match=text):
        parsed(guideline, "max_tumour_diameter_cm", cell)


def test_smallest_fraction_is_not_whole(guideline: Guideline) -> None:
    with pytest.raises(CellError, match="not whole"):
        parsed(guideline, "tumour_count", "1e-400")
    with pytest.raises(CellError, match="not whole"):
        parsed(guideline, "tumour_count", f"{HUGE}.5")


def test_open_bound_on_a_very_large_whole_number_excludes_it(guideline: Guideline) -> None:
    knowledge = parsed(guideline, "tumour_count", f">{HUGE}")
    assert knowledge is not None
    value = Decimal(HUGE)
    assert (knowledge.intervals[0] & Interval.point(value)).is_empty
    assert not (knowledge.intervals[0] & Interval.point(value * 10)).is_empty


# What a cell leaves is written in the notation of a cell again


@pytest.mark.parametrize(
    ("variable", "cell", "wording"),
    [
        ("max_tumour_diameter_cm", "5.00", "5"),
        ("max_tumour_diameter_cm", ">=5", ">=5"),
        ("max_tumour_diameter_cm", "≤3", "<=3"),
        ("max_tumour_diameter_cm", "1..2", "1..2"),
        ("max_tumour_diameter_cm", "<=1000", ""),
        ("tumour_count", "<2", "1"),
        ("tumour_count", ">3", ">=4"),
        ("portal_vein_thrombus", "VP4|vp3", "vp3|vp4"),
        ("child_pugh_class", "A|B|C", ""),
        ("cachexia", "Yes", "true"),
    ],
)
def test_wording_of_a_cell(guideline: Guideline, variable: str, cell: str, wording: str) -> None:
    knowledge = parsed(guideline, variable, cell)
    assert knowledge is not None
    assert guideline.variables[variable].wording(knowledge) == wording


# Intervals


def between(low: str, high: str, low_open: bool = False, high_open: bool = False) -> Interval:
    return Interval(Decimal(low), Decimal(high), low_open, high_open)


@pytest.mark.parametrize(
    ("interval", "empty", "point"),
    [
        (between("1", "2"), False, False),
        (between("1", "1"), False, True),
        (between("1", "1", True), True, False),
        (between("1", "1", False, True), True, False),
        (between("2", "1"), True, False),
        (between("1", "2", True, True), False, False),
        (Interval(), False, False),
        (Interval(Decimal(1)), False, False),
    ],
)
def test_interval_is_empty_or_a_point(interval: Interval, empty: bool, point: bool) -> None:
    assert (interval.is_empty, interval.is_point) == (empty, point)


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (between("1", "3"), between("2", "4"), between("2", "3")),
        (between("1", "3"), between("3", "4"), between("3", "3")),
        (between("1", "3"), between("3", "4", True), between("3", "3", True)),
        (between("1", "3", True), between("1", "3", False, True), between("1", "3", True, True)),
        (Interval(), between("1", "2"), between("1", "2")),
        (Interval(Decimal(1)), Interval(None, Decimal(2)), between("1", "2")),
    ],
)
def test_common_part_of_intervals(first: Interval, second: Interval, common: Interval) -> None:
    assert first & second == common
    assert second & first == common


@pytest.mark.parametrize(
    ("interval", "whole"),
    [
        (between("1.2", "3.8"), between("2", "3")),
        (between("1", "3", True, True), between("2", "2")),
        (between("-1", "1", True, True), between("0", "0")),
        (between("0.5", "1.5", True, True), between("1", "1")),
        (between("1", "3"), between("1", "3")),
    ],
)
def test_whole_numbers_of_an_interval(interval: Interval, whole: Interval) -> None:
    assert interval.whole() == whole


def test_no_whole_number_lies_strictly_between_neighbours() -> None:
    assert between("1", "2", True, True).whole().is_empty
    assert between("1.2", "1.8").whole().is_empty


def test_bands_partition_the_range_at_both_ends_of_every_threshold() -> None:
    range_ = between("0", "10", True)
    bands = cut_bands(range_, [Interval(None, Decimal(3)), Interval(Decimal(5))], whole=False)
    assert bands == (
        between("0", "3", True),
        between("3", "5", True, True),
        between("5", "10"),
    )


def test_bands_of_one_point_and_of_whole_numbers() -> None:
    point = Interval.point(Decimal(2))
    assert cut_bands(between("0", "4"), [point], whole=True) == (
        between("0", "1"),
        between("2", "2"),
        between("3", "4"),
    )
    assert [band.is_point for band in cut_bands(between("0", "4"), [point], whole=False)] == [
        False,
        True,
        False,
    ]


def test_every_band_of_the_ontology_has_a_number_of_its_own(guideline: Guideline) -> None:
    for variable in guideline.variables.values():
        for i, value in enumerate(variable.representatives(variable.everything)):
            assert variable.mask_of((Interval.point(value),)) == 1 << i, variable.name


@pytest.mark.parametrize(
    ("number", "text"),
    [("5.00", "5"), ("100", "100"), ("1E+2", "100"), ("0.50", "0.5"), ("1e400", "1E+400")],
)
def test_number_is_written_plainly(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text

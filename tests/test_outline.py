"""The outline of an explanation: the same lines wherever it is rendered, and clause by clause."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from conftest import Ran

from kg.engines.registry import engine_of
from kg.explanation.outline import of_criterion, of_recommendation, outline
from kg.explanation.reasons import explain
from kg.explanation.report import report
from kg.explanation.whys import parts_of
from kg.guideline import Guideline
from kg.paths import example_cohort
from kg.patients.assumptions import completed, unremarkable
from kg.patients.records import Record, read_record
from kg.patients.tables import find_patient

Run = Callable[..., Ran]
CASES = [
    {"tumour_count": ">=1", "max_tumour_diameter_cm": "4", "child_pugh_class": "A"},
    {"variceal_bleed_within_month": "true", "hepatic_vein_thrombus": "true"},
    {"tumour_count": "4", "max_tumour_diameter_cm": "2", "child_pugh_class": "C"},
]


def explained(guideline: Guideline, record: Record):  # type: ignore[no-untyped-def]
    return explain(guideline, record, engine_of("compiled", guideline).classify(record))


@pytest.mark.parametrize("cells", CASES)
@pytest.mark.parametrize("assume", [False, True])
def test_the_report_leaves_out_no_line(
    guideline: Guideline, cells: dict[str, str], assume: bool
) -> None:
    record = read_record(guideline, "p", cells)
    if assume:
        record = completed(guideline, record, {"cachexia": "true", "near_gallbladder": "true"})
    explanation = explained(guideline, record)
    text = re.sub(
        r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", report(guideline, record, explanation)))
    )
    kinds, (printed, _) = set(), text.split("Every reason, criterion and place")
    for each in explanation.therapies.values():
        assert all(note in printed for note in each.notes), "what is folded is not printed"
        assert re.sub(r"\s+", " ", each.reason) in text
        for line in outline(guideline, record, each):
            kinds.add(line.kind)
            assert re.sub(r"\s+", " ", line.text) in text, line
    assert {"reading", "note"} <= kinds


def test_the_printed_page_says_what_is_palliative_and_what_was_assumed(
    guideline: Guideline,
) -> None:
    cells = {"tumour_count": "2", "max_tumour_diameter_cm": "6", "child_pugh_class": "A"}
    record = completed(guideline, read_record(guideline, "p", cells), unremarkable(guideline))
    text = unescape(re.sub(r"<[^>]+>", "", report(guideline, record, explained(guideline, record))))
    printed, _ = text.split("Every reason, criterion and place")
    assert "radiofrequency ablation. Palliative, never as the only treatment. For: " in printed
    assert re.search(r"If \d+ findings are as assumed: ", printed)
    assert "(assumed)" not in printed.partition("Verdicts")[0], "the heading says so"


def test_the_report_leaves_out_nothing_of_recommendations_and_criteria(
    guideline: Guideline,
) -> None:
    record = find_patient(guideline, example_cohort(), "small-central-tumour")
    explanation = explained(guideline, record)
    text = unescape(re.sub(r"<[^>]+>", "", report(guideline, record, explanation)))
    met = [each for each in explanation.recommendations if each.state == "met"]
    assert any(each.precedes for each in met)
    lines = [line for each in met for line in of_recommendation(each)]
    criteria = [c for one in explanation.therapies.values() for c in one.criteria]
    lines += [line for each in criteria if each.state == "met" for line in of_criterion(each)]
    assert {line.kind for line in lines} == {"place", "meaning", "reading"}
    assert [line for line in lines if line.text not in text] == []


def test_every_kind_of_line_is_told_where_it_is_called_for(guideline: Guideline) -> None:
    kinds = set()
    for cells in CASES:
        record = read_record(guideline, "p", cells)
        for assumed in (record, completed(guideline, record, {"cachexia": "true"})):
            for each in explained(guideline, assumed).therapies.values():
                kinds |= {line.kind for line in outline(guideline, assumed, each)}
    told = {"note", "alone", "meaning", "reading", "cover", "missing", "change"}
    assert told <= kinds


def test_the_terminal_tells_every_line_of_one_therapy(run: Run, guideline: Guideline) -> None:
    said = " ".join(run("explain", "--example", "vp3-thrombus", "rfa").out.split())
    assert "What would have to change: " in said
    assert "Not advice." in said


# Clause by clause


def test_each_clause_has_its_state(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {"tumour_count": "2", "max_tumour_diameter_cm": "2..6"})
    whole = parts_of(guideline, record, "SIZE-RADICAL")
    assert (whole.state, whole.join) == ("unknown", "any of")
    one, three = whole.parts
    assert (one.state, three.state) == ("excluded", "unknown")
    assert [part.state for part in three.parts] == ["met", "unknown"]
    assert [part.state for part in one.parts] == ["excluded", "unknown"]


def test_a_whole_is_met_where_none_of_its_clauses_is(guideline: Guideline) -> None:
    record = read_record(guideline, "p", {"improvable_to_child_pugh_b": "true"})
    whole = parts_of(guideline, record, "ABL-I2")
    assert whole.state == "met"
    assert {part.state for part in whole.parts} == {"unknown"}


def test_clauses_of_every_criterion_agree_with_its_state(guideline: Guideline) -> None:
    record = read_record(guideline, "p", CASES[0])
    states = engine_of("compiled", guideline).classify(record).states
    for name in guideline.criteria:
        whole = parts_of(guideline, record, name)
        assert whole.state == states[name]
        for _, part in whole.lines():
            inner = {each.state for each in part.parts}
            if part.join == "any of" and "met" in inner:
                assert part.state == "met"
            if part.join == "all of" and "excluded" in inner:
                assert part.state == "excluded"


def test_the_command_shows_the_clauses_of_one_therapy(run: Run) -> None:
    said = run("explain", "--example", "two-tumours-site-not-described", "rfa").out
    assert re.search(r"(● met|○ excluded|\? unknown) number of tumours at least 2", said)
    assert (
        "number of tumours at least 2\n"
        not in run("explain", "--example", "two-tumours-site-not-described").out
    )

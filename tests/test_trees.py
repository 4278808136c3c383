"""Pictures of trees: why a verdict came to be, formulas and therapies, and how close it was."""

from __future__ import annotations

import re

import pytest
from explorer import app, texts
from vl_convert import svg_to_png

from kg.engines.registry import engine_of
from kg.explanation.drawing import Branch, Frame, outlined, tree
from kg.explanation.outline import margin_words
from kg.explanation.reasons import explain
from kg.explanation.whys import LEGEND, why
from kg.guideline import Guideline
from kg.patients.records import read_record
from kg.reasoning.changes import margins
from kg.reference.trees import criteria_tree, formula_tree, taxonomy_tree

CELLS = {"tumour_count": "2", "max_tumour_diameter_cm": "3.4", "child_pugh_class": "B"}


def told_why(guideline: Guideline, therapy: str, *, full: bool = False, **cells: str) -> str:
    record = read_record(guideline, "p", CELLS | cells)
    found = explain(guideline, record, engine_of("compiled", guideline).classify(record))
    return "\n".join(outlined([why(guideline, record, found.therapies[therapy], full=full)]))


def test_why_tells_what_decided_first_with_its_state_and_its_fact(guideline: Guideline) -> None:
    first, second, *_ = told_why(guideline, "tace", platelets_10e9_l="55").splitlines()
    assert first == "✘ contraindicated: transarterial chemoembolisation"
    assert "● Absolute contraindication: platelet count below 60" in second
    assert second.endswith("(55 × 10⁹/L)")


def test_why_opens_what_is_open_and_in_full_every_criterion(guideline: Guideline) -> None:
    told = told_why(guideline, "rfa")
    assert "● number of tumours at least 2 (2)" in told
    assert told.count("\n") < told_why(guideline, "rfa", full=True).count("\n")
    for state in ("●", "○", "?"):
        assert f"  {state} " in told_why(guideline, "rfa", full=True)


def test_a_picture_on_paper_stands_alone(guideline: Guideline) -> None:
    branch = Branch("a < b", "red", "beside", (Branch("below " * 40, "blue"),))
    svg = tree([branch], "told", Frame("The title", ["n = 1", "the source"], LEGEND))
    words = re.findall(r"<text [^>]+>([^<]*)</text>", svg)
    assert {"The title", "n = 1", "the source", "a &lt; b", "beside"} <= set(words)
    assert svg_to_png(svg).startswith(b"\x89PNG")
    assert {words for words, _ in LEGEND} <= set(words)
    assert "light-dark" not in svg
    assert "light-dark" in tree([branch], "told")


def test_no_line_of_a_tree_crosses_another(guideline: Guideline) -> None:
    svg = tree(taxonomy_tree(guideline), "therapies")
    ways = re.findall(r'd="M([\d.]+) ([\d.]+)([HV])([\d.]+)"', svg)
    across = [(float(y), float(x), float(to)) for x, y, way, to in ways if way == "H"]
    down = [(float(x), float(y), float(to)) for x, y, way, to in ways if way == "V"]
    assert across
    assert down
    for x, top, bottom in down:
        assert not any(left < x < right and top < y < bottom for y, left, right in across)


def test_every_formula_is_a_tree_of_its_clauses(guideline: Guideline) -> None:
    for name, formula in guideline.formulas.items():
        assert list(outlined(formula_tree(guideline, formula))), name
    told = "\n".join(outlined([criteria_tree(guideline, guideline.therapies["rfa"])]))
    for name in guideline.therapies["rfa"].criteria:
        assert f"({name})" in told


@pytest.mark.parametrize(
    ("platelets", "therapy", "told"),
    [
        ("55", "tace", "at least 60 × 10⁹/L would give: undetermined."),
        ("61", "tace", "below 60 × 10⁹/L would give: contraindicated."),
        ("61", "surgical_resection", ""),
    ],
)
def test_how_close_names_limit_and_other_side(
    guideline: Guideline, platelets: str, therapy: str, told: str
) -> None:
    record = read_record(guideline, "p", CELLS | {"platelets_10e9_l": platelets})
    verdict = engine_of("compiled", guideline).classify(record).therapies[therapy].verdict
    found = margins(guideline, record, guideline.therapies[therapy], verdict)
    words = [margin_words(guideline, record, each) for each in found]
    start = f"platelet count {platelets} × 10⁹/L; "
    assert [each for each in words if "platelet" in each] == ([start + told] if told else [])


def test_a_card_shows_why_as_a_picture_to_save() -> None:
    test = app("patient", **CELLS, platelets_10e9_l="55", open="tace")
    assert "How close" in texts(test)
    test.toggle(key="why:tace").set_value(True).run()
    assert not test.exception
    assert {"SVG", "PNG"} <= {each.label for each in test.get("download_button")}


@pytest.mark.parametrize("view", ["criteria", "graph"])
def test_the_graphs_of_therapies_can_be_saved(view: str) -> None:
    test = app("therapies", therapy="rfa", view=view)
    assert not test.exception
    offered = [each.label for each in test.get("download_button")]
    assert offered.count("PNG") == 1 + (view == "graph")

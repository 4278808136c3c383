"""A patient in words: the headline, the comparison, the families of therapies, the report."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import groupby, product
from typing import TYPE_CHECKING

import pytest
from browser import fresh_page

from kg.engines.compiled import Compiled
from kg.explanation import tables as side_by_side
from kg.explanation.answer import headline
from kg.explanation.reasons import explain
from kg.explanation.report import report
from kg.guideline import Guideline, load_all
from kg.guideline.taxonomy import family
from kg.paths import example_cohort, example_lesions
from kg.patients.records import Record, read_record
from kg.patients.tables import find_patient
from kg.reasoning.verdicts import MET
from kg.texts import NOTE_ON_USE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

SMALL = {"tumour_count": "1", "max_tumour_diameter_cm": "2.4", "child_pugh_class": "A"}


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ({}, "No key fact is known yet; 65 variables unknown"),
        (SMALL, "One tumour, 2.4 cm, Child-Pugh A; 62 variables unknown"),
        (
            SMALL | {"tumour_count": ">=2", "distant_metastasis": "none", "ecog": "<=1"},
            "At least 2 tumours, 2.4 cm, no spread, Child-Pugh A, ECOG at most 1; "
            "60 variables unknown",
        ),
        ({"tumour_count": "3"}, "3 tumours; 64 variables unknown"),
        (
            {"portal_vein_thrombus": "vp3"},
            "Portal vein tumour thrombus: first-order branch (Vp3); 63 variables unknown",
        ),
    ],
)
def test_a_patient_in_one_line(guideline: Guideline, cells: dict[str, str], line: str) -> None:
    assert headline(guideline, read_record(guideline, "p", cells)) == line


def test_therapies_come_in_families(guideline: Guideline) -> None:
    found = [family(guideline, therapy).label for therapy in guideline.therapies.values()]
    assert [*dict.fromkeys(found)] == [label for label, _ in groupby(found)]
    assert [*dict.fromkeys(found)] == ["local ablation", "hepatic artery intervention", "surgery"]
    assert family(guideline, guideline.therapies["rfa"]).id == "local_ablation"


def test_a_comparison_marks_what_differs(guideline: Guideline) -> None:
    first = read_record(guideline, "a", SMALL)
    second = read_record(guideline, "b", SMALL | {"child_pugh_class": "C", "ecog": "1"})
    pairs = {pair.id: pair for pair in side_by_side.facts(guideline, first, second)}
    assert list(pairs) == [*SMALL, "ecog"]
    assert {name for name, pair in pairs.items() if pair.differs} == {"child_pugh_class", "ecog"}
    assert (pairs["ecog"].first, pairs["ecog"].second) == ("unknown", "1")
    engine = Compiled(guideline)
    verdicts = side_by_side.verdicts(guideline, engine.classify(first), engine.classify(second))
    assert {pair.id for pair in verdicts if pair.differs} == {"tace", "tae", "tai", "tace_plus_rfa"}


class Text(HTMLParser):
    """Collects the text of a page, and fails on what a page of ours never holds."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "img", "link", "iframe", "a"), tag
        assert not any(name.startswith(("on", "src", "href")) for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def printed(guideline: Guideline, record: Record) -> str:
    parser = Text()
    result = Compiled(guideline).classify(record)
    parser.feed(report(guideline, record, explain(guideline, record, result)))
    return " ".join(" ".join(parser.parts).split())


@pytest.mark.parametrize(
    "patient", ["vp3-thrombus", "contradictory-record", "small-central-tumour"]
)
def test_a_report_holds_record_verdicts_reasons_and_the_note(
    guideline: Guideline, patient: str
) -> None:
    record = find_patient(guideline, example_cohort(), patient, example_lesions())
    explanation = explain(guideline, record, Compiled(guideline).classify(record))
    text = printed(guideline, record)
    cited = guideline.source.citation
    for part in (patient, NOTE_ON_USE, guideline.version, cited, headline(guideline, record)):
        assert part in text
    for told in (*explanation.facts, *(c.message for c in explanation.conflicts)):
        assert told in text
    for therapy in explanation.therapies.values():
        assert therapy.reason in text
        for criterion in therapy.criteria:
            if criterion.state == MET:
                assert criterion.paraphrase in text
    for recommendation in explanation.recommendations:
        assert (f"{recommendation.id} (" in text) == (recommendation.state == MET)


def test_a_report_names_no_criterion_that_only_begins_like_a_decisive_one(
    guideline: Guideline,
) -> None:
    cells = {"impaired_or_uncooperative": "yes", "tumour_morphology": "nodular"}
    said = printed(guideline, read_record(guideline, "p", cells))
    assert "ABL-C10" in said
    assert guideline.criteria["ABL-C10"].label in said
    assert guideline.criteria["ABL-C1"].label not in said


def test_a_hostile_identifier_is_text_in_a_report(guideline: Guideline) -> None:
    hostile = '<script>alert(1)</script><img src=x onerror="x">'
    text = printed(guideline, read_record(guideline, hostile, SMALL))
    assert hostile in text


def test_a_report_of_a_full_record_is_one_page(chromium: BrowserContext) -> None:
    fullest = ("small-tumour-not-visible", "progression-after-three-sessions", "severe-shunt")
    with fresh_page(chromium) as page:
        for guideline, patient in product(load_all(), fullest):
            record = find_patient(guideline, example_cohort(), patient, example_lesions())
            result = Compiled(guideline).classify(record)
            page.set_content(report(guideline, record, explain(guideline, record, result)))
            pages = [len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True)))]
            page.locator("summary").click()
            pages.append(len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))))
            assert pages[0] == 1, patient
            assert pages[1] > 1, patient

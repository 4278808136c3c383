"""Certification: a right engine passes, a wrong one is caught with a record made small."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import combinations, product
from pathlib import Path

import pytest
from conftest import Ran

from kg.certification import run as parts
from kg.certification.answers import STATE
from kg.certification.cells import Cells, one_a_band, one_a_mask, partials, values
from kg.certification.diagrams import Expansion, Formulas
from kg.certification.referees import ByBruteForce
from kg.certification.report import Report, shrunk
from kg.certification.run import Certification, Settings
from kg.certification.steering import covering, kleene
from kg.certification.subjects import OneByOne, Subject, subjects
from kg.commands import certify
from kg.engines.hermit import Hermit
from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.guideline.formula import Ref
from kg.patients.cells import parse_cell
from kg.patients.records import read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import PatientResult, classes_asked, result

WITHOUT_HERMIT = frozenset({parts.FORMULAS, parts.COMPLETIONS, parts.ENGINES})


FEW = ("ABL-I3", "HAI-I6", "REC-4", "RSP-CR", "MicrowaveAblationIndicated")


@pytest.fixture(scope="module")
def hermit(guideline: Guideline) -> Hermit:
    return Hermit(guideline)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the parts out that take long."""
    for part in set(parts.PARTS) - {parts.COMPLETIONS, parts.RANDOM}:
        monkeypatch.delitem(parts.PARTS, part)


def certified(
    guideline: Guideline,
    tested: list[Subject],
    hermit: Hermit | None,
    asked: frozenset[str],
    *,
    records: int = 4,
    classes: tuple[str, ...] = (),
) -> Report:
    settings = Settings(seed=1, records=records, parts=asked, classes=classes)
    return Certification(guideline, tested, hermit, settings).run()


class PartByPart:
    """An engine that evaluates as SQL does: sound, and not complete."""

    name = "part by part"

    def __init__(self, guideline: Guideline) -> None:
        self.guideline = guideline

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        return [self._classified(cells) for cells in records]

    def _classified(self, cells: Cells) -> PatientResult:
        record = read_record(self.guideline, "p", cells)
        states = {
            name: kleene(self.guideline, self.guideline.formulas[name], record.known)
            for name in classes_asked(self.guideline)
        }
        return result(
            self.guideline, record, states, logic_of(self.guideline).missing, lambda *_: None
        )


def _one_by_one(guideline: Guideline) -> OneByOne:
    return OneByOne("compiled, one record", guideline, engine_of("compiled", guideline))


class Forgetful(OneByOne):
    """The compiled engine, but of each list of missing variables the last is left out."""

    def __init__(self, guideline: Guideline) -> None:
        super().__init__("forgetful", guideline, engine_of("compiled", guideline))

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        found = super().classified(records)
        for one in found:
            for therapy in one.therapies.values():
                object.__setattr__(therapy, "missing", therapy.missing[:-1])
        return found


@pytest.mark.parametrize("edition", ["2011", "2026"])
def test_the_compiled_engine_passes_without_hermit(edition: str) -> None:
    guideline = load(edition=edition)
    report = certified(guideline, subjects("compiled", guideline), None, WITHOUT_HERMIT)
    assert report.disagreements == 0
    assert report.example is None
    assert all(tally.comparisons > 0 for tally in report.tallies)
    assert len(report.tallies[0].classes) == len(classes_asked(guideline))


def test_the_compiled_engine_agrees_with_hermit(guideline: Guideline, hermit: Hermit) -> None:
    asked = frozenset({parts.BOUNDARIES, parts.SPLITS, parts.RANDOM, parts.MISSING})
    report = certified(
        guideline, subjects("compiled", guideline), hermit, asked, records=2, classes=FEW
    )
    assert report.disagreements == 0
    assert all(tally.records == tally.planned > 0 for tally in report.tallies)


def test_a_part_by_part_engine_is_caught_with_a_small_record(
    guideline: Guideline, hermit: Hermit
) -> None:
    tested: list[Subject] = [PartByPart(guideline)]
    asked = frozenset({parts.SPLITS})
    report = certified(guideline, tested, hermit, asked, records=1, classes=FEW)
    assert report.disagreements > 0
    assert report.example is not None
    assert 1 <= len(report.example.cells) <= 4
    assert dict(report.example.told)["part by part"] == "unknown"
    assert dict(report.example.told)["HermiT"] in ("met", "excluded")


def test_a_part_by_part_engine_is_caught_by_brute_force(guideline: Guideline) -> None:
    tested: list[Subject] = [PartByPart(guideline)]
    report = certified(guideline, tested, None, frozenset({parts.COMPLETIONS}), records=5)
    assert report.disagreements > 0


def edit(folder: Path, module: str, old: str, new: str) -> None:
    path = folder / module
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


LIMITS = [  # an edit of the first limit of its kind, and the values it can be seen at
    ("[ xsd:maxInclusive 5.0 ]", "[ xsd:maxInclusive 5.1 ]", ("5", "5.1")),
    ("[ xsd:minExclusive 5.0 ]", "[ xsd:minInclusive 5.0 ]", ("5", "5")),
    ("[ xsd:maxInclusive 3.0 ]", "[ xsd:maxExclusive 3.0 ]", ("3", "3")),
]


@pytest.mark.parametrize(("old", "new", "ends"), LIMITS)
def test_a_wrong_threshold_is_caught_at_the_threshold(
    guideline: Guideline,
    hermit: Hermit,
    ontology_copy: Path,
    *,
    old: str,
    new: str,
    ends: tuple[str, str],
) -> None:
    edit(ontology_copy, "2011/criteria.ttl", old, new)
    tested = subjects("compiled", load(ontology_copy))
    asked = frozenset({parts.BOUNDARIES})
    few = ("ABL-I1", "ABL-I3")
    report = certified(guideline, tested, hermit, asked, records=1, classes=few)
    findings = report.tallies[0].findings
    assert {f.subject.name for f in findings} == {subject.name for subject in tested}
    assert report.example is not None
    assert len(report.example.cells) <= 3
    variable = guideline.variables["max_tumour_diameter_cm"]
    knowledge = parse_cell(variable, report.example.cells[variable.name])
    assert knowledge is not None
    low, high = map(Decimal, ends)
    assert all(i.low is not None and low <= i.low <= high for i in knowledge.intervals)


def test_a_missing_variable_left_out_is_caught(guideline: Guideline, hermit: Hermit) -> None:
    tested: list[Subject] = [Forgetful(guideline)]
    asked = frozenset({parts.COMPLETIONS})
    report = certified(guideline, tested, hermit, asked)
    assert report.example is not None
    assert report.example.question.startswith("missing")
    assert all(f.difference.question[0] == "missing" for f in report.tallies[0].findings)


class Talkative(OneByOne):
    """The compiled engine, but it calls a variable missing that no verdict depends on."""

    def __init__(self, guideline: Guideline) -> None:
        super().__init__("talkative", guideline, engine_of("compiled", guideline))

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        found = super().classified(records)
        for one in found:
            for therapy in one.therapies.values():
                object.__setattr__(therapy, "missing", therapy.missing and ("age_years",))
        return found


def test_a_missing_variable_too_many_is_caught_by_hermit(
    guideline: Guideline, hermit: Hermit
) -> None:
    tested: list[Subject] = [Talkative(guideline)]
    report = certified(guideline, tested, hermit, frozenset({parts.MISSING}))
    assert report.example is not None
    assert report.example.question.startswith("missing")


def test_engines_that_differ_are_caught(guideline: Guideline) -> None:
    tested = [_one_by_one(guideline), Forgetful(guideline)]
    report = certified(guideline, list(tested), None, frozenset({parts.ENGINES}), records=1)
    assert report.example is not None
    told = dict(report.example.told)
    assert told["compiled, one record"] != told["forgetful"]


def test_a_diagram_that_is_not_its_formula_is_caught(guideline: Guideline) -> None:
    logic = logic_of(guideline)
    narrow, other = "PEI-I1", "ABL-I3"
    formulas = Formulas(guideline, logic.diagrams)
    assert formulas.difference(narrow, logic.roots[narrow]) is None
    cells = formulas.difference(narrow, logic.roots[other])
    assert cells is not None
    brute = ByBruteForce(guideline)
    assert brute.answer(cells, (STATE, narrow)) != brute.answer(cells, (STATE, other))


def test_expansion_and_truth_tables_give_the_same(guideline: Guideline) -> None:
    logic = logic_of(guideline)
    tables = Formulas(guideline, logic.diagrams)
    expanded = Formulas(guideline, logic.diagrams, widest=0)
    names = [n for n in classes_asked(guideline) if tables.assignments(n) < 10_000]
    assert len(names) > 50
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        assert expanded.difference(name, logic.roots[name]) is None
        same = logic.roots[name] == logic.roots[other]
        assert (expanded.difference(name, logic.roots[other]) is None) == same


def test_the_widest_classes_are_expanded(guideline: Guideline) -> None:
    logic = logic_of(guideline)
    expansion = Expansion(logic.diagrams)
    widest = max(classes_asked(guideline), key=Formulas(guideline, logic.diagrams).assignments)
    formula = expansion.written_out(Ref(widest))
    assert expansion.difference(formula, logic.roots[widest]) is None
    node = logic.diagrams.edges[logic.roots[widest]][-1][1]
    assert expansion.difference(formula, node) is not None


def test_cells_stand_at_and_past_every_threshold(guideline: Guideline) -> None:
    for variable in guideline.variables.values():
        if variable.type == "string":
            continue
        masks = {parse_cell(variable, cell) for cell in values(variable)}
        assert {k.mask for k in masks if k} == {1 << i for i in range(variable.band_count)}
        assert [parse_cell(variable, c) is not None for c in one_a_band(variable)] == [
            True
        ] * variable.band_count
        for cell in partials(variable):
            knowledge = parse_cell(variable, cell)
            assert knowledge is not None
            assert not knowledge.pinned
        assert len(one_a_mask(variable)) <= variable.everything


def test_every_two_cells_meet_in_pairwise_records() -> None:
    levels = {"a": ["", "1", "2"], "b": ["x", "y"], "c": ["", "t", "f"], "d": ["0", "1", "2", "3"]}
    records = covering(levels, random.Random(3))  # noqa: S311
    for (a, ours), (b, theirs) in combinations(levels.items(), 2):
        assert {(record[a], record[b]) for record in records} == set(product(ours, theirs))
    assert len(records) < math.prod(map(len, levels.values())) / 3


def test_a_record_is_shrunk_to_what_disagrees(guideline: Guideline) -> None:
    cells = {"resectable": "true", "child_pugh_class": "B|C", "ecog": "3", "cachexia": "false"}
    small = shrunk(
        guideline,
        cells,
        lambda c: c.get("ecog") == "3" and c.get("child_pugh_class", "B") in ("B", "B|C"),
    )
    assert small == {"ecog": "3"}
    kept = shrunk(guideline, cells, lambda c: "C" in c.get("child_pugh_class", ""))
    assert kept == {"child_pugh_class": "C"}


def test_the_same_seed_gives_the_same_records(guideline: Guideline) -> None:
    from kg.certification.design import Design

    first, second, other = (
        Design(guideline, seed, 3).cases([parts.BOUNDARIES, parts.RANDOM]) for seed in (5, 5, 6)
    )
    assert first == second != other


NEW_CRITERION = """
hcc:ABL-C99
    a owl:Class ;
    rdfs:subClassOf hcc:Patient ;
    hcc:collection hcc:AblationCriterion ;
    rdfs:label "made up"@en ;
    skos:definition "Survival below three months."@en ;
    skos:notation "ABL-C99" ;
    hcc:position 99 ;
    hcc:kind hcc:AbsoluteContraindication ;
    owl:equivalentClass [ a owl:Restriction ; owl:onProperty hcc:expected_survival_months ;
        owl:someValuesFrom [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ;
            owl:withRestrictions ( [ xsd:maxExclusive 2.5 ] ) ] ] .
"""


def test_all_engines_follow_an_edited_ontology(guideline: Guideline, ontology_copy: Path) -> None:
    edit(ontology_copy, "2011/criteria.ttl", *LIMITS[0][:2])
    path = ontology_copy / "2011/criteria.ttl"
    path.write_text(path.read_text("utf-8") + NEW_CRITERION, "utf-8")
    edit(ontology_copy, "2011/criteria.ttl", "hcc:ABL-C11 ) ] .", "hcc:ABL-C11 hcc:ABL-C99 ) ] .")
    edited = load(ontology_copy)
    cells = {
        "tumour_count": "1",
        "max_tumour_diameter_cm": "5.1",
        "expected_survival_months": "2.499",
    }
    record = read_record(edited, "p", cells)
    therapy = edited.therapies["mwa"]
    for states in (
        Hermit(edited).states(record),
        *(s.classified([cells])[0].states for s in subjects("compiled", edited)),
    ):
        assert states["ABL-I1"] == "met"
        assert states["ABL-C99"] == states[therapy.classes["contraindicated"]] == "met"
    before = _one_by_one(guideline).classified([cells])[0]
    assert before.states["ABL-I1"] == "excluded"
    assert before.therapies["mwa"].verdict != "contraindicated"


def test_an_engine_that_is_none_is_an_error(guideline: Guideline) -> None:
    with pytest.raises(InputError, match="compiled"):
        subjects("abacus", guideline)
    with pytest.raises(InputError, match="hermit is the referee"):
        subjects("hermit", guideline)


def test_the_command_prints_seed_and_table(run: Callable[..., Ran], quick: None) -> None:
    ran = run("certify", "--records", "1", "--minutes", "0.01", "--seed", "9")
    assert ran.status == 0
    assert "seed 9" in ran.err
    assert "completions" in ran.out


def test_the_command_ends_with_1_and_a_record(
    run: Callable[..., Ran], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certify, "subjects", lambda name, guideline: [Forgetful(guideline)])
    ran = run("certify", "--records", "4", "--minutes", "0.01")
    assert ran.status == 1
    assert "smallest record that disagrees" in ran.out
    assert "forgetful" in ran.out

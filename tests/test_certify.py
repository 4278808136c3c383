"""Certification: a right engine passes, a wrong one is caught with a record made small."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import Ran

from kg.certification import answers
from kg.certification import run as parts
from kg.certification.answers import Records, Respondent, subjects
from kg.certification.completions import Proof
from kg.certification.records import (
    ANY,
    MOSTLY_KNOWN,
    Cells,
    around,
    boundaries,
    cell_of,
    drawn,
    records,
    smallest,
    values,
)
from kg.certification.run import Case, Certificate, Certification, Extent
from kg.engines.hermit import Hermit
from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.guideline.formula import And, Atom, Formula, Not, Or, Ref
from kg.guideline.values import Knowledge
from kg.patients.cells import parse_cell
from kg.patients.records import read_record
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN, PatientResult, result

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
    tested: Sequence[Respondent],
    hermit: Hermit | None,
    asked: frozenset[str],
    *,
    records: int = 4,
    classes: tuple[str, ...] = (),
) -> Certificate:
    settings = Extent(seed=1, records=records, parts=asked, classes=classes)
    return Certification(guideline, tested, hermit, settings).run()


_NOT = {MET: EXCLUDED, EXCLUDED: MET, UNKNOWN: UNKNOWN}


def kleene(
    guideline: Guideline,
    formula: Formula,
    known: Mapping[str, Knowledge],
    named: dict[str, str] | None = None,
) -> str:
    """Return met, excluded or unknown, judged part by part as SQL does; `named` keeps classes."""
    named = {} if named is None else named
    match formula:
        case Atom(variable):
            wanted, mask = formula.mask(guideline.variables), known[variable].mask
            return EXCLUDED if not mask & wanted else UNKNOWN if mask & ~wanted else MET
        case Ref(name):
            if name not in named:
                named[name] = kleene(guideline, guideline.formulas[name], known, named)
            return named[name]
        case Not(part):
            return _NOT[kleene(guideline, part, known, named)]
        case And(parts):
            states = {kleene(guideline, part, known, named) for part in parts}
            return EXCLUDED if EXCLUDED in states else UNKNOWN if UNKNOWN in states else MET
        case Or(parts):
            states = {kleene(guideline, part, known, named) for part in parts}
            return MET if MET in states else UNKNOWN if UNKNOWN in states else EXCLUDED


class PartByPart(Records):
    """An engine that evaluates as SQL does: sound, and not complete."""

    def __init__(self, guideline: Guideline) -> None:
        super().__init__("part by part", guideline, engine_of("compiled", guideline))

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        return [self._classified(cells) for cells in records]

    def _classified(self, cells: Cells) -> PatientResult:
        record = read_record(self.guideline, "p", cells)
        states: dict[str, str] = {}
        for name in self.guideline.classes:
            kleene(self.guideline, Ref(name), record.known, states)
        return result(
            self.guideline, record, states, logic_of(self.guideline).missing, lambda *_: None
        )


def _one_by_one(guideline: Guideline) -> Records:
    return Records("compiled, one record", guideline, engine_of("compiled", guideline))


class Forgetful(Records):
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
    report = certified(guideline, subjects("compiled", guideline), None, WITHOUT_HERMIT, records=2)
    assert report.disagreements == 0
    assert report.example is None
    assert all(tally.comparisons > 0 for tally in report.tallies)
    assert len(report.tallies[0].classes) == len(guideline.classes)


def test_the_compiled_engine_agrees_with_hermit(guideline: Guideline, hermit: Hermit) -> None:
    asked = frozenset({parts.BOUNDARIES, parts.RANDOM})
    report = certified(
        guideline, subjects("compiled", guideline), hermit, asked, records=2, classes=FEW
    )
    assert report.disagreements == 0
    assert all(tally.records == tally.planned > 0 for tally in report.tallies)


def test_a_part_by_part_engine_is_caught_with_a_small_record(guideline: Guideline) -> None:
    tested = [PartByPart(guideline)]
    report = certified(guideline, tested, None, frozenset({parts.COMPLETIONS}), records=1)
    assert report.disagreements > 0
    assert report.example is not None
    assert 1 <= len(report.example.cells) <= 4
    told = dict(report.example.told)
    assert told["part by part"] != told["all completions"]


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
    report = certified(guideline, tested, hermit, asked, records=50, classes=few)  # all boundaries
    found = report.tallies[0].differences
    assert {one.subject.name for one in found} == {subject.name for subject in tested}
    assert report.example is not None
    assert len(report.example.cells) <= 3
    variable = guideline.variables["max_tumour_diameter_cm"]
    knowledge = parse_cell(variable, report.example.cells[variable.name])
    assert knowledge is not None
    low, high = map(Decimal, ends)
    assert all(i.low is not None and low <= i.low <= high for i in knowledge.intervals)


class Talkative(Records):
    """The compiled engine, but it calls a variable missing that no verdict depends on."""

    def __init__(self, guideline: Guideline) -> None:
        super().__init__("talkative", guideline, engine_of("compiled", guideline))

    def classified(self, records: Sequence[Cells]) -> list[PatientResult]:
        found = super().classified(records)
        for one in found:
            for therapy in one.therapies.values():
                object.__setattr__(therapy, "missing", therapy.missing and ("age_years",))
        return found


@pytest.mark.parametrize("wrong", [Forgetful, Talkative])
def test_a_missing_variable_left_out_or_too_many_is_caught(
    guideline: Guideline, wrong: Callable[[Guideline], Records]
) -> None:
    asked = frozenset({parts.COMPLETIONS})
    report = certified(guideline, [wrong(guideline)], None, asked, records=1)
    assert report.example is not None
    assert report.example.question.startswith("missing")
    assert all(one.question[0] == "missing" for one in report.tallies[0].differences)


def test_engines_that_differ_are_caught(guideline: Guideline) -> None:
    tested = [_one_by_one(guideline), Forgetful(guideline)]
    report = certified(guideline, list(tested), None, frozenset({parts.ENGINES}), records=1)
    assert report.example is not None
    told = dict(report.example.told)
    assert told["compiled, one record"] != told["forgetful"]


def test_a_diagram_that_is_not_its_formula_is_caught(guideline: Guideline) -> None:
    logic = logic_of(guideline)
    proof, names = Proof(logic.diagrams), guideline.classes
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        assert proof.difference(name, logic.roots[name]) is None
        bands = proof.difference(name, logic.roots[other])
        assert (bands is None) == (logic.roots[name] == logic.roots[other])
        if bands:
            variables = guideline.variables
            cells = {each: cell_of(variables[each], 1 << band) for each, band in bands.items()}
            known = read_record(guideline, "p", cells).known
            said = kleene(guideline, guideline.formulas[name], known)
            assert {said, logic.state(other, known)} == {MET, EXCLUDED}


def test_the_widest_class_is_compared_to_its_last_path(guideline: Guideline) -> None:
    logic = logic_of(guideline)
    widest = max(logic.roots, key=lambda name: len(guideline.variables_of(Ref(name))))
    node = logic.diagrams.edges[logic.roots[widest]][-1][1]
    assert Proof(logic.diagrams).difference(widest, node) is not None


def test_cells_stand_at_and_past_every_threshold(guideline: Guideline) -> None:
    for variable in guideline.variables.values():
        if variable.type == "string":
            continue
        found = {parse_cell(variable, cell) for cell in values(variable)}
        assert {k.mask for k in found if k} == {1 << i for i in range(variable.band_count)}
        for mask in range(1, min(variable.everything, 1 << 12)):
            knowledge = parse_cell(variable, cell_of(variable, mask))
            assert knowledge is not None
            assert knowledge.mask & ~mask == 0
            assert variable.is_number or knowledge.mask == mask


def test_a_boundary_decides_its_classes(guideline: Guideline) -> None:
    rng, logic = random.Random(1), logic_of(guideline)  # noqa: S311
    found = boundaries(guideline, FEW)
    assert {name for one in found for name in one.classes} == set(FEW)
    for one in found:
        if told := list(around(guideline, one, rng)):
            known = [read_record(guideline, "p", cells).known for cells in told]
            states = [logic.state(one.classes[0], each) for each in known]
            assert {states[0], states[-2]} == {MET, EXCLUDED}
            assert states[-1] == UNKNOWN or len(known) == 2


def test_a_short_run_asks_of_every_class_at_a_boundary_that_decides_it(
    guideline: Guideline, hermit: Hermit
) -> None:
    asked: list[dict[str, int]] = []

    def counted(cases: Sequence[Case]) -> Sequence[Case]:
        asked.append(Counter(name for case in cases for name in case.classes))
        return ()

    for count in (1, 10, 50):
        extent = Extent(seed=3, records=count, parts=frozenset({parts.BOUNDARIES}))
        Certification(guideline, [], hermit, extent).run(counted)
    joint = {name for therapy in guideline.therapies.values() for name in therapy.aspects}
    least, some, every = ({*each} - joint for each in asked)
    assert least == some == every
    assert len(every) > 70
    assert sum(asked[0].values()) < sum(asked[1].values()) < sum(asked[2].values()) / 2


def test_a_record_is_shrunk_to_what_disagrees(guideline: Guideline) -> None:
    cells = {"resectable": "true", "child_pugh_class": "B|C", "ecog": "3", "cachexia": "false"}
    small = smallest(
        guideline,
        cells,
        lambda c: c.get("ecog") == "3" and c.get("child_pugh_class", "B") in ("B", "B|C"),
    )
    assert small == {"ecog": "3"}
    kept = smallest(guideline, cells, lambda c: "C" in c.get("child_pugh_class", ""))
    assert kept == {"child_pugh_class": "C"}
    assert smallest(guideline, cells, lambda _: False) == cells


def test_the_same_seed_gives_the_same_records(
    guideline: Guideline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second, other = (drawn(records(guideline, ANY, True), 5, seed) for seed in (5, 5, 6))
    assert first == second != other
    assert list(tmp_path.iterdir()) == []
    whole = drawn(records(guideline, MOSTLY_KNOWN), 5, 5)
    assert sum(map(len, whole)) > sum(map(len, first))


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


def test_the_command_prints_seed_and_both_editions(run: Callable[..., Ran], quick: None) -> None:
    ran = run("certify", "--records", "1", "--minutes", "0.01", "--seed", "9")
    assert ran.status == 0
    assert "seed 9" in ran.err
    assert "Edition 2011" in ran.out
    assert "Edition 2026" in ran.out
    assert "completions" in ran.out


def test_the_command_ends_with_1_and_a_record(
    run: Callable[..., Ran], quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "subjects", lambda name, guideline: [Forgetful(guideline)])
    ran = run("certify", "--records", "1", "--minutes", "0.01", "--edition", "2011")
    assert ran.status == 1
    assert "smallest record that disagrees" in ran.out
    assert "forgetful" in ran.out
    assert "Edition 2026" not in ran.out


def test_without_hypothesis_the_command_says_how_to_get_it(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("kg.certification")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    ran = run("certify")
    assert ran.status == 3
    assert "needs hypothesis, which is not installed" in ran.err
    assert ".[dev]" in ran.err
    assert ".[all]" not in ran.err

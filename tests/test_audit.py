"""The audit: held against brute force on random patients, and its examples against `explain`."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from conftest import Ran

from kg.audit import neighbours
from kg.audit.readings import Readings
from kg.audit.report import KINDS, Patients, Section, audit, share
from kg.audit.space import Finding, Space, Weigh, even, severity, usual
from kg.commands import audit as command
from kg.engines.compiled import Compiled
from kg.errors import OntologyError
from kg.explanation.wording import MUTED
from kg.guideline import Guideline, Therapy, load
from kg.guideline.alternatives import Alternative, renamed, with_alternatives
from kg.guideline.formula import Formula
from kg.paths import example_cohort
from kg.patients.records import Record, derive, read_record
from kg.patients.tables import PatientTable
from kg.reasoning.verdicts import (
    CONTRAINDICATED,
    ELIGIBLE,
    MET,
    NOT_INDICATED,
    PatientResult,
)

DOCS = Path(__file__).parents[1] / "docs"
CLOSED = {CONTRAINDICATED, NOT_INDICATED}
Bands = Mapping[str, int]


@cache
def audited() -> tuple[Space, dict[str, Section]]:
    """The space of the guideline and what is found in it: its nodes are those of one diagram."""
    place = Space(load())
    return place, {section.kind: section for section in audit(guideline=place.guideline)}


def space() -> Space:
    return audited()[0]


@cache
def readings() -> Readings:
    return Readings()


def sections() -> dict[str, Section]:
    return audited()[1]


def findings(kind: str) -> tuple[Finding, ...]:
    found = sections()[kind].findings
    assert found, f"no findings of the kind {kind} to try"
    return found


def record(place: Space, bands: Bands) -> Record | None:
    """Return bands as a complete record, or None where the record contradicts itself."""
    values = place.values(bands)
    found = derive(place.guideline, "", values)
    kept = all(found.known[name] == value for name, value in values.items())
    return found if kept and not found.conflicts else None


def drawn(
    place: Space, weigh: Weigh, seed: int, count: int
) -> Iterator[tuple[dict[str, int], Record]]:
    """Yield complete records without conflicts, drawn by a distribution."""
    rng, found = random.Random(seed), 0  # noqa: S311
    chances = [(n, weigh(place.guideline.variables[n])) for n in place.diagrams.order]
    while found < count:
        bands = {name: rng.choices(range(len(w)), w)[0] for name, w in chances}
        one = record(place, bands)
        if one is not None:
            found += 1
            yield bands, one


@cache
def patients() -> list[tuple[dict[str, int], Record, PatientResult]]:
    """Random complete patients, most of them unremarkable, some of them with anything."""
    engine = Compiled(space().guideline)
    both = [*drawn(space(), usual, 1, 100), *drawn(space(), even, 2, 30)]
    return [(bands, one, engine.classify(one)) for bands, one in both]


def has(place: Space, root: int, bands: Bands) -> bool:
    """Return whether a property holds in a complete record."""
    while root >= place.diagrams.LEAVES:
        band = bands[place.diagrams.order[place.diagrams.levels[root]]]
        root = place.diagrams.children[root][band]
    return bool(root)


def verdicts(bands: Bands) -> dict[str, str] | None:
    """Return the verdicts on a complete record, None where it contradicts itself."""
    one = record(space(), bands)
    if one is None:
        return None
    result = Compiled(space().guideline).classify(one)
    return {name: each.verdict for name, each in result.therapies.items()}


def indicated(result: PatientResult, therapy: Therapy) -> bool:
    return result.states[therapy.classes["indicated"]] == MET


# The space


def test_a_record_is_coherent_exactly_if_it_is_read_without_conflict() -> None:
    rng, seen = random.Random(3), set()  # noqa: S311
    for _ in range(400):
        bands = {
            name: rng.randrange(space().guideline.variables[name].band_count)
            for name in space().diagrams.order
        }
        coherent = record(space(), bands) is not None
        assert has(space(), space().coherent, bands) == coherent
        seen.add(coherent)
    assert seen == {True, False}


def test_shares_are_those_of_records_drawn_at_random() -> None:
    every = [f for kind in KINDS if kind != "readings" for f in findings(kind) if not f.among]
    for weigh in (even, usual):
        sample = [bands for bands, _ in drawn(space(), weigh, 4, 200)]
        for finding in every:
            expected = finding.shares.even if weigh is even else finding.shares.usual
            found = sum(has(space(), finding.root, bands) for bands in sample) / len(sample)
            spread = (max(expected * (1 - expected), 0.001) / len(sample)) ** 0.5
            assert abs(found - expected) < 4.5 * spread, finding.id


def test_a_share_is_counted_exactly_where_few_variables_matter() -> None:
    root = space().logic.roots["ABL-C11"]
    bands = space().guideline.variables["ablations_with_residual"].band_count
    assert space().share(root, even) == pytest.approx(1 / bands)
    assert space().share(root, usual) == pytest.approx(0.1 / (bands - 1))
    assert space().share(root, even, root) == pytest.approx(1)


def test_every_number_that_decides_has_a_direction(guideline: Guideline) -> None:
    deciding = [v for v in guideline.variables.values() if v.is_number and v.role == "criterion"]
    assert len(deciding) > 5
    assert [v.name for v in deciding if v.worse is None] == []
    count, vp = guideline.variables["tumour_count"], guideline.variables["portal_vein_thrombus"]
    assert severity(count) == tuple(range(count.band_count))
    assert severity(vp) == (0, 1, 2, 3, 4)
    assert severity(guideline.variables["cachexia"]) == (1, 0)
    assert severity(guideline.variables["platelets_10e9_l"]) == (1, 0)
    assert severity(guideline.variables["age_years"]) is None


# Each kind of finding, patient by patient


def test_gaps_are_the_patients_whom_the_verdicts_leave_without() -> None:
    therapies = space().guideline.therapies.values()
    for bands, _, result in patients():
        words = [each.verdict for each in result.therapies.values()]
        none = not any(indicated(result, t) for t in therapies)
        closed = set(words) <= CLOSED
        expected = [none, none and CONTRAINDICATED not in words, closed, closed and not none]
        assert [has(space(), f.root, bands) for f in findings("gaps")] == expected


def test_a_contradicting_fact_decides_both_sides_alone() -> None:
    found = findings("contradictions")
    assert found
    for finding in found:
        (variable,), classes = finding.about["variables"], finding.about["classes"]
        bands = dict.fromkeys(space().diagrams.order, 0) | dict(space().bands(finding.root) or {})
        tried = []
        for band in range(space().guideline.variables[variable].band_count):
            other = {**bands, variable: band}
            one = record(space(), other)
            if one is not None:
                states = space().logic.states(one)
                tried.append({states[name] == MET for name in classes})
        assert {True} in tried
        assert {False} in tried


def _verdict(result: PatientResult, therapy: Therapy, without: tuple[str, ...]) -> str:
    def met(names: tuple[str, ...]) -> list[bool]:
        return [result.states[n] == MET for n in names if n not in without]

    good = any(met(therapy.indications)) and all(met(therapy.preconditions))
    if any(met(therapy.absolute)):
        return CONTRAINDICATED
    if not good:
        return NOT_INDICATED
    return "caution" if any(met(therapy.relative)) else ELIGIBLE


def test_no_patient_loses_or_gains_a_therapy_by_an_idle_criterion() -> None:
    for finding in findings("idle"):
        for name in finding.about["criteria"]:
            for therapy in finding.about["therapies"]:
                row = space().guideline.therapies[therapy]
                for _, _, result in patients():
                    with_it, without = _verdict(result, row, ()), _verdict(result, row, (name,))
                    assert with_it == without or {with_it, without} <= CLOSED, finding.id


def test_a_criterion_that_is_not_idle_decides_in_some_patient() -> None:
    idle = {
        (n, t) for f in findings("idle") for n in f.about["criteria"] for t in f.about["therapies"]
    }
    cautioned = {
        t for f in findings("idle") if not f.about["criteria"] for t in f.about["therapies"]
    }
    engine, tried = Compiled(space().guideline), 0
    for therapy in space().guideline.therapies.values():
        for name in (*therapy.indications, *therapy.absolute):
            if (name, therapy.id) not in idle:
                bands = _deciding(therapy, name)
                one = record(space(), bands)
                assert one is not None
                result = engine.classify(one)
                assert _verdict(result, therapy, ()) != _verdict(result, therapy, (name,))
                tried += 1
    assert tried > 100
    assert cautioned == {"local_ablation_palliative"}


def _deciding(therapy: Therapy, name: str) -> dict[str, int]:
    """Return a complete record in which one criterion of a row holds alone."""
    place = space()
    roots = place.logic.roots
    same = therapy.indications if name in therapy.indications else therapy.absolute
    others = [place.no(roots[other]) for other in same if other != name]
    root = place.both(roots[name], *others)
    if name in therapy.indications:
        root = place.both(root, *(roots[n] for n in therapy.preconditions))
        root = place.both(root, *(place.no(roots[n]) for n in therapy.absolute))
    chosen = place.bands(root) or {}
    most = {n: usual(place.guideline.variables[n]) for n in place.diagrams.order}
    return {n: max(range(len(w)), key=w.__getitem__) for n, w in most.items()} | chosen


def test_neighbours_are_exactly_the_steps_against_the_direction() -> None:
    """Steps every graded variable of random patients, and compares verdicts."""
    told = 0
    for bands, _, _ in patients()[:20] + patients()[-10:]:
        for name, better, worse in _steps(bands):
            before, after = verdicts({**bands, name: better}), verdicts({**bands, name: worse})
            if before is None or after is None:
                continue
            expected = {
                (therapy, before[therapy])
                for therapy in before
                if before[therapy] in CLOSED and after[therapy] not in CLOSED
            }
            found = {
                (therapy, word)
                for finding in findings("neighbours")
                if finding.about["variables"] == (name,)
                and has(space(), finding.root, {**bands, name: better})
                for therapy in finding.about["therapies"]
                for word in CLOSED
                if f" {word.replace('_', ' ')}," in finding.claim
            }
            # A finding is of a family: some of its therapies are opened by the step.
            assert {t for t, _ in expected} <= {t for t, _ in found}
            assert bool(expected) == bool(found), (name, better, worse)
            told += len(expected)
    assert told > 5


def _steps(bands: Bands) -> Iterator[tuple[str, int, int]]:
    for name, band in bands.items():
        variable = space().guideline.variables[name]
        order = severity(variable) or ()
        if variable.type != "boolean" and band in order[:-1]:
            place = order.index(band)
            yield name, band, order[place + 1]


def test_four_tumours_of_3_cm_have_no_ablation_and_of_3_1_cm_do() -> None:
    claims = {f.claim for f in findings("neighbours") if "mwa" in f.about["therapies"]}
    assert "max_tumour_diameter_cm: 3 is not indicated, 3.1 is eligible" in claims
    assert "tumour_count: 1 is not indicated, 2 is eligible" in claims


def test_only_a_yes_or_no_rules_the_better_neighbour_out() -> None:
    ruled_out = [f for f in findings("neighbours") if neighbours.RULED_OUT in f.claim]
    assert {name for f in ruled_out for name in f.about["variables"]} == {"hypersplenism"}


def test_recommendations_clash_where_they_are_met_and_a_therapy_is_contraindicated() -> None:
    found = {f.about["recommendations"][0]: f for f in findings("recommendations")}
    seen = set()
    for bands, _, result in patients():
        for each in space().guideline.recommendations.values():
            words = [result.therapies[t].verdict for t in each.concerns]
            clash = result.states[each.id] == MET and CONTRAINDICATED in words
            if each.id in found:
                assert has(space(), found[each.id].root, bands) == clash
            else:
                assert not clash
            seen.add(clash)
    assert seen == {True, False}


@pytest.mark.parametrize("each", with_alternatives()[1], ids=lambda each: each.id)
def test_a_reading_moves_whom_its_formulas_in_place_would_move(each: Alternative) -> None:
    """Puts the formulas of a reading in the place of those in use, and classifies again."""
    place, guideline = readings().space, readings().guideline
    replacing = {
        one.split("@")[0]: formula
        for one, formula in guideline.formulas.items()
        if one.endswith(f"@{each.id}")
    }
    assert replacing
    placed = _plain(replacing, each.id, guideline.formulas)
    replaced = replace(guideline, formulas={**guideline.formulas, **placed})
    assert readings().moved([])[each.id][1] == 0
    finding = next(f for f in findings("readings") if f.id == f"readings-{each.id}")
    before, after = Compiled(guideline), Compiled(replaced)
    sample = list(drawn(place, usual, 5, 15))
    if (bands := place.bands(finding.root)) is not None:
        most = {n: usual(guideline.variables[n]) for n in place.diagrams.order}
        made = {n: max(range(len(w)), key=w.__getitem__) for n, w in most.items()} | bands
        sample.append((made, _read(guideline, place, made)))
    seen = set()
    for bands, one in sample:
        words = [
            {t: r.verdict for t, r in engine.classify(one).therapies.items()}
            for engine in (before, after)
        ]
        differs = words[0] != words[1]
        assert has(place, finding.root, bands) == differs
        assert readings().moved([one])[each.id][1] == differs
        seen.add(differs)
    assert True in seen or not finding.shares.usual


def _read(guideline: Guideline, place: Space, bands: Bands) -> Record:
    return derive(guideline, "", place.values(bands))


def _plain(
    formulas: Mapping[str, Formula], reading: str, used: Mapping[str, Formula]
) -> dict[str, Formula]:
    """Return the formulas of a reading under the names of those that they replace.

    Where one refers to what is replaced, as it is in use, it refers to a copy of that.
    """
    copies = {name: f"{name}@in use" for name in formulas}
    names = {f"{name}@{reading}": name for name in formulas} | copies
    kept = {copy: renamed(used[name], copies) for name, copy in copies.items()}
    return kept | {name: renamed(formula, names) for name, formula in formulas.items()}


def test_every_reading_has_an_example_that_it_moves() -> None:
    assert len(findings("readings")) > 10
    for finding in findings("readings"):
        (example,) = finding.examples
        one = read_record(readings().guideline, example.id, example.cells)
        assert not one.conflicts
        assert readings().moved([one])[finding.id.removeprefix("readings-")][1] == 1


def test_every_reading_is_answered_or_listed_as_open(guideline: Guideline) -> None:
    answered = {each.to for each in readings().alternatives}
    noted = {c.id for c in (guideline.criteria | guideline.definitions).values() if c.note}
    assert answered <= noted
    assert noted - answered == noted & set(sections()["readings"].open)


def test_alternatives_change_no_verdict(guideline: Guideline) -> None:
    assert not [name for name in guideline.formulas if "@" in name]
    assert not any("alternatives" in iri for iri in guideline.ontology.modules)


def test_a_reading_without_replacement_is_an_error(ontology_copy: Path) -> None:
    path = ontology_copy / "2011/alternatives.ttl"
    text = path.read_text("utf-8")
    cut = re.sub(r" ;\n    hcc:replacement hcc:ABL-C1-recorded-1 \.", " .", text)
    assert cut != text
    path.write_text(cut, "utf-8")
    with pytest.raises(OntologyError, match="ABL-C1-recorded needs hcc:replacement"):
        Readings(ontology_copy)


# Examples


def test_examples_have_names_of_their_own_and_no_conflicts() -> None:
    every = [e for s in sections().values() for f in s.findings for e in f.examples]
    assert len({e.id for e in every}) == len(every) > 60
    for example in every:
        assert read_record(space().guideline, example.id, example.cells).conflicts == ()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("neighbours", "readings")])
def test_an_example_settles_its_finding_and_no_cell_can_be_left_out(kind: str) -> None:
    for finding in findings(kind):
        for example in finding.examples:
            values = read_record(space().guideline, "", example.cells).recorded
            assert space().settled(finding.root, values)
            for name in example.cells if kind == "gaps" else ():
                fewer = {n: v for n, v in values.items() if n != name}
                assert not space().settled(finding.root, fewer), (example.id, name)


def test_neighbours_differ_in_one_cell_and_against_the_direction() -> None:
    engine = Compiled(space().guideline)
    for finding in findings("neighbours"):
        better, worse = finding.examples
        (name,) = finding.about["variables"]
        assert {n for n in better.cells if better.cells[n] != worse.cells[n]} == {name}
        records = [read_record(space().guideline, "", e.cells) for e in (better, worse)]
        first, second = (engine.classify(r).therapies for r in records)
        opened = [
            t
            for t in finding.about["therapies"]
            if first[t].verdict in CLOSED and second[t].verdict.startswith("eligible")
        ]
        assert opened
        if finding.left_without is not None and finding.left_without.usual:
            assert {each.verdict for each in first.values()} <= CLOSED


def test_examples_reproduce_through_explain(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "sections_of", lambda *_: sections().values())
    ran = run("audit", "--output", "examples.csv")
    assert ran.status == 0
    with (tmp_path / "examples.csv").open(encoding="utf-8") as file:
        rows = {row["patient_id"]: row for row in csv.DictReader(file)}
    every = [e for s in sections().values() for f in s.findings for e in f.examples]
    assert rows.keys() == {e.id for e in every}
    for example in every:
        assert {n: c for n, c in rows[example.id].items() if c} == {
            "patient_id": example.id,
            **example.cells,
        }
    told = run("explain", "examples.csv", "gaps-1-1").out
    assert told.count("\nNot indicated: ") == len(space().guideline.therapies)
    told = run("explain", "examples.csv", "gaps-3-1").out
    assert "\nEligible" not in told
    assert "\nUndetermined" not in told
    told = run("explain", "examples.csv", "recommendations-REC-17").out
    assert " ".join(MUTED.split()[:5]) in " ".join(told.split())


# The command and the page


def test_the_command_prints_one_kind_and_json(run: Callable[..., Ran]) -> None:
    told = run("audit", "gaps").out
    assert "gaps-1  No therapy is indicated" in told
    assert "idle-1" not in told
    found = json.loads(run("audit", "idle", "--format", "json").out)
    assert list(found) == ["idle"]
    assert [each["id"] for each in found["idle"]] == [f.id for f in findings("idle")]
    assert found["idle"][0]["examples"]["idle-1"]["child_pugh_class"] == "C"


def test_the_command_counts_patients_and_tells_rejected_rows(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text("patient_id,max_tumour_diameter_cm\na,12\nb,2\nc,wide\n")
    ran = run("audit", "readings", "--patients", "p.csv", "--format", "json")
    assert ran.status == 1
    assert "1 row rejected" in ran.err
    found = {each["id"]: each for each in json.loads(ran.out)["readings"]}
    assert found["readings-ABL-C1-recorded"]["patients"] == 1
    assert found["readings-ABL-C1-recorded"]["changes"]["mwa: contraindicated to undetermined"] == 1
    assert found["readings-HAI-C9-caution"]["patients"] == 0


def test_counts_of_a_table_are_those_of_its_records() -> None:
    table = example_cohort()
    (section,) = audit(["recommendations"], Patients(load(), table))
    engine = Compiled(space().guideline)
    read = PatientTable(space().guideline, table, None)
    results = [engine.classify(r) for b in read.batches() for r in read.records(b)]
    for finding in section.findings:
        each = space().guideline.recommendations[finding.about["recommendations"][0]]
        least = sum(
            r.states[each.id] == MET
            and any(r.therapies[t].verdict == CONTRAINDICATED for t in each.concerns)
            for r in results
        )
        assert finding.patients == least


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["audit", "gaps", "--output", "x.txt"], "ends in .csv"),
        (["audit", "gaps", "--patients", "none.csv"], "none.csv"),
        (["audit", "everything"], "everything"),
    ],
)
def test_bad_usage_is_told(run: Callable[..., Ran], arguments: list[str], message: str) -> None:
    ran = run(*arguments)
    assert ran.status == 2
    assert message in ran.err


def test_shares_are_told_with_the_digits_that_matter() -> None:
    told = [share(x) for x in (0, 1e-9, 0.00012, 0.096, 0.86, 0.991234, 1 - 1e-9, 1)]
    assert told == [
        "none",
        "under 0.001%",
        "0.012%",
        "9.6%",
        "86%",
        "99.123%",
        "over 99.999%",
        "all",
    ]


def test_page_tells_of_every_kind_and_names_only_findings_that_there_are() -> None:
    page = (DOCS / "findings.md").read_text("utf-8")
    for kind in KINDS:
        assert f"Begin of `hcc-kg audit {kind} --format markdown`" in page
    written = re.sub(r"<!-- Begin.*?<!-- End -->", "", page, flags=re.S)
    ids = {f.id for s in sections().values() for f in s.findings}
    ids |= {e.id for s in sections().values() for f in s.findings for e in f.examples}
    named = set(re.findall(rf"\b(?:{'|'.join(KINDS)})-[\w-]+", written))
    assert len(named) > 10
    assert named <= ids


def test_page_tells_how_many_real_patients_each_reading_moves(shared: Path) -> None:
    table = shared / "data" / "uci-hcc-survival" / "patients.csv"
    if not table.is_file():
        pytest.skip(f"{table} is not there")
    (section,) = audit(["readings"], Patients(load(), table))
    page = (DOCS / "findings.md").read_text("utf-8")
    told = {name: int(n) for name, n in re.findall(r"^\| ([A-Z][\w-]+) \| (\d+) \|$", page, re.M)}
    found = {f.id.removeprefix("readings-"): f.patients for f in section.findings if f.patients}
    assert told == found
    assert f"The other {_WORDS[len(section.findings) - len(found)]} move nobody" in page


_WORDS = {12: "twelve", 13: "thirteen", 14: "fourteen"}

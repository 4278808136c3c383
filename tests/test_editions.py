"""Several editions of the guideline: each found by being there, and compared with one another."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from explorer import app, texts

import kg
from kg.catalogue import queries
from kg.catalogue.queries import Question
from kg.errors import InputError
from kg.explanation.report import report
from kg.guideline import Guideline, load, load_all
from kg.guideline.taxonomy import differences, pairs
from kg.paths import edition_names, example_cohort, example_lesions, ontology_folder
from kg.patients.records import read_record
from kg.rdf.build import build, example
from kg.rdf.modules import asked_of
from kg.reasoning.diagram import FALSE, TRUE
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import possible_stages
from kg.reference.book import book
from kg.reference.cards import card_of
from kg.reference.search import search
from kg.server.handlers import Questions
from kg.server.screening import RefusedError
from kg.stores import open_store

OLD, NEW = load(edition="2011"), load(edition="2026")
EXAMPLES = [("2011", "spec"), ("2026", "spec/2026")]


def test_an_edition_is_found_by_its_folder() -> None:
    assert edition_names(ontology_folder()) == ["2011", "2026"]
    assert [edition.id for edition in kg.editions()] == ["2011", "2026"]
    assert kg.load().edition == "2011"
    assert NEW.source.revises == (OLD.source.name,)


def test_an_unknown_edition_says_which_there_are() -> None:
    with pytest.raises(InputError, match=r"no edition '2019' .*; the editions are 2011, 2026"):
        kg.load(edition="2019")
    with pytest.raises(InputError, match="is the edition 2011, not 2026"):
        kg.classify({}, guideline=OLD, edition="2026")


def test_editions_share_variables_and_no_identifier_of_their_own() -> None:
    assert list(OLD.variables) == list(NEW.variables)
    names = [{*g.criteria, *g.recommendations, *g.responses, *g.statements} for g in (OLD, NEW)]
    assert not names[0] & names[1]


def test_the_edition_of_2026_is_complete() -> None:
    assert len(NEW.stages) == 7
    assert len(NEW.therapies) == 17
    assert len(NEW.recommendations) == 22
    graded = [one for one in NEW.criteria.values() if one.grade]
    for one in [*graded, *(r for r in NEW.recommendations.values() if r.grade)]:
        assert one.grade in {NEW.statements[name].grade for name in one.statements}
    assert len(graded) > 15


def test_exactly_one_stage_holds_in_every_completion() -> None:
    logic = logic_of(NEW)
    roots = [logic.roots[name] for name in NEW.stages]
    assert logic.diagrams.any(roots) == TRUE
    for i, one in enumerate(roots):
        for other in roots[i + 1 :]:
            assert logic.diagrams.combine((one, other), lambda a, b: a & b) == FALSE


def test_what_lists_no_contraindications_says_so() -> None:
    for guideline in (OLD, NEW):
        for therapy in guideline.therapies.values():
            silent = "contraindicated" not in therapy.classes
            assert silent == any("none were checked" in note for note in therapy.notes)


@pytest.mark.parametrize(("edition", "folder"), EXAMPLES)
def test_worked_examples_are_met_to_the_letter(
    shared: Path, tmp_path: Path, edition: str, folder: str
) -> None:
    due = json.loads((shared / folder / "examples.json").read_text("utf-8"))
    file = tmp_path / "out.json"
    kg.classify_file(shared / folder / "examples.csv", file, edition=edition)
    found = json.loads(file.read_text("utf-8"))
    assert len(found) == len(due) >= 20
    for one, expected in zip(found, due, strict=True):
        assert bool(one["conflicts"]) == expected.pop("conflicts_reported")
        for name, told in expected.pop("therapies").items():
            assert {key: one["therapies"][name][key] for key in told} == told, name
        assert {key: one[key] for key in expected} == expected


def test_records_one_by_one_get_what_tables_get(shared: Path) -> None:
    path = shared / "spec" / "2026" / "examples.csv"
    table = list(kg.classify_table(path, edition="2026").patients())
    with path.open(encoding="utf-8", newline="") as file:
        for row, told in zip(csv.DictReader(file), table, strict=True):
            one = kg.classify({k: v for k, v in row.items() if v}, edition="2026")
            assert (one.stages, one.states) == (told.stages, told.states)
            assert one.therapies == told.therapies


def test_a_stage_that_is_open_names_what_would_settle_it() -> None:
    record = {"tumour_count": 1, "max_tumour_diameter_cm": 4, "child_pugh_class": "A", "ecog": 0}
    record |= {"portal_vein_thrombus": "vp0", "hepatic_vein_thrombus": False}
    result = kg.classify(record, edition="2026")
    assert possible_stages(result) == ["CNLC26-Ia", "CNLC26-IIIb"]
    stage = kg.explain(record, edition="2026").stage
    assert stage is not None
    assert stage.text == "CNLC stage Ia or CNLC stage IIIb"
    assert [missing.variable for missing in stage.missing] == ["distant_metastasis"]
    assert kg.explain(record).stage is None


def test_a_grade_stands_wherever_its_criterion_is_shown(
    run: Callable[..., object], tmp_path: Path
) -> None:
    cells = {"tumour_count": 5, "ecog": 0, "child_pugh_class": "A", "distant_metastasis": "none"}
    cells |= {"portal_vein_thrombus": "vp0", "hepatic_vein_thrombus": False}
    cells |= {"remainder_ablatable": True}
    table = tmp_path / "patients.csv"
    text = {name: str(value).lower() for name, value in cells.items()} | {"child_pugh_class": "A"}
    table.write_text(f"patient_id,{','.join(text)}\np,{','.join(text.values())}\n", "utf-8")
    ran = run("explain", table, "p", "surgical_resection", "--edition", "2026")
    told = ran.out  # type: ignore[attr-defined]
    assert "5.1.1(3)2 (2 B)" in " ".join(told.split())
    assert "Evidence level and strength: 2 B" in told
    record = read_record(NEW, "p", text)
    page = report(NEW, record, kg.explain(cells, edition="2026"))
    assert "Evidence level and strength: 2 B" in re.sub("<[^>]+>", "", page)
    graded = {card_of(NEW, name).get("grade") for name in NEW.criteria["RES26-I2"].statements}
    assert card_of(NEW, "RES26-I2")["grade"] == "2 B"
    assert "2 B" in graded


def test_stages_are_terms_like_criteria() -> None:
    card = card_of(NEW, "cnlc26-ia")
    assert (card["kind"], card["places"], card["statements"][0]["id"]) == (
        "stage",
        ("4",),
        "S26-002",
    )
    assert "CNLC26-Ia" in card_of(NEW, "FIT26")["used_in"]
    assert "CNLC26-Ia" in card_of(NEW, "S26-002")["used_in"]
    assert search(NEW, "CNLC26-Ia").hits[0].id == "CNLC26-Ia"
    assert "### CNLC26-Ia" in book(NEW)


# Comparing


def test_every_therapy_and_criterion_is_in_the_comparison() -> None:
    found = pairs(OLD, NEW)
    assert {p.earlier for p in found} - {None} >= set(OLD.therapies)
    assert {p.later for p in found} - {None} == set(NEW.therapies)
    told = list(differences(OLD, NEW))
    assert {c.earlier for c in told} - {None} == set(OLD.criteria)
    assert {c.later for c in told} >= set(NEW.criteria)


def test_the_way_back_turns_every_relation_around() -> None:
    there = {(c.earlier, c.later): c.relation for c in differences(OLD, NEW)}
    back = {(c.later, c.earlier): c.relation for c in differences(NEW, OLD)}
    assert there[None, "HAIC26-I1"] == "new"
    assert back[None, "HAIC26-I1"] == "dropped"
    assert (there["ABL-I1", "ABL26-I1"], back["ABL-I1", "ABL26-I1"]) == ("stricter", "looser")


FIT = {"tumour_count": 1, "max_tumour_diameter_cm": 2, "child_pugh_class": "A", "ecog": 0}
CLEAR = {
    **{name: False for name, v in NEW.variables.items() if v.type == "boolean"},
    **{"portal_vein_thrombus": "vp0", "distant_metastasis": "none", "tumour_morphology": "nodular"},
    **{"coagulopathy": "none", "active_infection": "none", "organ_failure": "none"},
    **{"ablations_with_residual": 0, "hepatic_duct_distance_mm": 20},
    **{"second_order_duct_distance_mm": 20, **FIT},
}


@pytest.mark.parametrize(
    ("changed", "change", "because"),
    [
        ({}, "same", ["ABL26-I1", "ABL26-P1"]),
        ({"portal_vein_thrombus": "vp1"}, "lost", ["ABL26-I1"]),
        ({"active_infection": "treatable"}, "gained", ["ABL26-I1", "ABL26-P1"]),
        ({"distant_metastasis": None}, "opened", []),
        ({"active_infection": None}, "settled", ["ABL26-I1", "ABL26-P1"]),
        ({"hepatic_duct_distance_mm": 5}, "moved", ["ABL26-I1", "ABL26-P1", "ABL26-R2"]),
    ],
)
def test_a_change_is_told_with_the_criteria_that_decide(
    changed: dict[str, object], change: str, because: list[str]
) -> None:
    row = {"patient_id": "p", **CLEAR, **changed}
    found = kg.compare([row], therapies=["mwa"])
    (told,) = found.frame.iter_rows(named=True)
    assert (told["therapy_from"], told["therapy_to"]) == ("mwa", "mwa")
    assert (told["change"], told["because_to"]) == (change, because)
    assert found.counts.row(0, named=True)[change] == 1


def test_a_therapy_of_one_edition_stands_alone() -> None:
    frame = kg.compare([{"patient_id": "p", **CLEAR}]).frame
    told = {(row[1], row[2]): row[5] for row in frame.iter_rows()}
    assert told[None, "sirt"] == told["systemic_therapy", "systemic_therapy"] == "new"
    assert told["local_ablation_palliative", None] == "dropped"
    assert told["tai", "haic"] not in ("new", "dropped")


def test_the_command_compares_tables_and_guidelines(run: Callable[..., object]) -> None:
    ran = run("compare", "--example", "--therapy", "tai", "--format", "csv")
    rows = list(csv.DictReader(ran.out.splitlines()))  # type: ignore[attr-defined]
    assert list(rows[0])[:3] == ["patient_id", "therapy_from", "therapy_to"]
    assert {row["therapy_to"] for row in rows} == {"haic"}
    lines = run("compare", "--format", "jsonl").out.splitlines()  # type: ignore[attr-defined]
    assert {"from": "ABL-C1", "relation": "dropped"}.items() <= json.loads(lines[4]).items()
    assert "Criteria behind most changes" in run("compare", "--example").out  # type: ignore[attr-defined]


def test_the_file_of_a_comparison_tells_its_format(
    run: Callable[..., object], tmp_path: Path
) -> None:
    run("compare", "-o", tmp_path / "c.jsonl")
    assert "relation" in json.loads((tmp_path / "c.jsonl").read_text("utf-8").splitlines()[0])
    run("compare", "-o", tmp_path / "c.parquet")
    assert "relation" in pl.read_parquet(tmp_path / "c.parquet").columns
    ran = run("compare", "-o", tmp_path / "c.xlsx")
    assert "end its name in one of .csv, .json, .jsonl, .parquet" in ran.err  # type: ignore[attr-defined]
    assert not (tmp_path / "c.xlsx").exists()


def test_comparison_says_of_which_therapies_nothing_was_checked(run: Callable[..., object]) -> None:
    said = run("compare", "--example", "--therapy", "rfa", "--therapy", "tace").out  # type: ignore[attr-defined]
    assert "\n2026, RFA: This edition lists no contraindications of ablation" in said
    assert said.count("none were checked") == 1


def test_commands_take_an_edition(run: Callable[..., object]) -> None:
    out = run("classify", "--example", "--edition", "2026").out  # type: ignore[attr-defined]
    assert "none were checked" in out
    assert "stage" in out
    assert (
        '"grade": "2 B"'
        in run(  # type: ignore[attr-defined]
            "classify", "--example", "--edition", "2026", "--format", "jsonl", "--explain"
        ).out
    )
    assert "HAIC26-C3" in run("show", "haic26-c3").out  # type: ignore[attr-defined]
    assert run("show", "haic26-c3", "--edition", "2011").status == 2  # type: ignore[attr-defined]
    listed = json.loads(run("editions", "--format", "json").out)  # type: ignore[attr-defined]
    assert [row["criteria"] for row in listed] == [len(OLD.criteria), len(NEW.criteria)]


def test_a_cohort_is_told_what_was_not_checked(run: Callable[..., object]) -> None:
    ran = run("cohort", "--example", "--edition", "2026")
    assert "no contraindications of ablation, and none were checked" in ran.err  # type: ignore[attr-defined]
    page = texts(app("cohort", cohort="example", edition="2026"))
    assert "and none were checked" in page


# The graph


@pytest.fixture(scope="module")
def both() -> object:
    """A store that holds both editions, and runs of both over the example cohort."""
    store = open_store(None)
    for guideline in (OLD, NEW):
        build(guideline, store, example())
    return store


def ask(store: object, name: str, **values: str) -> list[dict[str, str | None]]:
    question = queries.catalogue()[name]
    table = store.select(question.filled(values, guideline=NEW))  # type: ignore[attr-defined]
    return [
        {n: cell and cell.value for n, cell in zip(table.variables, row, strict=True)}
        for row in table.rows
    ]


def test_a_store_holds_both_editions_and_their_runs(both: object) -> None:
    assert [row["edition"] for row in ask(both, "editions")] == ["2011", "2026"]
    assert not ask(both, "verdicts-twice")


def test_saved_questions_tell_what_editions_change(both: object) -> None:
    told = ask(both, "correspondence", relation="stricter")
    assert {"from": "ABL-I1", "to": "ABL26-I1"}.items() <= told[0].items()
    frame = kg.compare(example_cohort(), example_lesions()).frame
    stated = frame.filter(frame["verdict_from"] != frame["verdict_to"])
    due = {
        (row["patient_id"], row["therapy_from"], row["therapy_to"])
        for row in stated.iter_rows(named=True)
        if row["verdict_from"] and row["verdict_to"]
    }
    found = ask(both, "verdicts-that-editions-change")
    assert {(r["patient"], r["therapy_from"], r["therapy_to"]) for r in found} == due
    assert due


@pytest.mark.parametrize("edition", [OLD, NEW], ids=lambda g: g.edition)
def test_no_saved_question_mixes_editions(both: object, edition: Guideline) -> None:
    alone = open_store(None)
    build(edition, alone, example())
    for name, question in queries.catalogue().items():
        if "editions" in question.tags or name == "runs":  # which differ in time alone
            continue
        values = dict(question.examples)
        if edition is NEW and "graph" in values:
            values["graph"] += "/2026"
        try:
            text = question.filled(values, edition)
        except InputError:  # an example that is a term of the other edition
            text = question.text
        told = asked_of(both, question, text, edition)  # type: ignore[arg-type]
        found, due = both.query(told), alone.query(text)  # type: ignore[attr-defined]
        if isinstance(found, list):  # triples, in any order
            found, due = set(found), set(due)
        assert found == due, name


def test_the_endpoint_asks_one_edition_and_any_that_is_named(both: object) -> None:
    asked, graphs = Questions(queries.catalogue(), OLD), both.graphs()  # type: ignore[attr-defined]
    for values, due in (([], len(OLD.therapies)), ([("edition", "2026")], len(NEW.therapies))):
        text, _ = asked.filled(
            "verdicts-of-patient", [("patient", "vp3-thrombus"), *values], graphs
        )
        assert len(both.select(text).rows) == due  # type: ignore[attr-defined]
    with pytest.raises(RefusedError, match="no edition '1899'"):
        asked.filled("editions", [("edition", "1899")], graphs)


def test_a_query_that_names_graphs_is_asked_of_these(both: object) -> None:
    text = "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/hcc-kg/graph/{}> {{ ?s ?p ?o }}"
    found = [
        int(both.select(text.format(name)).rows[0][0].value)  # type: ignore[attr-defined]
        for name in ("statements/2011", "statements/2026", "nothing")
    ]
    assert found[0] > 0 < found[1] != found[0]
    assert found[2] == 0


def test_the_graph_tells_stages_and_what_was_not_checked(both: object) -> None:
    due = possible_stages(kg.classify({"patient_id": "x"}, edition="2026"))
    assert len(due) == 7
    found = ask(both, "stages-of-patient", patient="vp3-thrombus")
    assert {row["edition"] for row in found} == {"2026"}
    assert {row["stage"] for row in found} <= set(due)
    text = asked_of(both, *_verdicts_of("vp3-thrombus"), NEW)  # type: ignore[arg-type]
    notes = [row[-1].value for row in both.select(text).rows if row[-1]]  # type: ignore[attr-defined]
    assert sum("none were checked" in note for note in notes) == sum(
        not therapy.absolute for therapy in NEW.therapies.values()
    )


def _verdicts_of(patient: str) -> tuple[Question, str]:
    question = queries.catalogue()["verdicts-of-patient"]
    return question, question.filled({"patient": patient}, NEW)


def test_every_own_term_says_its_edition(both: object) -> None:
    text = (
        "PREFIX hcc: <https://w3id.org/hcc-kg/> SELECT ?e (COUNT(DISTINCT ?c) AS ?n) "
        "{ ?c hcc:kind ?k ; hcc:edition ?e FILTER NOT EXISTS { ?c a hcc:Statement } } "
        "GROUP BY ?e ORDER BY ?e"
    )
    found = [int(row[1].value) for row in both.select(text).rows]  # type: ignore[attr-defined]
    assert found == [len(OLD.criteria), len(NEW.criteria) + len(NEW.stages)]


# A third edition


@pytest.fixture
def third(ontology_copy: Path) -> Guideline:
    """A made-up edition in a copy of the ontology: one therapy, one criterion, no Python."""
    folder = ontology_copy / "mini"
    folder.mkdir()
    text = (Path(__file__).parent / "data" / "mini-edition.ttl").read_text("utf-8")
    (folder / "edition.ttl").write_text(text, encoding="utf-8")
    (folder / "contract.json").write_text("{}", encoding="utf-8")
    return load(ontology_copy, "mini")


def test_a_third_edition_takes_turtle_alone(third: Guideline) -> None:
    assert [g.edition for g in load_all(third.ontology.folder)] == ["2011", "2026", "mini"]
    found = kg.classify({"tumour_count": 1}, guideline=third)
    assert found.edition == "mini"
    assert {name: one.verdict for name, one in found.therapies.items()} == {"rfa": "eligible"}
    assert kg.classify({"tumour_count": 2}, guideline=third).therapies["rfa"].verdict == (
        "not_indicated"
    )


def test_a_third_edition_is_checked_and_compared(
    third: Guideline, run: Callable[..., object]
) -> None:
    folder = third.ontology.folder
    ran = run("check", "--ontology", folder, "--edition", "mini", "--no-reasoner")
    assert ", 0 findings" in ran.err  # type: ignore[attr-defined]
    told = run(
        "compare",
        "--example",
        "--ontology",
        folder,
        "--from",
        "mini",
        "--to",
        "2026",
        "--therapy",
        "rfa",
        "--format",
        "csv",
    ).out  # type: ignore[attr-defined]
    assert ",rfa,rfa,eligible," in told


# The page


COUNTED = ("gained", "lost", "moved", "settled", "opened", "same")
PAGE = Path(__file__).parents[1] / "docs" / "editions.md"


def told_by_the_page() -> list[dict[tuple[str, str], tuple[int, ...]]]:
    """Return of each table of changes on the page the counts of each pair of therapies."""
    tables: list[dict[tuple[str, str], tuple[int, ...]]] = []
    for line in PAGE.read_text("utf-8").splitlines():
        first, second, *counts = [cell.strip() for cell in line.strip("|").split("|")] + [""]
        if counts[:-1] == [*COUNTED]:
            tables.append({})
        elif len(counts) == len(COUNTED) + 1 and counts[0].isdigit():
            for name in re.findall("`(.+?)`", first):
                other = name if second == "the same" else second.strip("`")
                tables[-1][name, other] = tuple(map(int, counts[:-1]))
    return tables


def test_the_page_tells_what_changes_for_real_patients(shared: Path) -> None:
    table = shared / "data" / "uci-hcc-survival" / "patients.csv"
    if not table.is_file():
        pytest.skip(f"{table} is not there")
    for told, assume in zip(told_by_the_page(), (None, "all"), strict=True):
        found = kg.compare(table, assume=assume)
        rows = found.counts.filter(pl.col("new") + pl.col("dropped") == 0).select(
            "therapy_from", "therapy_to", *COUNTED
        )
        assert told == {(row[0], row[1]): row[2:] for row in rows.iter_rows()}
    stages = Counter(
        possible[0]
        for one in kg.classify_table(table, edition="2026").patients()
        if len(possible := possible_stages(one)) == 1
    )
    certain = ", ".join(f"{n} in {name.rpartition('-')[2]}" for name, n in stages.most_common())
    sentence = f"is certain for {stages.total()} patients ({certain})"
    assert sentence.replace("in IV", "in stage IV") in PAGE.read_text("utf-8")

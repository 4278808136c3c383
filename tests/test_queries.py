"""The catalogue: questions give their rows, checks can fail, no value gets out of place."""

from __future__ import annotations

import io
import json
import sys
from collections import Counter

import pyoxigraph as ox
import pytest
from expected_rows import FOLDER, every, expected, matches
from SPARQLWrapper import SPARQLWrapper

from kg.catalogue.page import markdown
from kg.catalogue.parameters import SORTS, Parameter, terms
from kg.catalogue.queries import SUBJECTS, catalogue, question, read
from kg.errors import InputError, QueryError
from kg.guideline import load
from kg.paths import example_cohort, example_lesions, queries_folder
from kg.rdf.build import example_store
from kg.rdf.names import PREFIXES
from kg.renewal import ask
from kg.server.handlers import Questions
from kg.stores.oxigraph import OxigraphStore
from kg.tables import classify_table

ALL = list(catalogue().values())
QUESTIONS = [q for q in ALL if not q.is_check]
CHECKS = [q for q in ALL if q.is_check]
MOST_LINES = 40
HCC = "https://w3id.org/hcc-kg/"
HOSTILE = [
    'a" } } DROP ALL #',
    "a\\",
    'a\\" } #',
    "a\nb\r\tc",
    "{ UNDEF } VALUES ?therapy { UNDEF }",
    "\\u0022 } #",
    "\\\\u0022 } #",
    "\\U00000022",
    "\\1 \\g<0>",
    "> <",
    "'''\"\"\"",
    "é 肝 \U0001f600",
]


@pytest.fixture(scope="module")
def store():
    return example_store(load())


def named(questions):
    return pytest.mark.parametrize("one", questions, ids=lambda one: one.name)


def test_catalogue_is_large_enough_and_about_everything():
    assert len(QUESTIONS) >= 30
    assert len(CHECKS) >= 10
    assert {q.subject for q in ALL} == set(SUBJECTS)
    assert {q.subject == "checks" for q in CHECKS} == {True}


def test_every_question_has_its_rows_and_every_check_its_fault():
    assert list(every()) == [q.name for q in QUESTIONS]
    assert {path.stem for path in (FOLDER / "broken").iterdir()} == {q.name for q in CHECKS}


@named(QUESTIONS)
def test_question_gives_exactly_its_rows(one, store):
    found = ask(store, one)
    told = "\n".join(map(str, found))
    assert matches(found, expected(one)), f"'hcc-kg renew' makes the rows of {one.name}\n{told}"
    assert len(found) - 1 >= one.least


@named(CHECKS)
def test_check_finds_nothing(one, store):
    assert store.select(one.filled({})).rows == []


@named(CHECKS)
def test_check_finds_what_is_broken(one, store):
    broken = OxigraphStore()
    broken.add(store.dataset)
    broken.dataset.update((FOLDER / "broken" / f"{one.name}.ru").read_text("utf-8"))
    assert broken.select(one.filled({})).rows


@named(ALL)
def test_file_runs_as_it_is_and_keeps_to_the_house_style(one, store):
    assert one.text.count("\n") <= MOST_LINES
    assert max(map(len, one.text.splitlines())) <= 100
    answer = store.query(one.text)
    if not isinstance(answer, list):
        assert "ORDER BY" in one.text
        assert answer.variables


@named([q for q in QUESTIONS if "CONSTRUCT" not in q.text])
def test_order_is_total(one, store):
    """No two rows are equal in what they are ordered by: all orders of evaluation agree."""
    _, _, order = one.text.rpartition("ORDER BY")
    names = order.replace("DESC(", " ").replace(")", " ").split()
    body = one.filled(one.examples)
    head, where, rest = body.partition("WHERE")
    select, _, _ = head.rpartition("SELECT")
    chosen = head[len(select) :]
    extra = " ".join(name for name in names if name not in chosen)
    table = store.select(f"{select}{chosen.rstrip()} {extra}\n{where}{rest}")
    places = [table.variables.index(name[1:]) for name in names]
    keys = [tuple(str(row[place]) for place in places) for row in table.rows]
    assert len(set(keys)) == len(keys)


def test_open_parameter_answers_for_all(store):
    one = question("what-is-missing")
    patients = {row[0].value for row in store.select(one.text).rows}
    assert {"referral-letter-only", "labs-against-class"} <= patients


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_text_stays_one_literal(value, store):
    """A patient of that very name is found, and nothing else is."""
    named_so = OxigraphStore()
    patient = ox.NamedNode(HCC + "patient/hostile")
    for name, text in (("patient_id", value), ("conflict", "found")):
        named_so.add([ox.Quad(patient, ox.NamedNode(HCC + name), ox.Literal(text))])
    query = question("conflicts-of-patient").filled({"patient": value})
    assert [row[0].value for row in named_so.select(query).rows] == [value]
    assert store.select(query).rows == []


@pytest.mark.parametrize(
    "value",
    [
        "> <",
        "http://x/> } #",
        'http://x/"',
        "http://x/ y",
        "hcc:a>",
        "no-colon",
        "http://x/\\u003E",
        "",
    ],
)
def test_hostile_iri_is_refused(value):
    with pytest.raises(InputError, match="parameter graph"):
        question("runs").filled({"graph": value})


@pytest.mark.parametrize("value", ["\ud800", "a\0b"])
def test_text_that_no_query_can_hold_is_refused(value):
    with pytest.raises(InputError, match="parameter patient"):
        question("why").filled({"patient": value})


@pytest.mark.parametrize(
    ("value", "term"),
    [("rfa", "rfa"), ("RFA", "rfa"), ("hcc:RadiofrequencyAblation", "rfa"),
     (HCC + "Cryoablation", "cryoablation"), ("microwave ablation", "mwa")],
)  # fmt: skip
def test_term_goes_by_any_of_its_names(value, term):
    assert f'VALUES ?therapy {{ "{term}" }}' in question("agents").filled({"therapy": value})


def test_criterion_goes_by_its_label_and_a_notation_comes_before_labels():
    guideline = load()
    one = guideline.criteria["HAI-C9"]
    asked = question("therapies-of-criterion")
    assert 'VALUES ?criterion { "HAI-C9" }' in asked.filled({"criterion": one.label.upper()})
    for sort in SORTS:
        parameter = Parameter("x", "term", "a term", "y", among=sort)
        for known in terms(sort, guideline):
            assert parameter.term(known.notation, guideline) == f'"{known.notation}"'


def test_question_is_told_to_programs_alike_by_command_and_endpoint():
    for one in ALL:
        (listed,) = Questions({one.name: one}, load()).listed("http://x/queries")
        assert listed.items() >= one.as_json().items()
        assert listed["subject"] in SUBJECTS


def test_sparqlwrapper_takes_no_file_for_an_update() -> None:
    """It looks for the first word of SPARQL, in some lines of comments, too."""
    for each in ALL:
        client = SPARQLWrapper(HCC)
        client.setQuery(each.text)
        assert client.queryType in ("SELECT", "CONSTRUCT"), each.name


def test_unknown_term_names_the_nearest():
    with pytest.raises(InputError, match=r"'taee' is not a therapy; the nearest are .*\btae\b"):
        question("agents").filled({"therapy": "taee"})
    with pytest.raises(InputError, match=r"the nearest is rfa$"):
        question("agents").filled({"therapy": "rfaa"})


@pytest.mark.parametrize(
    ("kind", "value", "term"),
    [("integer", "-3", "-3"), ("integer", "007", "7"), ("integer", "3.5", None),
     ("integer", "٣", None), ("boolean", "yes", "true"), ("boolean", "False", "false"),
     ("boolean", "2", None), ("choice", "a", '"a"'), ("choice", "b", None),
     ("iri", "hcc:graph/x", f"<{HCC}graph/x>")],
)  # fmt: skip
def test_value_becomes_a_term_of_its_type_or_is_refused(kind, value, term):
    one = Parameter("x", kind, "a thing", "a", choices=("a",))
    if term is None:
        with pytest.raises(InputError, match="is not a value of it; give"):
            one.term(value, load())
    else:
        assert one.term(value, load()) == term


def test_missing_and_unknown_parameters_say_what_is_expected():
    with pytest.raises(InputError, match="needs parameter patient: give a text, such as patient="):
        question("why").filled({})
    with pytest.raises(InputError, match="no parameter 'drug'; it takes patient"):
        question("why").filled({"patient": "x", "drug": "y"})
    with pytest.raises(InputError, match="it takes none"):
        question("therapies").filled({"x": "y"})


def test_unknown_question_names_the_nearest():
    with pytest.raises(InputError, match=r"the nearest are .*verdict-counts"):
        question("verdict-count")


GOOD = """\
#+ title: T
#+ question: What?
#+ tags: [a]
#+ parameters:
#+   x: {type: string, example: a, description: d}
#+ expect: 1
SELECT ?x WHERE { VALUES ?x { UNDEF } } ORDER BY ?x
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("#+ tags", "#+ tag", "unknown key 'tag'"),
        ("#+ title: T\n", "", "no 'title'"),
        ("What?", "What.", "question mark"),
        ("[a]", "a", "tags should be a list"),
        ("expect: 1", "expect: some", "expect: 'some'"),
        ("#+ expect: 1", "#+ title: U\n#+ expect: 1", "'title' stands twice"),
        ("title: T", "title: a: b", "not valid YAML"),
        ("type: string", "type: text", "type should be one of"),
        ("type: string", "type: term", "among goes with type term"),
        ("type: string", "type: string, size: 3", "parameter x: unknown key 'size'"),
        (", description: d", "", "parameter x: no 'description'"),
        ("VALUES ?x { UNDEF }", "VALUES ?x { 1 }", r"should hold VALUES \?x"),
        (GOOD, "SELECT * {}", "no header"),
    ],
)
def test_wrong_header_is_an_error_with_file_and_key(old, new, message, tmp_path):
    path = tmp_path / "one.rq"
    path.write_text(GOOD)
    assert read(path).parameters[0].name == "x"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_two_files_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.rq").write_text(GOOD)
    with pytest.raises(InputError, match="share a name"):
        catalogue(tmp_path)


def test_empty_catalogue_is_an_error(tmp_path):
    with pytest.raises(InputError, match="no queries"):
        catalogue(tmp_path)


def test_queries_lists_all_in_each_form(run):
    shown = run("queries").out
    assert all(q.name in shown for q in ALL)
    listed = json.loads(run("queries", "--format", "json", "--tag", "missing").out)
    assert "what-is-missing" in [entry["name"] for entry in listed]
    assert run("queries", "--markdown").out == markdown(ALL)
    assert "the tags are" in run("queries", "--tag", "nothing").err


def test_query_answers_in_each_format(run):
    asked = ("query", "recommendations-of-patient", "--param", "patient=small-central-tumour")
    ran = run(*asked, "--format", "csv")
    assert ran.status == 0
    assert ran.out.startswith("patient,recommendation,")
    assert "REC-2" in ran.out
    assert "REC-2" in run(*asked).out
    assert json.loads(run(*asked, "--format", "json").out)["head"]["vars"][0] == "patient"
    assert "<sparql" in run(*asked, "--format", "xml").out
    assert run(*asked, "--format", "tsv").out.startswith("?patient\t")


def test_the_file_of_an_answer_tells_its_format(run, tmp_path):
    run("query", "verdict-counts", "--output", "c.csv")
    assert (tmp_path / "c.csv").read_text("utf-8").startswith("cohort,therapy,verdict,patients\n")
    refused = run("query", "verdict-counts", "--output", "c.xlsx")
    assert "end its name in one of .csv, .tsv, .json, .xml, .ttl, or name a --format" in refused.err
    assert not (tmp_path / "c.xlsx").exists()


def test_construct_comes_as_turtle(run, tmp_path):
    asked = ("query", "patient-graph", "-p", "patient=kidney-failure")
    assert "hcc:verdictOn" in run(*asked).out
    run(*asked, "--output", "p.ttl")
    assert len(list(ox.parse(path=tmp_path / "p.ttl"))) > 60
    refused = run(*asked, "--format", "csv")
    assert refused.status == 2
    assert "ttl" in refused.err


def test_own_query_comes_from_a_file_or_standard_input(run, tmp_path, monkeypatch):
    text = "SELECT (COUNT(?s) AS ?n) { ?s a <https://w3id.org/hcc-kg/Patient> }"
    (tmp_path / "own.rq").write_text(text)
    assert run("query", "--file", "own.rq", "--format", "csv").out.split() == ["n", "45"]
    for asked in (("-",), ("--file", "-")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert run("query", *asked, "--format", "csv").out.split() == ["n", "45"]


def test_error_in_a_query_shows_line_and_column(run, tmp_path):
    (tmp_path / "bad.rq").write_text("SELECT *\nWHERE { ?s ?p }")
    ran = run("query", "--file", "bad.rq")
    assert ran.status == QueryError.exit_status == 2
    assert "bad.rq, line 2, column 15" in ran.err


@pytest.mark.parametrize("prefix", ["hcc", "skos", "foo"])
def test_a_prefix_without_declaration_is_given_to_add(prefix, run, monkeypatch):
    text = f"ASK {{ ?s ?p {prefix}:x }}"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    known = PREFIXES.get(prefix, "...")
    assert run("query", "-").err.endswith(
        f"standard input, line 1, column 13: not valid SPARQL: the prefix {prefix}: of "
        f"'{prefix}:x' is not declared; add PREFIX {prefix}: <{known}>\n"
    )


def test_a_file_in_place_of_a_name_is_told(run, tmp_path):
    (tmp_path / "own.rq").write_text("ASK {}")
    ran = run("query", "own.rq")
    assert ran.status == 2
    assert "hcc-kg query --file own.rq" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("eligible-for patient=nobody", "There is no patient 'nobody' in this graph."),
        ("patient-graph patient=nobody", "There is no patient 'nobody' in this graph."),
        ("verdict-counts graph=hcc:graph/x", "There is no graph 'hcc:graph/x' here."),
        ("eligible-for patient=class-c-end-stage", ""),
        ("verdict-counts graph=hcc:graph/verdicts/example", ""),
        ("criteria-of-therapy therapy=rfa", ""),
    ],
)
def test_what_the_graph_does_not_have_is_told(words, told, run):
    name, value = words.split()
    ran = run("query", name, "--param", value)
    assert ran.status == 0
    assert told in ran.err
    assert ("There is no" in ran.err) == bool(told)


def test_a_term_that_the_graph_does_not_have_is_told_where_nothing_is_found(run, tmp_path):
    query = tmp_path / "own.rq"
    query.write_text(
        f"PREFIX hcc: <{PREFIXES['hcc']}>\n"
        "SELECT ?v { ?v a hcc:TherapyVerdict ; hcc:verdictOn hcc:Verdict }"
    )
    ran = run("query", "--file", str(query))
    assert ran.status == 0
    assert ran.err.count("There is no") == 1
    assert "There is no hcc:Verdict in what was asked." in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "one of the two; 'hcc-kg queries' lists the saved questions"),
        (("why", "--file", "x"), "one of the two"),
        (("why", "-p", "patient"), "NAME=VALUE"),
        (("why", "-p", "patient=a", "-p", "patient=b"), "given twice"),
        (("--file", "x", "-p", "a=b"), "saved questions"),
        (("--file", "missing.rq"), "missing.rq: no such file; check the path"),
        (("therapies", "--store", "a", "--endpoint", "http://b"), "exclude each other"),
        (("therapies", "--endpoint", "localhost"), "should begin with http"),
        (("therapies", "--store", "nowhere"), "no store"),
    ],
)
def test_wrong_usage_is_told(arguments, message, run):
    ran = run("query", *arguments)
    assert ran.status == 2
    assert message in ran.err


def test_store_on_disk_gives_the_same_rows(run, tmp_path, store):
    disk = OxigraphStore(tmp_path / "disk")
    disk.add(store.dataset)
    disk.close()
    asked = ("query", "verdict-counts", "--format", "csv")
    assert run(*asked, "--store", "disk").out == run(*asked).out


def test_text_prints_the_filled_query(run):
    text = run("query", "agents", "-p", "therapy=TACE", "--text").out
    assert 'VALUES ?therapy { "tace" }' in text
    assert text.startswith("#+ title")


def test_catalogue_ships_with_the_package():
    assert queries_folder().is_dir()


def test_criteria_are_found_by_their_other_names(store):
    """The label says "not visible on guiding imaging"; the text calls it a blind area."""
    found = store.select(question("criteria").filled({"text": "Blind Area"}))
    assert [row[0].value for row in found.rows] == ["ABL-R8", "RFA-C1"]
    assert not store.select(question("criteria").filled({"text": "blind areas"})).rows


def test_rows_of_therapies_agree_with_the_loader(store):
    """Two readings of the class expressions, by SPARQL and by the loader, give the same rows."""
    asked = store.select(question("criteria-of-therapy").filled({}))
    found = {(row[0].value, row[2].value) for row in asked.rows}
    guideline = load()
    assert found == {(t.id, name) for t in guideline.therapies.values() for name in t.criteria}


def test_variables_of_therapies_agree_with_the_loader(store):
    asked = store.select(question("variables-of-therapy").filled({}))
    guideline = load()
    wanted = {
        (therapy.id, name)
        for therapy in guideline.therapies.values()
        for used in therapy.criteria
        for name in guideline.variables_of(guideline.criteria[used].formula)
    }
    assert {(row[0].value, row[2].value) for row in asked.rows} == wanted


def test_counts_agree_with_the_table_of_verdicts(store):
    frame = classify_table(example_cohort(), example_lesions()).frame
    asked = store.select(question("verdict-counts").filled({}))
    counted = {(row[1].value, row[2].value): int(row[3].value) for row in asked.rows}
    assert counted == Counter(zip(frame["therapy"], frame["verdict"], strict=True))
    missing = store.select(question("blocking-variables").filled({}))
    counted = {row[0].value: int(row[3].value) for row in missing.rows}
    assert counted == Counter(name for names in frame["missing"] for name in names)


def test_a_query_in_place_of_a_name_is_told_how_to_be_asked(run):
    ran = run("query", "SELECT * { ?s ?p ?o }")
    assert ran.status == 2
    assert "name that by --file" in ran.err

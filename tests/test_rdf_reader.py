"""Patients in RDF: the same cells as a table, refused where a shape is broken, nothing fetched."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest

from kg import paths
from kg.engines.registry import engine_of
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.keys import IRI, PROBLEM, REASON, ROW
from kg.ontology import HCC
from kg.patients.reading import Reading
from kg.patients.tables import PatientTable
from kg.rdf.build import build, cohort_of
from kg.rdf.patients import PatientLines
from kg.readers import open_source
from kg.readers.rdf import RdfSource
from kg.stores.oxigraph import OxigraphStore
from kg.stores.protocol import Table

HEAD = """@prefix hcc: <https://w3id.org/hcc-kg/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ex: <http://example.org/> .
"""
PREFIXES = {"hcc": "https://w3id.org/hcc-kg/"}


def turtle(folder: Path, text: str) -> Path:
    """Write Turtle with the usual prefixes."""
    path = folder / "patients.ttl"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def problem(folder: Path, said: str) -> str:
    """Return the problem of one patient of whom something is said."""
    path = turtle(folder, f'ex:a a hcc:Patient ; hcc:patient_id "a" ; {said} .')
    (frame,) = RdfSource(path, load()).batches()
    (told,) = frame[PROBLEM]
    return str(told)


def results(guideline: Guideline, patients: Path, lesions: Path | None = None) -> pl.DataFrame:
    """Return the results of all patients, in the order of their ids; none may be rejected."""
    table = PatientTable(guideline, patients, lesions)
    engine = engine_of("compiled", guideline).batches()
    batches = list(table.batches())
    assert [row for batch in batches for row in batch.rejected[REASON]] == []
    return pl.concat([engine(table, batch) for batch in batches]).drop(ROW).sort("patient_id")


def as_triples(guideline: Guideline, patients: Path, lesions: Path | None = None) -> str:
    """Return a table, with its lesions, as N-Triples."""
    table, lines = PatientTable(guideline, patients, lesions), PatientLines(guideline)
    texts = [line for b in table.batches() for line in lines.patients(b.cells, None)]
    if table.lesions is not None:
        texts += lines.lesions(table.lesions.frame, None).to_list()
    return "".join(texts)


def written(folder: Path, triples: str, suffix: str) -> Path:
    """Write N-Triples in the format of an ending."""
    formats = {
        ".ttl": ox.RdfFormat.TURTLE,
        ".nt": ox.RdfFormat.N_TRIPLES,
        ".jsonld": ox.RdfFormat.JSON_LD,
    }
    parsed = [quad.triple for quad in ox.parse(triples, format=ox.RdfFormat.N_TRIPLES)]
    path = folder / f"cohort{suffix}"
    with path.open("wb") as file:
        ox.serialize(parsed, file, format=formats[suffix], prefixes=PREFIXES)
    return path


# There and back


@pytest.mark.parametrize("suffix", [".ttl", ".nt", ".jsonld"])
def test_the_example_cohort_as_rdf_gives_the_same_verdicts(
    guideline: Guideline, tmp_path: Path, suffix: str
) -> None:
    cohort, lesions = paths.example_cohort(), paths.example_lesions()
    path = written(tmp_path, as_triples(guideline, cohort, lesions), suffix)
    assert "lesion_id" in path.read_text("utf-8")
    expected = results(guideline, cohort, lesions)
    assert results(guideline, path).equals(expected)
    assert len(expected) > 10


def test_partial_knowledge_comes_back_as_it_went(guideline: Guideline, tmp_path: Path) -> None:
    table, lesions = tmp_path / "p.csv", tmp_path / "l.csv"
    table.write_text(
        "patient_id,max_tumour_diameter_cm,portal_vein_thrombus,tumour_count,ecog,cachexia\n"
        "a,>=5,vp3|vp4,>=2,,yes\n"
        "b,1..2,,<=1,0..1,no\n"
        'c d/"é",<3,vp0,,4.0,\n',
        encoding="utf-8",
    )
    lesions.write_text("patient_id,lesion_id,diameter_cm\na,s1,>=5.5\na,s2,\nb,s1,1.2..1.6\n")
    path = written(tmp_path, as_triples(guideline, table, lesions), ".ttl")
    assert path.read_text("utf-8").count("partly") > 6
    assert results(guideline, path).equals(results(guideline, table, lesions))
    before, after = PatientTable(guideline, table, lesions), PatientTable(guideline, path)
    known = [
        {record.patient_id: record.known for b in t.batches() for record in t.records(b)}
        for t in (before, after)
    ]
    assert known[0] == known[1]


def test_command_classifies_rdf(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    path = turtle(tmp_path, 'ex:a hcc:patient_id "ann" ; hcc:cachexia true .')
    status, out, err = run("classify", path, "--format", "csv")
    assert status == 0, err
    assert "ann,tace,contraindicated" in out


def test_the_docs_show_the_file_that_they_classify_and_a_record_that_is_read(
    tmp_path: Path,
) -> None:
    root = Path(__file__).parents[1]
    page = (root / "docs/rdf-patients.md").read_text("utf-8")
    assert f"```turtle\n{(root / 'kg/examples/clinic.ttl').read_text('utf-8')}```" in page
    (record,) = re.findall(r"^```json\n(.*?)^```$", page, re.S | re.M)
    (tmp_path / "ann.jsonld").write_text(record, "utf-8")
    (frame,) = RdfSource(tmp_path / "ann.jsonld", load()).batches()
    assert frame.select("patient_id", "child_pugh_class", PROBLEM).row(0) == ("ann", "A|B", None)


# What is a patient


def test_whatever_has_a_variable_of_a_patient_is_a_row(tmp_path: Path) -> None:
    path = turtle(
        tmp_path,
        'ex:a a hcc:Patient . ex:b hcc:patient_id "b" . ex:c hcc:ecog 1 .'
        " ex:d a ex:Other ; ex:name 'not one' .",
    )
    (frame,) = RdfSource(path, load()).batches()
    assert frame[ROW].to_list() == [1, 2, 3]
    assert frame["patient_id"].to_list() == [None, "b", None]
    unnamed = "patient_id: expected one text that is not empty (xsd:string); found none"
    assert frame[PROBLEM].to_list() == [
        f"<http://example.org/a>: {unnamed}",
        None,
        f"<http://example.org/c>: {unnamed}",
    ]


def test_notes_and_inferences_are_passed_over(tmp_path: Path) -> None:
    path = turtle(
        tmp_path,
        'ex:a a hcc:Patient , hcc:TransarterialChemoembolisationEligible ; hcc:patient_id "a" ;'
        ' <http://www.w3.org/2000/01/rdf-schema#label> "Ann" ;'
        ' hcc:meetsRecommendation hcc:REC-1 ; hcc:conflict "x"@en .'
        " ex:v a hcc:TherapyVerdict ; hcc:verdictOn ex:a .",
    )
    assert RdfSource(path, load()).columns == ["patient_id", IRI]


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ("hcc:tumor_count 2", "'tumor_count' (nearest: tumour_count)"),
        ("ex:tumour_count 2", "'http://example.org/tumour_count'"),
    ],
)
def test_unknown_property_is_an_error(
    guideline: Guideline, tmp_path: Path, said: str, column: str
) -> None:
    path = turtle(tmp_path, f'ex:a hcc:patient_id "a" ; {said} .')
    with pytest.raises(InputError, match="unknown column") as caught:
        PatientTable(guideline, path)
    assert column in str(caught.value)
    assert PatientTable(guideline, path, reading=Reading(ignore_unknown=True)).height == 1


def test_file_without_patients_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no patient; write each as hcc:Patient"):
        RdfSource(turtle(tmp_path, "ex:a a ex:B ."), load())


# Records that break a shape


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("hcc:tumour_count 0", "expected one whole number of at least 1 (xsd:integer); found 0"),
        ("hcc:tumour_count 2, 3", "tumour_count: expected one whole number"),
        ("hcc:tumour_count 2, 3", "found 2, 3"),
        ('hcc:tumour_count "2"', 'found "2"'),
        ("hcc:tumour_count 2.0", "found 2.0"),
        ("hcc:max_tumour_diameter_cm 0", "number above 0 and at most 40 cm"),
        ("hcc:max_tumour_diameter_cm 40.1", "found 40.1"),
        ("hcc:max_tumour_diameter_cm 4e0", 'found "4e0"^^xsd:double'),
        ('hcc:max_tumour_diameter_cm ">=5"', 'found ">=5"'),
        ('hcc:inr "1,5"^^xsd:decimal', 'found "1,5"^^xsd:decimal'),
        ('hcc:child_pugh_class "D"', "expected one of 'A', 'B', 'C'; found \"D\""),
        ('hcc:child_pugh_class "A"@en', 'found "A"@en'),
        ("hcc:child_pugh_class hcc:child_pugh_class-A", "found hcc:child_pugh_class-A"),
        ('hcc:cachexia "yes"', "cachexia: expected true or false (xsd:boolean); found"),
        ('hcc:patient_id "b"', "patient_id: expected one text that is not empty (xsd:string); f"),
        ('hcc:partly "ecog"', "partly: expected a node with hcc:variable and hcc:cell"),
        ("hcc:partly [ hcc:cell '1' ]", "partly, hcc:variable: expected one variable of hcc-kg"),
        ("hcc:partly [ hcc:variable hcc:ecog ]", "partly, hcc:cell: expected one text"),
        ("hcc:partly [ hcc:variable hcc:bmi ; hcc:cell '1' ]", "found hcc:bmi"),
        ('hcc:lesion "s1"', "lesion: expected a node with hcc:lesion_id"),
    ],
)
def test_broken_shape_is_told_with_property_and_value(tmp_path: Path, said: str, told: str) -> None:
    assert told in problem(tmp_path, said)


def test_a_value_and_partial_knowledge_of_one_variable_do_not_go_together(tmp_path: Path) -> None:
    said = "hcc:ecog 1 ; hcc:partly [ hcc:variable hcc:ecog ; hcc:cell '<=3' ]"
    assert problem(tmp_path, said) == "ecog: told more than once, as '1' and '<=3'; keep one"


def test_a_patient_who_breaks_a_shape_is_rejected_and_the_others_are_not(
    guideline: Guideline, tmp_path: Path
) -> None:
    path = turtle(
        tmp_path,
        'ex:a hcc:patient_id "a" ; hcc:ecog 9 . ex:b hcc:patient_id "b" ; hcc:ecog 4 .'
        ' ex:c hcc:patient_id "c" ; hcc:partly [ hcc:variable hcc:ecog ; hcc:cell ">9" ] .'
        ' ex:d hcc:patient_id "d" . ex:e hcc:patient_id "d" .',
    )
    (batch,) = PatientTable(guideline, path).batches()
    assert batch.cells["patient_id"].to_list() == ["b"]
    reasons = dict(batch.rejected.select("patient_id", REASON).iter_rows())
    assert reasons["a"].endswith("of at least 0 and at most 4 (xsd:integer); found 9")
    assert reasons["c"].startswith("column ecog: '>9' is out of range")
    assert "is in more than one row" in reasons["d"]


# Lesions


def test_a_lesion_that_breaks_a_shape_rejects_its_patient(
    guideline: Guideline, tmp_path: Path
) -> None:
    path = turtle(
        tmp_path,
        'ex:a hcc:patient_id "a" ; hcc:lesion [ hcc:max_tumour_diameter_cm 41.0 ] .'
        ' ex:b hcc:patient_id "b" ; hcc:lesion [ hcc:lesion_id "s1" ] .',
    )
    (batch,) = PatientTable(guideline, path).batches()
    assert batch.cells["patient_id"].to_list() == ["b"]
    (reason,) = batch.rejected[REASON]
    assert "lesion table, row 1: lesion_id: expected one text" in reason
    assert "diameter_cm: expected one number above 0 and at most 40 cm" in reason


def test_a_lesion_of_two_patients_or_of_none_is_refused(
    guideline: Guideline, tmp_path: Path
) -> None:
    path = turtle(
        tmp_path,
        'ex:a hcc:patient_id "a" ; hcc:lesion ex:l . ex:b hcc:patient_id "b" ; hcc:lesion ex:l .'
        ' ex:l hcc:lesion_id "s1" . ex:m a hcc:TumourLesion ; hcc:lesion_id "s2" .',
    )
    table = PatientTable(guideline, path)
    (batch,) = table.batches()
    assert all("it is a lesion of 2 patients" in reason for reason in batch.rejected[REASON])
    assert table.lesions is not None
    assert table.lesions.strangers["lesion_id"].to_list() == ["s2"]


def test_lesions_in_the_file_and_in_a_table_are_refused(
    guideline: Guideline, tmp_path: Path
) -> None:
    path = turtle(tmp_path, 'ex:a hcc:patient_id "a" ; hcc:lesion [ hcc:lesion_id "s1" ] .')
    lesions = paths.example_lesions()
    with pytest.raises(InputError, match="holds lesions itself"):
        PatientTable(guideline, path, lesions)


# Files


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("p.ttl", HEAD + "ex:a hcc:ecog 1\nex:b hcc:ecog 2 .", "line 5: not valid Turtle"),
        ("p.nt", "<http://x/a> <http://x/b> .", "line 1: not valid N-Triples"),
        ("p.jsonld", '{"@id": "a",\n "b" 2}', "line 2: not valid JSON-LD"),
        ("p.ttl", HEAD + "ex:a ex:b <<( ex:a ex:b ex:c )>> .", "a triple is in place of"),
        ("p.ttl", "", "is empty"),
    ],
)
def test_file_that_is_not_valid_is_an_error_with_its_line(
    tmp_path: Path, name: str, text: str, told: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_source(tmp_path / name, load())
    assert told in str(caught.value)


@pytest.mark.parametrize("suffix", [".rdf", ".xml", ".owl"])
def test_rdf_xml_is_no_known_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb{suffix}"
    path.write_text('<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r>&b;</r>')
    with pytest.raises(InputError, match="is not a known format"):
        open_source(path, load())


@pytest.mark.parametrize("form", ['"{url}"', '["{url}"]', '{{"@import": "{url}"}}'])
def test_context_elsewhere_is_refused_and_never_fetched(tmp_path: Path, form: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/context"
        path = tmp_path / "p.jsonld"
        path.write_text(f'{{"@context": {form.format(url=url)}, "patient_id": "a"}}')
        with pytest.raises(InputError, match="write the context into the file"):
            open_source(path, load())
        with pytest.raises(TimeoutError):
            server.accept()


def test_number_of_json_ld_is_read_as_the_decimal_that_stands_there(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonld"
    path.write_text(
        '{"@context": {"@vocab": "https://w3id.org/hcc-kg/"}, "patient_id": "a", "inr": 1.7}'
    )
    (frame,) = RdfSource(path, load()).batches()
    assert frame.select("inr", PROBLEM).row(0) == ("1.7", None)


def test_iris_of_the_file_are_kept_in_the_graph(guideline: Guideline, tmp_path: Path) -> None:
    path = turtle(
        tmp_path,
        'ex:Doe hcc:patient_id "Doe" ; hcc:lesion ex:s8 . ex:s8 hcc:lesion_id "1" .'
        '[] hcc:patient_id "Roe" ; <http://www.w3.org/2002/07/owl#sameAs> ex:Roe .'
        '<https://w3id.org/hcc-kg/patient/Poe> hcc:patient_id "Poe" .',
    )
    store = OxigraphStore()
    (summary,) = build(guideline, store, cohort_of(path))
    assert summary.patients == 3
    found = store.query(
        "SELECT ?a ?b { ?a <http://www.w3.org/2002/07/owl#sameAs> ?b FILTER isIRI(?b) } ORDER BY ?a"
    )
    assert isinstance(found, Table)
    told = [(a.value, b.value) for a, b in found.rows if a and "/patient/" in a.value]
    assert told == [
        (HCC + "patient/Doe", "http://example.org/Doe"),
        (HCC + "patient/Doe/lesion/1", "http://example.org/s8"),
    ]

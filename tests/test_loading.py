"""A broken ontology is an error that names the term, whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

from kg.errors import OntologyError
from kg.guideline import load
from kg.guideline.alternatives import with_alternatives
from kg.ontology import HCC, Ontology

BREAKS = (
    ("derivations", "hcc:points 1 ;", "hcc:points 1.5 ;", r"hcc:\S+: points is '1.5'; write"),
    ("derivations", "hcc:points 1 ;", "", r"hcc:\S+ lacks points"),
    ("derivations", "hcc:when ", "hcc:whenever ", r"hcc:\S+ has 0 values of hcc:when;"),
    ("2011/statements", "oa:start 82 ", 'oa:start "far" ', r"hcc:S002: .*: start is 'far'"),
    ("variables", "hcc:position 2 ", "hcc:position 2.0 ", r"hcc:\S+: position is '2.0'"),
    (
        "2011/criteria",
        "xsd:maxInclusive 5.0 ",
        'xsd:maxInclusive "five"^^xsd:decimal ',
        r"hcc:\S+: .*five.* is not a number",
    ),
)


def _edit(folder: Path, module: str, old: str, new: str) -> None:
    path = folder / f"{module}.ttl"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("broken", BREAKS)
def test_a_broken_term_is_named(
    run: Callable[..., Ran], ontology_copy: Path, broken: tuple[str, str, str, str]
) -> None:
    module, old, new, told = broken
    _edit(ontology_copy, module, old, new)
    ran = run("classify", "--example", "--ontology", ontology_copy)
    assert ran.status == 2
    assert re.search(told, ran.err), ran.err
    with pytest.raises(OntologyError, match=told):
        load(ontology_copy)


def test_a_class_below_itself_is_read_once(ontology_copy: Path) -> None:
    _edit(
        ontology_copy,
        "taxonomy",
        "hcc:RadiofrequencyAblation\n",
        "hcc:LiverCancerTherapy rdfs:subClassOf hcc:LiverCancerTherapy .\n\n"
        "hcc:RadiofrequencyAblation\n",
    )
    found = Ontology(ontology_copy).below(HCC + "LiverCancerTherapy")
    assert len(found) == len(set(found)) > 5


def test_a_reading_of_two_terms_is_refused(ontology_copy: Path) -> None:
    _edit(
        ontology_copy, "2011/alternatives", "hcc:alternativeTo ", "hcc:alternativeTo hcc:ABL-I1 , "
    )
    with pytest.raises(OntologyError, match="has 2 values of hcc:alternativeTo; it needs one"):
        with_alternatives(ontology_copy)


COMMANDS = (
    "explain --example vp3-thrombus rfa",
    "cohort --example",
    "show ABL-I1",
    "query eligible-for --param patient=vp3-thrombus",
    "serve",
    "explore --no-browser",
    "classify --example",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_reads_the_guideline_reads_the_named_one(
    run: Callable[..., Ran], tmp_path: Path, command: str
) -> None:
    (tmp_path / "mine").mkdir()
    ran = run(*command.split(), "--ontology", tmp_path / "mine")
    assert (ran.status, ran.out) == (2, "")
    assert f"{tmp_path / 'mine'} holds no ontology: hcc.ttl is not there" in ran.err


def test_a_changed_label_is_shown(run: Callable[..., Ran], ontology_copy: Path) -> None:
    _edit(ontology_copy, "taxonomy", '"radiofrequency ablation"@en', '"ablation by waves"@en')
    for command in (
        ("explain", "--example", "vp3-thrombus", "rfa"),
        ("show", "rfa"),
        ("query", "eligible-for", "--param", "patient=small-single-tumour", "--format", "csv"),
    ):
        assert "ablation by waves" in run(*command, "--ontology", ontology_copy).out


def test_a_stray_turtle_file_is_not_blamed_for_a_wrong_folder(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "stray.ttl").write_text("no Turtle")
    ran = run("show", "rfa", "--ontology", tmp_path)
    assert ran.status == 2
    assert "hcc.ttl is not there; name a copy of the folder ontology/" in ran.err


def test_a_fault_of_syntax_has_its_line_once(run: Callable[..., Ran], ontology_copy: Path) -> None:
    path = ontology_copy / "2011/criteria.ttl"
    path.write_text(path.read_text("utf-8") + "hcc:x a b c .\n", "utf-8")
    line = path.read_text("utf-8").count("\n")
    ran = run("show", "rfa", "--ontology", ontology_copy)
    assert f"criteria.ttl, line {line}: not valid Turtle: b is not" in ran.err
    assert ran.err.count("line ") == 1

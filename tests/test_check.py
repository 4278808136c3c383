"""The checks find nothing in the ontology that ships, and each finds what it is there for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
import typer
from broken_ontologies import BY_REASONER, QUICK, Broken, Checked, checked
from typer.testing import CliRunner

from kg.checks.registry import REASONER_STEPS, Check, Material, checks, subject_in, terms_of
from kg.commands import check as command
from kg.engines import coherence, java
from kg.errors import ComponentError
from kg.guideline import Guideline
from kg.ontology import default_edition
from kg.paths import ontology_folder

FOLDER = ontology_folder()
REASONER = {item.name for item in checks() if item.step in REASONER_STEPS}
APP = typer.Typer(add_completion=False)
APP.command()(command.check)


def _id(broken: Broken) -> str:
    return f"{broken.check}-{broken.block or broken.module}-{broken.new.strip() or 'gone'}"[:60]


@pytest.fixture(scope="module")
def shipped() -> Checked:
    return checked(reasoner=True)


def test_the_ontology_that_ships_has_no_findings(shipped: Checked) -> None:
    assert [f"{f.check}: {f.subject}: {f.message}" for f in shipped.findings] == []


def test_every_check_runs_and_looks_at_something(shipped: Checked) -> None:
    assert [o.check.name for o in shipped.outcomes if o.not_run or o.looked_at < 1] == []
    assert len(shipped.outcomes) == len(checks())


def test_every_check_has_a_name_of_its_own_and_a_line_on_what_must_hold() -> None:
    every = checks()
    assert len({item.name for item in every}) == len(every) > 20
    assert all(item.description and "\n" not in item.description for item in every)


def test_every_check_is_tried_on_a_broken_ontology() -> None:
    tried = {broken.check for broken in QUICK + BY_REASONER}
    assert tried == {item.name for item in checks()}


_ALONE = ("modules", "formulas", "alternatives", "mappings")  # one fault hides others


def _groups() -> list[list[Broken]]:
    """Return what one run can show: edits of different blocks, for checks of one step and edition.

    What a check of a step finds keeps those of later steps from running.
    """
    steps, shared = {item.name: item.step for item in checks()}, default_edition(FOLDER)
    groups: list[list[Broken]] = []
    room: dict[tuple[str, str], list[list[Broken]]] = defaultdict(list)
    for broken in QUICK:
        if broken.check in _ALONE:
            groups.append([broken])
            continue
        same = room[steps[broken.check], broken.edition or shared]
        blocks = ({(one.module, one.block) for one in group} for group in same)
        free = (i for i, used in enumerate(blocks) if (broken.module, broken.block) not in used)
        if (place := next(free, None)) is None:
            same.append([broken])
        else:
            same[place].append(broken)
    groups += [group for some in room.values() for group in some]
    return [*groups, *([broken] for broken in BY_REASONER)]


@pytest.mark.parametrize("group", _groups(), ids=lambda group: _id(group[0]))
def test_a_broken_ontology_is_found_by_its_check_alone(
    group: list[Broken], ontology_copy: Path
) -> None:
    for broken in group:
        broken.apply(ontology_copy)
    edition = max((broken.edition or "" for broken in group), default="")
    report = checked(ontology_copy, edition or None, reasoner=group[0] in BY_REASONER)
    assert {finding.check for finding in report.findings} == {broken.check for broken in group}
    assert not [f for f in report.findings if f.message.startswith(f"{f.subject}: ")]
    for broken in group:
        told = [(f.check, f.message) for f in report.findings if f.subject == broken.subject]
        assert any(c == broken.check and broken.message in m for c, m in told), report.findings
        due = {one.check for one in group if one.subject == broken.subject}
        assert {check for check, _ in told} == due


def test_a_threshold_that_is_changed_alone_is_found_in_every_text(ontology_copy: Path) -> None:
    module = ontology_copy / "2011/criteria.ttl"
    text = module.read_text("utf-8")
    start = text.index("\nhcc:HAI-C8b\n")
    module.write_text(text[:start] + text[start:].replace("60.0", "50.0", 1), "utf-8")
    findings = checked(ontology_copy, reasoner=False).findings
    assert {(f.check, f.subject) for f in findings} == {
        ("numbers", "hcc:HAI-C8b"),
        ("bounds", "hcc:HAI-C8b"),
    }
    words = {f.message.partition(" says")[0] for f in findings}
    assert {"its label", "its definition"} <= words


def test_a_criterion_that_joins_a_group_is_missed_in_the_alternatives(ontology_copy: Path) -> None:
    module = ontology_copy / "2011/criteria.ttl"
    text = module.read_text("utf-8")
    module.write_text(
        text.replace("        hcc:ABL-C11 ) ]", "        hcc:ABL-C11\n        hcc:ABL-R1 ) ]")
    )
    (left_out,) = (item for item in checks() if item.name == "left-out")
    found = {finding.subject for finding in left_out.run(Material(ontology_copy)).findings}
    assert found == {"hcc:ABL-C11-advice-1"}  # the others refer to the group


def test_what_is_left_out_says_why(ontology_copy: Path) -> None:
    (ontology_copy / "2011/statements.ttl").unlink()
    first, *others = checked(ontology_copy, reasoner=False).outcomes
    assert "add the file, or correct owl:imports" in first.findings[0].message
    reasons = {outcome.check.name in REASONER: outcome.not_run for outcome in others}
    assert reasons == {
        True: "left out by --no-reasoner",
        False: "fix what modules found first",
    }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('{\n  "variables": [', "{", "contract.json, line 2: not valid JSON"),
        (
            '"variables": [',
            '"variable": [',
            "it is not a kind of term; correct it in contract.json",
        ),
        ('"patient_id",', "1,", "not an object of lists of identifiers; restore it"),
    ],
)
def test_a_broken_contract_is_a_finding(ontology_copy: Path, old: str, new: str, told: str) -> None:
    path = ontology_copy / "contract.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    findings = checked(ontology_copy, reasoner=False).findings
    assert any(told in finding.message for finding in findings), findings


def test_a_check_that_looks_at_nothing_is_a_finding(ontology_copy: Path) -> None:
    idle = Check("idle", "Nothing.", "terms", lambda _: iter(()))
    outcome = idle.run(Material(ontology_copy))
    assert outcome.looked_at == 0
    assert "nothing to look at" in outcome.findings[0].message


def test_every_term_is_of_one_kind_at_most(guideline: Guideline) -> None:
    terms = [node for nodes in terms_of(guideline.ontology).values() for node in nodes]
    assert len(terms) == len(set(terms)) > 500


def test_a_message_that_names_a_module_only_is_about_the_ontology() -> None:
    assert subject_in("no module is <https://w3id.org/hcc-kg/ontology/0.2.0>") == "ontology"
    assert subject_in("of <https://w3id.org/hcc-kg/ABL-C5>") == "hcc:ABL-C5"


def test_without_java_the_reasoner_is_a_missing_component(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_java() -> java.Java:
        raise ComponentError("HermiT needs a Java runtime")

    monkeypatch.setattr(coherence, "java", no_java)
    with pytest.raises(ComponentError):
        checked(reasoner=True)
    assert_the_command_prints_every_check()


def assert_the_command_prints_every_check() -> None:
    result = CliRunner().invoke(APP, ["--no-reasoner"])
    assert result.exit_code == 0
    missing = [item.name for item in checks() if item.name not in result.stdout]
    assert missing == []
    assert "0 findings" in result.stderr


# More pigeons than holes: an ontology of one class, of which a reasoner can only try everything.
_HOLES = [f"hcc:hole{number}" for number in range(14)]
_BUSY = f"""
@prefix hcc: <https://w3id.org/hcc-kg/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://w3id.org/hcc-kg/ontology> a owl:Ontology ; hcc:defaultEdition "busy" .
<https://w3id.org/hcc-kg/ontology/busy> a owl:Ontology .
hcc:defaultEdition a owl:AnnotationProperty .
hcc:in a owl:ObjectProperty .
hcc:Busy a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty hcc:in ;
    owl:onClass [ a owl:Class ; owl:oneOf ( {" ".join(_HOLES)} ) ] ;
    owl:minQualifiedCardinality
        "{len(_HOLES) + 1}"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger> ] .
""" + "".join(f"{hole} a owl:NamedIndividual .\n" for hole in _HOLES)


def test_what_is_cheap_is_printed_first_and_the_reasoner_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "busy").mkdir()
    (tmp_path / "hcc.ttl").write_text(_BUSY, "utf-8")
    (tmp_path / "busy" / "edition.ttl").write_text("", "utf-8")
    arguments = ["-m", "kg", "check", "--timeout", "5", "--ontology", str(tmp_path)]
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        early = os.read(process.stdout.fileno(), 100_000).decode()
        assert process.poll() is None  # the reasoner has only begun
        late = process.stdout.read().decode()
    assert early.startswith("check ")
    assert "\nscores" in early
    assert "profile  " in late
    told = "satisfiable: hcc:Busy: the 5 seconds for the reasoner were over when it was at the"
    assert told in late
    assert process.returncode == 1


def test_the_command_ends_though_work_that_was_given_up_goes_on() -> None:
    lines = (
        "import sys, threading, time",
        "from kg import cli, signals",
        "threading.Thread(target=time.sleep, args=(170,), name=signals.GIVEN_UP).start()",
        "sys.argv = ['hcc-kg', 'show', 'no-such-thing']",
        "cli.main()",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    ended = subprocess.run(command, timeout=120, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "no-such-thing" in ended.stderr


def test_the_command_prints_findings_and_fails(ontology_copy: Path) -> None:
    path = ontology_copy / "2011/statements.ttl"
    path.write_text(path.read_text("utf-8").replace("oa:end 212 ", "oa:end 22797 "), "utf-8")
    result = CliRunner().invoke(APP, ["--ontology", str(ontology_copy), "--no-reasoner"])
    assert result.exit_code == 1
    assert "passages: hcc:S002: its passage from 82 to 22797 does not lie" in result.stdout


def test_the_command_writes_json(ontology_copy: Path) -> None:
    options = ["--ontology", str(ontology_copy), "--no-reasoner", "--format", "json"]
    report = json.loads(CliRunner().invoke(APP, options).stdout)
    assert report["findings"] == []
    by_name = {item["name"]: item for item in report["checks"]}
    assert by_name["supports"]["looked_at"] == 231
    assert by_name["profile"]["not_run"] == "left out by --no-reasoner"


def test_a_folder_that_is_not_there_is_bad_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(APP, ["--ontology", str(tmp_path / "none")])
    assert result.exit_code == 2

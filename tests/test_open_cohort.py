"""Cohorts held open: their results and selections against those of single patients."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import kg
from kg.benchmarks.cohort import write_cohort
from kg.cohorts import opened as open_cohort
from kg.cohorts import views as cohort_views
from kg.cohorts.opened import OpenCohort, open_example
from kg.cohorts.selections import VIEWS, Selection, patients, selection_at
from kg.guideline.values import bands_of
from kg.paths import example_cohort, example_lesions
from kg.patients.records import Record
from kg.readers.uploads import Upload
from kg.reasoning.diagram import Evaluation
from kg.reasoning.logic import logic_of
from kg.reasoning.verdicts import PatientResult

G = kg.load()
Both = tuple[OpenCohort, dict[str, PatientResult]]
ELIGIBLE = ("eligible", "eligible_with_caution", "eligible_unchecked")


def results(table: Path, lesions: Path | None = None) -> dict[str, PatientResult]:
    return {r.patient_id: r for r in kg.classify_table(table, lesions).patients()}


@pytest.fixture(scope="module", params=["example", "made up"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    """An open cohort, and the results of its patients."""
    if request.param == "example":
        return open_example(G), results(example_cohort(), example_lesions())
    path = tmp_path_factory.mktemp("cohort") / "cohort.parquet"
    write_cohort(G, path, 150, seed=5)
    return open_cohort.open_cohort(G, Upload("p.parquet", path.read_bytes())), results(path)


def behind(cohort: OpenCohort, view: str, row: dict[str, object]) -> set[str]:
    """Return the patients behind a row of a view."""
    found = Selection(view, str(row.get("therapy", "")), str(row["chosen"]))
    assert selection_at(G, found.parameters()) == (found, ())
    return set(patients(cohort, found)["patient_id"])


def test_every_verdict_bar_has_its_patients(both: Both) -> None:
    cohort, single = both
    for row in cohort_views.verdicts(cohort).iter_rows(named=True):
        verdicts = {name: r.therapies[row["therapy"]].verdict for name, r in single.items()}
        expected = {name for name, verdict in verdicts.items() if verdict == row["chosen"]}
        assert behind(cohort, "verdicts", row) == expected
        assert row["patients"] == len(expected)


def test_overlaps_divide_the_cohort(both: Both) -> None:
    cohort, single = both
    expected = Counter(
        ",".join(t for t in G.therapies if r.therapies[t].verdict in ELIGIBLE) or "none"
        for r in single.values()
    )
    frame = cohort_views.overlaps(cohort)
    assert dict(frame.select("chosen", "patients").iter_rows()) == expected
    for row in frame.iter_rows(named=True):
        assert len(behind(cohort, "overlaps", row)) == row["patients"]
    dots = cohort_views.dots(cohort, frame).filter(pl.col("part") == 1)
    assert len(dots) == frame["therapies"].sum()


def test_every_reason_bar_has_its_patients(both: Both) -> None:
    cohort, single = both
    tried = 0
    for therapy in G.therapies.values():
        for row in cohort_views.why_not(cohort, therapy.id).iter_rows(named=True):
            found = behind(cohort, "why-not", row)
            assert len(found) == row["patients"] >= row["alone"]
            word, _, reason = row["chosen"].partition(".")
            if reason in therapy.absolute:
                met = {n for n, r in single.items() if reason in r.therapies[therapy.id].met}
                assert found == met
                tried += 1
            assert {single[name].therapies[therapy.id].verdict for name in found} == {word}
    assert tried


def test_every_missing_fact_has_its_patients(both: Both) -> None:
    cohort, single = both
    assert len(cohort_views.missing(cohort)) > 10
    for row in cohort_views.missing(cohort).iter_rows(named=True):
        lists = {n: [t.missing for t in r.therapies.values()] for n, r in single.items()}
        blocked = {n: sum(row["chosen"] in m for m in missing) for n, missing in lists.items()}
        frame = patients(cohort, Selection("missing", "", row["chosen"]))
        told = dict(frame.select("patient_id", "blocks").iter_rows())
        assert told == {name: count for name, count in blocked.items() if count}
        assert sum(told.values()) == row["verdicts"]


def is_one_answer_away(record: Record, therapy: str) -> bool:
    """Return whether some value of one open variable makes a record eligible."""
    logic, row = logic_of(G), G.therapies[therapy]
    masks = logic.evaluation(record.known).masks
    for name in logic.answer_variables(row):
        level = logic.diagrams.level[name]
        bands = bands_of(masks[level])
        for band in bands if len(bands) > 1 else ():
            other = [*masks[:level], 1 << band, *masks[level + 1 :]]
            if logic.verdict(row, Evaluation(logic.diagrams, other)) in ELIGIBLE:
                return True
    return False


def test_who_is_one_answer_away_is_what_judging_each_answer_finds(both: Both) -> None:
    cohort, single = both
    records = [r for batch in cohort.table.batches() for r in cohort.table.records(batch)]
    found = 0
    for therapy in ("rfa", "tace"):
        open_ = [
            each
            for each in records
            if single[each.patient_id].therapies[therapy].verdict == "undetermined"
        ]
        expected = {r.patient_id for r in open_ if is_one_answer_away(r, therapy)}
        assert behind(cohort, "verdicts", {"therapy": therapy, "chosen": "one_answer"}) == expected
        found += len(expected)
    assert found > 2


def test_every_conflict_has_its_patients(both: Both) -> None:
    cohort, single = both
    frame = cohort_views.conflicts(cohort)
    assert len(frame)
    for row in frame.iter_rows(named=True):
        expected = {
            n for n, r in single.items() if row["conflict"] in {c.message for c in r.conflicts}
        }
        assert behind(cohort, "conflicts", row) == expected


def test_selected_patients_are_told_in_short(both: Both) -> None:
    cohort, single = both
    frame = patients(cohort, Selection("verdicts", "tace", "contraindicated"))
    assert frame.columns[:3] == ["row", "patient_id", "verdict"]
    for row in frame.iter_rows(named=True):
        verdicts = [t.verdict for t in single[row["patient_id"]].therapies.values()]
        eligible = len(list(filter(None, row["eligible_for"].split(", "))))
        assert eligible == sum(verdict in ELIGIBLE for verdict in verdicts)
        assert row["undetermined"] == verdicts.count("undetermined")
        assert row["conflicts"] == len(single[row["patient_id"]].conflicts)


def test_a_patient_is_opened_as_it_stands(both: Both) -> None:
    cohort, single = both
    for row, name in cohort.results.select("_row", "patient_id").head(40).iter_rows():
        draft = cohort.draft(row)
        assert draft.patient_id == name
        again = kg.classify(dict(draft.cells), [dict(each) for each in draft.lesions] or None)
        assert again.therapies == single[name].therapies


def test_downloads_are_what_the_command_writes(run: Callable[..., object], tmp_path: Path) -> None:
    cohort = open_example(G)
    for name in open_cohort.DOWNLOADS:
        path = tmp_path / f"out.{name}"
        run("classify", "--example", "--output", path)
        if name == "parquet":
            assert pl.read_parquet(io.BytesIO(cohort.download(name))).equals(pl.read_parquet(path))
        else:
            assert cohort.download(name) == path.read_bytes()


def test_what_may_be_meant_otherwise_is_told_of_an_open_cohort_too() -> None:
    table = Upload("p.csv", b"patient_id,portal_vein_thrombus\na,None\nb,vp1\n")
    (note,) = open_cohort.open_cohort(G, table).summary.notes
    assert "column portal_vein_thrombus: 1 cell 'none' read as unknown" in note


def test_small_steps_come_to_the_same_and_tell_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, steps = open_example(G), list[tuple[int, int]]()
    monkeypatch.setattr(open_cohort, "STEP", 10)
    table = Upload("p.csv", example_cohort().read_bytes())
    lesions = Upload("l.csv", example_lesions().read_bytes())
    cohort = open_cohort.open_cohort(
        G, table, lesions, progress=lambda done, of: steps.append((done, of))
    )
    assert cohort.report == whole.report
    assert cohort.results.equals(whole.results)
    assert steps == [(10, 45), (20, 45), (30, 45), (40, 45), (45, 45)]


def test_rejected_rows_are_kept_as_the_command_writes_them(
    run: Callable[..., object], tmp_path: Path
) -> None:
    text = "patient_id,ecog,_note\na,1,x\nb,seven,<script>\nb,1,\n,1,\nc,2,3,4\n"
    (tmp_path / "p.csv").write_text(text)
    run("classify", "p.csv", "--output", "out.csv", "--rejects", "rejected.csv")
    cohort = open_cohort.open_cohort(G, Upload("p.csv", text.encode()))
    assert cohort.rejected.write_csv() == (tmp_path / "rejected.csv").read_text()
    assert cohort.report.patients == 1
    assert cohort.report.rejected == 4


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_cohort, "LARGEST", 44)
    with pytest.raises(kg.InputError, match="more than 44 rows"):
        open_cohort.open_cohort(G, example_cohort())


def test_an_empty_table_is_a_cohort_of_nobody() -> None:
    cohort = open_cohort.open_cohort(G, Upload("p.csv", b"patient_id,ecog\n"))
    assert cohort.report.patients == 0
    assert cohort_views.overlaps(cohort).is_empty()
    assert patients(cohort, Selection("overlaps", "", "none")).is_empty()


@pytest.mark.parametrize(
    "wrong",
    [
        {"view": ["nowhere"]},
        {"view": ["verdicts"], "therapy": ["aspirin"]},
        {"view": ["verdicts"], "therapy": ["tace"], "chosen": ["perhaps"]},
        {"view": ["verdicts"], "chosen": ["eligible"]},
        {"view": ["overlaps"], "chosen": ["tace,rfa"]},
        {"view": ["why-not"], "therapy": ["tace"], "chosen": ["contraindicated.ABL-I1"]},
        {"view": ["missing"], "chosen": ["patient_id"]},
        {"view": ["conflicts"], "chosen": ["<script>"]},
        {"view": ["rejected"], "chosen": ["x"]},
        {"elsewhere": ["x"]},
    ],
)
def test_an_address_that_selects_nothing_is_told(wrong: dict[str, list[str]]) -> None:
    found, strangers = selection_at(G, wrong)
    assert len(strangers) == 1
    assert found.view in VIEWS
    assert not found.chosen


def test_an_open_cohort_from_python_gives_the_views_of_the_page_and_their_patients():
    cohort = kg.open_cohort(example_cohort(), example_lesions())
    assert repr(cohort) == f"<Cohort: {cohort.summary.words}>"
    assert "Verdicts:" in cohort._repr_html_()
    for view in VIEWS[:-1]:
        frame = cohort.view(view, "RFA" if view in ("why-not", "flow") else "", by="ecog")
        assert frame.height
        if view in ("groups", "verdicts"):
            continue
        row = frame.row(0, named=True)
        therapy = "rfa" if view in ("why-not", "flow") else ""
        assert cohort.patients(view, therapy, row["chosen"]).height == row["patients"]
    for of_one in ("flow", "groups", "why-not"):
        assert cohort.view(of_one, "RFA", by="ecog")["therapy"].unique().to_list() == ["rfa"]
    one = cohort.view("verdicts", "RFA")
    assert one.equals(cohort.view("verdicts").filter(therapy="rfa"))
    for wrong in (
        lambda: cohort.view("whynot"),
        lambda: cohort.view("flow", "rfx"),
        lambda: cohort.view("groups", by="egoc"),
        lambda: cohort.view("groups"),
        lambda: cohort.view("missing", "rfa"),
        lambda: cohort.frame("egoc"),
        lambda: cohort.patients("flow", "rfa", "x"),
    ):
        with pytest.raises(kg.InputError):
            wrong()


def test_a_mapping_may_be_a_dict():
    mapping = {"columns": {"No": "patient_id", "T": "tumour_count"}, "missing": {"all": ["9"]}}
    cohort = kg.open_cohort([{"No": "a", "T": "9"}], mapping=mapping)
    assert cohort.summary.patients == 1
    with pytest.raises(kg.InputError, match=r"the mapping: a mapping has no part \[colums\]"):
        kg.open_cohort([{"No": "a"}], mapping={"colums": {}})

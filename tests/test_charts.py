"""Charts from Python: what they count, and that each says its title, n, source and legend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import pytest

import kg
from kg.paths import example_cohort
from kg.reasoning.verdicts import VERDICT_SIGNS

PATIENTS = example_cohort()
RESULT = kg.classify_table(PATIENTS, PATIENTS.with_name("lesions.csv"))
CHARTS = ("verdicts", "overlaps", "missing")


def drawn(name: str, result: kg.TableResult = RESULT) -> Any:
    make: Callable[[kg.TableResult], Any] = getattr(kg.charts, name)  # type: ignore[attr-defined]
    return make(result)


def data(chart: Any) -> list[dict[str, Any]]:
    (rows,) = chart.to_dict()["datasets"].values()
    found: list[dict[str, Any]] = rows
    return found


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_its_title_n_source_and_legend(name: str) -> None:
    said = drawn(name).to_json()
    told = drawn(name).to_dict()
    title = (told.get("title") or told["layer"][0]["title"])["subtitle"]
    assert title[0] == "n = 45 patients"
    assert title[1].startswith("Source: hcc-kg ")
    assert '"legend": {' in said


def test_verdicts_are_counted_as_in_the_summary() -> None:
    rows = data(drawn("verdicts"))
    rfa = {row["order"]: row["patients"] for row in rows if row["therapy"].startswith("radiofreq")}
    counted = list(RESULT.summary.of("rfa").values())
    assert [rfa.get(i, 0) for i in range(len(counted))] == counted
    assert {row["verdict"][0] for row in rows} == set(VERDICT_SIGNS.values())


def test_the_diagonal_of_overlaps_is_who_is_eligible() -> None:
    rows = {
        (row["therapy"], row["therapy_too"]): row["patients"] for row in data(drawn("overlaps"))
    }
    counts = RESULT.summary.of("rfa")
    assert rows["RFA", "RFA"] == sum(n for word, n in counts.items() if word.startswith("eligible"))
    assert rows["RFA", "TACE"] == rows["TACE", "RFA"] <= rows["RFA", "RFA"]


def test_what_is_missing_is_counted_as_in_the_report() -> None:
    report = {
        m.label: m for m in kg.cohort_report(PATIENTS, PATIENTS.with_name("lesions.csv")).missing
    }
    rows = data(drawn("missing"))
    assert len({row["variable"] for row in rows}) == 20
    for row in rows:
        assert row["all"] == report[row["variable"]].verdicts
        if not row["order"]:
            assert row["verdicts"] == report[row["variable"]].settles_verdicts


def test_rejected_rows_are_told_and_nothing_missing_is_an_empty_chart() -> None:
    few = kg.classify_table([{"patient_id": "a"}, {"patient_id": "b", "ecog": 9}], therapies="pei")
    assert "n = 1 patient, 1 row rejected" in drawn("verdicts", few).to_json()
    assert isinstance(drawn("overlaps", few), alt.LayerChart)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_saved(name: str, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    for ending, start in ((".svg", b"<svg"), (".png", b"\x89PNG")):
        path = tmp_path / f"{name}{ending}"
        drawn(name).save(str(path))
        assert path.read_bytes().startswith(start)

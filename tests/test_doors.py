"""The scripts that show each way in from Python are short, and run as they stand."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serving

from kg.output import copy_folder
from kg.paths import example_cohort

DOORS = sorted((Path(__file__).parents[1] / "docs" / "doors").glob("*.py"))
TOLD = {
    "charts_saved": "",
    "graph_frames": "vp3-thrombus",
    "pandas_reasons": "Contraindicated: “tumour not visible on guidin",
    "rdflib_dataset": "candidates",
    "remote_frames": "eligible_with_caution",
    "sparqlwrapper_endpoint": "small-single-tumour",
}

CHARTS = ("verdicts", "overlaps", "missing")
MADE = {
    "charts_saved": {f"{name}.{form}" for name in CHARTS for form in ("svg", "png")},
    "rdflib_dataset": {"trial.ttl"},
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serving.serving() as server:
        yield f"{server.address.rstrip('/')}/sparql"


def test_every_kind_of_door_has_its_script() -> None:
    assert {path.stem for path in DOORS} >= TOLD.keys()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's own, of itself
@pytest.mark.parametrize("script", DOORS, ids=lambda path: path.stem)
def test_a_script_is_short_and_runs(
    script: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = script.read_text("utf-8")
    assert len(text.splitlines()) <= 15
    shipped = copy_folder(example_cohort().parent, tmp_path)
    arguments = [request.getfixturevalue("endpoint")] if "sys.argv" in text else []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    runpy.run_path(str(script), run_name="__main__")
    assert TOLD.get(script.stem, "") in capsys.readouterr().out
    made = {path.name for path in tmp_path.iterdir()} - set(shipped)
    assert made == MADE.get(script.stem, set())

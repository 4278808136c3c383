"""Cohort in a real browser: upload, click a bar, see its patients, open one in Patient."""

from __future__ import annotations

import io
import os
import re

import numpy as np
import pytest
from browser import ready, settled
from PIL import Image

from kg.benchmarks.cohort import write_cohort
from kg.guideline import load
from kg.paths import example_cohort

BLUE = (0, 114, 178)
_ROW = 22  # pixels from bar to bar


def choose(page, path):
    place = page.get_by_label("Table of patients", exact=True)
    place.locator("input[type=file]").set_input_files(path)
    place.get_by_text(re.compile("[KM]B$")).wait_for()


def upload(page, path):
    choose(page, path)
    page.get_by_role("button", name="Classify").click()
    page.get_by_text("with conflicts").wait_for()
    ready(page)


def drawn(page):
    chart = page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg.marks)").first
    chart.wait_for()
    settled(page)
    return chart


def click_bar(page, number, x):
    drawn(page).click(position={"x": x, "y": _ROW * number + _ROW // 2})


def pick_and_open(page, row=0):
    frame = page.locator("[data-testid=stDataFrame]").first
    frame.locator("canvas").first.wait_for()
    settled(page)
    frame.click(position={"x": 18, "y": 35 * (row + 1) + 18})
    page.get_by_role("link", name="Open in Patient").click()  # there once a row is picked
    page.wait_for_url(re.compile(r"[?&]patient_id="))
    ready(page)


def test_a_table_is_uploaded_and_a_bar_leads_to_a_patient(explorer):
    with explorer.opened("cohort") as page:
        upload(page, example_cohort())
        click_bar(page, 0, 180)
        page.get_by_text("curative local ablation: eligible").wait_for()
        page.wait_for_url("**/cohort?cohort=upload&view=verdicts&therapy=*&chosen=eligible")
        chosen = page.url
        pick_and_open(page)
        page.go_back()
        page.wait_for_url(chosen)
        page.get_by_text("curative local ablation: eligible").wait_for()
        settled(page)
        assert page.get_by_text("select nothing here").count() == 0
        assert page.get_by_label("Patient", exact=True).input_value() != ""
        assert page.get_by_role("button", name=re.compile("^(Download as|Copy Vega)")).count() == 0


def test_the_165_patients_of_a_real_cohort_lead_to_one(explorer, shared):
    with explorer.opened("cohort") as page:
        upload(page, shared / "data" / "uci-hcc-survival" / "patients.csv")
        page.get_by_text("165 patients").first.wait_for()
        page.get_by_role("radio", name="Missing").click()
        page.get_by_text("Missing variable", exact=True).wait_for()
        click_bar(page, 0, 400)
        page.get_by_text("an undetermined verdict depends on").wait_for()
        pick_and_open(page, row=1)
        assert "UCI-" in page.url


@pytest.mark.parametrize(
    ("view", "at", "told"),
    [
        ("overlaps", {"x": 196, "y": 100}, "eligible for"),
        ("why-not", {"x": 240, "y": 12}, "indicated ("),
        ("conflicts", {"x": 240, "y": 42}, ""),
    ],
)
def test_bars_of_every_view_can_be_clicked(explorer, view, at, told):
    with explorer.opened("cohort", cohort="example", view=view) as page:
        drawn(page).click(position=at)
        page.wait_for_url(re.compile("chosen="))
        page.get_by_role("button", name="Open in Patient").wait_for()
        assert told in page.inner_text("[data-testid=stMain]")


def test_a_bar_of_two_editions_shows_who_it_is_about(explorer):
    with explorer.opened("compare", view="cohort") as page:
        click_bar(page, 10, 260)
        page.wait_for_url(re.compile("therapy=tae&.*change=lost|change=lost&.*therapy=tae"))
        page.get_by_text("Criteria behind most changes: transarterial embolisation").wait_for()


def middle_of_blue(locator):
    """Return where the middle of all that is drawn in the blue of bars and dots is."""
    shot = np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("RGB"))
    _, columns = np.nonzero((shot == BLUE).all(axis=2))
    return (columns.min() + columns.max()) / 2


def test_bars_and_dots_of_overlaps_stand_in_line(explorer):
    with explorer.opened("cohort", cohort="example", view="overlaps") as page:
        charts = page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg)")
        charts.nth(1).wait_for()
        settled(page)
        assert abs(middle_of_blue(charts.nth(0)) - middle_of_blue(charts.nth(1))) < 3


def test_running_work_can_be_stopped(explorer, tmp_path):
    table = tmp_path / "many.jsonl"
    table.write_text("".join(f'{{"patient_id": "p{i}", "ecog": 1}}\n' for i in range(400_000)))
    with explorer.opened("cohort") as page:
        choose(page, table)
        page.get_by_role("button", name="Classify").click()
        page.get_by_role("button", name="Stop").click()
        page.get_by_text("Stopped.").wait_for()
        assert page.get_by_text("many.jsonl").count() == 1


@pytest.mark.skipif("CI" in os.environ, reason="a measure, not a claim about other machines")
def test_100_000_patients_stay_fluid(explorer, tmp_path):
    table = tmp_path / "many.parquet"
    write_cohort(load(), table, 100_000, seed=1)
    with explorer.opened("cohort") as page:
        upload(page, table)
        taken = []
        for number, therapy in enumerate(list(load().therapies)[:5]):
            drawn(page)
            start = page.evaluate("performance.now()")
            click_bar(page, number, 600)
            page.wait_for_url(re.compile(f"therapy={therapy}&"))
            taken.append(page.evaluate("performance.now()") - start)
        assert sorted(taken)[len(taken) // 2] < 2_000, taken

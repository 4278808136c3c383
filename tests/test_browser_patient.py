"""The explorer in a real browser: a patient is entered, read, shared, verified and printed."""

from __future__ import annotations

import re

import pytest
from browser import WIDTHS, Explorer, ready, scrolls_sideways, settled, until


@pytest.mark.parametrize("width", WIDTHS)
def test_a_patient_is_entered_and_the_verdict_read(explorer: Explorer, width: int) -> None:
    with explorer.opened(width=width) as page:
        field = page.get_by_role("textbox", name="number of tumours")
        field.fill("1")
        field.press("Enter")
        page.get_by_text("One tumour; 64 variables unknown").wait_for()
        settled(page)
        page.get_by_role("toolbar", name="gross tumour type").get_by_text("diffuse").click()
        verdict = page.locator("summary", has_text="radiofrequency ablation").first
        verdict.filter(has_text="contraindicated").wait_for()
        verdict.click()
        page.get_by_text("What would have to change").first.wait_for()
        assert "tumour_morphology=diffuse" in page.url
        assert not scrolls_sideways(page)


def test_an_address_opens_the_same_patient_in_a_fresh_browser(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="2", max_tumour_diameter_cm="2..3", open="rfa") as page:
        page.get_by_text("2 tumours, 2 to 3 cm").wait_for()
        page.get_by_text("Missing: what would settle it").wait_for()
        page.get_by_role("button", name="Save and share").click()
        shared = page.locator("[data-testid=stCode] code").inner_text()
    with explorer.opened(shared) as page:
        page.get_by_text("2 tumours, 2 to 3 cm").wait_for()


def test_back_returns_to_the_patient_before(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="2") as page:
        field = page.get_by_role("textbox", name="number of tumours")
        field.fill("3")
        field.press("Enter")
        page.get_by_text(re.compile("^3 tumours")).wait_for()
        page.wait_for_url("**/?tumour_count=3")
        page.wait_for_timeout(1_200)  # so long an older address may be a late one
        page.go_back()
        page.get_by_text(re.compile("^2 tumours")).wait_for()
        until(page, lambda: field.input_value() == "2")


def test_a_fact_to_find_out_gets_the_focus(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="1") as page:
        asked = page.locator(".st-key-patient-verdicts button").first
        asked.click()
        ready(page)
        page.wait_for_function("document.activeElement.closest('[class*=st-key-field-]') !== null")


def test_two_tabs_are_two_patients(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="2") as page:
        browser = page.context.browser
        assert browser is not None
        second = browser.new_page()
        second.goto(explorer.at(tumour_count="3"))
        second.get_by_text(re.compile("^3 tumours")).wait_for()
        field = page.get_by_role("textbox", name="largest tumour diameter")
        field.fill("4")
        field.press("Enter")
        page.get_by_text("2 tumours, 4 cm").wait_for()
        assert "cm" not in second.locator("strong").first.inner_text()


def test_hermit_agrees_in_place(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="1") as page:
        page.get_by_role("button", name="Verify with HermiT").click()
        page.get_by_text("HermiT agrees: 13 verdicts").wait_for()


def test_the_report_is_downloaded(explorer: Explorer) -> None:
    with explorer.opened(patient_id="p1", tumour_count="1") as page:
        page.get_by_role("button", name="Save and share").click()
        page.get_by_text("Patient identifier").wait_for()
        ready(page)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Report").click()
        assert waiting.value.suggested_filename == "p1.html"
        assert "Patient p1" in waiting.value.path().read_text("utf-8")

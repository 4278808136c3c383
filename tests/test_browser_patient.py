"""The explorer in a real browser: a patient is entered, read, shared, verified and printed."""

from __future__ import annotations

import itertools
import re

import pytest
from browser import WIDTHS, Explorer, fresh_page, middle, ready, scrolls_sideways, settled, until

from kg.benchmarks.running import free_port, served
from kg.paths import explorer_app


@pytest.mark.parametrize("width", WIDTHS)
def test_a_patient_is_entered_and_the_verdict_read(explorer: Explorer, width: int) -> None:
    with explorer.opened(width=width) as page:
        field = page.get_by_role("textbox", name="number of tumours")
        field.fill("1")
        field.press("Enter")
        page.get_by_text("One tumour; 64 variables unknown").wait_for()
        settled(page)
        page.get_by_role("radio", name="Tumour", exact=True).click()
        page.get_by_role("radiogroup", name="gross tumour type").get_by_text("diffuse").click()
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
        page.wait_for_url("**/patient?tumour_count=3")
        page.go_back()
        page.get_by_text(re.compile("^2 tumours")).wait_for()
        until(page, lambda: field.input_value() == "2")


def test_a_second_click_at_the_same_spot_changes_nothing(explorer: Explorer) -> None:
    with explorer.opened(liver_involvement_percent="20") as page:
        page.get_by_role("radio", name="Tumour", exact=True).click()
        field = page.locator(".st-key-field-near_gallbladder")
        for word, pause in itertools.product(("yes", "no"), (0, 1_000)):
            button = field.get_by_text(word, exact=True)
            button.scroll_into_view_if_needed()
            settled(page)
            spot = middle(button)
            page.mouse.click(*spot)
            page.wait_for_timeout(pause)
            page.mouse.click(*spot)
            said = "true" if word == "yes" else "false"
            page.wait_for_url(f"**near_gallbladder={said}*")
            settled(page)
            assert middle(button) == pytest.approx(spot, abs=1), (word, pause)
            assert f"near_gallbladder={said}" in page.url
            field.get_by_text("unknown", exact=True).click()
            page.wait_for_url(lambda url: "near_gallbladder" not in url)


def test_a_double_click_is_one_click_where_a_conflict_comes_up(explorer: Explorer) -> None:
    with explorer.opened(portal_vein_thrombus="vp0") as page:
        page.get_by_text("Vessels and spread").click()
        field = page.locator(".st-key-field-portal_trunk_obstruction")
        page.mouse.dblclick(*middle(field.get_by_text("complete")))
        field.get_by_text("Conflict").wait_for()
        settled(page)
        assert "portal_trunk_obstruction=complete" in page.url


def test_a_choice_can_be_corrected_and_can_be_one_of_several(explorer: Explorer) -> None:
    with explorer.opened(child_pugh_class="A") as page:
        field = page.locator(".st-key-field-child_pugh_class")
        field.get_by_text("class B").click()
        page.wait_for_url("**/patient?child_pugh_class=B")
        field.get_by_text("one of several").click()
        field.get_by_text("class C").nth(1).click()
        page.wait_for_url("**/patient?child_pugh_class=B%7CC")
        page.get_by_text("Child-Pugh B or C").first.wait_for()


def test_what_is_entered_after_a_restart_is_not_lost(explorer: Explorer) -> None:
    port = free_port()
    with fresh_page(explorer.browser) as page:
        with served(explorer_app(), port) as address:
            page.goto(f"{address}patient?tumour_count=2")
            page.get_by_text(re.compile("^2 tumours")).wait_for()
            ready(page)
        with served(explorer_app(), port):
            field = page.get_by_role("textbox", name="largest tumour diameter")
            until(page, field.is_enabled)
            field.fill("3")
            field.press("Enter")
            page.get_by_text("2 tumours, 3 cm").wait_for()
            page.wait_for_url(re.compile("max_tumour_diameter_cm=3"))
            assert field.input_value() == "3"


def test_what_was_not_understood_stays_in_sight_and_in_the_report(explorer: Explorer) -> None:
    with explorer.opened(max_tumour_diameter_cm="2,4", patient_id="p1") as page:
        page.get_by_text("Liver", exact=True).click()
        page.locator("button", has_text="⚠").filter(has_text="Key facts").wait_for()
        page.get_by_text("Not understood, and treated as unknown: largest tumour").wait_for()
        page.get_by_role("button", name="Save and share").click()
        page.get_by_text("Patient identifier").wait_for()
        ready(page)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Report").click()
        report = waiting.value.path().read_text("utf-8")
        assert waiting.value.suggested_filename == "p1.html"
        assert "Patient p1" in report
        assert "largest tumour diameter: &#x27;2,4&#x27; has a decimal comma" in report


def test_a_fact_to_find_out_gets_the_focus_and_keys_answer(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="1") as page:
        # By its key: what comes first among the buttons changes while their scripts are loaded.
        asked = page.locator("[class*=st-key-ask-]:not(.st-key-ask-another)")
        focused = "name => document.activeElement.closest(`.st-key-field-${name}`) !== null"
        for number in range(2):
            asked.nth(1).wait_for()
            key = re.search(r"st-key-ask-(\w+)", asked.nth(number).get_attribute("class") or "")
            assert key is not None
            asked.nth(number).get_by_role("button").click()
            page.wait_for_function(focused, arg=key[1])
        page.get_by_role("radio", name="Tumour", exact=True).click()
        field = page.locator(".st-key-field-near_gallbladder")
        field.get_by_role("radio", name="unknown").focus()
        page.keyboard.press("y")
        page.wait_for_url("**near_gallbladder=true*")
        page.keyboard.press("n")
        page.wait_for_url("**near_gallbladder=false*")


def test_two_tabs_are_two_patients(explorer: Explorer) -> None:
    with explorer.opened(tumour_count="2") as page:
        second = page.context.new_page()
        second.goto(explorer.at("patient", tumour_count="3"))
        second.get_by_text(re.compile("^3 tumours")).wait_for()
        field = page.get_by_role("textbox", name="largest tumour diameter")
        field.fill("4")
        field.press("Enter")
        page.get_by_text("2 tumours, 4 cm").wait_for()
        assert "cm" not in second.locator("strong").first.inner_text()


def test_text_in_warnings_is_no_link(explorer: Explorer) -> None:
    texts = ("www.evil.example", "https://evil.example/x", "a@evil.example")
    cells = zip(("max_tumour_diameter_cm", "tumour_count", "ecog"), texts, strict=True)
    told = {"patient_id": " ".join(texts)} | dict.fromkeys(texts, "1") | dict(cells)
    with explorer.opened(**told) as page:
        said = [
            page.get_by_text(words).first for words in ("not part of a record", "Not understood")
        ]
        for each in said:
            each.wait_for()
        settled(page)
        assert [each.inner_text().count("evil.example") for each in said] == [3, 3]
        assert page.locator("[data-testid=stMain] a[href*=evil]").count() == 0

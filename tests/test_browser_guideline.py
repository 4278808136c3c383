"""Therapies and Guideline in a real browser: pictures, clicks, themes, both widths."""

from __future__ import annotations

import pytest
from browser import WIDTHS, middle, settled, until


def drawn(page, number=0):
    """Wait for a picture, and return it."""
    graph = page.locator(".graph").nth(number)
    graph.locator("canvas").first.wait_for()
    settled(page)
    return graph


def click(page, graph, name):
    """Click the node of a picture, once it is where it will stay."""
    places = [None]

    def rests():
        where = "(e, id) => e.cy.getElementById(id).renderedPosition()"
        places.append(graph.evaluate(where, name))
        page.wait_for_timeout(150)
        return places[-1] == places[-2]

    until(page, rests)
    graph.click(position={"x": places[-1]["x"], "y": places[-1]["y"]})


def test_click_in_the_taxonomy_opens_a_therapy_and_pictures_follow_the_theme(explorer):
    with explorer.opened("therapies", therapy="rfa") as page:
        click(page, drawn(page), "tace")
        page.get_by_role("heading", name="transarterial chemoembolisation").wait_for()
        page.wait_for_url("**/therapies?therapy=tace")
        settled(page)  # an address left sooner counts as still on its way
        page.go_back()
        page.get_by_role("heading", name="radiofrequency ablation").wait_for()
        graph = drawn(page)
        colour = "e => e.cy.getElementById('rfa').style('color')"
        light = graph.evaluate(colour)
        page.emulate_media(color_scheme="dark")
        until(page, lambda: graph.evaluate(colour) != light)


def test_click_on_a_criterion_in_the_graph_shows_it_and_what_it_touches(explorer):
    with explorer.opened("therapies", therapy="rfa", view="graph") as page:
        for number in range(2):  # each has a name, and a list that offers the same
            assert "list" in (drawn(page, number).get_attribute("aria-label") or "")
        assert page.get_by_role("combobox").count() == 2
        graph = drawn(page, 1)
        click(page, graph, "ABL-I3")

        def near():
            return set(graph.evaluate("e => e.cy.nodes().not('.far').map(n => n.id())"))

        until(page, lambda: "ABL-I3" in near() and "cachexia" not in near())
        assert {"rfa", "tumour_count"} <= near()


def test_nodes_stay_within_a_narrow_picture(explorer):
    with explorer.opened("therapies", WIDTHS[1], therapy="tace_plus_rfa", view="graph") as page:
        for number in range(2):
            graph = drawn(page, number)
            wide = graph.evaluate("e => e.cy.elements().renderedBoundingBox().x2 - e.clientWidth")
            assert wide <= 0


def test_picking_a_row_opens_its_statement(explorer):
    with explorer.opened("guideline", section="A.1(1)") as page:
        frame = page.locator("[data-testid=stDataFrame]").first
        frame.locator("canvas").first.wait_for()
        settled(page)  # the table draws itself before it listens
        frame.click(position={"x": 18, "y": 35 * 2 + 18})
        page.get_by_role("heading", name="Statement S012").wait_for()


def test_chart_of_the_coverage_is_drawn(explorer):
    with explorer.opened("guideline", view="coverage") as page:
        chart = page.locator("[data-testid=stVegaLiteChart]")
        chart.locator("canvas, svg").first.wait_for()
        assert chart.bounding_box()["height"] > 150


def test_place_of_a_criterion_leads_to_its_statement(explorer):
    with explorer.opened("therapies", therapy="rfa", view="criteria") as page:
        page.locator("span").get_by_text("ABL-I3", exact=True).first.click()
        page.get_by_role("link", name="A.1(1) [1376–1457]").click()
        page.get_by_role("heading", name="Statement S01").wait_for()
        assert "statement=S01" in page.url


@pytest.mark.parametrize(
    ("name", "parameters", "last"),
    [
        ("guideline", {}, "S231"),
        ("therapies", {"therapy": "rfa"}, "in the month preceding treatment rules out ablation"),
    ],
)
def test_a_page_prints_whole(explorer, name, parameters, last):
    with explorer.opened(name, **parameters) as page:
        settled(page)
        page.emulate_media(media="print")
        words = page.get_by_text(last).last
        assert words.is_visible(), "what is closed or further down a table is on paper"
        height = page.evaluate("document.documentElement.scrollHeight")
        assert middle(words)[1] < height, "the page is as long as what it holds"
        scrolling = """() => [...document.querySelectorAll(".stMain, .stMain *")].filter((e) => {
          const how = getComputedStyle(e).overflowY;
          return (how === "auto" || how === "scroll") && e.scrollHeight > e.clientHeight + 4;
        }).map((e) => e.className)"""
        assert page.evaluate(scrolling) == [], "nothing on paper can be scrolled"

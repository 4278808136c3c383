"""Query in a real browser: the editor, what it tells, themes, both widths."""

import pytest
from browser import ready, until

HCC = "PREFIX hcc: <https://w3id.org/hcc-kg/>"


def editor(page):
    found = page.get_by_role("textbox", name="Query in SPARQL")
    found.wait_for()
    return found


def text(page):
    return "\n".join(page.locator(".cm-line").all_inner_texts())


def write(page, query):
    editor(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(query)


def run(page, query):
    write(page, query)
    page.keyboard.press("Control+Enter")


def said(page, words):
    page.get_by_text(words).filter(visible=True).first.wait_for()


def written(page, query):
    """Wait until the editor holds a query."""
    editor(page)
    until(page, lambda: query in text(page))


def choose(page, label, words):
    """Choose from a list by typing."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(words)
    page.get_by_role("option").filter(has_text=words).first.click()


def test_question_is_picked_filled_asked_edited_and_asked_again(explorer):
    with explorer.opened("query") as page:
        choose(page, "Saved question", "all verdicts on a patient")
        said(page, "13 rows")
        choose(page, "Patient", "kidney-failure")
        page.wait_for_url("**p.patient=kidney-failure")
        written(page, '"kidney-failure"')
        ready(page)
        editor(page).click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text("LIMIT 4")
        page.get_by_role("button", name="Run").click()
        said(page, "4 rows")
        said(page, "You edited the query")
        assert "LIMIT 4" in text(page)
        page.wait_for_url(lambda url: "LIMIT+4" in url)


def test_queries_of_the_tab_outlive_a_reload(explorer):
    with explorer.opened("query", question="therapies") as page:
        run(page, "ASK { ?a ?b ?c }")
        said(page, "Yes")
        said(page, "Queries of this session (2)")
        page.wait_for_function("sessionStorage.getItem('hcc-kg:queries')?.includes('ASK')")
        page.reload()
        ready(page)
        said(page, "Queries of this session (2)")


def test_line_of_a_fault_is_marked_until_it_is_mended(explorer):
    with explorer.opened("query") as page:
        for _ in range(2):  # the same fault at the same place is marked anew
            run(page, "SELECT *\n{ ?s ,, }")
            said(page, "Line 2, column 6")
            mark = page.locator(".cm-fault")
            mark.wait_for()
            assert mark.inner_text() == "{ ?s ,, }"
            page.keyboard.press("Control+End")
            page.keyboard.insert_text(" ")
            mark.wait_for(state="detached")


def test_attack_is_refused_and_the_page_lives_on(explorer):
    with explorer.opened("query") as page:
        run(page, "{" * 4000)
        said(page, "nests brackets deeper than 100")
        run(page, "SELECT * { SERVICE <http://192.0.2.1/> { ?s ?p ?o } }")
        said(page, "SERVICE is refused")
        run(page, "SELECT (1 AS ?one) {}")
        said(page, "1 row")


def test_address_is_restored_in_a_fresh_browser(explorer):
    with explorer.opened("query") as page:
        run(page, "SELECT (2 AS ?two) {}")
        said(page, "1 row")
        page.wait_for_url("**sparql=**")
        shared = page.url.partition("sparql=")[2]
    with explorer.opened(f"query?sparql={shared}") as page:
        written(page, "SELECT (2 AS ?two) {}")
        said(page, "This query came with a link")
        assert page.get_by_text("1 row").count() == 0
        page.get_by_role("button", name="Run").click()
        said(page, "1 row")


def test_typed_text_outlives_reruns_and_other_pages(explorer):
    with explorer.opened("query") as page:
        write(page, "ASK { ?typed ?by ?hand }")
        page.get_by_label("Subject").click()
        page.keyboard.press("Enter")
        ready(page)
        assert text(page) == "ASK { ?typed ?by ?hand }"
        page.get_by_role("link", name="About").click()
        page.wait_for_url("**/about")
        ready(page)
        page.get_by_test_id("stTopNav").get_by_role("link", name="Query").click()
        page.wait_for_url("**/query**")
        ready(page)
        written(page, "ASK { ?typed ?by ?hand }")


def test_typing_on_while_the_page_works_loses_nothing(explorer):
    with explorer.opened("query") as page:
        write(page, "")
        ready(page)
        whole = "SELECT * WHERE ?s ?p ?o LIMIT 3"
        for letter in whole:
            page.keyboard.insert_text(letter)
            page.wait_for_timeout(60)
        page.wait_for_timeout(1_000)  # what comes late would take letters away
        ready(page)
        assert text(page) == whole


def test_completion_knows_labels_and_declares_the_prefix(explorer):
    with explorer.opened("query") as page:
        write(page, "SELECT * { ?s a ")
        page.keyboard.type("systemic")
        page.locator(".cm-tooltip-autocomplete").wait_for()
        page.wait_for_timeout(300)  # an answer too fast for a reader is not taken
        page.keyboard.press("Enter")
        written(page, "hcc:SystemicTherapy")
        assert text(page).startswith(HCC)


def test_tab_leaves_the_editor(explorer):
    with explorer.opened("query") as page:
        write(page, "ASK {}")
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { let e = document.activeElement;"
            " while (e.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;"
            " return e.textContent; }"
        )
        assert focused == "▶ Run"
        page.keyboard.press("Enter")
        said(page, "Yes")


@pytest.mark.parametrize("view", ["Chart", "Graph"])
def test_chart_and_graph_are_drawn(explorer, view):
    name = {"Chart": "verdict-counts", "Graph": "patient-graph"}[view]
    with explorer.opened("query", question=name) as page:
        page.get_by_role("radio", name=view).or_(page.get_by_role("button", name=view)).click()
        drawn = (
            "[data-testid=stVegaLiteChart] :is(canvas, svg)" if view == "Chart" else ".graph canvas"
        )
        page.locator(drawn).first.wait_for()

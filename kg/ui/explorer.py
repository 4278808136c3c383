"""The script that Streamlit runs: the explorer, a page for each question a person has."""

from kg.ui.shell import Page, explore

explore(
    Page("start", "Start", ":material/home:"),
    Page("patient", "Patient", ":material/person:"),
    Page("therapies", "Therapies", ":material/account_tree:"),
    Page("guideline", "Guideline", ":material/menu_book:"),
    Page("search", "Search", ":material/search:"),
    Page("term", "Term", ":material/data_object:", is_listed=False),
    Page("query", "Query", ":material/manage_search:"),
    Page("cohort", "Cohort", ":material/groups:"),
    Page("compare", "Compare", ":material/compare_arrows:"),
    Page("about", "About", ":material/info:"),
)

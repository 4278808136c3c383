"""The script that Streamlit runs: the explorer, a page for each question a person has."""

from kg.ui.shell import explore

explore(  # by the name of its file, which is its path too: the title and icon of each page
    {
        "start": ("Start", ":material/home:"),
        "patient": ("Patient", ":material/person:"),
        "therapies": ("Therapies", ":material/account_tree:"),
        "guideline": ("Guideline", ":material/menu_book:"),
        "search": ("Search", ":material/search:"),
        "query": ("Query", ":material/manage_search:"),
        "cohort": ("Cohort", ":material/groups:"),
        "compare": ("Compare", ":material/compare_arrows:"),
        "about": ("About", ":material/info:"),
    },
    unlisted={"term": ("Term", ":material/data_object:")},
)

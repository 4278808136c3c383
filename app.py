"""The explorer as a server: `streamlit run app.py`; its pages are listed in kg/ui/explorer.py."""

from streamlit.starlette import App

from kg.paths import explorer_script
from kg.ui.serving import GUARD, tidying

app = App(explorer_script(), middleware=[GUARD], lifespan=tidying)

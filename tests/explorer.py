"""The pages of the explorer, as Streamlit's own test harness sees them."""

from __future__ import annotations

import functools

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from kg.paths import explorer_script, pages_folder
from kg.ui.patient import parts

# Which of the packages that are installed have components: a server looks once, and the harness
# would look again for every page.
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)
# What the harness gives back of a run is what that run has drawn: of the page whole, not of parts.
parts.rerun = lambda *_: None  # type: ignore[assignment]
_PATIENCE = 60  # seconds


def app(page: str, **parameters: str | list[str]) -> AppTest:
    """Return a page, run once."""
    test = AppTest.from_file(str(explorer_script()), default_timeout=_PATIENCE)
    test.switch_page(str(pages_folder() / f"{page}.py"))
    for name, value in parameters.items():
        test.query_params[name] = value
    return test.run()


def texts(test: AppTest) -> str:
    """Return all that a page says, as one text."""
    kinds = (test.markdown, test.caption, test.error, test.warning, test.info, test.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def place(test: AppTest) -> dict[str, list[str]]:
    """Return the parameters of the address of a page."""
    found = dict(test.query_params)
    return {name: [v] if isinstance(v, str) else list(v) for name, v in found.items()}

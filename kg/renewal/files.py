"""The generated files of a checkout: what each should hold, which are out of date, renewal.

1. A whole page is what its command prints.
2. A block of a page, between `<!-- Begin of ... -->` and `<!-- End -->`, is what the command that
   it names prints.
3. The catalogues for Protege name the modules of the ontology.
4. What each question gives on the example cohort is in one file of tests/queries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from kg.errors import InputError
from kg.output import whole_file
from kg.paths import ontology_folder
from kg.renewal import rows
from kg.renewal.catalogs import catalogues
from kg.renewal.printed import printed

ROWS = Path("tests", "queries", "rows.txt")
_WHOLE: Mapping[str, str] = {
    "docs/ontology.md": "reference",
    "docs/queries.md": "queries --markdown",
}
_BLOCK = re.compile(r"(<!-- Begin of `hcc-kg (.+?)` -->\n)(?:.*?)(<!-- End -->)", re.S)


def checkout() -> Path:
    """Return the folder of the checkout whose ontology is used.

    Raises:
        InputError: the ontology in use is not that of a checkout.
    """
    folder = ontology_folder().resolve().parent
    if not all((folder / part).is_dir() for part in ("kg", "docs", "tests")):
        raise InputError(
            f"{folder} is no checkout, and only a checkout holds what is renewed; install one "
            "with 'pip install --editable', and let HCC_KG_ONTOLOGY name no other ontology"
        )
    return folder


def renew(root: Path, *, write: bool) -> list[Path]:
    """Return the files that were out of date, from `root`; with `write` they no longer are."""
    due = dict(_due(root))
    stale = [path for path, text in due.items() if _content(root / path) != text]
    for path in stale if write else ():
        with whole_file(root / path) as part:
            part.write_bytes(due[path].encode())
    return stale


def _content(path: Path) -> str | None:
    return path.read_bytes().decode() if path.is_file() else None


def _due(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what each generated file should hold."""
    for name, command in _WHOLE.items():
        yield Path(name), printed(command)
    for page in sorted((root / "docs").glob("*.md")):
        text = page.read_text("utf-8")
        if page.relative_to(root).as_posix() not in _WHOLE and _BLOCK.search(text):
            filled = _BLOCK.sub(lambda m: m[1] + printed(m[2]) + m[3], text)
            yield page.relative_to(root), filled
    for path, text in catalogues(ontology_folder()):
        yield Path("ontology", path), text
    yield ROWS, rows.text()

"""The generated files of a checkout: what each should hold, which are out of date, renewal.

1. A whole page is what its command prints.
2. A block of a page, between `<!-- Begin of ... -->` and `<!-- End -->`, is what the command that
   it names prints.
3. The catalogues for Protege name the modules of the ontology.
4. What each question gives on the example cohort is in one file of tests/queries; a `*` stands
   there for what changes from run to run.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from kg.audit.report import KINDS, Kind, audit
from kg.audit.report import markdown as findings
from kg.catalogue.page import markdown as questions
from kg.catalogue.queries import Question, catalogue
from kg.errors import InputError
from kg.guideline import Guideline, load, load_all
from kg.ontology import module_names
from kg.output import whole_file
from kg.paths import edition_names, ontology_folder
from kg.rdf.build import example_store
from kg.reference.citation import side_by_side
from kg.reference.parts import ALL, PARTS, TEMPLATES
from kg.stores import Answer, Store, Table
from kg.stores.formats import shown


def printed(command: str) -> str:
    """Return what a command prints, given without `hcc-kg`.

    Raises:
        InputError: no page may name it.
    """
    if command not in PRINTERS:
        told = ", ".join(f"'hcc-kg {name}'" for name in PRINTERS)
        raise InputError(f"'hcc-kg {command}' fills no block of a page; these do: {told}")
    return PRINTERS[command](load())


def _audit(kind: Kind, guideline: Guideline) -> str:
    return findings(audit([kind], guideline=guideline))


PRINTERS: Mapping[str, Callable[[Guideline], str]] = {
    "editions --format markdown": lambda _: side_by_side(load_all()),
    "queries --markdown": lambda _: questions(catalogue().values()),
    **{f"reference {part}".removesuffix(f" {ALL}"): page for part, page in PARTS.items()},
    **{f"template {kind}": page for kind, page in TEMPLATES.items()},
    **{f"audit {kind} --format markdown": partial(_audit, kind) for kind in KINDS},
}


NAME = "catalog-v001.xml"
_HEAD = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<catalog prefer="public" xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">
"""


def catalogues(ontology: Path) -> Iterator[tuple[Path, str]]:
    """Yield the path and the content of the catalogue of each folder, from `ontology`."""
    shared = sorted(ontology.glob("*.ttl"))
    yield Path(NAME), _catalogue({path.name: path for path in shared})
    for edition in edition_names(ontology):
        files = {path.name: path for path in sorted((ontology / edition).glob("*.ttl"))}
        files |= {f"../{path.name}": path for path in shared}
        yield Path(edition, NAME), _catalogue(files)


def _catalogue(files: dict[str, Path]) -> str:
    lines = [
        f'    <uri name="{iri}" uri="{name}"/>\n'
        for name, path in files.items()
        for iri in module_names(path)
    ]
    return f"{_HEAD}{''.join(lines)}</catalog>\n"


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
    files = {path: root / path for path in due}
    stale = [p for p, f in files.items() if not f.is_file() or f.read_bytes() != due[p].encode()]
    for path in stale if write else ():
        with whole_file(files[path]) as part:
            part.write_bytes(due[path].encode())
    return stale


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
    yield ROWS, rows()


ANY = "*"
CHANGING: Mapping[str, frozenset[str]] = {  # the columns of a question that no two runs share
    "runs": frozenset({"sha256", "ontology", "version", "started", "ended"})
}


def rows() -> str:
    """Return what each question that is no check gives, one below the other, by its name."""
    store = example_store(load())
    parts = (_part(one, ask(store, one)) for one in catalogue().values() if not one.is_check)
    return "\n".join(parts)


def ask(store: Store, question: Question) -> list[list[str]]:
    """Return what a question gives with its example values."""
    return lines(question, store.query(question.filled(question.examples)))


def lines(question: Question, answer: Answer) -> list[list[str]]:
    """Return an answer as rows of text, the names of the columns first; triples sorted."""
    if isinstance(answer, Table):
        return [[*answer.variables], *([shown(term) for term in row] for row in answer.rows)]
    if isinstance(answer, bool):
        raise TypeError(f"{question.name} answers yes or no, which has no rows")
    return [[f"{triple} ."] for triple in sorted(answer, key=str)]


def _part(question: Question, rows: list[list[str]]) -> str:
    told = io.StringIO()
    print(f"== {question.name}", file=told)
    if "CONSTRUCT" in question.text:
        told.writelines(f"{triple}\n" for (triple,) in rows)
        return told.getvalue()
    changing = [i for i, name in enumerate(rows[0]) if name in CHANGING.get(question.name, ())]
    for row in rows[1:]:
        for i in changing:
            row[i] = ANY
    csv.writer(told, lineterminator="\n").writerows(rows)
    return told.getvalue()

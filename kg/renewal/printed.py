"""What the commands print that pages name as their source, by the words of the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kg.audit.page import markdown as findings
from kg.audit.report import KINDS, Kind, audit
from kg.catalogue.page import markdown as questions
from kg.catalogue.queries import catalogue
from kg.errors import InputError
from kg.guideline import load
from kg.reference.parts import ALL, PARTS
from kg.reference.templates import TEMPLATES


def printed(command: str) -> str:
    """Return what a command prints, given without `hcc-kg`.

    Raises:
        InputError: no page may name it.
    """
    if command not in PRINTERS:
        told = ", ".join(f"'hcc-kg {name}'" for name in PRINTERS)
        raise InputError(f"'hcc-kg {command}' fills no block of a page; these do: {told}")
    return PRINTERS[command]()


def _part(name: str) -> str:
    return PARTS[name](load())


def _template(kind: str) -> str:
    return TEMPLATES[kind](load())


def _audit(kind: Kind) -> str:
    return findings(audit([kind]))


def _queries() -> str:
    return questions(catalogue().values())


PRINTERS: Mapping[str, Callable[[], str]] = {
    "queries --markdown": _queries,
    **{("reference" if p == ALL else f"reference {p}"): partial(_part, p) for p in PARTS},
    **{f"template {kind}": partial(_template, kind) for kind in TEMPLATES},
    **{f"audit {kind} --format markdown": partial(_audit, kind) for kind in KINDS},
}

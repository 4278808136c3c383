"""What the commands print that pages name as their source, by the words of the command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kg.audit.page import markdown as findings
from kg.audit.report import KINDS, Kind, audit
from kg.catalogue.page import markdown as questions
from kg.catalogue.queries import catalogue
from kg.errors import InputError
from kg.guideline import Guideline, load
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


def _of(page: Callable[[Guideline], str]) -> Callable[[], str]:
    return lambda: page(load())


def _audit(kind: Kind) -> str:
    return findings(audit([kind]))


PRINTERS: Mapping[str, Callable[[], str]] = {
    "queries --markdown": lambda: questions(catalogue().values()),
    **{f"reference {part}".removesuffix(f" {ALL}"): _of(PARTS[part]) for part in PARTS},
    **{f"template {kind}": _of(TEMPLATES[kind]) for kind in TEMPLATES},
    **{f"audit {kind} --format markdown": partial(_audit, kind) for kind in KINDS},
}

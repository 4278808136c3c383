"""The options on how tables are read, one and the same for every command that reads some."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from kg.commands.inputs import pairs
from kg.guideline import Guideline
from kg.patients.options import Options, missing_of, reading_of
from kg.patients.reading import Reading

_OPTIONS: dict[str, Any] = {
    "ignore_unknown": Annotated[
        bool,
        typer.Option("--ignore-unknown", help="Leave out columns that are not variables; tell."),
    ],
    "sheet": Annotated[str | None, typer.Option(help="Sheet of a workbook; by default the first.")],
    "unit": Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=UNIT", help="Unit of a column; may be given more than once."),
    ],
    "missing": Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE|NAME=CODE",
            help="Code that means unknown, in all columns or in one; may be given more than once.",
        ),
    ],
    "mapping": Annotated[
        Path | None,
        typer.Option(help="TOML file on a table in other words; 'template mapping' writes one."),
    ],
}


Asked = dict[str, Any]
"""The options by their names, as the command line has them."""


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options on reading; it gets them as its argument `asked`."""
    own = inspect.signature(command)
    kinds = inspect.Parameter
    added = [
        kinds(
            name,
            kinds.KEYWORD_ONLY,
            default=False if name == "ignore_unknown" else None,
            annotation=annotation,
        )
        for name, annotation in _OPTIONS.items()
    ]

    @wraps(command)
    def wrapper(**values: Any) -> None:
        asked = {name: values.pop(name) for name in _OPTIONS}
        command(**values, asked=asked)

    hints = get_type_hints(command, include_extras=True)
    kept = [
        each.replace(annotation=hints[name])
        for name, each in own.parameters.items()
        if name != "asked"
    ]
    wrapper.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    wrapper.__annotations__ = {n: hint for n, hint in hints.items() if n != "asked"} | _OPTIONS
    return wrapper


def reading_from(guideline: Guideline, asked: Asked, keep: list[str] | None = None) -> Reading:
    """Return the options that a command was given as a reading.

    Raises:
        InputError: one is not of its form, or names what there is not.
    """
    options = Options(
        ignore_unknown=asked["ignore_unknown"],
        sheet=asked["sheet"],
        units=pairs("--unit", asked["unit"] or (), "NAME=UNIT"),
        missing=missing_of(asked["missing"] or ()),
        mapping=asked["mapping"],
        keep=keep or (),
    )
    return reading_of(guideline, options)

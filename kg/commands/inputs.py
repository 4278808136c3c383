"""What commands share: their options, how tables are read, the files of a run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar

from rich.console import Console
from typer import Argument, Option

from kg import paths
from kg.engines.rejects import file_for_lesions, shortened
from kg.engines.summary import Summary
from kg.errors import InputError
from kg.guideline import Guideline
from kg.output import check_apart, whole_output
from kg.patients.assumptions import Assumptions, assumptions_of
from kg.patients.reading import Options, Reading, missing_of, reading_of
from kg.readers.uploads import STANDARD_INPUT
from kg.texts import counted

Named = TypeVar("Named")
Form = TypeVar("Form", bound=str)

Ontology = Annotated[
    Path | None,
    Option(
        help="Folder of Turtle modules to use instead of the built-in ontology.",
        exists=True,
        file_okay=False,
    ),
]
Edition = Annotated[
    str | None,
    Option(metavar="ID", help="Edition of the guideline; 'hcc-kg editions' lists them."),
]
Output = Annotated[
    Path | None, Option("--output", "-o", help="File to write to; else standard output.")
]
Strict = Annotated[bool, Option("--strict", help="Stop at the first bad row, without a result.")]
Keep = Annotated[
    list[str] | None,
    Option(metavar="COLUMN", help="Column of the table to carry into the result; may be repeated."),
]
ENGINE = "Engine that decides; all give the same answers."
REJECTS = "File for rejected rows; by default NAME.rejected.csv."
PATIENTS = (
    "Table of patients: .csv, .tsv, .txt, .xlsx, .json, .jsonl, .parquet, any of them as .gz, or "
    "RDF (.ttl, .nt, .jsonld); - is standard input."
)
LESIONS = "Table of lesions, one row per lesion."
Patients = Annotated[Path | None, Argument(help=PATIENTS)]
Lesions = Annotated[Path | None, Option(help=LESIONS)]
Example = Annotated[
    bool, Option("--example", help="The built-in example cohort, in place of a table.")
]
Timeout = Annotated[float, Option(min=0.1, help="Seconds to wait for an endpoint's answer.")]


def pairs(option: str, texts: Iterable[str], form: str = "NAME=VALUE") -> dict[str, str]:
    """Return what an option says of names, each of which it may say once.

    Raises:
        InputError: a text is not of the form, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign):
            raise InputError(f"{option} {text!r} is not of the form {form}")
        if name in found:
            raise InputError(f"{option} {name} is given twice; it takes one value")
        found[name] = value
    return found


def form_of(
    asked: Form | None, output: Path | None, endings: Mapping[str, Form], otherwise: Form
) -> Form:
    """Return the format that is asked for, or else that of the ending of the output file.

    Raises:
        InputError: the ending is none of those that there are.
    """
    if asked is not None or output is None or output.is_dir():
        return asked or otherwise
    ending = output.suffix.removeprefix(".").lower()
    if ending not in endings:
        known = ", ".join(f".{each}" for each in endings)
        raise InputError(f"{output}: end its name in one of {known}, or name a --format")
    return endings[ending]


def write_text(text: str, output: Path | None) -> None:
    """Write a text to a file, whole or not at all, or to standard output."""
    with whole_output(output) as path:
        path.write_text(text, encoding="utf-8", newline="")


def named_tables(
    patients: Named | None, lesions: Named | None, example: bool
) -> tuple[Named | Path, Named | Path | None]:
    """Return the tables of patients and of lesions that a command was asked to read.

    Raises:
        InputError: neither a table nor the example cohort was named, or both were.
    """
    if example == (patients is not None):
        raise InputError("name a table of patients, or pass --example; one of the two")
    if patients is not None:
        return patients, lesions
    if lesions is not None:
        raise InputError("the example cohort brings its own lesions; leave --lesions out")
    return paths.example_cohort(), paths.example_lesions()


def one_patient(words: Sequence[str], example: bool) -> tuple[Path | None, str, str | None]:
    """Return the table, the patient and the therapy that a command was given.

    With the example cohort there is no table among the words.

    Raises:
        InputError: there are too few or too many words.
    """
    least = 1 if example else 2
    if not least <= len(words) <= least + 1:
        usage = "--example PATIENT [THERAPY]" if example else "PATIENTS PATIENT [THERAPY]"
        raise InputError(f"{counted(len(words), 'argument')} given; give {usage}")
    table = None if example else Path(words[0])
    patient, *therapy = words[least - 1 :]
    return table, patient, therapy[0] if therapy else None


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes, as they were named; no `output` is standard output."""

    patients: str
    lesions: str | None
    output: str | None
    rejects: str

    def check_apart(self, modules: Iterable[Path]) -> None:
        """Check that no file of this machine is named for two things; the run reads `modules`.

        Raises:
            InputError: one is.
        """
        rejects = _local(self.rejects)
        written = [*_local(self.output), *rejects, *map(file_for_lesions, rejects)]
        check_apart([*modules, *_local(self.patients, self.lesions)], written)

    def check_local(self) -> None:
        """Check that all places are of this machine.

        Raises:
            InputError: one is the address of something remote.
        """
        for text in (self.patients, self.lesions, self.output, self.rejects):
            if text and not _local(text):
                raise InputError(f"{text} is remote; such places need --engine spark")


def _local(*texts: str | None) -> list[Path]:
    return [Path(text) for text in texts if text and "://" not in text]


def places_of(
    table: str | Path, lesions: str | Path | None, output: str | None, rejects: str | None
) -> Places:
    """Return the places of a run; by default, rejected rows go beside the output."""
    stem = "standard-input" if str(table) == STANDARD_INPUT else Path(table).stem
    name = f"{stem}.rejected.csv"
    if output and not _local(output):
        beside = f"{output.rpartition('/')[0]}/{name}"
    else:
        beside = str(Path(output or name).parent / name)
    return Places(str(table), None if lesions is None else str(lesions), output, rejects or beside)


def tell_notes(console: Console, notes: Iterable[str]) -> None:
    """Say what has to be told of how tables were read."""
    for note in notes:
        console.print(f"{note}.")


def tell_rejected(console: Console, summary: Summary) -> bool:
    """Say how many rows were rejected, where they are, and why the first was; whether any was."""
    counts = {"row": summary.rejected, "lesion": summary.rejected_lesions}
    for (noun, count), place in zip(counts.items(), summary.rejects, strict=True):
        if count:
            console.print(f"{counted(count, noun)} rejected: see {place}")
    if summary.first_reason:
        console.print(f"The first: {shortened(summary.first_reason)}")
    return bool(summary.first_reason)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options on how a table is read, and on what is assumed where it is silent."""

    ignore_unknown: Annotated[
        bool,
        Option("--ignore-unknown", help="Leave out columns that are not variables, and list them."),
    ] = False
    sheet: Annotated[str | None, Option(help="Sheet of a workbook; by default the first.")] = None
    unit: Annotated[
        list[str] | None,
        Option(metavar="NAME=UNIT", help="Unit of a column; may be repeated."),
    ] = None
    missing: Annotated[
        list[str] | None,
        Option(
            metavar="CODE|NAME=CODE",
            help="Code that means unknown, in all columns or in one; may be repeated.",
        ),
    ] = None
    mapping: Annotated[
        Path | None,
        Option(
            help="TOML file on how to read a table in other words; 'template mapping' writes one."
        ),
    ] = None
    assume: Annotated[
        list[str] | None,
        Option(
            metavar="WHAT",
            help="If a record is silent, assume the unremarkable value: all, a group (tumour, "
            "vessels, liver, blood, general, treatment), a variable, or VARIABLE=CELL; may be "
            "repeated.",
        ),
    ] = None

    def reading(self, guideline: Guideline, keep: Iterable[str] | None = None) -> Reading:
        """Return the options as a reading that keeps some columns.

        Raises:
            InputError: one is not of its form, or names what there is not.
        """
        options = Options(
            ignore_unknown=self.ignore_unknown,
            sheet=self.sheet,
            units=pairs("--unit", self.unit or (), "NAME=UNIT"),
            missing=missing_of(self.missing or ()),
            mapping=self.mapping,
            keep=keep or (),
        )
        return reading_of(guideline, options)

    def assumptions(self, guideline: Guideline) -> Assumptions | None:
        """Return what is assumed.

        Raises:
            InputError: it names what there is not.
        """
        return assumptions_of(guideline, self.assume)


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the fields of its arguments that are dataclasses, each as an option."""
    own = inspect.signature(command, eval_str=True)
    kinds: dict[str, Callable[..., object]] = {n: p.annotation for n, p in own.parameters.items()}
    groups = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}
    options = {n: inspect.signature(g, eval_str=True).parameters for n, g in groups.items()}

    @wraps(command)
    def wrapper(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{option: values.pop(option) for option in options[name]})
        command(**values)

    kept = [each for name, each in own.parameters.items() if name not in groups]
    added = [each for group in options.values() for each in group.values()]
    wrapper.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
    return wrapper

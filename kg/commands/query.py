"""`hcc-kg queries` lists the saved questions; `hcc-kg query` asks one, or any other query."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

from rich.padding import Padding
from rich.text import Text
from typer import Argument, Option

from kg import terminal
from kg.catalogue.page import markdown
from kg.catalogue.queries import Question, question, tagged, title
from kg.commands.inputs import Edition, Ontology, Timeout, form_of, pairs
from kg.errors import InputError, QueryError
from kg.guideline import Guideline, load
from kg.ontology import HCC
from kg.output import check_apart, whole_output
from kg.rdf.build import example_store
from kg.rdf.modules import asked_of
from kg.rdf.names import PREFIXES
from kg.stores import TIMEOUT, Answer, Store, Table, open_store
from kg.stores.formats import Format, for_terminal, serialise
from kg.texts import counted

_STANDARD_INPUT = "-"
_TERM = re.compile(rf"\bhcc:([A-Za-z][\w-]*)|<{re.escape(HCC)}([A-Za-z][\w-]*)>")


def queries(
    tag: Annotated[str | None, Option(help="Only questions with this tag.")] = None,
    format: Annotated[Literal["table", "json"], Option(help="A table to read, or JSON.")] = "table",
    as_markdown: Annotated[
        bool, Option("--markdown", help="Print the list as Markdown, as it is in the docs.")
    ] = False,
) -> None:
    """List the saved questions, with their parameters.

    Example: hcc-kg queries --tag patient
    """
    found = tagged(tag)
    if as_markdown:
        sys.stdout.write(markdown(found))
    elif format == "json":
        sys.stdout.write(json.dumps([q.as_json() for q in found], ensure_ascii=False, indent=2))
        sys.stdout.write("\n")
    else:
        _print_listing(found)


_Name = Annotated[
    str | None,
    Argument(
        help="Name of a saved question ('hcc-kg queries' lists them), or - to read a query "
        "from standard input."
    ),
]
_Param = Annotated[
    list[str] | None,
    Option("--param", "-p", metavar="NAME=VALUE", help="Value of a parameter of the question."),
]
_File = Annotated[
    str | None,
    Option(help="File with a SPARQL query of your own, or - for standard input."),
]
_Store = Annotated[Path | None, Option(help="Folder of a store that 'hcc-kg graph build' made.")]
_Endpoint = Annotated[
    str | None, Option(help="URL of a SPARQL endpoint, such as http://host/sparql.")
]
_Form: TypeAlias = Literal["table", "csv", "tsv", "json", "xml", "ttl"]
_Format = Annotated[
    _Form | None,
    Option(help="By default that of the output file, or table, and ttl for triples."),
]
_ENDINGS: dict[str, _Form] = {each: each for each in get_args(Format)}
_Text = Annotated[
    bool,
    Option("--text", help="Print the query with its values filled in, without asking it."),
]


def query(
    name: _Name = None,
    param: _Param = None,
    file: _File = None,
    store: _Store = None,
    endpoint: _Endpoint = None,
    timeout: Timeout = TIMEOUT,
    format: _Format = None,
    output: Annotated[Path | None, Option(help="Write the answer to this file.")] = None,
    text: _Text = False,
    ontology: Ontology = None,
    edition: Edition = None,
) -> None:
    """Ask a saved question, or a SPARQL query of your own.

    Without --store or --endpoint, the guideline and the example cohort are asked.

    Example: hcc-kg query what-is-missing --param patient=referral-letter-only
    """
    if store is not None and endpoint is not None:
        raise InputError("--store and --endpoint exclude each other; name one")
    form = form_of(format, output, _ENDINGS, "table")
    guideline = load(ontology, edition)
    own = Path(file) if file and file != _STANDARD_INPUT else None
    check_apart([own, *guideline.ontology.modules.values()], [output], store)
    values = pairs("--param", param or (), "NAME=VALUE, such as therapy=rfa")
    asked = _asked(guideline, name, file, values)
    if text:
        sys.stdout.write(asked)
        return
    with _source(guideline, store, endpoint, timeout) as source:
        try:
            if name not in (None, _STANDARD_INPUT):
                asked = asked_of(source, question(name), asked, guideline)
            answer = source.query(asked)
            sought = question(name).absent(values, guideline, source.ask) if values and name else ()
            absent = [*sought, *_unknown(source, asked, answer)]
        except QueryError as error:
            raise _placed(error, name, file) from error
    _write(answer, form, output)
    for what in absent:
        terminal.messages().print(f"There is no {what}.")


def _asked(guideline: Guideline, name: str | None, file: str | None, values: dict[str, str]) -> str:
    """Return the query to ask: a saved one with its values, or the text of a file."""
    if name == _STANDARD_INPUT and file is None:
        name, file = None, _STANDARD_INPUT
    if (name is None) == (file is None):
        raise InputError(
            "name a saved question, or a query by --file: one of the two; "
            "'hcc-kg queries' lists the saved questions"
        )
    if name is not None:
        return _saved(name).filled(values, guideline)
    if values:
        raise InputError("--param is for saved questions; write the values into the query itself")
    return _text_of(str(file))


def _saved(name: str) -> Question:
    try:
        return question(name)
    except InputError:
        if Path(name).is_file():
            words = f"to ask a query in a file: hcc-kg query --file {name}"
            raise InputError(f"{name} is a file, no saved question; {words}") from None
        if "{" in name:
            words = "write it to a file and name that by --file, or pipe it into 'hcc-kg query -'"
            raise InputError(f"to ask a query of your own, {words}") from None
        raise


def _placed(error: QueryError, name: str | None, file: str | None) -> QueryError:
    """Return a fault of a query with the name of the file that it is in."""
    if error.line is None or (file is None and name != _STANDARD_INPUT):
        return error
    place = "standard input" if file in (None, _STANDARD_INPUT) else file
    return QueryError(f"{place}, {error}", error.line, error.column)


def _unknown(source: Store, asked: str, answer: Answer) -> Iterator[str]:
    """Say which terms of ours a query without an answer names that are not in what was asked."""
    if answer if isinstance(answer, list) else not isinstance(answer, Table) or answer.rows:
        return
    for names in dict.fromkeys(_TERM.findall(asked)):
        iri = f"<{HCC}{''.join(names)}>"
        used = f"{{ {iri} ?p ?o }} UNION {{ ?s {iri} ?o }} UNION {{ ?s ?p {iri} }}"
        if not source.ask(f"ASK {{ {used} }}"):
            yield f"hcc:{''.join(names)} in what was asked"


def _text_of(file: str) -> str:
    try:
        stream = sys.stdin.buffer
        content = stream.read() if file == _STANDARD_INPUT else Path(file).read_bytes()
        return content.decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{file}: no such file; check the path") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not valid UTF-8 at byte {error.start}; save it so") from error


@contextmanager
def _source(
    guideline: Guideline, folder: Path | None, endpoint: str | None, timeout: float
) -> Iterator[Store]:
    """Open the store that is asked; that of the example is shared, and stays open."""
    if endpoint is None and folder is None:
        terminal.messages().print("Asked of the guideline and the example cohort.", style="dim")
        yield example_store(guideline)
        return
    if endpoint is not None and not endpoint.lower().startswith(("http://", "https://")):
        raise InputError(f"--endpoint {endpoint!r} should begin with http:// or https://")
    place = endpoint or str(folder)
    with closing(open_store(place, timeout=timeout, read_only=endpoint is None)) as opened:
        yield opened


def _write(answer: Answer, format: _Form, path: Path | None) -> None:
    if format == "table" and isinstance(answer, Table):
        if path is not None:
            raise InputError("a table is for reading; for a file name --format csv, tsv or json")
        console = terminal.output()
        console.print(for_terminal(answer, PREFIXES, console.width))
        terminal.messages().print(counted(len(answer.rows), "row"), style="dim")
        return
    if format == "table":
        format = "ttl" if isinstance(answer, list) else "csv"
    with whole_output(path) as part:
        part.write_bytes(serialise(answer, format, PREFIXES))


def _print_listing(found: list[Question]) -> None:
    console = terminal.output()
    for subject, group in groupby(found, key=lambda q: q.subject):
        console.print(Text(title(subject), "bold underline"))
        for one in group:
            words = " ".join(p.name if p.required else f"[{p.name}]" for p in one.parameters)
            console.print(Text.assemble("  ", (one.name, "bold"), "  ", (words, "dim")))
            console.print(Padding(Text(one.question), (0, 0, 0, 4)))
    free = "A parameter in [brackets] may be left out: the answer is then for all."
    console.print(Text(free, "dim"))

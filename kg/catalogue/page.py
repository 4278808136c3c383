"""The page about the catalogue, made from the query files themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from shlex import quote

from kg.catalogue.queries import Question, title

_HEAD = """\
# The catalogue of questions

<!-- Made by `hcc-kg renew` from the files in queries/. Change those, not this. -->

{count} questions in SPARQL, each a file of its own in `queries/` that runs as it is. `hcc-kg
queries` lists them, and `hcc-kg query NAME --param PARAMETER=VALUE` runs one: without `--store`
or `--endpoint` on the guideline and the example cohort. An optional parameter may be left out:
the answer is then for all. `hcc-kg query NAME --text` prints the query, filled, for any other
client.

Terms go by their identifiers (`skos:notation`). A `term` may be given by identifier, local name,
IRI or label, in capitals or not; an `iri` in full or beginning with `hcc:`.
"""


def markdown(questions: Iterable[Question]) -> str:
    """Return the page about these questions."""
    shown = list(questions)
    parts = [_HEAD.format(count=len(shown))]
    for subject, group in groupby(shown, key=lambda q: q.subject):
        parts.append(f"## {title(subject)}\n")
        parts.extend("\n".join(_entry(one)) for one in group)
    return "\n".join(parts)


def _entry(question: Question) -> Iterator[str]:
    yield f"### {question.name}\n"
    yield f"{question.question}\n"
    if question.parameters:
        yield "| parameter | value | | for example |\n| --- | --- | --- | --- |"
        for parameter in question.parameters:
            need = "required" if parameter.required else "optional"
            plain = parameter.type in ("string", "term")
            what = parameter.description + ("" if plain else f" ({parameter.expected})")
            yield f"| `{parameter.name}` | {what} | {need} | `{parameter.example}` |"
        yield ""
    given = "".join(f" --param {p.name}={quote(p.example)}" for p in question.parameters)
    yield f"```sh\nhcc-kg query {question.name}{given}\n```\n"
    place = f"{question.subject}/{question.name}.rq"
    yield f"Source: [{place}](../queries/{place}).\n"

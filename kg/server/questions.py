"""The saved questions as addresses: /queries/NAME?param=value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from kg.catalogue.queries import Question
from kg.errors import InputError
from kg.guideline import Guideline, load
from kg.rdf.editions import within
from kg.server.refusals import RefusedError


class Questions:
    """The saved questions by their names, with the guideline that knows their parameters."""

    def __init__(self, questions: Mapping[str, Question], guideline: Guideline) -> None:
        self._questions = questions
        self._guideline = guideline

    def listed(self, address: str) -> list[dict[str, object]]:
        """Return what there is to ask, and where."""
        return [_entry(question, address) for question in self._questions.values()]

    def filled(
        self, name: str, fields: Sequence[tuple[str, str]], graphs: Iterable[str] = ()
    ) -> str:
        """Return the query of a question, with its parameters filled in.

        It is asked of one edition where `graphs` are of several: of the one that the field
        `edition` names, or else the default one.

        Raises:
            RefusedError: with 404 where there is no such question, with 400 for its parameters.
        """
        question = self._questions.get(name)
        if question is None:
            raise RefusedError(404, f"there is no question {name[:80]!r}; /queries lists all")
        values = dict(fields)
        if len(values) < len(fields):
            raise RefusedError(400, "a parameter is given twice; give it once")
        try:
            edition = values.pop("edition", None)
            guideline = load(self._guideline.ontology.folder, edition)
            text = question.filled(values, guideline)
            return within(question, text, graphs, guideline)
        except InputError as error:
            raise RefusedError(400, str(error)) from error


def _entry(question: Question, address: str) -> dict[str, object]:
    found = question.as_json()
    return found | {"url": f"{address}/{quote(question.name, safe='')}", "query": question.text}

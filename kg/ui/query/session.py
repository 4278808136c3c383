"""The state of the query page: what is being asked, what came of it, and what was asked before."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from kg.catalogue.parameters import PATIENT_PARAMETER
from kg.catalogue.queries import Question, catalogue, question
from kg.errors import HccKgError, InputError, QueryError
from kg.patients.drafts import LONGEST
from kg.rdf.names import PREFIXES
from kg.stores import Answer, Table
from kg.stores.frames import frame_of, table_of
from kg.texts import counted

EXAMPLE, PATIENT, COHORT = "example", "patient", "cohort"
DATASETS = {  # what can be asked
    EXAMPLE: "Guideline and example cohort",
    PATIENT: "Guideline and this patient",
    COHORT: "Guideline and this cohort",
}
START = """PREFIX hcc: <https://w3id.org/hcc-kg/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

SELECT ?therapy ?label
WHERE {
  ?t hcc:eligibleClass ?class ;
    skos:notation ?therapy ;
    rdfs:label ?label .
}
ORDER BY ?therapy
"""
_REMEMBERED = 20
QUESTION, SPARQL, ABOUT, VALUE = "question", "sparql", "of", "p."
TABLE, CHART, GRAPH = "Table", "Chart", "Graph"
SHOWN = {CHART: ("view", "number", "label", "colour"), GRAPH: ("view", "from", "to")}

Asking = Callable[[str], Answer]


@dataclass(frozen=True)
class Past:
    """A query of before; `came` is what it came to, in words."""

    name: str
    values: Mapping[str, str]
    text: str
    about: str
    came: str


@dataclass(frozen=True)
class AskedQuery:
    """A query with what it came to: an answer, or an error."""

    text: str
    about: str
    found: Answer | HccKgError
    seconds: float
    number: int

    @cached_property
    def table(self) -> Table:
        """The answer as rows."""
        return Table((), []) if isinstance(self.found, HccKgError) else table_of(self.found)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """The answer as a frame, made once however often the page is shown."""
        return frame_of(self.table, PREFIXES)

    @property
    def place(self) -> tuple[int, int | None] | None:
        """The line and the column of the fault, where the parser told them."""
        if isinstance(self.found, QueryError) and self.found.line is not None:
            return self.found.line, self.found.column
        return None


@dataclass
class Desk:
    """What is being asked: a saved question with its values, or a query of one's own.

    A question whose text was edited keeps its name and values, so that one can go back to it.
    `revision` names the text as it was put into the editor last. What is `wanted` stays so until
    it is answered: whatever a page does may be cut short by the next thing a user does.
    """

    name: str = ""
    values: dict[str, str] = field(default_factory=dict)
    text: str = START
    about: str = EXAMPLE
    revision: str = field(default_factory=lambda: secrets.token_hex(4))
    wanted: str | None = None
    trouble: str = ""
    asked: AskedQuery | None = None
    past: list[Past] = field(default_factory=list)
    kept: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)  # how the answer is shown
    edition: str = ""  # under which the page was shown last
    remembers: bool = False  # whether the queries that the tab of the browser kept are among `past`

    @property
    def question(self) -> Question | None:
        """The saved question that was chosen."""
        return question(self.name) if self.name else None

    @property
    def filled(self) -> str | None:
        """The text of the saved question with its values; None where a value is wrong."""
        chosen = self.question
        try:
            return bare(chosen.filled(self.values)) if chosen else None
        except InputError:
            return None

    @property
    def is_edited(self) -> bool:
        """Whether the editor holds another text than that of the chosen question."""
        return bool(self.name) and not self.trouble and self.text != self.filled

    def choose(self, name: str, given: Mapping[str, str]) -> None:
        """Take a saved question up and ask it; required values that are not given are examples.

        Without a name the text stays, as a query of one's own.
        """
        self._put_aside()
        self.name, self.values = name, dict(given)
        if chosen := self.question:
            examples = {p.name: p.example for p in chosen.parameters if p.required}
            self.values = examples | self.values
        self._fill()

    def set_value(self, name: str, value: str) -> None:
        """Give a parameter another value and ask again; an empty one leaves it out."""
        others = {n: v for n, v in self.values.items() if n != name}
        self.values = others | ({name: value} if value else {})
        self._fill()

    def back_to_question(self) -> None:
        """Take the text of the chosen question again; the edited one goes to those of before."""
        self._put_aside()
        self._fill()

    def turn_to(self, about: str, patient: str | None) -> None:
        """Ask another dataset, about this patient of it where the question is about one."""
        self.about = about
        chosen = self.question
        if chosen is None or self.is_edited:
            self.ask_again()
            return
        for parameter in chosen.parameters:
            if parameter.names_patient and parameter.name in self.values:
                self.values[PATIENT_PARAMETER] = patient or parameter.example
        self._fill()

    def edit(self, text: str) -> None:
        """Take what was typed."""
        self.text = text

    def run(self, text: str) -> None:
        """Take what was typed, and want it asked."""
        self.text = self.wanted = text

    def ask_again(self) -> None:
        """Want the text asked, if anything was asked."""
        self.wanted = self.text if self.asked else None

    def follow(self, edition: str) -> None:
        """Ask again where the answer that is shown is of another edition of the guideline."""
        if self.edition not in ("", edition):
            self.ask_again()
        self.edition = edition

    def reopen(self, past: Past) -> None:
        """Take up a query of before, and ask it."""
        self._put_aside()
        self.name, self.values, self.about = past.name, dict(past.values), past.about
        self._put(past.text)
        self.trouble, self.wanted = "", self.text

    def ask(self, asking: Asking) -> None:
        """Ask what is wanted, whatever has been typed since."""
        text = self.text if self.wanted is None else self.wanted
        start = time.perf_counter()
        found: Answer | HccKgError
        try:
            found = asking(text)
            came = came_to(found)
        except HccKgError as error:
            found, came = error, "not answered"
        number = self.asked.number + 1 if self.asked else 1
        self.asked = AskedQuery(text, self.about, found, time.perf_counter() - start, number)
        self.wanted = None
        self._remember(text, came)

    def address(self) -> dict[str, list[str]]:
        """Return the parameters of the link: the question, or the query as it was asked.

        While somebody types, it stays as it is: each change of an address is a step for the
        back button of the browser.
        """
        typing = self.asked is None or self.text != self.asked.text
        if not typing or (self.name and not self.is_edited):
            self.kept = self._address()
        names = SHOWN.get(self.shown.get("view", ""), ())
        return self.kept | {name: [self.shown[name]] for name in names if name in self.shown}

    def _address(self) -> dict[str, list[str]]:
        about = {ABOUT: [self.about]} if self.about != EXAMPLE else {}
        if self.name and not self.is_edited:
            values = {VALUE + name: [value] for name, value in self.values.items()}
            return {QUESTION: [self.name], **values, **about}
        own = self.text != START and len(self.text) <= LONGEST
        return ({SPARQL: [self.text]} if own else {}) | about

    def remember(self, stored: Sequence[Past]) -> None:
        """Take up the queries that the tab kept over a reload, behind those of this session."""
        self.remembers = True
        here = {(past.text, past.about) for past in self.past}
        older = [past for past in stored if (past.text, past.about) not in here]
        self.past = [*self.past, *older][:_REMEMBERED]

    def _fill(self) -> None:
        """Put the chosen question into the editor and want it asked, or tell what is wrong."""
        self.trouble, self.wanted = "", None
        chosen = self.question
        if chosen is None:
            return
        try:
            self._put(bare(chosen.filled(self.values)))
            self.wanted = self.text
        except InputError as error:
            self.trouble = str(error)
            self._put(bare(chosen.text))

    def _put(self, text: str) -> None:
        self.text, self.revision = text, secrets.token_hex(4)

    def _put_aside(self) -> None:
        """Keep an edited text that was not asked, so that nothing typed is lost."""
        asked = self.asked.text if self.asked else None
        typed = self.is_edited if self.name else self.text not in ("", START)
        if typed and self.text != asked:
            self._remember(self.text, "not asked yet")

    def _remember(self, text: str, came: str) -> None:
        name, values = (self.name, dict(self.values)) if self.name else ("", {})
        new = Past(name, values, text, self.about, came)
        others = [p for p in self.past if (p.text, p.about) != (new.text, new.about)]
        self.past = [new, *others][:_REMEMBERED]


def past_of(kept: object) -> Past | None:
    """Return a query of before as the browser kept it, or None where it is none."""
    if not isinstance(kept, dict) or set(kept) != {"name", "values", "text", "about", "came"}:
        return None
    values = kept["values"]
    texts = [kept[name] for name in ("name", "text", "about", "came")]
    if not isinstance(values, dict) or not all(
        isinstance(each, str) for each in (*texts, *values, *values.values())
    ):
        return None
    known = not kept["name"] or kept["name"] in catalogue()
    return Past(**kept) if known and kept["about"] in DATASETS else None


def bare(text: str) -> str:
    """Return the query of a question without its header, which the page shows in words."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#+"))


def came_to(answer: Answer) -> str:
    """Return in words what an answer is."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, list):
        return counted(len(answer), "triple")
    return counted(len(answer.rows), "row")

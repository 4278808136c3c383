"""The edition of 2026 is what the contract reads: formulas, rows, kinds, places and grades."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kg.guideline import load
from kg.guideline.formula import And, Atom, Formula, Or, Ref
from kg.guideline.intervals import Interval
from kg.guideline.loading.variables import with_bands
from kg.reasoning.diagram import Diagrams
from kg.reasoning.logic import logic_of

G = load(edition="2026")
TOKEN = re.compile(r"\s*(>=|<=|[()=<>{},]|[A-Za-z0-9_][\w.-]*)")
KINDS = {"absolute": "absolute_contraindication", "relative": "relative_contraindication"}
BOUNDS = {
    "<=": lambda d: Interval(None, d),
    ">=": lambda d: Interval(d, None),
    "<": lambda d: Interval(None, d, False, True),
    ">": lambda d: Interval(d, None, True),
}


class Reader:
    """Reads a formula in the notation of the contract."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = TOKEN.findall(text)
        assert "".join(self.words) == re.sub(r"\s", "", text)

    def either(self) -> Formula:
        parts = [self.all()]
        while self.words[:1] == ["or"]:
            parts.append(self._after(self.all))
        return Or(tuple(parts)) if len(parts) > 1 else parts[0]

    def all(self) -> Formula:
        parts = [self.one()]
        while self.words[:1] == ["and"]:
            parts.append(self._after(self.one))
        return And(tuple(parts)) if len(parts) > 1 else parts[0]

    def _after(self, read):  # type: ignore[no-untyped-def]
        self.words.pop(0)
        return read()

    def one(self) -> Formula:
        word = self.words.pop(0)
        if word == "(":
            inner = self.either()
            assert self.words.pop(0) == ")"
            return inner
        if word not in G.variables:
            return Ref(word)
        sign = self.words[0] if self.words else ""
        if sign in BOUNDS:
            number = Decimal(self._after(lambda: self.words.pop(0)))
            return Atom(word, intervals=(BOUNDS[sign](number),))
        values = ["true"]
        if sign == "=":
            values = [self._after(lambda: self.words.pop(0))]
        elif sign == "in":
            end = self.words.index("}")
            values = [v for v in self.words[2:end] if v != ","]
            self.words = self.words[end + 1 :]
        if values == ["vp1-vp4"]:
            values = ["vp1", "vp2", "vp3", "vp4"]
        if G.variables[word].is_number:
            return Atom(word, intervals=tuple(Interval.point(Decimal(v)) for v in values))
        return Atom(word, words=tuple(values))


@pytest.fixture(scope="module")
def spec(shared: Path) -> Path:
    return shared / "spec" / "2026"


def tables(spec: Path) -> Iterator[list[str]]:
    for line in (spec / "criteria.md").read_text("utf-8").splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def same(name: str, text: str) -> bool:
    """Return whether the formula of a class says what the contract says, in every completion."""
    reader = Reader(text)
    formula = reader.either()
    assert not reader.words, text
    formulas = {**G.formulas, "due": formula}
    variables = with_bands(G.variables, formulas.values())  # cut where the contract cuts, too
    diagrams = Diagrams(variables, formulas, logic_of(G).diagrams.order)
    return diagrams.of(Ref("due")) == diagrams.of(Ref(name))


def test_definitions_and_stages_are_those_of_the_contract(spec: Path) -> None:
    text = (spec / "criteria.md").read_text("utf-8")
    stated = dict(re.findall(r"^- `([A-Z0-9-]+)` = (.+)$", text, re.M))
    stated.pop("TACE26-COMMON", None)
    assert set(stated) <= set(G.definitions)  # ours besides are what several criteria share
    stages = {row[0]: row for row in tables(spec) if row[0].startswith("CNLC26")}
    assert list(stages) == list(G.stages)
    for name, row in stages.items():
        assert same(name, row[2])
        assert G.stages[name].places == (row[3],)
    assert [name for name, formula in stated.items() if not same(name, formula)] == []


def test_criteria_are_those_of_the_contract(spec: Path) -> None:
    rows = {r[0]: r for r in tables(spec) if re.fullmatch(r"[A-Z]+26-[A-Z]\d", r[0])}
    assert list(rows) == list(G.criteria)
    for name, (_, kind, formula, note, grade, places) in rows.items():
        told = G.criteria[name]
        word, _, scope = kind.partition(", ")
        assert (told.kind, told.scope) == (KINDS.get(word, word), scope or None)
        assert (told.grade, bool(told.note)) == (grade or None, "**R**" in note), name
        assert told.places == tuple(places.replace(", key point 2", "").split(", ")), name
        assert same(name, formula), name


def test_rows_are_those_of_the_contract(spec: Path) -> None:
    common = ", ".join(f"TACE26-C{i}" for i in range(1, 8))
    rows = {r[0].strip("`"): r[1:] for r in tables(spec) if re.fullmatch("`[a-z_]+`", r[0])}
    assert set(rows) == set(G.therapies)
    for name, cells in rows.items():
        due = [c.replace("TACE26-COMMON", common).replace("none", "").split(", ") for c in cells]
        told = [list(names) for _, names in G.therapies[name].row]
        assert told == [[n for n in names if n] for names in due], name


def test_recommendations_and_responses_are_those_of_the_contract(spec: Path) -> None:
    rows = {r[0]: r for r in tables(spec) if r[0].startswith("REC26")}
    assert list(rows) == list(G.recommendations)
    for name, (_, grade, formula, says, places, *concerns) in rows.items():
        told = G.recommendations[name]
        graded = re.fullmatch(r"\d [A-C]", grade)
        assert (told.grade, bool(told.note)) == (grade if graded else None, "**R**" in says), name
        assert graded or told.strength == grade
        assert told.places == tuple(places.split(", "))
        assert told.concerns == tuple(filter(None, (concerns or [""])[0].split(", ")))
        assert same(name, formula), name
    for row in tables(spec):
        if row[0].startswith("RSP26"):
            assert same(row[0], row[1])


def test_the_correspondence_is_that_of_the_contract(spec: Path) -> None:
    with (spec / "correspondence.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    told = [(c.earlier or "", c.later or "", c.relation) for c in G.correspondences]
    assert told == [(row["2011"], row["2026"], row["relation"]) for row in rows]
    assert [c.of_therapies for c in G.correspondences] == [r["kind"] == "therapy" for r in rows]


def test_statements_lie_in_the_text_and_cover_what_they_should(shared: Path) -> None:
    found = (shared / "guideline-2026" / "text.txt").read_bytes()
    assert G.source.sha256 == hashlib.sha256(found).hexdigest()
    text = found.decode("utf-8")
    assert len(text) == 34_748
    covered = bytearray(len(text))
    for one in G.statements.values():
        covered[one.start : one.end] = b"\1" * (one.end - one.start)
    for start, end, least in (
        ("四、分期", "五、治疗", 0.95),
        ("（二）消融治疗", "（三）经动脉介入治疗", 0.85),
        ("（三）经动脉介入治疗", "(四)放射治疗", 0.85),
    ):
        first, last = text.index(start), text.index(end)
        assert sum(covered[first:last]) / (last - first) >= least, start


def test_a_wrong_formula_would_be_seen() -> None:
    assert same("FIT26", "ecog <= 2 and child_pugh_class in {A, B}")
    assert not same("FIT26", "ecog <= 1 and child_pugh_class in {A, B}")

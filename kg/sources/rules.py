"""The rules by which codes of other systems are read as cells, from `ontology/sources.ttl`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from kg.errors import OntologyError
from kg.guideline import Guideline
from kg.guideline.loading.lookups import Terms
from kg.guideline.values import Variable
from kg.ontology import HCC, LABEL, Ontology, local_name
from kg.patients.cells import CellError, parse_cell

MODULE = HCC + "ontology/sources"
LIVER_TUMOUR, LIVER_METASTASIS = "liver tumour", "liver metastasis"
METASTASIS, OTHER_CANCER = "metastasis", "another cancer"
_MARKS = (LIVER_TUMOUR, LIVER_METASTASIS, METASTASIS, OTHER_CANCER)

Code = tuple[str, str]  # the name of a code system, and a code of it


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """How what is recorded under some codes is read; `cells` maps words of a record to cells.

    `variable` is None where a rule only marks a cancer, or says why nothing is read. `window`
    and `onset_within` count days before the date that the draft is for.
    """

    id: str
    label: str
    variable: Variable | None
    cells: Mapping[str, str] = field(default_factory=dict)
    gives: str | None = None
    refuted_gives: str | None = None
    at_least: bool = False
    about_tumour: bool = False
    window: int | None = None
    onset_within: int | None = None
    not_read: str | None = None
    marks: str | None = None
    counts: Variable | None = None


@dataclass(frozen=True)
class Rules:
    """All rules, found by code; `systems` maps addresses and OMOP names to code systems."""

    systems: Mapping[str, str]
    exact: Mapping[Code, tuple[Rule, ...]]
    starting: Mapping[str, tuple[tuple[str, tuple[str, ...], Rule], ...]]
    cancer_words: tuple[str, ...]  # in the name of a diagnosis of no known code
    liver_places: frozenset[tuple[str, str]]  # codes of the liver and its parts
    of_form: Mapping[str, Rule]  # a rule for each question of our own form
    _found: dict[Code, tuple[Rule, ...]] = field(default_factory=dict)

    def of(self, system: str, code: str) -> tuple[Rule, ...]:
        """Return the rules of a code, by the address or the OMOP name of its system."""
        key = (system, code)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(self._search(self.system(system), code))
        return found

    def system(self, name: str) -> str:
        """Return a code system by its address or OMOP name; its version makes no difference."""
        plain = name.partition("|")[0].rstrip("/").replace("https://", "http://", 1)
        return self.systems.get(name) or self.systems.get(plain, "")

    def of_any(self, codes: Iterable[Code]) -> tuple[Rule, ...]:
        """Return the rules of any of the codes, each once."""
        return tuple(dict.fromkeys(rule for code in codes for rule in self.of(*code)))

    def _search(self, system: str, code: str) -> Iterator[Rule]:
        yield from self.exact.get((system, code), ())
        for start, but, rule in self.starting.get(system, ()):
            if code.startswith(start) and not any(_covers(one, code) for one in but):
                yield rule

    @property
    def codes(self) -> list[Code]:
        """The codes that are read whole, each with the address of its system."""
        addresses: dict[str, str] = {}
        for address, system in self.systems.items():
            addresses.setdefault(system, address)
        return [(addresses[system], code) for system, code in self.exact]


def _covers(pattern: str, code: str) -> bool:
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


def read_rules(guideline: Guideline, own: Iterable[Path] = ()) -> Rules:
    """Return the rules that ship with the ontology, with those of one's own Turtle files.

    Raises:
        OntologyError: a rule lacks something, or states a cell that its variable does not take;
            or two rules read a code as the same variable.
    """
    ontology = Ontology(guideline.ontology.folder, MODULE, extra=own)
    reader = _RuleTerms(ontology, guideline)
    systems = {
        name: local_name(node.value)
        for node in ontology.of_type(HCC + "CodingSystem")
        for word in ("systemUri", "vocabularyId")
        for name in ontology.texts(node, HCC + word)
    }
    exact: dict[Code, list[Rule]] = defaultdict(list)
    starting: dict[str, list[tuple[str, tuple[str, ...], Rule]]] = defaultdict(list)
    for node in ontology.of_type(HCC + "SourceRule"):
        rule, system = reader.rule(node), local_name(reader.one(node, HCC + "codeSystem"))
        but = ontology.texts(node, HCC + "exceptCode")
        for code in ontology.texts(node, HCC + "code"):
            if code.endswith("*"):
                starting[system].append((code[:-1], but, rule))
                continue
            _check_apart(code, rule, exact[system, code])
            exact[system, code].append(rule)
    return Rules(
        systems,
        {code: tuple(rules) for code, rules in exact.items()},
        {system: tuple(rules) for system, rules in starting.items()},
        ontology.texts(ox.NamedNode(HCC + "CancerWords"), HCC + "word"),
        frozenset(
            (local_name(reader.one(node, HCC + "codeSystem")), code)
            for node in ontology.of_type(HCC + "LiverSite")
            for code in ontology.texts(node, HCC + "code")
        ),
        {name: Rule(name, one.label, one) for name, one in guideline.variables.items()},
    )


def _check_apart(code: str, rule: Rule, others: Iterable[Rule]) -> None:
    for other in others:
        if rule.variable and other.variable == rule.variable:
            raise OntologyError(
                f"hcc:{rule.id} and hcc:{other.id} both read {code} as {rule.variable.name}; "
                "take the code out of one of them"
            )


class _RuleTerms(Terms):
    def __init__(self, ontology: Ontology, guideline: Guideline) -> None:
        super().__init__(ontology)
        self.variables = guideline.variables

    def rule(self, node: ox.NamedNode) -> Rule:
        name = local_name(node.value)
        variable = self._variable(node)
        cells = {
            self.need(part, HCC + "word").casefold(): self.need(part, HCC + "cell")
            for part in self.ontology.values(node, HCC + "takes")
        }
        gives, refuted = (self.ontology.text(node, HCC + w) for w in ("gives", "refutedGives"))
        for cell in filter(None, (*cells.values(), gives, refuted)):
            self._check_cell(name, variable, cell)
        rule = Rule(
            id=name,
            label=self.need(node, LABEL),
            variable=variable,
            cells=cells,
            gives=gives,
            refuted_gives=refuted,
            at_least=self.ontology.text(node, HCC + "atLeast") == "true",
            about_tumour=self.ontology.text(node, HCC + "aboutTumour") == "true",
            window=self.ontology.number(node, HCC + "windowDays"),
            onset_within=self.ontology.number(node, HCC + "onsetWithinDays"),
            not_read=self.ontology.text(node, HCC + "notRead"),
            marks=self.ontology.text(node, HCC + "marks"),
            counts=self._variable(node, "countsTumours"),
        )
        if rule.marks not in (None, *_MARKS):
            raise OntologyError(f"hcc:{name}: marks {rule.marks!r} is none of {', '.join(_MARKS)}")
        if not (rule.variable or rule.not_read or rule.marks):
            raise OntologyError(f"hcc:{name} says neither what it fills nor why it is not read")
        return rule

    def _variable(self, node: ox.NamedNode, word: str = "fills") -> Variable | None:
        iris = self.ontology.iris(node, HCC + word)
        if not iris:
            return None
        found = self.variables.get(local_name(iris[0]))
        if found is None:
            raise OntologyError(
                f"hcc:{local_name(node.value)} {word} {local_name(iris[0])}, which is no variable"
            )
        return found

    def _check_cell(self, name: str, variable: Variable | None, cell: str) -> None:
        if variable is None:
            raise OntologyError(f"hcc:{name} states a cell and no variable; add hcc:fills")
        try:
            parse_cell(variable, cell)
        except CellError as error:
            raise OntologyError(f"hcc:{name}: {variable.name}: {error}") from error

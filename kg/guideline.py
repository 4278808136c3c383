"""The guideline as typed, immutable objects, all of them read from the ontology."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import pyoxigraph as ox

from kg.errors import InputError, OntologyError
from kg.formula import And, Formula, FormulaReader, Or, Ref, atoms, read_range, references
from kg.ontology import DCTERMS, HCC, OA, OWL, RDFS, SKOS, Node, Ontology, local_name
from kg.values import BOOLEAN, Value, Variable, cut_bands

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)
LABEL, DEFINITION, NOTATION = RDFS + "label", SKOS + "definition", SKOS + "notation"
ALT_LABEL, EDITORIAL, NOTE = SKOS + "altLabel", SKOS + "editorialNote", SKOS + "note"
SUBCLASS, SOURCE = RDFS + "subClassOf", DCTERMS + "source"


@dataclass(frozen=True)
class Statement:
    """A statement of the guideline; `start` and `end` count characters of the source text."""

    id: str
    section: str
    start: int
    end: int
    kind: str
    decidable: bool
    therapies: tuple[str, ...]
    paraphrase: str


@dataclass(frozen=True)
class Criterion:
    """A named class of patients with its formula: a criterion or a shared definition.

    `kind` is the notation of its kind, "definition" for a shared definition. `places` are
    sections of the guideline, `statements` the ids of the statements behind it.
    """

    id: str
    kind: str
    scope: str | None
    label: str
    definition: str
    places: tuple[str, ...]
    statements: tuple[str, ...]
    note: str | None
    formula: Formula


@dataclass(frozen=True)
class Therapy:
    """A therapy; those without an eligible class (`classes` empty) are only mentioned.

    `indications`, `preconditions`, `absolute` and `relative` are ids of criteria: the row
    of this therapy. `classes` maps indicated, contraindicated, cautioned and eligible to
    the names of classes of patients.
    """

    id: str
    iri: str
    label: str
    alt_labels: tuple[str, ...]
    definition: str
    parents: tuple[str, ...]
    notes: tuple[str, ...]
    note: str | None
    classes: Mapping[str, str]
    indications: tuple[str, ...] = ()
    preconditions: tuple[str, ...] = ()
    absolute: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()

    @property
    def criteria(self) -> tuple[str, ...]:
        """All criteria of the row, in the order of the row."""
        return self.indications + self.preconditions + self.absolute + self.relative


@dataclass(frozen=True)
class Recommendation:
    """A recommendation: what it says, when it holds, and the therapies that it concerns."""

    id: str
    label: str
    definition: str
    strength: str
    advice: str
    places: tuple[str, ...]
    statements: tuple[str, ...]
    note: str | None
    remarks: tuple[str, ...]
    concerns: tuple[str, ...]
    precedes: tuple[str, ...]
    formula: Formula


@dataclass(frozen=True)
class Response:
    """A class of response to ablation; `outcome` is its word in answers."""

    id: str
    label: str
    definition: str
    outcome: str
    places: tuple[str, ...]
    statements: tuple[str, ...]
    note: str | None
    formula: Formula


@dataclass(frozen=True)
class Score:
    """How points of components give a value: bands score, totals map to values."""

    target: str
    points: tuple[tuple[str, int, int], ...]  # (variable, mask of bands, points)
    totals: tuple[tuple[int, int, int], ...]  # (mask of values, lowest, highest total)

    @property
    def components(self) -> tuple[str, ...]:
        """The variables that score, in order."""
        return tuple(dict.fromkeys(variable for variable, _, _ in self.points))


@dataclass(frozen=True)
class Narrowing:
    """When `source` can only lie in `when` (a mask), `target` is narrowed to `then`."""

    source: str
    when: int
    target: str
    then: int


@dataclass(frozen=True)
class Derivation:
    """A rule by which values of a record narrow others, with the message of its conflict."""

    id: str
    label: str
    message: str
    note: str | None
    targets: tuple[str, ...]
    score: Score | None
    narrowings: tuple[Narrowing, ...]

    @property
    def from_lesions(self) -> bool:
        """Whether the rule reads the list of lesions."""
        return self.score is None and not self.narrowings

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables of the rule, sorted."""
        sources = [n.source for n in self.narrowings]
        scored = list(self.score.components) if self.score else []
        return tuple(sorted({*self.targets, *sources, *scored}))


@dataclass(frozen=True)
class ConflictRule:
    """Values that do not go together: pinned variables whose bands lie in these masks."""

    id: str
    label: str
    message: str
    parts: tuple[tuple[str, int], ...]  # (variable, mask)


@dataclass(frozen=True, eq=False)
class Guideline:
    """Everything the ontology says, ready for use; see `load`.

    `kinds` maps notations to labels, `verdicts` notations to label and definition.
    """

    ontology: Ontology
    variables: Mapping[str, Variable]
    criteria: Mapping[str, Criterion]
    definitions: Mapping[str, Criterion]
    therapies: Mapping[str, Therapy]
    mentioned: Mapping[str, Therapy]
    recommendations: Mapping[str, Recommendation]
    responses: Mapping[str, Response]
    statements: Mapping[str, Statement]
    derivations: tuple[Derivation, ...]
    conflict_rules: tuple[ConflictRule, ...]
    kinds: Mapping[str, str]
    verdicts: Mapping[str, tuple[str, str]]
    formulas: Mapping[str, Formula]

    @property
    def version(self) -> str:
        """The version of the ontology."""
        return self.ontology.version

    @cached_property
    def lesion_columns(self) -> Mapping[str, Variable]:
        """The columns of the lesion table, with the variable each is derived into."""
        return {v.lesion_column: v for v in self.variables.values() if v.lesion_column}

    def therapy(self, identifier: str) -> Therapy:
        """Return a therapy that has criteria, by its identifier.

        Raises:
            InputError: there is none of that name.
        """
        if identifier not in self.therapies:
            raise InputError(
                f"there are no criteria for a therapy {identifier!r}; "
                f"the therapies are {', '.join(self.therapies)}"
            )
        return self.therapies[identifier]

    def variables_of(self, formula: Formula) -> tuple[str, ...]:
        """Return the variables that a formula depends on, references followed."""
        found: dict[str, None] = {}
        for atom in atoms(formula):
            found.setdefault(atom.variable)
        for name in references(formula):
            for variable in self.variables_of(self.formulas[name]):
                found.setdefault(variable)
        return tuple(sorted(found, key=list(self.variables).index))


@cache
def load(folder: Path | None = None) -> Guideline:
    """Read the guideline from a folder of Turtle modules (by default, those that ship).

    Raises:
        OntologyError: the ontology is broken or uses a construct that is not supported.
    """
    return _Loader(Ontology(folder)).guideline()


class _Loader:
    """Reads one ontology; the steps are in `guideline`."""

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology
        self.variables: dict[str, Variable] = {}
        self.formulas: dict[str, Formula] = {}

    def guideline(self) -> Guideline:
        ontology = self.ontology
        self.variables = {v.name: v for v in self._sorted(map(self._variable, self._properties()))}
        reader = FormulaReader(ontology, self.variables)
        for node in ontology.of_type(OWL + "Class"):
            name = node.value.removeprefix(HCC)
            if ontology.values(node, OWL + "equivalentClass"):
                self.formulas[name] = reader.read(name)
        self._check_references()
        self._cut_bands()
        criteria = self._criteria(
            ("AblationCriterion", "InterventionCriterion", "SurgeryCriterion")
        )
        definitions = self._criteria(("SharedDefinition",))
        therapies = [self._therapy(node, criteria) for node in self._therapy_nodes()]
        kinds = self._concepts("KindScheme")
        return Guideline(
            ontology=ontology,
            variables=self.variables,
            criteria=criteria,
            definitions=definitions,
            therapies={t.id: t for t in therapies if t.classes},
            mentioned={t.id: t for t in therapies if not t.classes},
            recommendations={
                r.id: r for r in map(self._recommendation, self._below("Recommended"))
            },
            responses={r.id: r for r in map(self._response, self._below("Response"))},
            statements={s.id: s for s in map(self._statement, self._statement_nodes())},
            derivations=tuple(map(self._derivation, self._ordered("Derivation"))),
            conflict_rules=tuple(map(self._conflict_rule, self._ordered("ConflictRule"))),
            kinds={notation: label for notation, (label, _) in kinds.items()},
            verdicts=self._concepts("VerdictScheme"),
            formulas=self.formulas,
        )

    # Small readers

    def _need(self, node: Node, predicate: str) -> str:
        text = self.ontology.text(node, predicate)
        if text is None:
            name = local_name(node.value)
            raise OntologyError(f"hcc:{name} lacks {local_name(predicate)}; add it to its block")
        if predicate == NOTATION and not _IDENTIFIER.fullmatch(text):
            raise OntologyError(
                f"hcc:{local_name(node.value)}: the notation {text!r} is no identifier; "
                "use letters, digits, - and _"
            )
        return text

    def _notation(self, iri: str) -> str:
        return self._need(ox.NamedNode(iri), NOTATION)

    def _concepts(self, scheme: str) -> dict[str, tuple[str, str]]:
        """Return the label and the definition of each concept of a scheme, by notation."""
        found = self.ontology.subjects(SKOS + "inScheme", ox.NamedNode(HCC + scheme))
        return {
            self._need(c, NOTATION): (self._need(c, LABEL), self._need(c, DEFINITION))
            for c in found
        }

    def _position(self, node: Node) -> int:
        position = self.ontology.number(node, HCC + "position")
        if position is None:
            raise OntologyError(f"hcc:{local_name(node.value)} lacks position; add it to its block")
        return position

    def _ordered(self, type_: str) -> list[ox.NamedNode]:
        return sorted(self.ontology.of_type(HCC + type_), key=self._position)

    def _below(self, name: str) -> list[ox.NamedNode]:
        parent = ox.NamedNode(HCC + name + ("" if name.endswith(("rion", "tion")) else "Patient"))
        nodes = self.ontology.subjects(SUBCLASS, parent)
        return sorted((n for n in nodes if isinstance(n, ox.NamedNode)), key=self._position)

    # Variables

    def _properties(self) -> list[ox.NamedNode]:
        nodes = self.ontology.of_type(OWL + "DatatypeProperty")
        return [node for node in nodes if node.value.startswith(HCC)]

    def _sorted(self, variables: Iterable[Variable]) -> Iterator[Variable]:
        position = {v: self._position(ox.NamedNode(v.iri)) for v in variables}
        return iter(sorted(position, key=position.__getitem__))

    def _variable(self, node: ox.NamedNode) -> Variable:
        ontology, name = self.ontology, local_name(node.value)
        range_node = ontology.value(node, RDFS + "range")
        try:
            if range_node is None:
                raise OntologyError("there is no rdfs:range")
            type_, words, interval = read_range(ontology, range_node)
        except OntologyError as error:
            raise OntologyError(f"hcc:{name}: {error}") from error
        role, group = ontology.iris(node, HCC + "role"), ontology.iris(node, HCC + "group")
        return Variable(
            name=self._need(node, NOTATION),
            iri=node.value,
            type=type_,
            label=self._need(node, LABEL),
            definition=self._need(node, DEFINITION),
            alt_labels=ontology.texts(node, ALT_LABEL),
            role=self._notation(role[0]) if role else "",
            group=self._notation(group[0]) if group else None,
            unit=ontology.text(node, HCC + "unit"),
            unit_symbol=ontology.text(node, HCC + "unitSymbol"),
            changeable=ontology.text(node, HCC + "changeable") == "true",
            lesion_column=ontology.text(node, HCC + "lesionColumn"),
            lesion_aggregation=ontology.text(node, HCC + "lesionAggregation"),
            values=self._values(node, type_, words),
            range=interval,
        )

    def _values(self, node: ox.NamedNode, type_: str, words: tuple[str, ...]) -> tuple[Value, ...]:
        if type_ == "boolean":
            return tuple(Value(w, {"true": "yes", "false": "no"}[w], "") for w in BOOLEAN)
        concepts = {
            self._need(concept, NOTATION): concept
            for concept in self.ontology.subjects(HCC + "valueOf", node)
        }
        if set(concepts) != set(words):
            odd = ", ".join(sorted(set(concepts) ^ set(words)))
            raise OntologyError(f"hcc:{local_name(node.value)}: range and concepts differ in {odd}")
        return tuple(
            Value(w, self._need(concepts[w], LABEL), self._need(concepts[w], DEFINITION))
            for w in words
        )

    def _check_references(self) -> None:
        for owner, formula in self.formulas.items():
            for name in references(formula):
                if name not in self.formulas:
                    raise OntologyError(f"hcc:{owner} refers to hcc:{name}, which is not defined")
        for owner in self.formulas:
            self._check_cycle(owner, ())

    def _check_cycle(self, name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise OntologyError(f"hcc:{name} is defined by itself: {' -> '.join((*path, name))}")
        for other in references(self.formulas[name]):
            self._check_cycle(other, (*path, name))

    def _cut_bands(self) -> None:
        every = [atom for formula in self.formulas.values() for atom in atoms(formula)]
        for name, variable in self.variables.items():
            if variable.is_number:
                cuts = [i for atom in every if atom.variable == name for i in atom.intervals]
                bands = cut_bands(variable.range, cuts, variable.type == "integer")
                self.variables[name] = replace(variable, bands=bands)

    # Classes of patients

    def _criteria(self, parents: tuple[str, ...]) -> dict[str, Criterion]:
        found = {}
        for parent in parents:
            for node in self._below(parent):
                criterion = self._criterion(node)
                found[criterion.id] = criterion
        return found

    def _criterion(self, node: ox.NamedNode) -> Criterion:
        ontology, identifier = self.ontology, self._need(node, NOTATION)
        kind = ontology.iris(node, HCC + "kind")
        return Criterion(
            id=identifier,
            kind=self._notation(kind[0]) if kind else "definition",
            scope=ontology.text(node, HCC + "scope"),
            label=self._need(node, LABEL),
            definition=self._need(node, DEFINITION),
            places=ontology.texts(node, HCC + "place"),
            statements=self._sources(node),
            note=ontology.text(node, EDITORIAL),
            formula=self._formula(identifier),
        )

    def _formula(self, name: str) -> Formula:
        if name not in self.formulas:
            raise OntologyError(f"hcc:{name} has no owl:equivalentClass; add its formula")
        return self.formulas[name]

    def _sources(self, node: Node) -> tuple[str, ...]:
        return tuple(local_name(iri) for iri in self.ontology.iris(node, SOURCE))

    def _therapy_nodes(self) -> list[ox.NamedNode]:
        found: dict[ox.NamedNode, None] = {}
        queue: list[Node] = [ox.NamedNode(HCC + "Therapy")]
        while queue:
            for node in self.ontology.subjects(SUBCLASS, queue.pop(0)):
                if isinstance(node, ox.NamedNode):
                    found.setdefault(node)
                    queue.append(node)
        return sorted(found, key=lambda n: self.ontology.number(n, HCC + "position") or 0)

    def _therapy(self, node: ox.NamedNode, criteria: Mapping[str, Criterion]) -> Therapy:
        ontology = self.ontology
        classes = {
            aspect: local_name(iri)
            for aspect in ("indicated", "contraindicated", "cautioned", "eligible")
            for iri in ontology.iris(node, f"{HCC}{aspect}Class")
        }
        therapy = Therapy(
            id=self._need(node, NOTATION),
            iri=node.value,
            label=self._need(node, LABEL),
            alt_labels=ontology.texts(node, ALT_LABEL),
            definition=self._need(node, DEFINITION),
            parents=tuple(
                self._notation(iri)
                for iri in ontology.iris(node, SUBCLASS)
                if iri != HCC + "Therapy"
            ),
            notes=ontology.texts(node, NOTE),
            note=ontology.text(node, EDITORIAL),
            classes=classes,
        )
        return self._with_row(therapy, criteria) if classes else therapy

    def _with_row(self, therapy: Therapy, criteria: Mapping[str, Criterion]) -> Therapy:
        """Read the row of a therapy from the class expressions of its classes."""
        for aspect in ("indicated", "eligible"):
            if aspect not in therapy.classes:
                raise OntologyError(f"{therapy.id} has classes, but no {aspect} class; add it")
        formula = self._formula(therapy.classes["indicated"])
        parts = formula.parts if isinstance(formula, And) else (formula,)
        indications: list[str] = []
        preconditions: list[str] = []
        for part in parts:
            names = self._union(part, therapy.id, criteria)
            kinds = {criteria[name].kind for name in names}
            if len(names) == 1 and kinds == {"precondition"}:
                preconditions += names
            elif indications or "precondition" in kinds:
                raise OntologyError(
                    f"hcc:{therapy.classes['indicated']}: should be one union of indications "
                    "and, beside it, criteria of the kind precondition"
                )
            else:
                indications += names
        return replace(
            therapy,
            indications=tuple(indications),
            preconditions=tuple(preconditions),
            absolute=self._listed(therapy, "contraindicated", criteria),
            relative=self._listed(therapy, "cautioned", criteria),
        )

    def _listed(
        self, therapy: Therapy, aspect: str, criteria: Mapping[str, Criterion]
    ) -> tuple[str, ...]:
        name = therapy.classes.get(aspect)
        return () if name is None else self._union(self._formula(name), therapy.id, criteria)

    def _union(
        self, formula: Formula, owner: str, criteria: Mapping[str, Criterion]
    ) -> tuple[str, ...]:
        """Return the criteria of a union, groups of criteria opened."""
        if isinstance(formula, Ref) and formula.name in criteria:
            return (formula.name,)
        if isinstance(formula, Ref):
            return self._union(self._formula(formula.name), owner, criteria)
        if isinstance(formula, Or):
            return tuple(n for part in formula.parts for n in self._union(part, owner, criteria))
        raise OntologyError(f"a class of {owner} should be a union of named criteria")

    def _concerned(self, node: Node) -> tuple[str, ...]:
        return tuple(self._notation(iri) for iri in self.ontology.iris(node, HCC + "concerns"))

    def _recommendation(self, node: ox.NamedNode) -> Recommendation:
        ontology, identifier = self.ontology, self._need(node, NOTATION)
        return Recommendation(
            id=identifier,
            label=self._need(node, LABEL),
            definition=self._need(node, DEFINITION),
            strength=self._need(node, HCC + "strength"),
            advice=self._need(node, HCC + "advice"),
            places=ontology.texts(node, HCC + "place"),
            statements=self._sources(node),
            note=ontology.text(node, EDITORIAL),
            remarks=ontology.texts(node, NOTE),
            concerns=self._concerned(node),
            precedes=tuple(local_name(i) for i in ontology.iris(node, HCC + "precedes")),
            formula=self._formula(identifier),
        )

    def _response(self, node: ox.NamedNode) -> Response:
        ontology, identifier = self.ontology, self._need(node, NOTATION)
        return Response(
            id=identifier,
            label=self._need(node, LABEL),
            definition=self._need(node, DEFINITION),
            outcome=self._need(node, HCC + "outcome"),
            places=ontology.texts(node, HCC + "place"),
            statements=self._sources(node),
            note=ontology.text(node, EDITORIAL),
            formula=self._formula(identifier),
        )

    # Statements

    def _statement_nodes(self) -> list[ox.NamedNode]:
        return sorted(self.ontology.of_type(HCC + "Statement"), key=lambda n: n.value)

    def _statement(self, node: ox.NamedNode) -> Statement:
        ontology = self.ontology
        target = ontology.value(node, OA + "hasTarget")
        selector = ontology.value(target, OA + "hasSelector") if target else None
        if selector is None:
            raise OntologyError(f"hcc:{local_name(node.value)} has no oa:hasTarget with a selector")
        kind = ontology.iris(node, HCC + "kind")
        if not kind:
            raise OntologyError(f"hcc:{local_name(node.value)} lacks kind; add it to its block")
        return Statement(
            id=self._need(node, NOTATION),
            section=self._need(node, HCC + "section"),
            start=int(self._need(selector, OA + "start")),
            end=int(self._need(selector, OA + "end")),
            kind=self._notation(kind[0]),
            decidable=self._need(node, HCC + "decidable") == "true",
            therapies=tuple(self._notation(iri) for iri in ontology.iris(node, HCC + "about")),
            paraphrase=self._need(node, HCC + "paraphrase"),
        )

    # Derivations

    def _single(self, name: str) -> tuple[str, int]:
        """Return the variable and the mask of a class that is one restriction."""
        formula = self._formula(name)
        found = list(atoms(formula))
        if len(found) != 1 or formula != found[0]:
            raise OntologyError(f"hcc:{name} should be one restriction on one variable")
        return found[0].variable, found[0].mask(self.variables)

    def _derivation(self, node: ox.NamedNode) -> Derivation:
        ontology = self.ontology
        targets = tuple(local_name(iri) for iri in ontology.iris(node, HCC + "derives"))
        narrowings = []
        for iri in ontology.iris(node, HCC + "narrowing"):
            (when,) = ontology.iris(ox.NamedNode(iri), HCC + "when")
            (then,) = ontology.iris(ox.NamedNode(iri), HCC + "then")
            source, target = self._single(local_name(when)), self._single(local_name(then))
            narrowings.append(Narrowing(*source, *target))
        return Derivation(
            id=local_name(node.value),
            label=self._need(node, LABEL),
            message=self._need(node, HCC + "message"),
            note=ontology.text(node, EDITORIAL),
            targets=targets,
            score=self._score(targets),
            narrowings=tuple(narrowings),
        )

    def _score(self, targets: tuple[str, ...]) -> Score | None:
        ontology = self.ontology
        if len(targets) != 1:
            return None
        scoring = ontology.subjects(HCC + "scores", ox.NamedNode(HCC + targets[0]))
        if not scoring:
            return None
        points = []
        for node in scoring:
            variable, mask = self._single(local_name(node.value))
            points.append((variable, mask, int(self._need(node, HCC + "points"))))
        totals = []
        for node in ontology.of_type(OWL + "Class"):
            lowest = ontology.number(node, HCC + "lowestTotal")
            if lowest is not None:
                variable, mask = self._single(local_name(node.value))
                if variable == targets[0]:
                    totals.append((mask, lowest, int(self._need(node, HCC + "highestTotal"))))
        return Score(targets[0], tuple(points), tuple(totals))

    def _conflict_rule(self, node: ox.NamedNode) -> ConflictRule:
        (when,) = self.ontology.iris(node, HCC + "when")
        formula = self._formula(local_name(when))
        found = list(atoms(formula))
        if not isinstance(formula, And) or list(formula.parts) != found:
            raise OntologyError(f"hcc:{local_name(when)} should be an intersection of restrictions")
        return ConflictRule(
            id=local_name(node.value),
            label=self._need(node, LABEL),
            message=self._need(node, HCC + "message"),
            parts=tuple((atom.variable, atom.mask(self.variables)) for atom in found),
        )

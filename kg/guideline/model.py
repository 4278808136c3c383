"""The guideline as typed, immutable objects, all of them read from the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from kg.errors import InputError
from kg.guideline.formula import Atom, Formula, Ref, atoms, references
from kg.guideline.rules import ConflictRule, Correspondence, Derivation, Edition, Statement
from kg.guideline.values import Variable
from kg.ontology import Ontology
from kg.texts import labelled, nearest

INDICATION, PRECONDITION = "indication", "precondition"
ASPECTS = ("indicated", "contraindicated", "cautioned")  # whose classes give a verdict
ELIGIBLE = "eligible"  # the class of the verdict
ABSOLUTE, RELATIVE = "absolute contraindication", "relative contraindication"
STAGE = "stage"


@dataclass(frozen=True, kw_only=True)
class PatientClass:
    """A named class of patients with its formula.

    `places` are sections of the guideline, `statements` the ids of the statements behind it,
    `grade` is the evidence level and strength that it gives, such as 2 B.
    """

    id: str
    label: str
    definition: str
    places: tuple[str, ...]
    statements: tuple[str, ...]
    note: str | None
    formula: Formula
    grade: str | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {self.label}>"


@dataclass(frozen=True, kw_only=True, repr=False)
class Criterion(PatientClass):
    """A criterion, a stage or a shared definition.

    `kind` is the notation of its kind, "definition" for a shared definition. `intent` is that of
    the intent that it is an indication for, or contraindicates, where the guideline gives one.
    """

    kind: str
    intent: str | None
    scope: str | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Recommendation(PatientClass):
    """A recommendation: what it says, when it holds, and the therapies that it concerns."""

    strength: str
    advice: str
    remarks: tuple[str, ...]
    concerns: tuple[str, ...]
    precedes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class Response(PatientClass):
    """A class of response to ablation; `outcome` is its word in answers."""

    outcome: str


@dataclass(frozen=True)
class Therapy:
    """A therapy; those without an eligible class (`classes` empty) are only mentioned.

    `indications`, `preconditions`, `absolute` and `relative` are ids of criteria: the row
    of this therapy. `classes` maps indicated, contraindicated, cautioned and eligible to
    the names of classes of patients. `intent` makes it its kind with that intent, whatever
    the technique.
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
    intent: str | None = None
    indications: tuple[str, ...] = ()
    preconditions: tuple[str, ...] = ()
    absolute: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Therapy {self.id}: {self.label}>"

    @property
    def short_name(self) -> str:
        """The abbreviation, such as RFA or TACE + RFA; the label where there is none."""
        return next((name for name in self.alt_labels if name[:2].isupper()), self.label)

    @property
    def aspects(self) -> tuple[str | None, str | None, str | None]:
        """The classes of whom it is indicated, contraindicated or cautioned for, if stated."""
        indicated, contraindicated, cautioned = map(self.classes.get, ASPECTS)
        return indicated, contraindicated, cautioned

    @property
    def row(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The criteria of the row by the role that they have in it."""
        against = ((ABSOLUTE, self.absolute), (RELATIVE, self.relative))
        return ((INDICATION, self.indications), (PRECONDITION, self.preconditions), *against)

    @cached_property
    def criteria(self) -> tuple[str, ...]:
        """All criteria of the row, in the order of the row."""
        return tuple(name for _, names in self.row for name in names)


@dataclass(frozen=True, eq=False)
class Guideline:
    """Everything the ontology says, ready for use; see `load`.

    `kinds` and `groups` (of variables, in order) map notations to labels, `verdicts` notations
    to label and definition, `intents` notations to label and how a verdict says so.
    """

    ontology: Ontology
    source: Edition
    variables: Mapping[str, Variable]
    stages: Mapping[str, Criterion]
    criteria: Mapping[str, Criterion]
    definitions: Mapping[str, Criterion]
    therapies: Mapping[str, Therapy]
    mentioned: Mapping[str, Therapy]
    recommendations: Mapping[str, Recommendation]
    responses: Mapping[str, Response]
    statements: Mapping[str, Statement]
    correspondences: tuple[Correspondence, ...]
    derivations: tuple[Derivation, ...]
    conflict_rules: tuple[ConflictRule, ...]
    kinds: Mapping[str, str]
    groups: Mapping[str, str]
    verdicts: Mapping[str, tuple[str, str]]
    intents: Mapping[str, tuple[str, str]]
    formulas: Mapping[str, Formula]

    def __repr__(self) -> str:
        return (
            f"<Guideline {self.edition}, version {self.version}: "
            f"{len(self.used)} variables, {len(self.criteria)} criteria, "
            f"{len(self.therapies)} therapies>"
        )

    @property
    def version(self) -> str:
        """The version of the ontology."""
        return self.ontology.version

    @property
    def edition(self) -> str:
        """The identifier of the edition, such as 2011."""
        return self.ontology.edition

    @property
    def qualifier(self) -> str:
        """What names of verdicts bear: the identifier of the edition, none for the default."""
        return "" if self.edition == self.ontology.default else self.edition

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The named classes whose states decide a result."""
        aspects = [name for therapy in self.therapies.values() for name in therapy.aspects if name]
        return (*self.stages, *self.criteria, *aspects, *self.recommendations, *self.responses)

    @cached_property
    def used(self) -> Set[str]:
        """The variables that the edition uses: the others serve other editions alone.

        They are those of its classes, the components of a score and what merely describes.
        """
        found = {v for name in self.classes for v in self.variables_of(Ref(name))}
        kept = ("child_pugh_component", "descriptive")
        return found | {v.name for v in self.variables.values() if v.role in kept}

    @cached_property
    def lesion_columns(self) -> Mapping[str, Variable]:
        """The columns of the lesion table, with the variable by which each is read.

        Where several variables follow from one column, it is the first.
        """
        columns: dict[str, Variable] = {}
        for variable in self.variables.values():
            if variable.lesion_column:
                columns.setdefault(variable.lesion_column, variable)
        return columns

    def therapy(self, identifier: str) -> Therapy:
        """Return a therapy that has criteria, by its identifier, in capitals or not.

        Raises:
            InputError: there is none of that name.
        """
        name = identifier.strip().lower()
        if name in self.therapies:
            return self.therapies[name]
        shown = {one.id: labelled(one.id, one.label) for one in self.therapies.values()}
        names = {one.id: (one.label, *one.alt_labels) for one in self.therapies.values()}
        near = [shown[one] for one in nearest(identifier, names, 3)]
        hint = f"the nearest: {', '.join(near)}; all: " if near else "the therapies are "
        raise InputError(
            f"there are no criteria for a therapy {identifier!r}; {hint}{', '.join(shown.values())}"
        )

    def chosen(self, names: str | Iterable[str] | None) -> list[str]:
        """Return the named therapies in the order of the guideline; all where none is named.

        One therapy may be named by a text of its own.

        Raises:
            InputError: there is none of such a name.
        """
        asked = [names] if isinstance(names, str) else [] if names is None else [*names]
        kept = {self.therapy(str(name)).id for name in asked or self.therapies}
        return [name for name in self.therapies if name in kept]

    def atoms_of(self, name: str) -> Iterator[Atom]:
        """Yield the restrictions in the formula of a class, references followed."""
        formula = self.formulas[name]
        yield from atoms(formula)
        for other in references(formula):
            yield from self.atoms_of(other)

    def variables_of(self, formula: Formula) -> tuple[str, ...]:
        """Return the variables that a formula depends on, references followed."""
        every = chain(atoms(formula), *map(self.atoms_of, references(formula)))
        return tuple(self.in_order(atom.variable for atom in every))

    def in_order(self, variables: Iterable[str]) -> list[str]:
        """Return variables in the order of the guideline."""
        found = set(variables)
        return [name for name in self.variables if name in found]

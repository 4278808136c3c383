"""Parameters of saved questions: values from outside become SPARQL terms, or are refused.

Nothing that a user types gets into a query but as one term, written here:

1. a parameter has a type, and a value that is none of that type is an error;
2. a term of the guideline (`term`) is looked up, and its notation goes into the query;
3. text becomes a quoted literal with every character escaped that could end it; an IRI is
   checked first, and none may hold what could end it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from kg.errors import InputError
from kg.guideline import Guideline
from kg.ontology import HCC, local_name
from kg.texts import alike, told_nearest


@dataclass(frozen=True)
class Choice:
    """A term: its notation, its label, and the names that it goes by as well."""

    notation: str
    label: str
    names: tuple[str, ...] = ()


_TERMS: Mapping[str, Callable[[Guideline], Mapping[str, Any]]] = {  # by sort: terms, or labels
    "therapy": lambda g: {**g.therapies, **g.mentioned},
    "criterion": lambda g: {**g.criteria, **g.definitions},
    "variable": lambda g: g.variables,
    "statement": lambda g: {s.id: f"{s.section}, {g.kinds[s.kind]}" for s in g.statements.values()},
    "recommendation": lambda g: g.recommendations,
    "kind": lambda g: g.kinds,
    "verdict": lambda g: {name: label for name, (label, _) in g.verdicts.items()},
}
SORTS = tuple(_TERMS)


def terms(sort: str, guideline: Guideline) -> list[Choice]:
    """Return the terms of a sort; a statement goes by its notation alone."""
    found = []
    for name, term in _TERMS[sort](guideline).items():
        label = term if isinstance(term, str) else term.label
        others = (local_name(getattr(term, "iri", name)), *getattr(term, "alt_labels", ()))
        found.append(Choice(name, label, () if sort == "statement" else (label, *others)))
    return found


TYPES = ("string", "iri", "term", "integer", "boolean", "choice")
_ESCAPED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
PATIENT_PARAMETER, _GRAPH = "patient", "graph"  # these name what a store may lack
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
_BOOLEANS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


@dataclass(frozen=True)
class Parameter:
    """A variable of a query that a user may give a value.

    `among` is the sort of terms that a `term` is looked up in, `choices` are the values of a
    `choice`. Without a value the query answers for all, unless the parameter is `required`.
    """

    name: str
    type: str
    description: str
    example: str
    required: bool = False
    among: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a value should be, in words."""
        words = {
            "string": "a text",
            "iri": "an IRI, in full or beginning with hcc:",
            "integer": "a whole number",
            "boolean": "true or false",
            "term": f"the identifier of a {self.among}",
            "choice": f"one of {', '.join(self.choices)}",
        }
        return words[self.type]

    @property
    def names_patient(self) -> bool:
        """Whether a value is the identifier of a patient."""
        return self.type == "string" and self.name == PATIENT_PARAMETER

    def presence(self, value: str, guideline: Guideline) -> tuple[str, str] | None:
        """Return what a value names, in words, and the query whether it is there.

        None where a value names nothing that a graph may lack.
        """
        if self.names_patient:
            term = self.term(value, guideline)
            return (
                f"patient {value!r} in this graph",
                f"ASK {{ ?patient <{HCC}patient_id> {term} }}",
            )
        if self.type == "iri" and self.name == _GRAPH:
            return (
                f"graph {value!r} here",
                f"ASK {{ GRAPH {self.term(value, guideline)} {{ ?s ?p ?o }} }}",
            )
        return None

    def as_json(self) -> dict[str, object]:
        """Return what there is to know of the parameter, for programs."""
        names = ("name", "type", "description", "expected", "required", "example")
        return {name: getattr(self, name) for name in names}

    def term(self, value: str, guideline: Guideline) -> str:
        """Return a value as a term of SPARQL.

        Raises:
            InputError: it is not a value of this parameter.
        """
        if self.type == "string":
            return self._text(value)
        if self.type == "iri":
            return self._iri(value)
        if self.type == "integer" and _INTEGER.fullmatch(value):
            return str(int(value))
        if self.type == "boolean" and value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        if self.type == "choice" and value in self.choices:
            return self._text(value)
        if self.type == "term":
            return self._text(self._notation(value, guideline))
        raise self._refused(value)

    def _text(self, value: str) -> str:
        """Return a text as a quoted literal.

        A backslash before u could be read as the escape of a character, by some before and by
        some after they find where the literal ends; so such a u is itself written as an escape.
        """
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self._refused(value, "is not valid Unicode") from error
        if "\0" in value:
            raise self._refused(value, "holds a null character")
        quoted = "".join(_ESCAPED.get(character, character) for character in value)
        guarded = re.sub(r"\\\\([uU])", lambda m: rf"\\\u{ord(m[1]):04X}", quoted)
        return f'"{guarded}"'

    def _iri(self, value: str) -> str:
        name = value.removeprefix("hcc:").replace("\\", "")  # as a query escapes it
        full = HCC + name if value.startswith("hcc:") else value.removeprefix("<").removesuffix(">")
        if not _IRI.fullmatch(full):
            raise self._refused(value)
        try:
            full.encode()
            return str(ox.NamedNode(full))
        except ValueError as error:
            raise self._refused(value, f"is not an IRI ({error})") from error

    def _notation(self, value: str, guideline: Guideline) -> str:
        """Return the notation of a term by notation, local name, IRI or label; case is free."""
        known = terms(self.among or "", guideline)
        names = {one.notation.casefold(): one.notation for one in known}
        for one in known:  # a label is no other term's notation, and the first that has it counts
            for name in one.names:
                names.setdefault(name.casefold(), one.notation)
        asked = value.strip().removeprefix(HCC).removeprefix("hcc:").casefold()
        if asked in names:
            return names[asked]
        near = alike(asked, names, 5, 0.5)
        found = [*dict.fromkeys(names[name] for name in near)]
        some = ", ".join([*dict.fromkeys(names.values())][:5])
        hint = told_nearest(found) if found else f"there are, for example, {some}"
        article = "an" if str(self.among)[0] in "aeiou" else "a"
        raise self._refused(value, f"is not {article} {self.among}; {hint}")

    def _refused(self, value: str, why: str | None = None) -> InputError:
        reason = why or f"is not a value of it; give {self.expected}, such as {self.example}"
        return InputError(f"parameter {self.name}: {value!r} {reason}")

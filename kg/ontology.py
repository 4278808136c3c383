"""The ontology as triples: Turtle modules read from one folder, imports followed locally.

What the editions of the guideline share stands in the folder itself; each edition has a folder
within it, by its identifier, with the module `edition.ttl` that imports the rest.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pyoxigraph as ox

from kg.errors import InputError, OntologyError
from kg.nesting import check_turtle
from kg.paths import module_files, ontology_folder
from kg.texts import alike, told_nearest

HCC = "https://w3id.org/hcc-kg/"
ROOT = HCC + "ontology"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
FOAF = "http://xmlns.com/foaf/0.1/"

LABEL, DEFINITION, NOTATION = RDFS + "label", SKOS + "definition", SKOS + "notation"
ALT_LABEL, HIDDEN_LABEL = SKOS + "altLabel", SKOS + "hiddenLabel"
EDITORIAL, NOTE = SKOS + "editorialNote", SKOS + "note"
SUBCLASS, SOURCE, COLLECTION = RDFS + "subClassOf", DCTERMS + "source", HCC + "collection"

Node: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal
_Modules: TypeAlias = dict[str, tuple[str, Path, list["Stated"]]]
# The modules that say what follows from what: all that a reasoner needs.
_CLASSES = ("stages", "criteria", "therapies", "recommendations")
LOGICAL = {"vocabulary", "variables", "taxonomy", *_CLASSES}
_MAIN, _TOTALITY = "hcc.ttl", "totality.ttl"
_PLACE = re.compile(r"^Parser error (?:at|between) line \d+ .*?: ")  # the line is told already
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)


class Stated(NamedTuple):
    """A triple with its parts, which are costly to ask it for."""

    triple: ox.Triple
    subject: Node
    predicate: str
    value: Node


def local_name(iri: str) -> str:
    """Return what follows the last `#` or `/` of an IRI."""
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def default_edition(folder: Path) -> str:
    """Return the edition that is meant where none is named, as the main module says.

    Raises:
        OntologyError: it says none, or cannot be read.
    """
    for said in _parse(_main(folder)):
        if said.predicate == HCC + "defaultEdition":
            return said.value.value
    raise OntologyError(f"{folder / _MAIN} has no hcc:defaultEdition; name one of the editions")


class Ontology:
    """The triples of an edition and all modules that it imports, indexed by subject.

    `edition` is the one that the main module names where none is named here; `root` is the module
    to begin with: that of the edition, or one that imports it. `folder` holds the Turtle modules;
    imports are resolved by version IRI (or ontology IRI) to files of that folder, never to the
    network. `extra` are files of one's own, whose triples are added. `headers` has what each
    module says of itself, imported or not.

    Raises:
        OntologyError: a module is missing, twice there, or not valid Turtle.
        InputError: there is no such edition.
    """

    def __init__(
        self,
        folder: Path | None = None,
        root: str | None = None,
        edition: str | None = None,
        extra: Iterable[Path] = (),
    ) -> None:
        self.folder = folder or ontology_folder()
        self.default = default_edition(self.folder)
        self.edition = edition or self.default
        self._out: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        self._subjects: dict[tuple[str, Node], list[Node]] = defaultdict(list)
        self.modules: dict[str, Path] = {}
        self.triples: list[ox.Triple] = []
        modules = _modules(self.folder, self.edition)
        self.headers = {name: _header(name, said) for name, _, said in modules.values()}
        self._follow(root or f"{ROOT}/{self.edition}", modules)
        for path in extra:
            self._index(_parse(path))
        self.sha256 = _digest(self.folder, self.modules.values())
        self.version = str(self.text(ox.NamedNode(ROOT), OWL + "versionInfo") or "")

    def _follow(self, iri: str, modules: _Modules) -> None:
        if iri not in modules:
            near = [f"<{each}>" for each in alike(iri, modules, 3)]
            hint = f"; {told_nearest(near)}" if near else ""
            raise OntologyError(
                f"{self.folder}: no module is <{iri}>{hint}. "
                "Imports are read from this folder only: add the file, or correct owl:imports."
            )
        name, path, statements = modules[iri]
        if name in self.modules:
            return
        self.modules[name] = path
        self._index(statements)
        for said in statements:
            if said.predicate == OWL + "imports":
                self._follow(said.value.value, modules)

    def _index(self, statements: Iterable[Stated]) -> None:
        for triple, subject, predicate, value in statements:
            self.triples.append(triple)
            self._out[subject][predicate].append(value)
            self._subjects[predicate, value].append(subject)

    def values(self, subject: Node, predicate: str) -> list[Node]:
        """Return all objects of a subject and predicate, in the order of the file."""
        return self._out.get(subject, {}).get(predicate, [])

    def value(self, subject: Node, predicate: str) -> Node | None:
        """Return the first object of a subject and predicate, or None."""
        return next(iter(self.values(subject, predicate)), None)

    def text(self, subject: Node, predicate: str) -> str | None:
        """Return the first literal of a subject and predicate as text, or None."""
        value = self.value(subject, predicate)
        return value.value if isinstance(value, ox.Literal) else None

    def texts(self, subject: Node, predicate: str) -> tuple[str, ...]:
        """Return all literals of a subject and predicate as text."""
        return tuple(v.value for v in self.values(subject, predicate) if isinstance(v, ox.Literal))

    def number(self, subject: Node, predicate: str) -> int | None:
        """Return the first literal of a subject and predicate as a whole number, or None."""
        text = self.text(subject, predicate)
        if text is not None and not _WHOLE.fullmatch(text):
            raise OntologyError(
                f"hcc:{local_name(subject.value)}: {local_name(predicate)} is {text!r}; "
                "write a whole number"
            )
        return None if text is None else int(text)

    def iris(self, subject: Node, predicate: str) -> tuple[str, ...]:
        """Return all objects of a subject and predicate that are IRIs."""
        values = self.values(subject, predicate)
        return tuple(value.value for value in values if isinstance(value, ox.NamedNode))

    def predicates(self, subject: Node) -> list[str]:
        """Return the predicates of a subject."""
        return list(self._out.get(subject, {}))

    def subjects(self, predicate: str, value: Node) -> list[Node]:
        """Return all subjects that have a value of a predicate, in the order of the files."""
        return self._subjects.get((predicate, value), [])

    def below(self, iri: str, predicate: str = SUBCLASS) -> list[ox.NamedNode]:
        """Return the named subclasses of a class, at any depth, each once, the nearest first."""
        found = [ox.NamedNode(iri)]
        for node in found:
            nodes = dict.fromkeys(self.subjects(predicate, node))
            found += [n for n in nodes if isinstance(n, ox.NamedNode) and n not in found]
        return found[1:]

    def collected(self, name: str) -> list[ox.NamedNode]:
        """Return what a collection of ours lists, and what the collections in it list."""
        return self.below(HCC + name, COLLECTION)

    def of_type(self, iri: str) -> list[ox.NamedNode]:
        """Return the named subjects of an `rdf:type`."""
        found = self.subjects(RDF + "type", ox.NamedNode(iri))
        return [node for node in found if isinstance(node, ox.NamedNode)]

    def typed(self) -> list[Node]:
        """Return every subject that has an `rdf:type`."""
        return [node for node, said in self._out.items() if RDF + "type" in said]

    def members(self, head: Node) -> Iterator[Node]:
        """Yield the members of an RDF list."""
        nil = ox.NamedNode(RDF + "nil")
        while head != nil:
            first, rest = self.value(head, RDF + "first"), self.value(head, RDF + "rest")
            if first is None or rest is None:
                raise OntologyError(f"{self.folder}: an RDF list is broken off; close it with ')'")
            yield first
            head = rest

    @cached_property
    def totality(self) -> list[ox.Triple]:
        """The axioms that every patient has a value of every variable; no module imports them."""
        path = self.folder / _TOTALITY
        return _without_header(_parse(path)) if path.is_file() else []

    def merged(self, modules: set[str] | None = None) -> list[ox.Triple]:
        """Return the triples of all modules, or of those named, without the headers."""
        every = self.modules.items()
        paths = [path for iri, path in every if modules is None or local_name(iri) in modules]
        return [triple for path in paths for triple in _without_header(_parse(path))]


def _parse(path: Path) -> list[Stated]:
    try:
        return _statements(path.read_bytes())
    except InputError as error:
        raise InputError(f"{path}, {error}") from error
    except SyntaxError as error:
        what = _PLACE.sub("", error.msg)
        raise OntologyError(f"{path}, line {error.lineno}: not valid Turtle: {what}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise OntologyError(f"{path}: cannot be read: {error}") from error


@lru_cache(maxsize=64)
def _statements(content: bytes) -> list[Stated]:
    """Return the triples of a module, parsed once: editions, and copies, have most in common."""
    check_turtle(content)
    nodes: dict[Node, Node] = {}
    predicates: dict[ox.NamedNode, str] = {}
    found = []
    for quad in ox.parse(content, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True):
        triple = quad.triple
        name = predicates.setdefault(triple.predicate, triple.predicate.value)
        subject, value = (nodes.setdefault(n, n) for n in (triple.subject, triple.object))
        found.append(Stated(triple, subject, name, value))
    return found


def _header(name: str, statements: Iterable[Stated]) -> dict[str, list[str]]:
    """Return what a module says of itself, as text by the predicates."""
    node, found = ox.NamedNode(name), dict[str, list[str]]()
    for said in statements:
        if said.subject == node:
            found.setdefault(said.predicate, []).append(said.value.value)
    return found


def _without_header(statements: list[Stated]) -> list[ox.Triple]:
    """Return the triples of a module but for those about the module itself."""
    headers = {names[0] for names in _names(statements)}
    return [said.triple for said in statements if said.subject.value not in headers]


def _main(folder: Path) -> Path:
    if not folder.is_dir():
        raise OntologyError(f"{folder}: no such folder; it should hold the ontology's Turtle files")
    if not (folder / _MAIN).is_file():
        raise OntologyError(
            f"{folder} holds no ontology: {_MAIN} is not there; name a copy of the folder ontology/"
        )
    return folder / _MAIN


def _modules(folder: Path, edition: str) -> _Modules:
    """Return the modules that an edition may use, by ontology IRI and by version IRI."""
    found: _Modules = {}
    for path in module_files(folder, edition):
        statements = _parse(path)
        for names in _names(statements):
            for iri in names:
                if iri in found:
                    raise OntologyError(f"{path} and {found[iri][1]} are both <{iri}>")
                found[iri] = (names[0], path, statements)
    return found


def _names(statements: Iterable[Stated]) -> Iterator[list[str]]:
    """Yield what each ontology of a module goes by, one as a rule: its name and its version."""
    ontology = ox.NamedNode(OWL + "Ontology")
    for name in (said.subject.value for said in statements if said.value == ontology):
        yield [name, *_header(name, statements).get(OWL + "versionIRI", [])]


def module_names(path: Path) -> list[str]:
    """Return the IRIs that a module goes by."""
    return [iri for names in _names(_parse(path)) for iri in names]


def _digest(folder: Path, paths: Iterable[Path]) -> str:
    """Return the SHA-256 over the names and contents of files."""
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    parts = (part for name in names for part in (name.encode(), (folder / name).read_bytes()))
    return hashlib.sha256(b"".join(part + b"\0" for part in parts)).hexdigest()
